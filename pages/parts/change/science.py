"""The one door to eogen.change: sets, simulations, calibration, objects, sequences."""

from __future__ import annotations

import pandas as pd
import xarray as xr

from eogen import catalog
from pages.parts.change import standin

KINDS: tuple[str, ...] = standin.KINDS
simulate = standin.simulate
sequence = standin.sequence
usual = standin.usual
self_usual = standin.self_usual
p_values = standin.p_values
threshold = standin.threshold
seven = standin.seven


def sets() -> dict[str, tuple[str, ...]]:
    """Return the real sets on this machine: name -> names of their pairs."""
    catalog.room_folder("change")
    return {}


def opened(source: str, name: str) -> xr.DataArray:
    """Return the images of a real pair."""
    raise NotImplementedError


def stamp(source: str, name: str) -> str:
    """Return what the content of a real pair depends on, without reading it."""
    return f"{source}-{name}"


def objects(found: xr.Dataset, rate: float, least_pixels: int) -> tuple[pd.DataFrame, xr.DataArray]:
    """Return the objects under a rate (a row each) and an image (y, x) of their numbers, 0 elsewhere."""
    table, numbers = standin.objects(found, rate, least_pixels)
    return table, found.p_value.copy(data=numbers)
