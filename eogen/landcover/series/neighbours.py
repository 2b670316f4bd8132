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
    """The nearest series of a pool.

    Attributes:
        index: (k,) rows of the pool, nearest first.
        distance: (k,) in standard deviations of a band, root mean square over months and bands.
    """

    index: np.ndarray
    distance: np.ndarray


@dataclass(frozen=True)
class Exchange(WhatIf):
    """A series that took over months of a real one, and the answers before and after.

    Attributes:
        donor: which of the donors gave them, from 0.
    """

    donor: int = 0


def without_kin(label: np.ndarray, group: np.ndarray | None, row: int) -> np.ndarray:
    """Return the classes (n,) of a pool in which a parcel and those of its group (one farm, one tile) are unknown (-1).

    A field's neighbours share its weather, and often its farmer: they would be found near for that alone.

    Args:
        label: (n,) classes.
        group: (n,) groups; None where they are not known.
        row: the parcel.
    """
    found = np.array(label)
    found[[row]] = -1
    if group is not None:
        found[np.asarray(group) == group[row]] = -1
    return found


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
    return _nearest(series, pool, rows, count, distance, window)


def nearest_same(
    series: np.ndarray, label: int, pool: np.ndarray, pool_label: np.ndarray, *, count: int = 1,
    distance: Distance = "euclidean", window: int = 2,
) -> Neighbours:  # fmt: skip
    """Return the nearest series of a pool whose class is the same; take the series itself out of it first.

    Arguments as of :func:`nearest_other`.

    Raises:
        InputError: ``series_when_no_same`` where the pool holds none.
    """
    rows = np.flatnonzero((np.asarray(pool_label) == label) & (label >= 0))
    if not len(rows):
        raise InputError("series_when_no_same", "There is no other series of the same class to compare with.")
    return _nearest(series, pool, rows, count, distance, window)


def _nearest(
    series: np.ndarray, pool: np.ndarray, rows: np.ndarray, count: int, distance: Distance, window: int
) -> Neighbours:
    whole = filled(pool)
    spread = _spread(whole)
    one, many = filled(np.asarray(series)[None])[0] / spread, whole[rows] / spread
    if distance == "dtw":
        away = dtw(one, many, window=window) / np.sqrt(one.size)
    else:
        away = np.sqrt(np.square(many - one).mean((1, 2)))
    order = np.argsort(away, kind="stable")[:count]
    return Neighbours(rows[order], away[order].astype(np.float64))


def by_month(series: np.ndarray, others: np.ndarray, pool: np.ndarray) -> np.ndarray:
    """Return how far others (k, month, band) are from a series each month (k, month), in standard deviations of a band.

    Root mean square over bands; its mean square over months is the Euclidean distance of :func:`nearest_other`.
    """
    spread = _spread(filled(pool))
    apart = (filled(others) - filled(np.asarray(series)[None])) / spread
    return np.sqrt(np.square(apart.astype(np.float64)).mean(2))


def _spread(whole: np.ndarray) -> np.ndarray:
    """Return the standard deviation of each band (band,) over a filled pool."""
    return np.maximum(whole.std((0, 1)), 1e-3)


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


def smallest_change(model: SeriesModel, series: np.ndarray, donors: np.ndarray) -> Exchange:
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
    found: list[Exchange] = []
    for k, donor in enumerate(filled(donors)):
        taken = _exchanged(model, series, donor, answer)
        if taken is not None:
            made = what_if(model, series, np.where(taken[:, None], donor, series))
            found.append(Exchange(**vars(made), donor=k))
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
