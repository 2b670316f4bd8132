"""The exchange type: two or more co-registered images of one place.

A stack is an :class:`xarray.DataArray` (time, band, y, x), float32, oldest first. Coordinates: ``time``
(datetime64[ns], or 0, 1, ... where dates are unknown), ``band`` (names), ``y``, ``x`` (pixel centres, metres or degrees
of ``crs``; row and column numbers without one), ``valid`` (time, y, x; bool) and, when it is known, ``label`` (y, x;
int8: 1 changed, 0 unchanged, -1 unknown). A pair is a stack of two.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import rioxarray  # noqa: F401 - registers .rio
import xarray as xr
from affine import Affine
from pyproj import Geod
from rasterio.crs import CRS

from eogen.errors import InputError

#: Attributes of every stack; ``units`` is that of all bands, ``sensor`` a row of :mod:`eogen.change.sensors`.
ATTRS = ("kind", "dataset", "title", "licence", "source", "sensor", "units")


def stack(
    images: np.ndarray,
    bands: Sequence[str],
    *,
    times: Sequence[object] | np.ndarray | None = None,
    crs: CRS | None = None,
    transform: Affine | None = None,
    valid: np.ndarray | None = None,
    label: np.ndarray | None = None,
    **attrs: object,
) -> xr.DataArray:
    """Return a stack.

    Args:
        images: (time, band, y, x), any real type; not finite is not valid.
        bands: their names, of the sensor (``B04``) or ``red``, ``green``, ``blue``, ``nir``, ``swir``, ``vv``, ...
        times: dates; order numbers when unknown.
        crs, transform: where it lies; both or neither.
        valid: (time, y, x) or (y, x) bool; False where a date has nothing (clouds, wedges, no data).
        label: (y, x): 1 changed, 0 unchanged, -1 unknown.
        attrs: see ``ATTRS``; ``kind`` is ``real``, ``simulated`` or ``derived``.

    Raises:
        InputError: ``change_shape``; ``change_one_date``; ``change_nothing_valid``.
    """
    images = np.asarray(images, np.float32)
    if images.ndim != 4 or images.shape[1] != len(bands):
        raise InputError(
            "change_shape",
            "The images have the shape {shape}; dates, {bands} bands, rows and columns were expected.",
            shape=" × ".join(map(str, images.shape)), bands=len(bands),
        )  # fmt: skip
    dates, _, rows, columns = images.shape
    if dates < 2:
        raise InputError(
            "change_one_date", "There is {found} date only; a change needs two or more.", found=dates
        )
    seen = np.isfinite(images).all(1)
    if valid is not None:
        seen &= np.broadcast_to(valid, seen.shape)
    if not (seen.sum(0) >= 2).any():
        raise InputError(
            "change_nothing_valid", "No pixel is valid on two dates: there is nothing to compare."
        )
    at = (crs and transform) or Affine.identity()
    coords: dict[str, object] = {
        "time": np.arange(dates) if times is None else np.asarray(times, "datetime64[ns]"),
        "band": list(bands),
        "y": at.f + at.e * (np.arange(rows) + 0.5),
        "x": at.c + at.a * (np.arange(columns) + 0.5),
        "valid": (("time", "y", "x"), seen),
    }
    if label is not None:
        coords["label"] = (("y", "x"), np.asarray(label, np.int8))
    given = {"units": "1", "sensor": "unknown", "kind": "real"} | {
        k: v for k, v in attrs.items() if v is not None
    }
    made = xr.DataArray(
        np.where(seen[:, None], images, 0), coords, ("time", "band", "y", "x"), "image", given
    )
    return made.rio.write_crs(crs).rio.write_transform(transform) if crs else made


def pair(images: xr.DataArray, first: int = 0, second: int = -1) -> xr.DataArray:
    """Return two dates of a stack, by number."""
    count = images.sizes["time"]
    return images.isel(time=[first % count, second % count])


def both_valid(images: xr.DataArray) -> np.ndarray:
    """Return (y, x) bool: valid on every date."""
    return images.valid.values.all(0)


def pixel_area(images: xr.DataArray) -> np.ndarray | None:
    """Return (y, x) the area of each pixel in m²; None without a CRS.

    Projected: the product of the steps. Geographic: on the ellipsoid, one area for each row.
    """
    crs = images.rio.crs
    if crs is None:
        return None
    at = images.rio.transform()
    rows, columns = images.sizes["y"], images.sizes["x"]
    if not crs.is_geographic:
        unit = crs.linear_units_factor[1]
        return np.full((rows, columns), abs(at.determinant) * unit**2)
    geod, west, east = Geod(ellps="WGS84"), at.c, at.c + at.a
    edges = at.f + at.e * np.arange(rows + 1)
    area = [
        abs(geod.polygon_area_perimeter([west, east, east, west], [south, south, north, north])[0])
        for north, south in pairwise(edges)
    ]
    return np.repeat(np.array(area)[:, None], columns, 1)
