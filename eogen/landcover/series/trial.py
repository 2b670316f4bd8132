"""Every model on the same folds of the same parcels, and the table of how they did."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import xarray as xr

from eogen.landcover.series.cube import USUAL
from eogen.landcover.series.folds import OutOfFold, cross_validate
from eogen.landcover.series.methods import MODELS
from eogen.landcover.series.scores import accuracy, macro_f1
from eogen.progress import Progress, silent


def trial(
    held: xr.Dataset,
    names: Sequence[str] = tuple(MODELS),
    *,
    count: int = 5,
    repeats: int = 2,
    seed: int = 0,
    grouped: bool = True,
    progress: Progress = silent,
) -> dict[str, OutOfFold]:
    """Return the out-of-fold answers of models, by name.

    Args:
        held: monthly parcels (:func:`eogen.landcover.series.months.monthly`) with ``label`` and, where parcels belong
            together, ``group``.
        names: of :data:`eogen.landcover.series.methods.MODELS`.
        count, repeats, seed: as of :func:`eogen.landcover.series.folds.cross_validate`; the same folds for all.
        grouped: keep groups whole; without it each parcel stands alone, as in most published figures, and neighbours
            that share a sky and a soil may help each other.
        progress: told of the folds of each model.

    Raises:
        InputError: ``series_groups``; ``series_few_labels``.
    """
    bands = tuple(b for b in USUAL if b in held["band"].values)
    group = held["group"].values if grouped and "group" in held else None
    series = held["reflectance"].sel(band=list(bands)).transpose("parcel", "time", "band").values
    return {
        name: cross_validate(
            MODELS[name], series, held["label"].values, tuple(held.attrs["classes"]), bands,
            group=group, count=count, repeats=repeats, seed=seed, progress=progress,
        )
        for name in names
    }  # fmt: skip


def table(answers: dict[str, OutOfFold]) -> pd.DataFrame:
    """Return a row per model: accuracy and macro-F1 with their 95 % intervals by group, and seconds of a fit."""
    rows = {}
    for name, one in answers.items():
        right, f1 = accuracy(one), macro_f1(one)
        rows[name] = {
            "accuracy": right.value, "accuracy_low": right.low, "accuracy_high": right.high,
            "macro_f1": f1.value, "macro_f1_low": f1.low, "macro_f1_high": f1.high,
            "seconds": one.seconds / sum(len(set(fold)) for fold in one.fold),
        }  # fmt: skip
    return pd.DataFrame(rows).T
