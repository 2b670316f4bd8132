"""The exchange type of the room: one variable over (time, lat, lon), NaN where nothing was seen.

A *cube* is an :class:`xarray.DataArray` named after its :class:`~eogen.ocean.variables.Variable`, with ascending
``time``, ``lat`` and ``lon`` (degrees; ``lon`` may run past 180 where a region crosses the date line), the static
coordinate ``sea`` (lat, lon; bool), optionally ``bathymetry`` (lat, lon; m, negative below sea level), units, a CRS,
and in its attributes where it comes from: ``kind`` (``"real"``, ``"simulated"`` or ``"derived"``), ``dataset`` (name
in the catalogue), ``title``, ``licence``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import rioxarray  # noqa: F401 - registers .rio
import xarray as xr
from dask.base import is_dask_collection

from eogen.errors import InputError
from eogen.ocean.variables import variable

KM_PER_DEGREE = 111.195


def cube(
    values: np.ndarray,
    time: np.ndarray,
    lat: np.ndarray,
    lon: np.ndarray,
    sea: np.ndarray,
    *,
    name: str = "log10_chl",
    bathymetry: np.ndarray | None = None,
    **attributes: Any,
) -> xr.DataArray:
    """Return a cube, checked.

    Args:
        values: (time, lat, lon), NaN = not seen; values outside the sea become NaN. A dask array stays one
            (nothing is computed, and that something was seen is not checked).
        time: (time,) datetime64, strictly ascending.
        lat: (lat,) degrees north, strictly ascending.
        lon: (lon,) degrees east, strictly ascending.
        sea: (lat, lon) bool, static: from the product or a land mask, never from a window of the data.
        name: of the variable.
        bathymetry: (lat, lon) m.
        **attributes: ``kind``, ``dataset``, ``title``, ``licence``, ``source`` …

    Raises:
        InputError: ``ocean_variable``; ``ocean_shape``; ``ocean_duplicate_times``; ``ocean_axis``;
            ``ocean_all_missing``.
    """
    row = variable(name)
    time = np.asarray(time, "datetime64[ns]")
    lat, lon = np.asarray(lat, float), np.asarray(lon, float)
    lazy = is_dask_collection(values)
    sea = sea.astype(bool) if is_dask_collection(sea) else np.asarray(sea, bool)
    expected = (len(time), len(lat), len(lon))
    if np.shape(values) != expected or sea.shape != expected[1:]:
        raise InputError(
            "ocean_shape",
            "The values have shape {found} and the sea mask {mask}; {expected} was expected (time, lat, lon).",
            found=str(np.shape(values)), mask=str(sea.shape), expected=str(expected),
        )  # fmt: skip
    if len(doubled := time[1:][np.diff(time) == np.timedelta64(0)]):
        raise InputError(
            "ocean_duplicate_times",
            "{count} times occur twice, the first is {first}; keep one frame of each time.",
            count=len(doubled), first=str(doubled[0])[:16],
        )  # fmt: skip
    for axis, at in (("time", time.astype("int64")), ("lat", lat), ("lon", lon)):
        if len(at) > 1 and not (np.diff(at) > 0).all():
            raise InputError("ocean_axis", "The axis {axis} does not ascend; sort it first.", axis=axis)
    seen = np.where(
        sea, values.astype(np.float32) if lazy else np.asarray(values, np.float32), np.float32("nan")
    )
    if not lazy and not np.isfinite(seen).any():
        raise InputError(
            "ocean_all_missing", "Every value of the sea is missing: there is nothing to fill from."
        )
    coords: dict[str, Any] = {
        "time": ("time", time, {"standard_name": "time"}),
        "lat": ("lat", lat, {"standard_name": "latitude", "units": "degrees_north"}),
        "lon": ("lon", lon, {"standard_name": "longitude", "units": "degrees_east"}),
        "sea": (("lat", "lon"), sea, {"long_name": "sea (1) or land (0)"}),
    }
    if bathymetry is not None:
        about = {"standard_name": "height_above_mean_sea_level", "units": "m"}
        coords["bathymetry"] = (("lat", "lon"), np.asarray(bathymetry, np.float32), about)
    given = {"units": row.units, "standard_name": row.standard_name, **attributes}
    array = xr.DataArray(seen, coords, ("time", "lat", "lon"), name, given)
    return array.rio.write_crs("EPSG:4326")


def like(reference: xr.DataArray, values: np.ndarray, **attributes: Any) -> xr.DataArray:
    """Return a cube with the coordinates and attributes of ``reference`` and other values, same shape."""
    made = reference.copy(data=np.asarray(values, np.float32))
    made.attrs |= attributes
    return made


def pixel_km(array: xr.DataArray) -> tuple[float, float]:
    """Return the size (north-south, east-west) of the central cell in km."""
    lat, lon = array.lat.values, array.lon.values
    middle = np.cos(np.deg2rad(lat.mean()))
    north = float(np.median(np.diff(lat))) if len(lat) > 1 else 1.0
    east = float(np.median(np.diff(lon))) if len(lon) > 1 else 1.0
    return KM_PER_DEGREE * north, KM_PER_DEGREE * east * max(float(middle), 0.01)


def missing_share(array: xr.DataArray) -> float:
    """Return which part of the sea's cells was not seen, 0 to 1."""
    sea = array.sea.values
    return float(1.0 - np.isfinite(array.values[:, sea]).mean())


def region(array: xr.DataArray, south: float, north: float, west: float, east: float) -> xr.DataArray:
    """Return the cells whose centres lie in the box, degrees.

    Raises:
        InputError: ``ocean_region`` when no cell lies in it.
    """
    cut = array.sel(lat=slice(south, north), lon=slice(west, east))
    if 0 in cut.shape or not bool(cut.sea.any()):
        raise InputError(
            "ocean_region",
            "No sea of this grid lies between {south} and {north} north, {west} and {east} east.",
            south=south, north=north, west=west, east=east,
        )  # fmt: skip
    return cut


def composite(array: xr.DataArray, days: int = 8) -> xr.DataArray:
    """Return means over periods of ``days`` days from the first one (in the cube's units), whole periods only.

    Args:
        array: a daily cube; missing days are missing.
        days: length of a period; its time is the first day.
    """
    stamp = array.time.values
    index = ((stamp - stamp[0]) / np.timedelta64(days, "D")).astype(int)
    last = int((stamp[-1] - stamp[0]) / np.timedelta64(1, "D")) + 1
    frames = []
    for k in range(max(last // days, 1)):
        frame = array.values[index == k]
        seen = np.isfinite(frame)
        count = seen.sum(0)
        total = np.where(seen, frame, 0.0).sum(0, dtype=np.float64)
        frames.append(np.where(count > 0, total / np.maximum(count, 1), np.nan))
    time = stamp[0] + np.arange(len(frames)) * np.timedelta64(days, "D")
    made = array.isel(time=np.zeros(len(frames), int)).assign_coords(time=time)
    about = array.attrs | {"cell_methods": f"time: mean (interval: {days} days)"}
    return made.copy(data=np.stack(frames).astype(np.float32)).assign_attrs(about)
