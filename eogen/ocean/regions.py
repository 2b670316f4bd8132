"""Where and when a cell is: biogeochemical province, shelf, season."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import xarray as xr

from eogen.errors import InputError, Unavailable

PATTERN = "longhurst/*.shp"
SEASONS = ("winter", "spring", "summer", "autumn")


def provinces(grid: xr.DataArray, folder: Path) -> np.ndarray:
    """Return (lat, lon) object: the Longhurst province (``"ALSK"`` …) of each cell of the sea, None elsewhere.

    Provinces of Longhurst 2007, "Ecological Geography of the Sea", polygons of marineregions.org, version 4 (2010).
    They leave some cells of a fine coast outside; these take the province of the nearest cell within 10 cells, or none.

    Args:
        grid: a cube.
        folder: the room's data folder, with ``longhurst/*.shp``.

    Raises:
        Unavailable: ``ocean_no_provinces`` when there is no such file.
        InputError: ``ocean_provinces`` when it cannot be read or has no column ProvCode.
    """
    path = next(iter(sorted(Path(folder).glob(PATTERN))), None)
    if path is None:
        raise Unavailable(
            "ocean_no_provinces",
            "{folder} holds no {pattern}: scores by Longhurst province are left out.",
            folder=str(folder), pattern=PATTERN,
        )  # fmt: skip
    import shapely
    from pyogrio import errors, raw

    try:
        about, _, shapes, fields = raw.read(path, columns=["ProvCode"])
    except (errors.DataSourceError, errors.DataLayerError, OSError, ValueError) as fault:
        raise _damaged(path, str(fault)) from fault
    if "ProvCode" not in about["fields"]:
        raise _damaged(path, "it has no column ProvCode")
    west, east = grid.lon.values.min() - 1, grid.lon.values.max() + 1
    south, north = max(grid.lat.values.min() - 1, -90), min(grid.lat.values.max() + 1, 90)
    lon, lat = np.meshgrid(grid.lon.values, grid.lat.values)
    named = np.full(lon.shape, None, object)
    for code, shape in zip(fields[0], shapely.make_valid(shapely.from_wkb(shapes)), strict=True):
        for turn in (-360.0, 0.0, 360.0):  # a grid may run past the date line
            box = shapely.clip_by_rect(shape, west - turn, south, east - turn, north)
            if not box.is_empty:
                shapely.prepare(box)
                named[shapely.contains_xy(box, lon - turn, lat) & np.equal(named, None)] = code
    return _near(named, grid.sea.values)


def _near(named: np.ndarray, sea: np.ndarray, reach: float = 10.0) -> np.ndarray:
    from scipy.ndimage import distance_transform_edt

    none = np.equal(named, None)
    if none.all():
        return named
    away, (y, x) = distance_transform_edt(none, return_indices=True)
    return np.where(sea & (away <= reach), named[y, x], None)


def _damaged(path: Path, reason: str) -> InputError:
    return InputError(
        "ocean_provinces", "{name} cannot be used for provinces: {reason}.", name=path.name, reason=reason
    )


def seasons(times: np.ndarray, lat: float) -> np.ndarray:
    """Return (time,) the season's name of datetime64 ``times`` at latitude ``lat``; June is summer in the north."""
    month = np.asarray(times, "datetime64[M]").astype(int) % 12
    quarter = ((month + 1) // 3) % 4
    return np.asarray(SEASONS)[quarter if lat >= 0 else (quarter + 2) % 4]
