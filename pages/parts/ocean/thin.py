"""The NE Pacific cubes read thinly, until the room's own readers are there."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import xarray as xr

from eogen.errors import Unavailable
from eogen.ocean.cube import cube

#: Algorithms, best first: two sensors agree under the regional one only.
ALGORITHMS = ("poly4", "gsm", "ocx")


def files(folder: Path) -> list[Path]:
    """Return the cubes of the folder."""
    return sorted(p for p in folder.glob("nep_*.nc") if re.fullmatch(r"nep_\d{4}_daily_\w+", p.stem))


def read(path: Path) -> xr.DataArray:
    """Return one daily cube: the mean of its sensors, log10 of mg m-3."""
    with xr.open_dataset(path) as data:
        names = [str(n) for n in data.data_vars if str(n).startswith("log10chl_")]
        algorithm = next((a for a in ALGORITHMS if any(a in n for n in names)), "")
        total = count = None
        for name in (n for n in names if algorithm in n):
            values = data[name].values.astype(np.float32)
            seen = np.isfinite(values)
            total = np.where(seen, values, 0) if total is None else total + np.where(seen, values, 0)
            count = seen.astype(np.int8) if count is None else count + seen
        if total is None or count is None:
            raise Unavailable("ocean_page_no_chl", "The file {name} holds no chlorophyll.", name=path.name)
        mean = np.where(count > 0, total / np.maximum(count, 1), np.float32("nan"))
        return cube(
            mean, data.time.values, data.lat.values, data.lon.values, data.ocean.values > 0,
            bathymetry=data.bathymetry.values if "bathymetry" in data else None,
            kind="real", dataset=path.stem, title=path.stem, source="NASA OBPG, PhytoFit",
        )  # fmt: skip
