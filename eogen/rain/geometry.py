"""Where the pixels of a radar lie: on axes of latitude and longitude, on a projection, or anywhere."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from pyproj import CRS, Transformer


@dataclass(frozen=True)
class Projected:
    """A regular grid on a projection, its first row at ``y`` and its first column at ``x``.

    Args:
        proj: PROJ string (or WKT); its latitudes are taken as they are, without a shift of datum (100 m at most,
            a hundredth of an IMERG cell).
        x: outer edge of the first column, in the projection's unit.
        y: outer edge of the first row.
        dx: step of the columns.
        dy: step of the rows, negative where they go south.
        rows: their number.
        columns: their number.

    Raises:
        pyproj.exceptions.CRSError: PROJ does not know ``proj``; said while the file is read, not when it is drawn.
    """

    proj: str
    x: float
    y: float
    dx: float
    dy: float
    rows: int
    columns: int

    def __post_init__(self) -> None:
        geographic(self.proj)

    def lat_lon(self) -> tuple[np.ndarray, np.ndarray]:
        """Return (rows, columns) latitudes and longitudes of the centres, degrees; NaN off the Earth."""
        return _projected(self)


@dataclass(frozen=True, eq=False)
class Axes:
    """Centres on ascending axes, degrees: ``lat`` (rows,) and ``lon`` (columns,)."""

    lat: np.ndarray
    lon: np.ndarray


@dataclass(frozen=True, eq=False)
class Curved:
    """Centres anywhere, degrees: ``lat`` and ``lon`` (rows, columns)."""

    lat: np.ndarray
    lon: np.ndarray

    def lat_lon(self) -> tuple[np.ndarray, np.ndarray]:
        """Return (rows, columns) latitudes and longitudes of the centres."""
        return self.lat, self.lon


Geometry = Projected | Axes | Curved


@lru_cache(maxsize=4)
def geographic(proj: str) -> Transformer:
    """Return what turns (x, y) of ``proj`` into (longitude, latitude) on its own ellipsoid."""
    crs = CRS.from_user_input(proj)
    return Transformer.from_crs(crs, crs.geodetic_crs, always_xy=True)


@lru_cache(maxsize=2)
def _projected(grid: Projected) -> tuple[np.ndarray, np.ndarray]:
    x = grid.x + (np.arange(grid.columns) + 0.5) * grid.dx
    y = grid.y + (np.arange(grid.rows) + 0.5) * grid.dy
    lon, lat = geographic(grid.proj).transform(*np.meshgrid(x, y))
    off = ~(np.isfinite(lon) & np.isfinite(lat))
    return np.where(off, np.nan, lat), np.where(off, np.nan, lon)
