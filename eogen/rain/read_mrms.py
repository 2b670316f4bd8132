"""MRMS of NOAA in GRIB2: the rate of rain, and amounts of an hour and more, through GDAL."""

from __future__ import annotations

import re
import warnings
from pathlib import Path

import numpy as np
import rasterio
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.io import MemoryFile
from rasterio.windows import Window

from eogen import limits
from eogen.errors import InputError, Unavailable
from eogen.rain.field import CLIP, Field, clipped, not_rain
from eogen.rain.geometry import Axes
from eogen.rain.read_imerg import Box, wrong_box
from eogen.rain.read_open import FAULTS, content, damaged, not_gridded

#: Time between two rates, minutes.
_STEP = 2.0


def read(
    source: Path | bytes, *, name: str | None = None, box: Box | None = None, clip: float = CLIP
) -> Field:
    """Return the rate of one file. Below zero is no data (-3 no coverage, -1 missing).

    Args:
        source: a GRIB2 file, or it in .gz (as NOAA gives it).
        name: of the bytes, in sentences.
        box: (west, south, east, north): only that part is read (the whole is 24.5 million pixels).
        clip: highest rate believed, mm h-1.

    Raises:
        Unavailable: ``rain_absent``; ``rain_no_grib`` where GDAL here has no GRIB driver.
        InputError: ``rain_not_gridded``; ``rain_damaged``; ``rain_quantity``; ``rain_box``.
    """
    shown = name or (source.name if isinstance(source, Path) else "file")
    raw = content(source)
    if not has_grib():
        raise Unavailable(
            "rain_no_grib",
            "{name} is a GRIB2 file, and GDAL here has no GRIB driver; install rasterio from its wheels, or convert "
            "the file to NetCDF.",
            name=shown,
        )
    try:
        raw = limits.inflated(raw, shown) if raw[:2] == b"\x1f\x8b" else raw
        if raw[:4] != b"GRIB":
            raise not_gridded(shown)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            with MemoryFile(raw, ext=".grib2") as memory, memory.open(driver="GRIB") as grid:
                return _read(grid, shown, box, clip)
    except InputError:
        raise
    except (RasterioError, *FAULTS) as fault:
        raise damaged(shown, fault) from fault


def has_grib() -> bool:
    """Return whether GDAL reads GRIB here."""
    with rasterio.Env() as env:
        return "GRIB" in env.drivers()


def _read(grid: rasterio.DatasetReader, name: str, box: Box | None, clip: float) -> Field:
    tags = grid.tags(1)
    element, unit = tags.get("GRIB_ELEMENT", ""), tags.get("GRIB_UNIT", "")
    known = tags.get("GRIB_DISCIPLINE", "").startswith("209")
    amount = re.search(r"_(\d+)H", element + name)
    if not known or not (unit == "[mm/hr]" or ("QPE" in element + name and amount)):
        raise not_rain(name, f"{element} {unit}".strip())
    t = grid.transform
    lon = t.c + t.a * (np.arange(grid.width) + 0.5)
    lon = np.where(lon > 180, lon - 360, lon)
    lat = t.f + t.e * (np.arange(grid.height) + 0.5)
    rows, columns = slice(0, grid.height), slice(0, grid.width)
    if box is not None:
        inside = [np.flatnonzero((each >= low - 0.1) & (each <= high + 0.1)) for each, low, high in (
            (lat, box[1], box[3]), (lon, box[0], box[2]))]  # fmt: skip
        for places, axis, centres in zip(inside, ("lat", "lon"), (lat, lon), strict=True):
            if not places.size:
                raise wrong_box(name, box, axis, float(centres.min()), float(centres.max()))
        rows, columns = (slice(int(each[0]), int(each[-1]) + 1) for each in inside)
    limits.check(4 * (rows.stop - rows.start) * (columns.stop - columns.start), name)
    values = grid.read(1, window=Window.from_slices(rows, columns))
    step = 60.0 * int(amount[1]) if unit != "[mm/hr]" else _STEP
    rate, spikes = clipped(values if unit == "[mm/hr]" else values * (60.0 / step), clip)
    end = np.datetime64(int(re.search(r"\d+", tags["GRIB_VALID_TIME"])[0]), "s")
    start = end if unit == "[mm/hr]" else end - np.timedelta64(int(step), "m")
    about = {
        "title": f"MRMS {element}", "licence": "NOAA, public domain (free)", "source": name, "dataset": "mrms",
        "cell_methods": "time: point" if unit == "[mm/hr]" else "time: mean", "clipped_pixels": spikes,
        "clipped_above": clip,
    }  # fmt: skip
    down = slice(None, None, -1) if t.e < 0 else slice(None)
    return Field(
        rate[None, down],
        np.array([start], "datetime64[ns]"),
        step,
        Axes(lat[rows][down], lon[columns]),
        about,
    )
