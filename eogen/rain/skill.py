"""How well a score is predicted: R², Spearman's correlation and slope, with intervals by days."""

from __future__ import annotations

import numpy as np
from scipy import stats

from eogen.rain.blocks import DRAWS, bounds, day_blocks, draws_of
from eogen.rain.conformal import calibration_slope


def skill(
    truth: np.ndarray,
    predicted: np.ndarray,
    time: np.ndarray,
    level: float = 0.9,
    draws: int = DRAWS,
    seed: int = 0,
) -> dict[str, tuple[float, float, float] | int]:
    """Return how predictions (n,) of a score meet the truth (n,) on maps that were not learned from.

    Args:
        truth, predicted: NaN on either side is left out.
        time: (n,) datetime64 (UTC), for the days.
        level: of the intervals; draws, seed: of the bootstrap.

    Returns:
        ``r2`` (1 - squared error over variance about the mean of these maps; below 0 where that mean would do better),
        ``spearman`` and ``slope`` (of truth on prediction), each ``(value, low, high)``; ``n`` maps and ``days``. NaN
        where fewer than three maps have both or the truth does not vary.
    """
    good = np.isfinite(truth) & np.isfinite(predicted)
    y, x = (np.asarray(v, float)[good] for v in (truth, predicted))
    nothing = (float("nan"),) * 3
    if len(y) < 3 or np.ptp(y) == 0:
        return {"r2": nothing, "spearman": nothing, "slope": nothing, "n": len(y), "days": 0}
    when = np.asarray(time)[good]
    days, index = day_blocks(when)
    members = [np.flatnonzero(index == b) for b in range(len(days))]
    values = []
    for weights in draws_of(len(days), draws, seed).astype(int):
        again = np.concatenate([np.tile(m, w) for m, w in zip(members, weights, strict=True) if w])
        values.append((_r2(y[again], x[again]), _spearman(y[again], x[again])))
    low, high = bounds(np.array(values), len(days), level)
    return {
        "r2": (_r2(y, x), float(low[0]), float(high[0])),
        "spearman": (_spearman(y, x), float(low[1]), float(high[1])),
        "slope": calibration_slope(y, x, when, level, draws, seed),
        "n": len(y),
        "days": len(days),
    }


def _r2(y: np.ndarray, x: np.ndarray) -> float:
    spread = ((y - y.mean()) ** 2).sum()
    return float(1 - ((y - x) ** 2).sum() / spread) if spread else float("nan")


def _spearman(y: np.ndarray, x: np.ndarray) -> float:
    return float(stats.spearmanr(y, x).statistic) if np.ptp(x) and np.ptp(y) else float("nan")
