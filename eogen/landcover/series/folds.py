"""Folds of series: every parcel is answered by models that saw neither it nor any parcel of its group."""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter

import numpy as np

from eogen.errors import InputError
from eogen.landcover.series.methods import Model
from eogen.progress import Progress, silent


@dataclass(frozen=True)
class OutOfFold:
    """Answers to every labelled parcel by models that did not see its group.

    Attributes:
        probability: (repeat, n, class) float32; repeats differ in folds and in seeds.
        label: (n,) int into ``classes``.
        group: (n,) int.
        fold: (repeat, n), number of the fold in which each parcel was asked.
        row: (n,), number of each parcel in the series given.
        classes: names.
        seconds: of all fits and answers.
    """

    probability: np.ndarray
    label: np.ndarray
    group: np.ndarray
    fold: np.ndarray
    row: np.ndarray
    classes: tuple[str, ...]
    seconds: float

    @property
    def predicted(self) -> np.ndarray:
        """Return the class answered, (repeat, n)."""
        return self.probability.argmax(2)


def deal(label: np.ndarray, group: np.ndarray | None = None, *, count: int = 5, seed: int = 0) -> np.ndarray:
    """Return the fold 0..count-1 of every parcel (n,): groups whole, classes as even as they allow.

    Groups go, the largest first and equals by lot, each to the fold where the classes it brings are scarcest.

    Raises:
        InputError: ``series_groups`` when there are fewer groups than folds.
    """
    label = np.asarray(label, np.int64)
    group = np.arange(len(label)) if group is None else np.asarray(group)
    names, which = np.unique(group, return_inverse=True)
    if len(names) < count:
        raise InputError(
            "series_groups",
            "{count} folds need at least {count} groups of parcels; there are {found}.",
            count=count, found=len(names),
        )  # fmt: skip
    table = np.zeros((len(names), int(label.max()) + 1))
    np.add.at(table, (which, label), 1)
    share = table / table.sum(0).clip(1)
    generator = np.random.default_rng(seed)
    order = generator.permutation(len(names))
    # Groups of one size are taken class by class, so that rare classes are dealt out evenly.
    order = order[np.lexsort((table[order].argmax(1), -table[order].sum(1)))]
    held, size = np.zeros((count, table.shape[1])), np.zeros(count)
    fold = np.empty(len(names), np.int64)
    for k in order:
        # What the fold already holds of these classes, then its size decides.
        cost = held @ share[k] / max(share[k].max(), 1e-12) + 1e-6 * size
        fold[k] = cost.argmin()
        held[fold[k]] += share[k]
        size[fold[k]] += table[k].sum()
    return fold[which]


def cross_validate(
    model: Model,
    series: np.ndarray,
    label: np.ndarray,
    classes: tuple[str, ...],
    bands: tuple[str, ...],
    *,
    group: np.ndarray | None = None,
    count: int = 5,
    repeats: int = 1,
    seed: int = 0,
    progress: Progress = silent,
) -> OutOfFold:
    """Fit ``count`` times a repeat, so that every labelled parcel is asked once a repeat.

    Args:
        model: a row of :data:`eogen.landcover.series.methods.MODELS`.
        series: (n, month, band) reflectance, NaN where nothing was seen.
        label: (n,) int into ``classes``, -1 unknown (left out).
        classes, bands: names.
        group: (n,) parcels of one group share a fold; by default each is its own.
        count: folds.
        repeats: of the whole, with other folds and seeds.
        seed: of folds and fits.
        progress: told after each fold.

    Raises:
        InputError: ``series_groups``; ``series_few_labels``.
    """
    row = np.flatnonzero(np.asarray(label) >= 0)
    series, label = np.asarray(series)[row], np.asarray(label, np.int64)[row]
    group = row if group is None else np.asarray(group)[row]
    probability = np.empty((repeats, len(label), len(classes)), np.float32)
    folds = np.stack([deal(label, group, count=count, seed=seed + r) for r in range(repeats)])
    began = perf_counter()
    for r in range(repeats):
        for k in range(count):
            progress(r * count + k, repeats * count, "folds")
            test = folds[r] == k
            fitted = model.fit(series[~test], label[~test], classes, bands, seed=seed + r)
            probability[r, test] = fitted.predict_proba(series[test])
    progress(repeats * count, repeats * count, "folds")
    return OutOfFold(probability, label, group, folds, row, tuple(classes), perf_counter() - began)
