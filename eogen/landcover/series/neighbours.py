"""Real seasons of another class: the nearest one, and the fewest of its months that would change the answer.

Real neighbours cannot be implausible, as made-up seasons can; native guides after Delaney et al. 2021
(arXiv 2009.13211).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from eogen.errors import InputError
from eogen.landcover.series.counterfactual import WhatIf, what_if
from eogen.landcover.series.months import filled
from eogen.landcover.series.protocol import SeriesModel

Distance = Literal["euclidean", "dtw"]


@dataclass(frozen=True)
class Neighbours:
    """The nearest series of other classes.

    Attributes:
        index: (k,) rows of the pool, nearest first.
        distance: (k,) in standard deviations of a band, root mean square over months and bands.
    """

    index: np.ndarray
    distance: np.ndarray


def nearest_other(
    series: np.ndarray,
    label: int,
    pool: np.ndarray,
    pool_label: np.ndarray,
    *,
    count: int = 1,
    wanted: int | None = None,
    distance: Distance = "euclidean",
    window: int = 2,
) -> Neighbours:
    """Return the nearest series of a pool whose class is another.

    Args:
        series: (month, band), NaN where nothing was seen (filled, as the pool's).
        label: its class.
        pool: (n, month, band) real series.
        pool_label: (n,) classes; -1, unknown, is left out.
        count: how many.
        wanted: only of this class.
        distance: month by month, or dynamic time warping, which forgives a season some weeks early or late.
        window: months a series may be warped by (Sakoe & Chiba 1978).

    Raises:
        InputError: ``series_when_no_other`` where the pool holds none.
    """
    pool_label = np.asarray(pool_label)
    right = pool_label == wanted if wanted is not None else (pool_label != label) & (pool_label >= 0)
    rows = np.flatnonzero(right & (pool_label != label))
    if not len(rows):
        raise InputError("series_when_no_other", "There is no series of another class to compare with.")
    whole = filled(pool)
    spread = np.maximum(whole.std((0, 1)), 1e-3)
    one, many = filled(np.asarray(series)[None])[0] / spread, whole[rows] / spread
    if distance == "dtw":
        away = dtw(one, many, window=window) / np.sqrt(one.size)
    else:
        away = np.sqrt(np.square(many - one).mean((1, 2)))
    order = np.argsort(away, kind="stable")[:count]
    return Neighbours(rows[order], away[order].astype(np.float64))


def dtw(one: np.ndarray, many: np.ndarray, *, window: int) -> np.ndarray:
    """Return the distances (n,) of dynamic time warping between (month, band) and (n, month, band).

    The root of the least sum of squared differences along a path of months within ``window`` of each other, steps
    (1, 0), (0, 1) and (1, 1): all bands are warped together.
    """
    cost = np.square(many[:, None].astype(np.float64) - one[None, :, None]).sum(3)
    n, rows, columns = cost.shape
    window = max(window, abs(rows - columns))
    total = np.full((rows + 1, columns + 1, n), np.inf)
    total[0, 0] = 0
    for i in range(1, rows + 1):
        for j in range(max(1, i - window), min(columns, i + window) + 1):
            least = np.minimum(np.minimum(total[i - 1, j], total[i, j - 1]), total[i - 1, j - 1])
            total[i, j] = cost[:, i - 1, j - 1] + least
    return np.sqrt(total[-1, -1])


def smallest_change(model: SeriesModel, series: np.ndarray, donors: np.ndarray) -> WhatIf:
    """Take over months of a real series, as few as found, until the answer changes.

    For each donor, the month whose exchange lowers the lead of the model's answer most goes first, one after the other;
    once the answer has changed, months not needed for it are given back. The donor that takes the fewest months wins,
    then the one that changes the reflectances least. No month of the result can be given back without the answer
    returning; that no smaller set of other months would do is not promised.

    Args:
        model: what is asked.
        series: (month, band).
        donors: (d, month, band), as :func:`nearest_other` finds.

    Raises:
        InputError: ``series_when_no_flip`` where no donor changes the answer; ``series_when_shape``.
    """
    series = np.asarray(series, np.float32)
    answer = int(what_if(model, series, series).before.argmax())
    found: list[WhatIf] = []
    for donor in filled(donors):
        taken = _exchanged(model, series, donor, answer)
        if taken is not None:
            found.append(what_if(model, series, np.where(taken[:, None], donor, series)))
    if not found:
        raise InputError(
            "series_when_no_flip",
            "None of the {count} real series of another class changes the answer, even in full.",
            count=len(donors),
        )
    return min(found, key=lambda one: (int(one.changed.sum()), one.distance))


def _lead(model: SeriesModel, series: np.ndarray, answer: int) -> np.ndarray:
    """Return by how much (n,) an answer leads the next one; below 0 another one leads, 0 counts for the first class."""
    probability = model.predict_proba(series)
    others = np.delete(probability, answer, 1)
    lead = probability[:, answer] - others.max(1)
    return np.where(probability.argmax(1) == answer, np.maximum(lead, 0), np.minimum(lead, -1e-12))


def _exchanged(model: SeriesModel, series: np.ndarray, donor: np.ndarray, answer: int) -> np.ndarray | None:
    """Return which months (month,) are the donor's when the answer changes; None where it never does."""
    months = len(series)
    taken = np.zeros(months, bool)
    leads = 1.0
    while leads >= 0:
        if taken.all():
            return None
        free = np.flatnonzero(~taken)
        tried = taken | (np.arange(months) == free[:, None])
        scores = _lead(model, np.where(tried[:, :, None], donor, series), answer)
        best = int(scores.argmin())
        taken, leads = tried[best], float(scores[best])
    while True:
        held = np.flatnonzero(taken)
        tried = taken & (np.arange(months) != held[:, None])
        scores = _lead(model, np.where(tried[:, :, None], donor, series), answer)
        if scores.min() >= 0:
            return taken
        taken = tried[int(scores.argmin())]
