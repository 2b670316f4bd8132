"""The sea of a product: its own mask, land or flag variable; without one, the cells ever seen."""

from __future__ import annotations

import re

import numpy as np
import xarray as xr

_SEA = r"(?i)ocean|sea|sea_?mask|ocean_?mask|water|water_?mask|tmask|mask(_rho)?|sea_binary_mask"
_LAND = r"(?i)land|land_?mask|land_binary_mask|landsea|lsm"
_STANDARD = {
    "sea_binary_mask": True,
    "sea_area_fraction": True,
    "land_binary_mask": False,
    "land_area_fraction": False,
}
_BATHYMETRY = r"(?i)bathymetry|bathy|elevation|depth_mean|topo(graphy)?|deptho"


def sea_mask(dataset: xr.Dataset, dims: tuple[str, str]) -> tuple[xr.DataArray | None, str]:
    """Return (sea (lat, lon) bool, its name), from a mask, land or flag variable; (None, ``"ever_seen"``) without.

    A flag variable (CF ``flag_meanings``) tells by its bit or value called land. One that changes in time is taken over
    all its times: a cell that is ever land is land.

    Args:
        dataset: opened.
        dims: of latitude and longitude.
    """
    for key, held in dataset.data_vars.items():
        if not {*dims} <= {*held.dims}:
            continue
        meanings = str(held.attrs.get("flag_meanings", "")).casefold().split()
        land = None
        if any(re.search(r"(^|_)land($|_)", word) for word in meanings):
            land = _flagged(held, meanings)
        elif (standard := _STANDARD.get(str(held.attrs.get("standard_name", "")))) is not None:
            land = (held > 0.5) != standard
        elif re.fullmatch(_SEA, str(key)):
            land = ~(held > 0)
        elif re.fullmatch(_LAND, str(key)):
            land = held > 0
        if land is not None:
            others = [dim for dim in land.dims if dim not in dims]
            return ~(land.any(others) if others else land).transpose(*dims), str(key)
    return None, "ever_seen"


def bathymetry(dataset: xr.Dataset, dims: tuple[str, str]) -> xr.DataArray | None:
    """Return the bottom's height (lat, lon) in m, negative below sea level; None where the product has none."""
    for key, held in dataset.variables.items():
        if {*dims} == {*held.dims} and re.fullmatch(_BATHYMETRY, str(key)):
            found = dataset[key].transpose(*dims)
            return -found if str(key).casefold().startswith("depth") else found
    return None


def _flagged(held: xr.DataArray, meanings: list[str]) -> xr.DataArray | None:
    at = next(k for k, word in enumerate(meanings) if re.search(r"(^|_)land($|_)", word))
    whole = held.fillna(0).astype(np.int64)
    for key in ("flag_masks", "flag_values"):
        values = np.atleast_1d(held.attrs.get(key, []))
        if len(values) == len(meanings):
            code = int(values[at])
            return (whole & code) != 0 if key == "flag_masks" else whole == code
    return None
