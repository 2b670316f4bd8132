"""How good answers to series are, with intervals that respect that parcels of one group resemble each other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from eogen.landcover import scores as of_images
from eogen.landcover.series.folds import OutOfFold


@dataclass(frozen=True)
class Score:
    """A figure, 0..1, with its 95 % interval."""

    value: float
    low: float
    high: float


def accuracy(held: OutOfFold, *, draws: int = 1000, seed: int = 0) -> Score:
    """Return the share of right answers, the mean of the repeats; interval by drawing groups (:func:`by_group`)."""
    return by_group(held, of_images.accuracy, draws=draws, seed=seed)


def macro_f1(held: OutOfFold, *, draws: int = 1000, seed: int = 0) -> Score:
    """Return the mean F1 of the classes that have parcels, the mean of the repeats; interval by drawing groups."""
    size = len(held.classes)
    return by_group(held, lambda label, said: of_images.macro_f1(label, said, size), draws=draws, seed=seed)


def by_group(
    held: OutOfFold, statistic: Callable[[np.ndarray, np.ndarray], float], *, draws: int = 1000, seed: int = 0
) -> Score:
    """Return the mean over repeats of ``statistic(label, predicted)`` and its 95 % interval.

    The interval is a percentile bootstrap (Efron 1979) that draws whole groups, all repeats of a parcel together: it
    says how other parcels could have come out, not how other fits could.
    """
    generator = np.random.default_rng(seed)
    members = [np.flatnonzero(held.group == g) for g in np.unique(held.group)]
    predicted = held.predicted

    def mean(rows: np.ndarray) -> float:
        return float(np.mean([statistic(held.label[rows], one[rows]) for one in predicted]))

    drawn = [
        mean(np.concatenate([members[k] for k in generator.integers(0, len(members), len(members))]))
        for _ in range(draws)
    ]
    low, high = np.nanquantile(drawn, [0.025, 0.975]) if drawn else (np.nan, np.nan)
    return Score(mean(np.arange(len(held.label))), float(low), float(high))


def difference(one: OutOfFold, other: OutOfFold, *, draws: int = 1000, seed: int = 0) -> Score:
    """Return by how much ``one`` is more accurate than ``other`` on the same parcels, -1..1; interval by groups.

    Raises:
        ValueError: when the two did not answer the same parcels.
    """
    if not np.array_equal(one.row, other.row):
        raise ValueError("the two answered different parcels")
    gain = (one.predicted == one.label).mean(0) - (other.predicted == other.label).mean(0)
    generator = np.random.default_rng(seed)
    _, which = np.unique(one.group, return_inverse=True)
    total, size = np.bincount(which, gain), np.bincount(which)
    rows = generator.integers(0, len(size), (draws, len(size)))
    drawn = total[rows].sum(1) / size[rows].sum(1)
    low, high = np.quantile(drawn, [0.025, 0.975])
    return Score(float(gain.mean()), float(low), float(high))


def confusion(held: OutOfFold, repeat: int = 0) -> pd.DataFrame:
    """Return counts of one repeat, true classes in rows, answers in columns."""
    return of_images.confusion(held.label, held.predicted[repeat], held.classes)


def per_class(held: OutOfFold, repeat: int = 0) -> pd.DataFrame:
    """Return precision, recall (with its Wilson interval), F1 and n of every class, of one repeat."""
    return of_images.per_class(confusion(held, repeat))
