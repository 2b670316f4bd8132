"""What every panel of the seasons is given: which parcels, which one, which model, which class is explained."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import xarray as xr

from eogen.landcover.series.months import filled
from eogen.landcover.series.protocol import SeriesModel
from pages.kit.provenance import Provenance
from pages.kit.words import Words

#: Series of the training parcels that stand for "not known" in explanations.
BACKGROUND = 16


@dataclass(frozen=True)
class State:
    """What is on the screen.

    Attributes:
        source: name of the parcels: ``"france"`` or ``"territory"``.
        held: monthly parcels with the bands the model reads, in its order.
        row: number of the parcel on the screen.
        method: name of the model, a row of ``eogen.landcover.series.methods.MODELS``.
        model: the one asked about this parcel; where it was learnt from, the model of the fold that did not see it.
        whole: the model asked about any other series.
        learnt: whether the parcel is among those the model's other folds learnt from.
        target: number of the class that is explained.
        provenance: said under the pictures.
        key: names the content of ``held`` and the model: what caches are keyed by.
    """

    source: str
    held: xr.Dataset
    row: int
    method: str
    model: SeriesModel
    whole: SeriesModel
    learnt: bool
    target: int
    provenance: Provenance
    key: tuple[str, ...]

    @cached_property
    def series(self) -> np.ndarray:
        """Return the series on the screen, (month, band), NaN where nothing was seen."""
        return self.held["reflectance"].values[self.row]

    @cached_property
    def labels(self) -> np.ndarray:
        """Return the true classes (parcel,) as the model counts them, -1 where it does not know the class."""
        if "label" not in self.held:
            return np.full(self.held.sizes["parcel"], -1)
        # A file may list its classes in another order than the model, or more of them. Unknown, -1, is
        # the last of the row, which is unknown.
        number = {name: k for k, name in enumerate(self.classes)}
        known = np.array([*(number.get(name, -1) for name in self.held.attrs["classes"]), -1])
        return known[self.held["label"].values]

    @property
    def label(self) -> int:
        """Return the number of the true class, -1 where it is not known."""
        return int(self.labels[self.row])

    @cached_property
    def background(self) -> np.ndarray:
        """Return the series (n, month, band) that take the place of what is hidden: the mean of some, evenly drawn."""
        values = self.held["reflectance"].values
        rows = np.linspace(0, len(values) - 1, min(BACKGROUND * 16, len(values))).astype(int)
        with np.errstate(invalid="ignore", divide="ignore"):
            seen = np.isfinite(values[rows])
            total = np.where(seen, values[rows], 0).sum(0) / seen.sum(0)
        # A month that none of them saw lies between its neighbours; it is not black.
        return filled(total[None])

    @property
    def classes(self) -> tuple[str, ...]:
        """Return the names of the classes."""
        return tuple(self.model.classes)

    @property
    def months(self) -> np.ndarray:
        """Return the months, datetime64[M]."""
        return self.held["time"].values.astype("datetime64[M]")

    def month_names(self, t: Words) -> list[str]:
        """Return the months in short, the year where it begins or changes: ``sept. 22, oct., …``."""
        named, year = [], None
        for month in self.months:
            this = int(str(month)[:4])
            name = t(f"landcover.series.months.{int(str(month)[5:7])}")
            named.append(name if this == year or self.source == "territory" else f"{name} {this % 100:02d}")
            year = this
        return named

    def class_name(self, t: Words, number: int, form: str = "name") -> str:
        """Return how a class is called (``name`` or, with its article, ``a``); unknown for -1."""
        return (
            t("landcover.series.unknown")
            if number < 0
            else t(f"landcover.series.classes.{self.classes[number]}.{form}")
        )
