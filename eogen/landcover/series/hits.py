"""Does an explanation find the evidence that is known to be there? Hit rates on a simulated territory.

The territory knows which band of which month tells each class apart: true cells, or weights (class, month, band).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from eogen.landcover.sanity import Measured


@dataclass(frozen=True)
class Hits:
    """How well explanations meet the true evidence.

    Attributes:
        months: share of series whose most important month is a true one (pointing game, Zhang et al. 2018).
        precision: share of true months among as many of the most important as there are (R-precision).
        mass: share of the positive importance on true months.
        chance: what a random month would hit: the mean share of true months.
        bands: share of series whose most important band is a true one of the class; NaN where bands are not told apart.
        chance_bands: what a random band would hit.
        cells: average precision of the cells (month, band), NaN where bands are not told apart.
    """

    months: Measured
    precision: Measured
    mass: Measured
    chance: float
    bands: Measured
    chance_bands: float
    cells: Measured


def hits(importance: np.ndarray, target: np.ndarray, truth: np.ndarray, *, share: float = 0.5) -> Hits:
    """Score one explanation against the true evidence; classes without any are left out.

    Args:
        importance: (n, month) or (n, month, band), more is more important.
        target: (n,) class that was explained.
        truth: (class, month, band) bool, the cells that tell a class apart (its months and bands are those with any);
            or weights, 0 or more, how much each does.
        share: of weights, months, bands and cells are true that reach this share of the class's heaviest one, 0..1.
    """
    importance = np.asarray(importance, np.float64)
    share = 1.0 / np.size(truth) if np.asarray(truth).dtype == bool else share
    weight = np.asarray(truth, np.float64)[np.asarray(target, np.int64)]
    kept = weight.sum((1, 2)) > 0
    importance, weight = importance[kept], weight[kept]
    by_month = importance.sum(2) if importance.ndim == 3 else importance
    right = marked(weight.sum(2), share)
    nothing = np.full(len(weight), np.nan)
    bands = cells = nothing
    right_bands = marked(weight.sum(1), share)
    if importance.ndim == 3:
        bands = _points(importance.sum(1), right_bands)
        right_cells = marked(weight.reshape(len(weight), -1), share)
        cells = average_precision(importance.reshape(len(weight), -1), right_cells)
    return Hits(
        Measured.of(_points(by_month, right)),
        Measured.of(_r_precision(by_month, right)),
        Measured.of(_mass(by_month, right)),
        float(right.mean()) if right.size else float("nan"),
        Measured.of(bands),
        float(right_bands.mean()) if right_bands.size else float("nan"),
        Measured.of(cells),
    )


def marked(weight: np.ndarray, share: float = 0.5) -> np.ndarray:
    """Return which of weights (n, part) are at least ``share`` of the heaviest of their row."""
    top = weight.max(1, keepdims=True) if weight.shape[1] else weight
    return (weight >= share * top) & (top > 0)


def _points(values: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Return 1 where the maximum is right, the share of right ones where several are the maximum."""
    top = values == values.max(1, keepdims=True)
    return (top & right).sum(1) / top.sum(1)


def _r_precision(values: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Return the share of right parts among as many of the highest; ties count with their mean."""
    found = np.empty(len(values))
    for i, (row, good) in enumerate(zip(values, right, strict=True)):
        count = int(good.sum())
        cut = np.sort(row)[::-1][count - 1]
        above, at = row > cut, row == cut
        found[i] = ((good & above).sum() + (count - above.sum()) * good[at].mean()) / count
    return found


def _mass(values: np.ndarray, right: np.ndarray) -> np.ndarray:
    positive = np.maximum(values, 0)
    total = positive.sum(1)
    return np.where(total > 0, (positive * right).sum(1) / np.where(total > 0, total, 1), np.nan)


def average_precision(values: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Return the average precision (n,) of values (n, part) against what is right, ties in the given order."""
    order = np.argsort(-values, axis=1, kind="stable")
    good = np.take_along_axis(right, order, 1)
    precision = good.cumsum(1) / np.arange(1, good.shape[1] + 1)
    return (precision * good).sum(1) / good.sum(1)
