"""Every parcel asked of the model that did not learn from it, the parcels of one model together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Protocol

import numpy as np
import xarray as xr

from eogen.errors import InputError
from eogen.landcover.series.folds import OutOfFold
from eogen.landcover.series.methods import Explanation
from eogen.landcover.series.protocol import SeriesModel
from eogen.progress import Progress, silent

#: Series asked and explained at a time: few enough that a wish to stop is soon heard.
ASKED, EXPLAINED = 64, 16


class Unseen(Protocol):
    """Trained models of which one did not learn from a given series (:class:`eogen.landcover.series.kept.Kept`)."""

    def unseen_by(self, series: np.ndarray) -> tuple[SeriesModel, bool]:
        """Return the model that did not learn from a series (month, band), and whether the others did."""
        ...


@dataclass(frozen=True)
class Batch:
    """Parcels that one model has not seen.

    Attributes:
        model: to be asked about them.
        rows: (n,) numbers of the parcels.
        learnt: whether other models of the set learnt from them.
    """

    model: SeriesModel
    rows: np.ndarray
    learnt: bool


@dataclass(frozen=True)
class Answers:
    """What models said of parcels they had not seen.

    Attributes:
        held: their answers as one repeat; ``row`` are numbers of the parcels, ``fold`` those of the batches.
        learnt: (n,) whether each is among the parcels that other models of the set learnt from.
    """

    held: OutOfFold
    learnt: np.ndarray

    @property
    def certainty(self) -> np.ndarray:
        """Return the probability (n,) of the answers, 0..1."""
        return self.held.probability[0].max(1)


def labels(held: xr.Dataset, classes: Sequence[str]) -> np.ndarray:
    """Return the class (n,) of parcels as numbers into a model's ``classes``; -1 where unknown or none of them."""
    if "label" not in held:
        return np.full(held.sizes["parcel"], -1)
    place = {name: k for k, name in enumerate(classes)}
    own = np.array([place.get(str(name), -1) for name in held.attrs.get("classes", ())] + [-1])
    return own[held["label"].values.astype(np.int64)]


def batches(kept: Unseen, series: np.ndarray) -> list[Batch]:
    """Return series (n, month, band) by the model that has not seen them, in the order of their first ones."""
    found: dict[tuple[int, bool], tuple[SeriesModel, list[int]]] = {}
    for row, one in enumerate(series):
        model, learnt = kept.unseen_by(one)
        found.setdefault((id(model), learnt), (model, []))[1].append(row)
    return [Batch(model, np.array(rows), learnt) for (_, learnt), (model, rows) in found.items()]


def answers(kept: Unseen, held: xr.Dataset, progress: Progress = silent) -> Answers:
    """Return what is said of every labelled parcel by the model that had not seen it.

    Args:
        kept: trained models.
        held: parcels as they read them (:func:`eogen.landcover.series.kept.prepared`).
        progress: told as parcels are asked.

    Raises:
        InputError: ``series_few_labels`` where fewer than two parcels have a class that the models know.
    """
    series = held["reflectance"].transpose("parcel", "time", "band").values
    began = perf_counter()
    asked = batches(kept, series)
    classes = tuple(asked[0].model.classes) if asked else ()
    label = labels(held, classes)
    known = np.flatnonzero(label >= 0)
    if len(known) < 2:
        raise InputError(
            "series_few_labels",
            "Series whose class is known: {count}; a model needs at least two.",
            count=len(known),
        )
    probability = np.empty((len(series), len(classes)), np.float32)
    fold = np.zeros(len(series), np.int64)
    learnt = np.zeros(len(series), bool)
    for number, (batch, rows) in enumerate(_some(asked, known, ASKED)):
        progress(number * ASKED, len(known), "explain")
        probability[rows] = batch.model.predict_proba(series[rows])
        learnt[rows] = batch.learnt
        fold[rows] = next(k for k, each in enumerate(asked) if each is batch)
    group = held["group"].values if "group" in held else np.arange(len(series))
    made = OutOfFold(
        probability[None, known], label[known], np.asarray(group)[known], fold[None, known], known, classes,
        perf_counter() - began,
    )  # fmt: skip
    return Answers(made, learnt[known])


def explained(
    kept: Unseen, explanation: Explanation, series: np.ndarray, target: np.ndarray, background: np.ndarray, *,
    seed: int = 0, progress: Progress = silent,
) -> np.ndarray:  # fmt: skip
    """Return an explanation of each series by the model that had not seen it, (n, month) or (n, month, band).

    Args:
        kept: trained models.
        explanation: a row of :data:`eogen.landcover.series.methods.EXPLANATIONS`.
        series: (n, month, band).
        target: (n,) class explained of each.
        background: (m, month, band), what takes the place of what is hidden.
        seed: of what is random.
        progress: told as series are explained; raises to stop.

    Raises:
        InputError: as the explanation does.
    """
    made: np.ndarray | None = None
    done = 0
    for batch, rows in _some(batches(kept, series), np.arange(len(series)), EXPLAINED):
        progress(done, len(series), "explain")
        # Another seed for each batch: chance must not repeat itself.
        found = explanation.run(
            batch.model, series[rows], target[rows], background=background, seed=seed + int(rows[0])
        )
        made = np.empty((len(series), *found.shape[1:])) if made is None else made
        made[rows] = found
        done += len(rows)
    return np.zeros((0, *series.shape[1:2])) if made is None else made


def some_of_each(label: np.ndarray, most: int) -> np.ndarray:
    """Return numbers of parcels, ascending: at most ``most`` of each class 0 or more, evenly drawn along the list."""
    chosen = []
    for k in np.unique(label[label >= 0]):
        rows = np.flatnonzero(label == k)
        chosen.append(rows[np.linspace(0, len(rows) - 1, min(most, len(rows))).astype(int)])
    return np.sort(np.concatenate(chosen)) if chosen else np.zeros(0, int)


def _some(asked: Sequence[Batch], rows: np.ndarray, size: int) -> Iterator[tuple[Batch, np.ndarray]]:
    """Yield each batch's parcels among ``rows``, at most ``size`` at a time."""
    for batch in asked:
        here = batch.rows[np.isin(batch.rows, rows)]
        for k in range(0, len(here), size):
            yield batch, here[k : k + size]
