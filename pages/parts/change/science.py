"""The one door to what eogen.change knows of sets, series, calibration and objects, in the shape the page needs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr
from scipy.ndimage import find_objects

from eogen import catalog
from eogen.change import calibrate, sets_series
from eogen.change import objects as objects_
from eogen.change import sets as sets_
from pages.kit.lately import lately

#: Rooms under whose data series of dates are looked for.
ROOMS = ("change", "landcover")


@lately
def folders() -> dict[str, sets_.SetFolder]:
    """Return the real sets on this machine by name."""
    return {folder.name: folder for folder in sets_.sets(catalog.room_folder("change"))}


@lately
def series() -> dict[str, sets_series.Series]:
    """Return the series of dates on this machine by name."""
    return {one.name: one for room in ROOMS for one in sets_series.series(catalog.room_folder(room))}


def opened(source: str, name: str) -> xr.DataArray:
    """Return the images of a real pair.

    Raises:
        InputError: from the readers.
    """
    return sets_.open(folders()[source], name)


def stamp(paths: list[object]) -> list[tuple[str, int, int]]:
    """Return what the content of files depends on, without reading them."""
    return [(str(p), p.stat().st_mtime_ns, p.stat().st_size) for p in paths if isinstance(p, Path)]


def files(source: str, name: str) -> list[object]:
    """Return the files of a real pair."""
    pair = folders()[source].files[name]
    found: list[object] = []
    for given in (pair.before, pair.after, pair.label):
        found += list(given) if isinstance(given, list | tuple) else [given]
    return found


def limit(found: xr.Dataset, known: calibrate.Usual, rate: float) -> float:
    """Return the raw score that is the limit at a rate (the middle one where kinds of ground have their own)."""
    return float(np.median(calibrate.threshold(known, rate, found)))


def objects(
    found: xr.Dataset, rate: float, least_pixels: int, pixel: float | None = None
) -> tuple[pd.DataFrame, xr.DataArray]:
    """Return the objects under a rate (a row each) and an image (y, x) of their numbers, 0 elsewhere.

    The table is that of :func:`eogen.change.objects.objects` with the id as a column and the box in pixels (``top``,
    ``bottom``, ``left``, ``right``).
    """
    numbers = objects_.alarms(found, rate, least_pixels)
    table = objects_.objects(found, rate, least_pixels, pixel=pixel).reset_index()
    boxes = find_objects(numbers)
    sides = {
        "top": [b[0].start for b in boxes], "bottom": [b[0].stop for b in boxes],
        "left": [b[1].start for b in boxes], "right": [b[1].stop for b in boxes],
    }  # fmt: skip
    return table.assign(**sides), found.p_value.copy(data=numbers)
