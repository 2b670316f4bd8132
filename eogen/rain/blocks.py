"""Days as blocks: half-hours of one day resemble each other, days much less; so days are what is drawn again.

A bootstrap of half-hours would take each for new information, and give intervals several times too narrow. Whole days
are drawn with replacement instead (Künsch 1989, Ann. Stat. 17, 1217; days do not overlap: Carlstein 1986).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import xarray as xr
from scipy import stats

#: Draws of the bootstrap, and level of an interval.
DRAWS, LEVEL = 500, 0.8


def day_blocks(time: np.ndarray | xr.DataArray) -> tuple[np.ndarray, np.ndarray]:
    """Return the days (b,) datetime64[D] (UTC), and for each time (n,) the index of its day."""
    days = np.asarray(time, "datetime64[ns]").astype("datetime64[D]")
    found, index = np.unique(days, return_inverse=True)
    return found, index.reshape(-1)


def draws_of(blocks: int, draws: int = DRAWS, seed: int = 0) -> np.ndarray:
    """Return how often each block is drawn in each draw with replacement, (draws, blocks) float."""
    rng = np.random.default_rng(seed)
    return rng.multinomial(blocks, np.full(blocks, 1 / blocks), size=draws).astype(float)


def block_sums(of: xr.Dataset, index: np.ndarray) -> xr.Dataset:
    """Return sums over the maps of each block: dim ``time`` becomes ``block``.

    Args:
        of: sums with dim time, from :mod:`eogen.rain.scores_sums`; NaN counts as nothing.
        index: (time,) int, block of each map.
    """
    member = np.zeros((int(index.max(initial=-1)) + 1, len(index)))
    member[index, np.arange(len(index))] = 1
    return _weighed(of, xr.DataArray(member, dims=("block", "time")), "time")


def bootstrap(
    of: xr.Dataset,
    statistic: Callable[[xr.Dataset], xr.Dataset],
    level: float = LEVEL,
    draws: int = DRAWS,
    seed: int = 0,
) -> tuple[xr.Dataset, xr.Dataset, xr.Dataset]:
    """Return ``(value, low, high)`` of a statistic of pooled sums, days being drawn again.

    Args:
        of: sums (time, ...).
        statistic: from sums without time to scores, any dims; e.g. :func:`eogen.rain.scores.from_sums`.
        level: of the two-sided interval.

    Returns:
        The statistic of all days, and the bounds of its interval: expanded percentiles (see
        :func:`bounds`). Bounds are NaN with fewer than two days that hold anything.
    """
    _, index = day_blocks(of["time"])
    days = block_sums(of, index)
    weights = xr.DataArray(draws_of(days.sizes["block"], draws, seed), dims=("draw", "block"))
    value = statistic(days.sum("block"))
    drawn = statistic(_weighed(days, weights, "block"))
    # A class that few days hold has that many blocks, not the number of all days.
    holding = (days["n"] > 0).sum("block")
    low, high = value.copy(), value.copy()
    for name in value.data_vars:
        spread = drawn[name].transpose("draw", ...)
        count = holding.broadcast_like(value[name]) if value[name].ndim else holding
        edges = bounds(spread.values, np.asarray(count.transpose(*spread.dims[1:]).values), level)
        low[name], high[name] = (xr.DataArray(e, dims=spread.dims[1:]) for e in edges)
    return value, low, high


def bounds(
    drawn: np.ndarray, blocks: np.ndarray | int, level: float = LEVEL
) -> tuple[np.ndarray, np.ndarray]:
    """Return the interval (...,) of bootstrap values (draws, ...), wide enough for few blocks.

    Plain percentiles are too narrow with few blocks, by sqrt((b - 1) / b) and for want of Student's t. The percentiles
    are moved outward by both: the expanded percentile interval (Hesterberg 2015, Am. Stat. 69, 371, doi
    10.1080/00031305.2015.1089789), which never leaves the range of the score.

    Args:
        blocks: (...,) number of blocks behind each value; with fewer than two the bounds are NaN.
        level: two-sided.
    """
    values = np.asarray(drawn, float)
    flat = values.reshape(len(values), -1)
    counts = np.broadcast_to(np.asarray(blocks), values.shape[1:]).reshape(-1)
    edges = np.full((2, flat.shape[1]), np.nan)
    for k, b in enumerate(counts):
        some = flat[np.isfinite(flat[:, k]), k]
        if b < 2 or not len(some):
            continue
        tail = stats.norm.cdf(np.sqrt(b / (b - 1)) * stats.t.ppf((1 - level) / 2, b - 1))
        edges[:, k] = np.quantile(some, [tail, 1 - tail])
    return edges[0].reshape(values.shape[1:]), edges[1].reshape(values.shape[1:])


def mean_bounds(
    values: np.ndarray, time: np.ndarray, level: float = LEVEL, draws: int = DRAWS, seed: int = 0
) -> tuple[float, float, float, int]:
    """Return the mean of values (n,), one a map, its day-block interval, and the number of days; NaN is left out."""
    good = np.isfinite(values)
    if not good.any():
        return float("nan"), float("nan"), float("nan"), 0
    days, index = day_blocks(np.asarray(time)[good])
    total = np.bincount(index, np.asarray(values, float)[good])
    count = np.bincount(index).astype(float)
    weights = draws_of(len(days), draws, seed)
    low, high = bounds((weights @ total) / (weights @ count), len(days), level)
    return float(total.sum() / count.sum()), float(low), float(high), len(days)


def _weighed(of: xr.Dataset, weights: xr.DataArray, over: str) -> xr.Dataset:
    """Return each variable times weights, summed over a dim."""
    found = {k: xr.dot(weights, v.fillna(0), dim=over) for k, v in of.data_vars.items() if over in v.dims}
    return xr.Dataset(found)
