"""What every panel of the expert view is given: which sea, which date, what is hidden, which two methods."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import xarray as xr

from eogen.ocean.cube import like
from pages.kit.provenance import Provenance

Box = tuple[float, float, float, float]


def digest(*parts: object) -> str:
    """Return a short hash of arrays and texts: what caches are keyed by."""
    found = hashlib.sha256()
    for part in parts:
        found.update(
            np.ascontiguousarray(part).tobytes() if isinstance(part, np.ndarray) else repr(part).encode()
        )
        found.update(b"|")
    return found.hexdigest()[:16]


def box(cut: xr.DataArray) -> Box:
    """Return the outer edges of a cube's cells: south, north, west, east; degrees."""
    lat, lon = cut.lat.values, cut.lon.values
    dy = (lat[-1] - lat[0]) / max(len(lat) - 1, 1) / 2
    dx = (lon[-1] - lon[0]) / max(len(lon) - 1, 1) / 2
    return float(lat[0] - dy), float(lat[-1] + dy), float(lon[0] - dx), float(lon[-1] + dx)


@dataclass(frozen=True)
class State:
    """What is on the screen.

    Attributes:
        source: stable name of the source (the one in the address).
        key: names the content of ``cube``: a hash of the file, or the seed of a simulation.
        cube: all of it (time, lat, lon), as observed.
        cut: the region, all dates, as observed (nothing withheld).
        region: south, north, west, east; degrees.
        frame: index of the date that is looked at, in ``cut.time``.
        gap: where the artificial gap comes from: ``"real"`` (none), ``"donor"``, ``"drawn"``, ``"moved"``.
        held: (time, lat, lon) bool on the grid of ``cut``: observed cells that are withheld from the methods, so that
            a truth is known there; None when nothing is.
        donor: index of the date whose clouds hide, where one does.
        methods: two names of :data:`eogen.ocean.methods.METHODS`.
        seed: of the draws.
        members: how many draws of the field.
        quantity: ``"chl"`` (the cube's own variable) or ``"micro"``, ``"nano"``, ``"pico"`` (derived from CHL).
        provenance: said under the picture.
        drivers: complete physical fields on the grid of ``cut``, where the source comes with some.
        truth: (time, lat, lon) complete truth on the grid of ``cut``, where the source is simulated; None elsewhere.
    """

    source: str
    key: str
    cube: xr.DataArray
    cut: xr.DataArray
    region: Box
    frame: int
    gap: str
    held: np.ndarray | None
    methods: tuple[str, str]
    seed: int
    members: int
    provenance: Provenance
    quantity: str = "chl"
    donor: int | None = None
    truth: np.ndarray | None = field(default=None, repr=False)
    drivers: xr.Dataset | None = field(default=None, repr=False)

    @cached_property
    def sea(self) -> np.ndarray:
        """Return (lat, lon) bool."""
        return self.cut.sea.values

    @cached_property
    def observed(self) -> xr.DataArray:
        """Return the region without what is withheld: what the methods are given."""
        if self.held is None:
            return self.cut
        return like(self.cut, np.where(self.held, np.float32("nan"), self.cut.values))

    @cached_property
    def signature(self) -> str:
        """Return a hash of all that the methods are given: source, region, what is withheld, quantity."""
        held = None if self.held is None else np.packbits(self.held)
        return digest(self.key, self.region, self.cut.shape, held, self.quantity)

    @property
    def date(self) -> np.datetime64:
        """Return the date that is looked at."""
        return self.cut.time.values[self.frame]

    @property
    def hidden(self) -> np.ndarray:
        """Return (lat, lon) bool: what is withheld on the date that is looked at."""
        return np.zeros(self.cut.shape[1:], bool) if self.held is None else self.held[self.frame]

    @property
    def real_gap(self) -> np.ndarray:
        """Return (lat, lon) bool: sea that was not seen on that date, by nobody."""
        return ~np.isfinite(self.cut.values[self.frame]) & self.sea
