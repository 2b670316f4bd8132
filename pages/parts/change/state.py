"""What every panel of the expert view is given: which images, which two dates, which two estimators, which limit."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import rioxarray  # noqa: F401 - registers .rio
import xarray as xr

from eogen.change.stack import both_valid, pair
from pages.kit.provenance import Provenance

#: Name of the choice that leaves an estimator its own normalisation or smoothing.
OWN = "own"


def digest(*parts: object) -> str:
    """Return a short hash of arrays and texts: what caches are keyed by."""
    found = hashlib.sha256()
    for part in parts:
        found.update(
            np.ascontiguousarray(part).tobytes() if isinstance(part, np.ndarray) else repr(part).encode()
        )
        found.update(b"|")
    return found.hexdigest()[:16]


@dataclass(frozen=True)
class State:
    """What is on the screen.

    Attributes:
        source: stable name of the source (the one in the address).
        name: of the pair or scene within it.
        key: names the content of ``images``: a hash of the files, or the seed of a simulation.
        images: every date of the place (:mod:`eogen.change.stack`).
        first, second: numbers of the two dates that are compared, ``first < second``.
        methods: two names of :data:`eogen.change.methods.METHODS`.
        normalise: one of :data:`eogen.change.normalise.NORMALISATIONS`, or ``OWN``.
        smooth: standard deviation of the smoothing in pixels; None leaves each estimator its own.
        rate: expected share of false alarms among unchanged pixels, 0 to 1.
        least: least size of an object, in pixels.
        usual: what is called usual: ``"self"`` (this pair's own law) or ``"set"`` (other pairs of the same source).
        provenance: said under the pictures.
    """

    source: str
    name: str
    key: str
    images: xr.DataArray
    first: int
    second: int
    methods: tuple[str, str]
    normalise: str
    smooth: float | None
    rate: float
    least: int
    usual: str
    provenance: Provenance

    @cached_property
    def pair(self) -> xr.DataArray:
        """Return the two dates that are compared."""
        return pair(self.images, self.first, self.second)

    @cached_property
    def valid(self) -> np.ndarray:
        """Return (y, x) bool: seen on both dates."""
        return both_valid(self.pair)

    @property
    def shape(self) -> tuple[int, int]:
        """Return rows and columns."""
        return self.images.sizes["y"], self.images.sizes["x"]

    @property
    def label(self) -> np.ndarray | None:
        """Return (y, x) int8, 1 changed, 0 unchanged, -1 unknown; None where nothing is known."""
        return self.images.label.values if "label" in self.images.coords else None

    @property
    def pixel(self) -> float | None:
        """Return the side of a pixel in metres where the set tells it and the images do not; None elsewhere."""
        told = self.images.attrs.get("pixel")
        return None if told is None or self.images.rio.crs is not None else float(told)

    @property
    def signature(self) -> str:
        """Return a hash of all that the estimators are given."""
        return digest(self.key, self.first, self.second, self.normalise, self.smooth)

    def date(self, which: int) -> str:
        """Return the ISO day of a date; ``""`` where dates are not known."""
        time = self.images.time.values[which]
        return str(time)[:10] if np.issubdtype(self.images.time.dtype, np.datetime64) else ""
