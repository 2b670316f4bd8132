"""How well a score could be predicted at all: the noise of the score itself, by split half.

Half of the places (gauges, blocks of pixels) give one value of a map's score, the other half another. What both share
is signal; the rest no predictor can know. The correlation r of the halves over the maps gives the reliability of the
score of all places, 2r / (1 + r) (Spearman 1910, Brit. J. Psychol. 3, 271; Brown 1910, ibid. 296), and that is the
greatest R² that a perfect predictor of the underlying score can reach.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import xarray as xr
from scipy import stats

from eogen.rain.breakdown import SHOWN
from eogen.rain.scores import EVENT, from_sums
from eogen.rain.scores_sums import check_same, sums


def ceiling(
    imerg: xr.DataArray,
    radar: xr.DataArray,
    scores: Sequence[str] = SHOWN,
    event: float = EVENT,
    splits: int = 20,
    block: int = 1,
    seed: int = 0,
) -> pd.DataFrame:
    """Return for each score how reliable it is, map by map.

    Args:
        imerg, radar: mm/h, (time, station) or (time, lat, lon).
        scores: that any set of places has (no FSS, no SAL).
        event: mm/h.
        splits: random halves to average over.
        block: side in pixels of what stays together on a grid. Neighbouring pixels share their error: with 1 the halves
            agree too well, so take what rain is long (5 to 10 pixels of 0.1°).
        seed: of the halves.

    Returns:
        Index ``score``: ``reliability`` (0..1, mean over splits: the ceiling of R²), ``rank_reliability`` (the same
        from ranks: its square root is the ceiling of Spearman's correlation), ``maps`` (both halves have the score).

    Raises:
        InputError: ``rain_score_grids``, ``rain_score_time``.
    """
    check_same(imerg, radar)
    rng = np.random.default_rng(seed)
    found: dict[str, list[tuple[float, float, int]]] = {s: [] for s in scores}
    for _ in range(splits):
        first = _half(imerg.shape[1:], block, rng)
        halves = [
            from_sums(sums(imerg.copy(data=np.where(h, imerg.values, np.nan)), radar, (event,)), event)
            for h in (first, ~first)
        ]
        for s in scores:
            a, b = (h[s].values for h in halves)
            both = np.isfinite(a) & np.isfinite(b)
            if both.sum() < 3 or np.ptp(a[both]) == 0 or np.ptp(b[both]) == 0:
                continue
            r, rank = np.corrcoef(a[both], b[both])[0, 1], stats.spearmanr(a[both], b[both]).statistic
            found[s].append((stepped_up(r), stepped_up(rank), int(both.sum())))
    table = {s: np.mean(v, axis=0) if v else (np.nan, np.nan, 0) for s, v in found.items()}
    columns = ["reliability", "rank_reliability", "maps"]
    return pd.DataFrame.from_dict(table, orient="index", columns=columns).rename_axis("score")


def stepped_up(r: float) -> float:
    """Return the reliability of the whole from the correlation of its halves; none, 0, where it is negative."""
    return float(2 * r / (1 + r)) if r > 0 else 0.0


def _half(shape: Sequence[int], block: int, rng: np.random.Generator) -> np.ndarray:
    """Return (places) bool, true for as near as can be half of the blocks."""
    coarse = [-(-n // block) for n in shape]
    size = int(np.prod(coarse))
    chosen = np.zeros(size, bool)
    chosen[rng.permutation(size)[: size // 2]] = True
    chosen = chosen.reshape(coarse)
    for axis, n in enumerate(shape):
        chosen = np.repeat(chosen, block, axis=axis).take(np.arange(n), axis=axis)
    return chosen
