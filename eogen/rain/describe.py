"""Which score to use, and why: how much of a score is only how much it rains, and what it repeats of another.

A map with little rain has few hits by chance alone, and a small error because there is little to be wrong about. A
score that ranks maps like their plain wet area tells nothing that a child does not see. So each score is set beside the
wet area, beside each other, and beside its own noise.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import xarray as xr
from scipy import stats

from eogen.rain.scores import BY_NAME

#: Rank correlation at which two scores say the same, and at which a score is a stand-in for wet area: from 0.7 on, wet
#: area explains half of the variance of its ranks, as noise does below a reliability of a half.
SAME, AREA, NOISE = 0.9, 0.7, 0.5
#: Parts of the composite score.
PARTS = ("cc_log", "fss", "log_bias")


def quality(of: xr.Dataset, name: str) -> np.ndarray:
    """Return a score (time,) turned so that more is better: itself, or minus its distance from the best value."""
    score = BY_NAME[name]
    return of[name].values if score.higher else -np.abs(of[name].values - score.best)


def rank_correlations(of: xr.Dataset, names: Sequence[str]) -> pd.DataFrame:
    """Return Spearman's correlation of each pair of scores over maps that have both, all turned so that more is better.

    NaN with fewer than three maps or where one does not vary.
    """
    values = {n: quality(of, n) for n in names}
    return pd.DataFrame(
        [[_spearman(values[a], values[b]) for b in names] for a in names],
        index=list(names),
        columns=list(names),
    )


def describe(of: xr.Dataset, reliability: pd.Series | None = None) -> pd.DataFrame:
    """Return what each score is worth as a target, one row a score.

    Args:
        of: scores (time) with ``wet_radar`` and ``wet_imerg``, from :func:`eogen.rain.scores.score_maps`.
        reliability: by score, from :func:`eogen.rain.ceiling.ceiling`; NaN where absent.

    Returns:
        Index ``score``: ``maps`` that have it, ``median``; ``wet_radar`` and ``wet_imerg``, rank correlation with the
        wet area of each side (what a map without radar shows is the second); ``closest`` other score and ``redundancy``
        (the greatest absolute rank correlation with another); ``reliability``; ``keep`` and ``why``: ``"area"`` (a
        stand-in for the wet area, as :data:`AREA`), ``"same"`` (repeats one kept before it, as :data:`SAME`),
        ``"noise"`` (less than half of it is signal), or ``""``.
    """
    names = [n for n in BY_NAME if n in of]
    between = rank_correlations(of, names)
    known = pd.Series(dtype=float) if reliability is None else reliability
    rows = {}
    for n in names:
        others = between.loc[n].drop(n).abs().dropna()
        rows[n] = {
            "maps": int(np.isfinite(of[n].values).sum()),
            "median": float(np.nanmedian(of[n].values)) if np.isfinite(of[n].values).any() else np.nan,
            **{side: _spearman(quality(of, n), of[side].values) for side in ("wet_radar", "wet_imerg")},
            "closest": others.idxmax() if len(others) else "",
            "redundancy": float(others.max()) if len(others) else np.nan,
            "reliability": float(known.get(n, np.nan)),
        }
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("score")
    # The least bound to the wet area speaks first; another that says the same is then not needed.
    order = table["wet_radar"].abs().sort_values(na_position="last", kind="stable").index
    why: dict[str, str] = {}
    for n in order:
        bound = max(abs(table.at[n, "wet_radar"]), abs(table.at[n, "wet_imerg"]))
        if bound >= AREA:
            why[n] = "area"
        elif table.at[n, "reliability"] < NOISE:
            why[n] = "noise"
        elif any(abs(between.at[n, k]) >= SAME for k, reason in why.items() if not reason):
            why[n] = "same"
        else:
            why[n] = ""
    table["why"] = pd.Series(why)
    table["keep"] = table["why"] == ""
    return table


def composite(of: xr.Dataset, among: xr.Dataset | None = None) -> xr.DataArray:
    """Return one score 0..1 (time): the mean of the ranks of CC(log), FSS and 1 - abs(log bias) / log 3.

    Ranks, because the three have other spreads; a map without one of the parts has no composite.

    Args:
        of: scores (time).
        among: maps that ranks are taken in, e.g. those of the training days; ``of`` itself by default.
    """
    parts = [_ranked(quality(of, n), quality(of if among is None else among, n)) for n in PARTS]
    return xr.DataArray(np.mean(parts, axis=0), dims="time", coords={"time": of["time"]}, name="composite")


def _ranked(values: np.ndarray, among: np.ndarray) -> np.ndarray:
    """Return the share of a set that is below each value, those equal counting half."""
    pool = np.sort(among[np.isfinite(among)])
    if not len(pool):
        return np.full(values.shape, np.nan)
    both = np.searchsorted(pool, values, "left") + np.searchsorted(pool, values, "right")
    return np.where(np.isfinite(values), both / (2 * len(pool)), np.nan)


def _spearman(a: np.ndarray, b: np.ndarray) -> float:
    both = np.isfinite(a) & np.isfinite(b)
    if both.sum() < 3 or np.ptp(a[both]) == 0 or np.ptp(b[both]) == 0:
        return float("nan")
    return float(stats.spearmanr(a[both], b[both]).statistic)
