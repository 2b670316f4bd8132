"""The one door to eogen.change: sets, simulations, calibration, objects, sequences."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import xarray as xr

from eogen import catalog
from eogen.change import sets as sets_
from eogen.change.read_series import read_series
from eogen.change.simulate import KINDS, simulate
from eogen.change.simulate_sequence import sequence
from pages.parts.change import standin

__all__ = ["KINDS", "folders", "objects", "opened", "p_values", "self_usual", "sequence", "simulate", "stamp"]

usual = standin.usual
self_usual = standin.self_usual
p_values = standin.p_values
threshold = standin.threshold


def folders() -> dict[str, sets_.SetFolder]:
    """Return the real sets on this machine by name."""
    return {folder.name: folder for folder in sets_.sets(catalog.room_folder("change"))}


def opened(source: str, name: str) -> xr.DataArray:
    """Return the images of a real pair.

    Raises:
        InputError: from the readers.
    """
    return sets_.open(folders()[source], name)


def stamp(source: str, name: str) -> str:
    """Return what the content of a real pair depends on, without reading it."""
    files = folders()[source].files[name]
    found = []
    for given in (files.before, files.after, files.label):
        for path in given if isinstance(given, list | tuple) else [given]:
            if isinstance(path, Path):
                found.append((str(path), path.stat().st_mtime_ns, path.stat().st_size))
    return repr(found)


def objects(found: xr.Dataset, rate: float, least_pixels: int) -> tuple[pd.DataFrame, xr.DataArray]:
    """Return the objects under a rate (a row each) and an image (y, x) of their numbers, 0 elsewhere."""
    table, numbers = standin.objects(found, rate, least_pixels)
    return table, found.p_value.copy(data=numbers)


def series() -> dict[str, Path]:
    """Return the folders of dated images of one place on this machine, by name."""
    found = {}
    for room in ("change", "landcover"):
        root = catalog.room_folder(room)
        if root is not None:
            found |= {path.name: path for path in sorted(root.glob("*timeseries*")) if path.is_dir()}
    return found


def opened_series(name: str) -> xr.DataArray:
    """Return the dates of a place.

    Raises:
        InputError: from the reader.
    """
    return read_series(series()[name], title=name)


surprise = standin.surprise
breaks = standin.breaks
