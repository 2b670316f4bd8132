"""Field points on this machine that have a spectrum and a measurement, and what was measured there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import xarray as xr

from eogen.canopy import read
from eogen.errors import Unavailable

#: source -> (entry of the catalogue, reader) of field points.
POINTS = {
    "cesbio": ("cesbio_insitu", read.cesbio),
    "eth_lai": ("eth_rtminv", read.eth_rtminv),
    "eth_traits": ("eth_croptraits", read.eth_croptraits),
}
#: Field variables, and what turns the reader's unit into the room's (ccc: g/m2 to µg/cm2).
MEASURED = {"lai": 1.0, "ccc": 100.0, "cab": 1.0}


@dataclass(frozen=True)
class Field:
    """What was measured on the ground.

    Attributes:
        value: in the unit of the variable.
        sd: its standard deviation, where it was given.
    """

    value: float
    sd: float | None = None


def points(source: str, folder: Path) -> xr.Dataset | None:
    """Return the points (pixel) of a source that can be used; None where there are none.

    Raises:
        InputError: ``canopy_table`` of a damaged set.
    """
    try:
        found = read.pixels(POINTS[source][1](folder))
    except Unavailable:
        return None
    known = np.zeros(found.sizes["pixel"], bool)
    for name in MEASURED:
        if name in found:
            known |= np.isfinite(found[name].values)
    return found.isel(pixel=np.flatnonzero(known)) if known.any() else None


def measured(one: xr.Dataset) -> dict[str, Field]:
    """Return the field values of a dataset of one pixel, by variable."""
    found = {}
    for name, factor in MEASURED.items():
        if name in one and np.isfinite(value := float(one[name].values[0])):
            sd = float(one[f"{name}_sd"].values[0]) * factor if f"{name}_sd" in one else float("nan")
            found[name] = Field(value * factor, sd if np.isfinite(sd) else None)
    return found
