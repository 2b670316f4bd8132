"""What a method is given and what it returns, inside the package: arrays that have been checked once."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr
from scipy.ndimage import distance_transform_edt

from eogen.ocean.cube import pixel_km

if TYPE_CHECKING:
    from eogen.ocean.background import Background


@dataclass(frozen=True)
class Problem:
    """A gappy cube.

    Attributes:
        values: (time, lat, lon) float32, NaN = missing; NaN on land.
        sea: (lat, lon) bool.
        days: (time,) float64 days since the first frame.
        pixel: (north-south, east-west) km.
        lat: (lat,) degrees.
        lon: (lon,) degrees.
        bathymetry: (lat, lon) m or None.
        drivers: name -> (time, lat, lon) float32, complete over the sea, in the variable's own units.
        day_of_year: (time,) 1 to 366.
        name: of the variable.
        ground: what is usual, where it is known better than from these values: a tile of a larger cube.
    """

    values: np.ndarray
    sea: np.ndarray
    days: np.ndarray
    pixel: tuple[float, float]
    lat: np.ndarray
    lon: np.ndarray
    day_of_year: np.ndarray
    bathymetry: np.ndarray | None = None
    drivers: dict[str, np.ndarray] | None = None
    name: str = "log10_chl"
    ground: Background | None = None

    @cached_property
    def observed(self) -> np.ndarray:
        """Return (time, lat, lon) bool: what was seen."""
        return np.isfinite(self.values)

    def without(self, held: np.ndarray) -> Problem:
        """Return the same problem with the cells ``held`` (time, lat, lon; bool) hidden."""
        values = np.where(held, np.float32("nan"), self.values)
        ground = self.ground and self.ground.without(held)
        return replace(self, values=values, ground=ground)

    def cut(self, rows: slice, columns: slice) -> Problem:
        """Return a window of the problem."""
        at = (slice(None), rows, columns)
        drivers = self.drivers and {name: field[at] for name, field in self.drivers.items()}
        return replace(
            self,
            values=self.values[at],
            sea=self.sea[at[1:]],
            lat=self.lat[rows],
            lon=self.lon[columns],
            bathymetry=None if self.bathymetry is None else self.bathymetry[at[1:]],
            drivers=drivers,
            ground=self.ground and self.ground.cut(rows, columns),
        )

    def gap_distance(self, frame: int) -> np.ndarray:
        """Return (lat, lon) float32: pixels to the nearest observation of the frame; inf when there is none."""
        seen = self.observed[frame]
        if not seen.any():
            return np.full(seen.shape, np.inf, np.float32)
        return distance_transform_edt(~seen).astype(np.float32)


@dataclass
class Estimate:
    """What a method believes of some frames, everywhere on the sea (observed cells included).

    Attributes:
        mean: (target, lat, lon) float32.
        sd: (target, lat, lon) float32 or None; of a new observation, its noise included.
        members: (member, target, lat, lon) float32 or None: draws of what would be observed.
        shape: (99,) float32 or None: the 1 to 99 % quantiles of the standardised error; None means a Gaussian.
        facts: what the method found out on the way (``trust_in_network`` …).
    """

    mean: np.ndarray
    sd: np.ndarray | None = None
    members: np.ndarray | None = None
    shape: np.ndarray | None = None
    facts: dict[str, float] = field(default_factory=dict)


def problem(observed: xr.DataArray, drivers: xr.Dataset | None = None) -> Problem:
    """Return the arrays of a cube (and of complete drivers on the same grid)."""
    time = observed.time.values
    return Problem(
        observed.values,
        observed.sea.values,
        (time - time[0]) / np.timedelta64(1, "D"),
        pixel_km(observed),
        observed.lat.values,
        observed.lon.values,
        observed.time.dt.dayofyear.values,
        observed.bathymetry.values if "bathymetry" in observed.coords else None,
        None
        if drivers is None
        else {str(k): v.values.astype(np.float32) for k, v in drivers.data_vars.items()},
        str(observed.name),
    )
