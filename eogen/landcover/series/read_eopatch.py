"""An eo-learn patch saved as NumPy arrays: NDVI through the years, cloud masks and a land-cover raster.

Its layout is ``data/NDVI.npy``, ``mask/CLM.npy``, ``mask_timeless/LULC.npy`` with ``timestamps.json`` and
``bbox.geojson``, or the same files in one folder, ``data_NDVI.npy`` and so on.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import rioxarray  # noqa: F401 - registers the .rio accessor
import xarray as xr

from eogen.errors import InputError
from eogen.landcover.series.read_common import FAULTS, array, lacking, loaded, unlike

#: Classes of eo-learn's Slovenian land cover (RABA), codes 1 to 10; 0 is none.
CLASSES = (
    "cultivated", "forest", "grass", "shrub", "water", "wetland", "tundra", "artificial", "bare", "snow",
)  # fmt: skip


def is_patch(folder: Path) -> bool:
    """Return whether ``folder`` holds a patch with NDVI and its dates."""
    return _file(folder, "data", "NDVI") is not None and _dates(folder) is not None


def read(folder: Path) -> xr.Dataset:
    """Return the patch.

    Returns:
        Dataset with ``ndvi`` (time, y, x) float32, -1 to 1, NaN where there was no image; ``clear`` (time, y, x) bool,
        neither cloud nor missing; ``label`` (y, x) int16 into ``classes``, -1 unknown, where there is a land-cover
        raster; CRS by rioxarray where there is a box. Attributes as of a cube.

    Raises:
        Unavailable: ``series_absent``.
        InputError: ``series_damaged``; ``series_lacks``; ``series_file_shape``; ``series_dates``; ``series_time``;
            ``series_large``.
    """
    folder = Path(folder)
    ndvi_file, dates_file = _file(folder, "data", "NDVI"), _dates(folder)
    if ndvi_file is None or dates_file is None:
        raise lacking(folder.name or str(folder), "data/NDVI.npy, timestamps.json")
    time = _times(loaded(dates_file), dates_file.name)
    ndvi = _maps(ndvi_file, len(time), None)
    shape = ndvi.shape[1:]
    clear = np.isfinite(ndvi)
    for name, good in (("CLM", False), ("IS_DATA", True)):
        if (path := _file(folder, "mask", name)) is not None:
            clear &= (_maps(path, len(time), shape) > 0) == good
    held = xr.Dataset(
        {
            "ndvi": (("time", "y", "x"), ndvi, {"units": "1", "long_name": "NDVI"}),
            "clear": (("time", "y", "x"), clear),
        },
        coords={"time": time, "y": np.arange(shape[0]), "x": np.arange(shape[1])},
    )
    if (path := _file(folder, "mask_timeless", "LULC")) is not None:
        code = _maps(path, None, shape).astype(np.int32)
        label = np.where((code > 0) & (code <= len(CLASSES)), code - 1, -1).astype(np.int16)
        held["label"] = (("y", "x"), label, {"flag_values": np.arange(len(CLASSES), dtype=np.int16),
                                             "flag_meanings": " ".join(CLASSES)})  # fmt: skip
    held.attrs = {
        "classes": list(CLASSES), "step_days": 0, "kind": "real", "dataset": "eolearn_patch", "title": folder.name,
        "source": ndvi_file.name,
        "licence": "MIT; land cover RABA, Slovenian Ministry of Agriculture; contains modified Copernicus data",
    }  # fmt: skip
    box = next(iter(sorted(folder.glob("bbox.*json"))), None)
    return held if box is None else _placed(held, loaded(box), box.name)


def _file(folder: Path, kind: str, name: str) -> Path | None:
    return next(
        (p for p in (folder / kind / f"{name}.npy", folder / f"{kind}_{name}.npy") if p.is_file()), None
    )


def _dates(folder: Path) -> Path | None:
    return next((p for p in (folder / "timestamps.json", folder / "timestamp.json") if p.is_file()), None)


def _times(written: Any, name: str) -> np.ndarray:
    try:
        # An offset ("Z", "+00:00") is that of UTC in eo-learn; NumPy knows none.
        bare = [re.sub(r"(Z|[+-]\d\d:?\d\d)$", "", text) for text in written]
        found = np.array(bare, "datetime64[ns]")
        if found.ndim != 1 or not len(found) or np.isnat(found).any():
            raise ValueError
    except FAULTS as fault:
        raise InputError(
            "series_dates",
            "The dates of {name} cannot be read; each must be a day such as 2018-09-24 or 20180924.",
            name=name,
        ) from fault
    if (np.diff(found) <= np.timedelta64(0)).any():
        raise InputError("series_time", "The dates of a series must go forward, each once; sort them first.")
    return found


def _maps(path: Path, times: int | None, shape: tuple[int, ...] | None) -> np.ndarray:
    """Return (time, y, x), or (y, x) where ``times`` is None, of an array that ends in a band of one."""
    held = array(path)
    wanted = (() if times is None else (times,)) + (shape or held.shape[-3:-1]) + (1,)
    if held.shape != wanted:
        raise unlike(path.name, held.shape, " × ".join(map(str, wanted)))
    return np.array(held[..., 0], np.float32)


def _placed(held: xr.Dataset, box: Any, name: str) -> xr.Dataset:
    try:
        corners = np.array(box["coordinates"][0], float)
        (west, south), (east, north) = corners.min(0), corners.max(0)
        crs = re.search(r"(\d+)$", box["crs"]["properties"]["name"])[1]
        rows, columns = held.sizes["y"], held.sizes["x"]
        y = north - (np.arange(rows) + 0.5) * (north - south) / rows
        x = west + (np.arange(columns) + 0.5) * (east - west) / columns
        return held.assign_coords(y=y, x=x).rio.write_crs(int(crs))
    except FAULTS as fault:
        raise lacking(name, "coordinates, crs") from fault
