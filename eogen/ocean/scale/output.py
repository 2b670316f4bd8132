"""The store that is written: coordinates first, then empty arrays in whole chunks, int16 where that is enough."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
import zarr
from numcodecs import Blosc

from eogen.ocean.scale.packing import Packing, spread_packing
from eogen.ocean.scale.store import Source, one_thread
from eogen.ocean.variables import VARIABLES

_DEGREES = {
    "lat": {"standard_name": "latitude", "units": "degrees_north", "axis": "Y"},
    "lon": {"standard_name": "longitude", "units": "degrees_east", "axis": "X"},
}


def create(path: Path, source: Source, chunk: tuple[int, int, int], sd: bool, about: dict[str, Any]) -> None:
    """Make the empty output: coordinates, the filled cube, a flag where it was filled, and the s.d. if there is one."""
    one_thread()
    coordinates = {
        "time": ("time", source.times, {"standard_name": "time", "axis": "T"}),
        "lat": ("lat", np.array(source.lat), _DEGREES["lat"]),
        "lon": ("lon", np.array(source.lon), _DEGREES["lon"]),
    }
    empty = xr.Dataset(coords=coordinates, attrs={"Conventions": "CF-1.11", **source.attributes, **about})
    hours = {"time": {"units": "hours since 1970-01-01"}}
    # Format 2: every reader of today knows it, consolidated metadata included.
    empty.to_zarr(path, mode="w-", zarr_format=2, consolidated=False, encoding=hours)
    group = zarr.open_group(str(path), mode="r+", zarr_format=2)
    packed = source.output
    row = VARIABLES.get(source.name)
    about = {"units": source.units}
    if row and row.standard_name:
        about["standard_name"] = row.standard_name
    flag = {"flag_values": [0, 1], "flag_meanings": "observed_or_land estimated"}
    arrays = [
        (source.name, packed, about | {"long_name": f"{source.name}, gaps filled"}),
        ("filled", Packing("int8"), {"long_name": "estimated, not observed", **flag}),
    ]
    if sd:
        spread = {"units": source.units, "long_name": "standard deviation of a new observation"}
        arrays.append((f"{source.name}_sd", spread_packing(packed), spread))
    for name, how, attributes in arrays:
        made = group.create_array(
            name, shape=source.shape, chunks=chunk, dtype=how.dtype, fill_value=how.fill,
            compressors=Blosc("zstd", clevel=1, shuffle=Blosc.BITSHUFFLE),
            chunk_key_encoding={"name": "v2", "separator": "/"},
        )  # fmt: skip
        codes = {"scale_factor": how.scale, "add_offset": how.offset} if how.dtype == "int16" else {}
        made.attrs.update({"_ARRAY_DIMENSIONS": ["time", "lat", "lon"]} | attributes | codes)
    zarr.consolidate_metadata(str(path), zarr_format=2)
