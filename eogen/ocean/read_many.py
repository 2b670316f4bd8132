"""Files of one product, one per day or month -> one cube."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from eogen.errors import InputError
from eogen.ocean.cube import cube, missing_share
from eogen.ocean.read_product import read


def read_many(paths: Sequence[Path], variable: str | None = None, **how: Any) -> xr.DataArray:
    """Return the cube of several files, sorted by time; without a mask in them, the sea is where any file saw it.

    Raises:
        InputError: ``ocean_mixed_grids``; ``ocean_mixed_variables``; ``ocean_duplicate_times``; those of ``read``.
    """
    cubes = [read(path, variable, **how) for path in paths]
    first = cubes[0]
    for path, other in zip(paths, cubes, strict=True):
        same = all(
            first[axis].size == other[axis].size and np.allclose(first[axis], other[axis], atol=1e-4)
            for axis in ("lat", "lon")
        )
        if not same or other.name != first.name:
            raise InputError(
                "ocean_mixed_grids",
                "{name} ({other}) is not on the grid of {first_name} ({first}), or holds another variable; give files "
                "of one product and one region.",
                name=path.name, other=_extent(other), first_name=paths[0].name, first=_extent(first),
            )  # fmt: skip
    time = np.concatenate([each.time.values for each in cubes])
    order = np.argsort(time, kind="stable")
    values = xr.concat([each.drop_vars([*each.coords]) for each in cubes], "time").isel(time=order)
    ever = first.attrs["sea_mask"] == "ever_seen"
    sea = cubes[0].sea.data
    for each in cubes[1:]:
        sea = (sea | each.sea.data) if ever else (sea & each.sea.data)
    counts = {
        key: sum(each.attrs.get(key, 0) for each in cubes) for key in ("negative_cells", "out_of_range_cells")
    }
    floor = first.bathymetry.values if "bathymetry" in first.coords else None
    about = {key: value for key, value in first.attrs.items() if key not in ("units", "standard_name")}
    made = cube(
        values.data, time[order], first.lat.values, first.lon.values, sea,
        name=str(first.name), bathymetry=floor, **about | counts,
    )  # fmt: skip
    return made if made.chunks else made.assign_attrs(missing_share=missing_share(made))


def _extent(array: xr.DataArray) -> str:
    lat, lon = array.lat.values, array.lon.values
    return f"{array.name}, {len(lat)} x {len(lon)}, {lat[0]:.3f} to {lat[-1]:.3f} N, {lon[0]:.3f} to {lon[-1]:.3f} E"
