"""The cube on disk: which array of a zarr store it is, what its numbers mean, and the packed store that is written."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from math import ceil, floor, log10
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
import zarr

from eogen.errors import InputError
from eogen.ocean.variables import VARIABLES

_AXES = {
    "time": ("time", "t"),
    "lat": ("lat", "latitude", "y", "nav_lat"),
    "lon": ("lon", "longitude", "x", "nav_lon"),
}
_SEA, _LAND = ("sea", "ocean", "sea_mask", "mask", "water"), ("land", "land_mask", "landmask", "lsm")
_LOG = re.compile(r"log_?10|lg\(", re.IGNORECASE)
_CHL = re.compile(r"chl", re.IGNORECASE)
_SST = re.compile(r"sst|sea_surface_temperature|sea_surface_skin_temperature", re.IGNORECASE)
_DEGREES = {
    "lat": {"standard_name": "latitude", "units": "degrees_north", "axis": "Y"},
    "lon": {"standard_name": "longitude", "units": "degrees_east", "axis": "X"},
}
#: mg m-3 in one of each unit chlorophyll comes in.
_TO_MG = {
    "mgm-3": 1.0,
    "mg/m3": 1.0,
    "mg/m^3": 1.0,
    "milligramm-3": 1.0,
    "ugl-1": 1.0,
    "kgm-3": 1e6,
    "gm-3": 1e3,
}


@dataclass(frozen=True)
class Packing:
    """Numbers on disk: ``value = raw × scale + offset``, then × ``factor``, then log10 if ``log``.

    Attributes:
        dtype: of the raw numbers.
        fill: the raw number that means "nothing"; None: only NaN does.
    """

    dtype: str
    scale: float = 1.0
    offset: float = 0.0
    fill: float | None = None
    factor: float = 1.0
    log: bool = False

    @property
    def plain(self) -> bool:
        """Return whether nothing but scale and offset is between raw and value."""
        return self.factor == 1.0 and not self.log

    def decode(self, raw: np.ndarray) -> np.ndarray:
        """Return values, float32, NaN = nothing."""
        value = raw.astype(np.float32)
        if self.scale != 1.0:
            value *= np.float32(self.scale)
        if self.offset != 0.0:
            value += np.float32(self.offset)
        if self.fill is not None and not np.isnan(self.fill):
            value[raw == np.asarray(self.fill, raw.dtype)] = np.nan
        if self.log:
            with np.errstate(divide="ignore", invalid="ignore"):
                value = np.log10(value) + np.float32(log10(self.factor))
            value[~np.isfinite(value)] = np.nan
        elif self.factor != 1.0:
            value *= np.float32(self.factor)
        return value

    def encode(self, value: np.ndarray) -> np.ndarray:
        """Return raw numbers of the nearest value that can be written."""
        if self.dtype == "float32":
            return value.astype(np.float32)
        limit = np.iinfo(self.dtype)
        with np.errstate(invalid="ignore"):
            raw = np.rint((value - np.float32(self.offset)) * np.float32(1 / self.scale))
        missing = np.isnan(raw)
        np.clip(raw, limit.min + 1, limit.max, out=raw)
        raw[missing] = self.fill
        return raw.astype(self.dtype)


def packing(name: str) -> Packing:
    """Return how a variable is written: int16 in round steps over its believed range; float32 where none is known."""
    if name not in VARIABLES:
        return Packing("float32", fill=float("nan"))
    row = VARIABLES[name]
    least = (row.high - row.low) / 65000
    power = 10.0 ** floor(log10(least))
    step = next(m * power for m in (1, 2, 5, 10) if m * power >= least)
    return Packing("int16", round(step, 12), round((row.high + row.low) / 2, 1), -32768)


@dataclass(frozen=True)
class Source:
    """One variable of a zarr store, small enough to be sent to every worker.

    Attributes:
        path: of the store.
        array: its name there.
        name: of the variable (a row of :mod:`eogen.ocean.variables` where it is one).
        units: of the values that are filled.
        packing: how to read them.
        shape: (time, lat, lon).
        chunks: of the array.
        time: (time,) datetime64[ns] as int64, so that it can be compared and sent.
        lat: (lat,) degrees.
        lon: (lon,) degrees.
        mask: name of the land or sea mask; "" when there is none.
        attributes: of the array that are worth keeping.
    """

    path: str
    array: str
    name: str
    units: str
    packing: Packing
    shape: tuple[int, int, int]
    chunks: tuple[int, int, int]
    time: tuple[int, ...]
    lat: tuple[float, ...]
    lon: tuple[float, ...]
    mask: str
    attributes: dict[str, Any]

    @cached_property
    def _store(self) -> Mapping[str, Any]:
        """Return the open arrays. Kept with this object, not by path: a path may be written again."""
        one_thread()
        group = zarr.open_group(self.path, mode="r")
        return {name: group[name] for name in (self.array, self.mask) if name}

    def __getstate__(self) -> dict[str, Any]:
        return {k: v for k, v in self.__dict__.items() if k != "_store"}

    @property
    def times(self) -> np.ndarray:
        """Return (time,) datetime64[ns]."""
        return np.array(self.time, "int64").astype("datetime64[ns]")

    @property
    def days(self) -> np.ndarray:
        """Return (time,) days since the first frame."""
        return (self.times - self.times[0]) / np.timedelta64(1, "D")

    @property
    def day_of_year(self) -> np.ndarray:
        """Return (time,) 1 to 366."""
        year = self.times.astype("datetime64[Y]")
        return ((self.times - year) / np.timedelta64(1, "D")).astype(int) + 1

    @property
    def periodic(self) -> bool:
        """Return whether the last longitude touches the first."""
        lon = np.array(self.lon)
        if len(lon) < 8:
            return False
        step = np.median(np.diff(lon))
        return bool(abs(abs(step) * len(lon) - 360.0) < abs(step) / 2)

    @property
    def output(self) -> Packing:
        """Return how the answer is written: like the source where it is packed in int16 and nothing is converted."""
        own = self.packing
        if own.dtype == "int16" and own.plain and own.fill is not None:
            return own if own.fill == -32768 else Packing("int16", own.scale, own.offset, -32768)
        return packing(self.name)

    def read(self, region: tuple[slice, slice, slice]) -> np.ndarray:
        """Return values (time, lat, lon) float32; a longitude past either end is read from the other."""
        return self.packing.decode(wrapped(self._store[self.array], region))

    def sea(self, region: tuple[slice, slice]) -> np.ndarray | None:
        """Return (lat, lon) bool from the store's mask; None when it has none."""
        if not self.mask:
            return None
        given = wrapped(self._store[self.mask], region)
        there = (given != 0) & (np.isfinite(given) if given.dtype.kind == "f" else True)
        return ~there if self.mask.lower() in _LAND else there


def wrapped(array: Any, region: tuple[slice, ...]) -> np.ndarray:
    """Return ``array[region]``; the last slice may run past both ends, and then goes round."""
    *before, last = region
    n = array.shape[-1]
    if last.start >= 0 and last.stop <= n:
        return np.asarray(array[tuple(region)])
    if last.stop - last.start >= n:
        whole = np.asarray(array[(*before, slice(0, n))])
        return np.take(whole, np.arange(last.start, last.stop), axis=-1, mode="wrap")
    start, stop = last.start % n, last.stop % n
    parts = [array[(*before, slice(start, n))], array[(*before, slice(0, stop))]]
    return np.concatenate([np.asarray(p) for p in parts], -1)


def one_thread() -> None:
    """Let zarr and its compressors use the core they were given, not every core of the machine."""
    from numcodecs import blosc

    blosc.set_nthreads(1)
    zarr.config.set({"threading.max_workers": 1})


def open_source(path: str | Path, variable: str | None = None) -> Source:
    """Find the cube in a store; nothing but its coordinates is read.

    Args:
        path: of a zarr store (folder).
        variable: name of the array; may be left out when only one has a time, a latitude and a longitude.

    Raises:
        InputError: ``inpaint_no_store``; ``inpaint_not_zarr``; ``inpaint_no_time``; ``inpaint_which``;
            ``inpaint_order``; ``inpaint_units``; ``ocean_duplicate_times``; ``ocean_axis``.
    """
    path = Path(path).absolute()
    if not path.exists():
        raise InputError("inpaint_no_store", "There is no store {path}.", path=str(path))
    try:
        held = xr.open_zarr(path, chunks=None, mask_and_scale=False, consolidated=False)
    except (OSError, KeyError, ValueError, TypeError) as error:
        raise InputError(
            "inpaint_not_zarr",
            "{path} is not a zarr store that can be read ({reason}); give a folder written by to_zarr.",
            path=str(path), reason=" ".join(str(error).split())[:120] or type(error).__name__,
        ) from error  # fmt: skip
    cubes = {str(k): axes for k, v in held.data_vars.items() if (axes := _axes(v.dims)) is not None}
    if variable is None and not cubes:
        raise InputError(
            "inpaint_no_time",
            "No array of {path} has a time, a latitude and a longitude; it holds: {found}.",
            path=str(path),
            found=", ".join(f"{k}({', '.join(map(str, v.dims))})" for k, v in held.data_vars.items()) or "nothing",
        )  # fmt: skip
    if (variable is None and len(cubes) > 1) or (variable is not None and variable not in cubes):
        raise InputError(
            "inpaint_which",
            "{path} holds {count} cubes ({known}); name one of them with --variable, not {given}.",
            path=str(path), count=len(cubes), known=", ".join(cubes), given=variable or "none",
        )  # fmt: skip
    array = variable or next(iter(cubes))
    return _source(path, held, array, cubes[array])


def _axes(dims: tuple[Any, ...]) -> dict[str, str] | None:
    """Return {"time": dimension, …} when there is one of each, else None."""
    found = {axis: str(d) for axis, names in _AXES.items() for d in dims if str(d).lower() in names}
    return found if len(found) == 3 == len(dims) else None


def _source(path: Path, held: xr.Dataset, array: str, axes: dict[str, str]) -> Source:
    values = held[array]
    if [str(d) for d in values.dims] != list(axes.values()):
        raise InputError(
            "inpaint_order",
            "The axes of {array} are {found}; time, latitude, longitude was expected: transpose the store first.",
            array=array, found=", ".join(map(str, values.dims)),
        )  # fmt: skip
    if axes["time"] not in held.coords or held[axes["time"]].dtype.kind != "M":
        raise InputError(
            "inpaint_no_dates",
            "The time axis of {array} holds no dates; give it a coordinate with units such as 'days since 1998-01-01'.",
            array=array,
        )  # fmt: skip
    time = held[axes["time"]].values.astype("datetime64[ns]")
    if len(doubled := time[1:][np.diff(time) == np.timedelta64(0)]):
        raise InputError(
            "ocean_duplicate_times",
            "{count} times occur twice, the first is {first}; keep one frame of each time.",
            count=len(doubled), first=str(doubled[0])[:16],
        )  # fmt: skip
    if len(time) > 1 and not (np.diff(time) > np.timedelta64(0)).all():
        raise InputError("ocean_axis", "The axis {axis} does not ascend; sort it first.", axis="time")
    place = []
    for axis in ("lat", "lon"):
        name = axes[axis]
        place.append(
            tuple(
                float(v) for v in (held[name].values if name in held.coords else np.arange(held.sizes[name]))
            )
        )
    name, units, factor, log = _meaning(array, values.attrs)
    own = values.attrs
    fill = own.get("_FillValue", own.get("missing_value"))
    packed = Packing(
        str(values.dtype), float(own.get("scale_factor", 1.0)), float(own.get("add_offset", 0.0)),
        None if fill is None else float(fill), factor, log,
    )  # fmt: skip
    chunks = zarr.open_group(str(path), mode="r")[array].chunks
    mask = next(
        (
            str(k) for wanted in (*_SEA, *_LAND) for k, v in held.variables.items()
            if str(k).lower() == wanted and v.dims == values.dims[1:]
        ),
        "",
    )  # fmt: skip
    kept = {
        k: v for k, v in (held.attrs | own).items() if k in ("kind", "dataset", "title", "licence", "source")
    }
    return Source(
        str(path), array, name, units, packed, values.shape, tuple(chunks), tuple(time.astype("int64").tolist()),
        place[0], place[1], mask, {k: str(v) for k, v in kept.items()},
    )  # fmt: skip


def _meaning(array: str, attributes: dict[str, Any]) -> tuple[str, str, float, bool]:
    """Return the variable's name, its units, the factor to them and whether a logarithm is to be taken."""
    given = str(attributes.get("units", ""))
    text = " ".join([array, str(attributes.get("standard_name", ""))])
    squeezed = given.lower().replace(" ", "").replace("**", "").replace("chl", "")
    if array in VARIABLES:
        return array, VARIABLES[array].units, 1.0, False
    if _LOG.search(given) or _LOG.search(array):
        name = "log10_chl" if _CHL.search(text) else array
        return name, VARIABLES["log10_chl"].units if name == "log10_chl" else given, 1.0, False
    if _CHL.search(text):
        if squeezed not in _TO_MG:
            raise InputError(
                "inpaint_units",
                "{array} seems to be chlorophyll in '{units}'; mg m-3, g m-3, kg m-3 or log10(mg m-3) is needed.",
                array=array, units=given,
            )  # fmt: skip
        return "log10_chl", VARIABLES["log10_chl"].units, _TO_MG[squeezed], True
    if _SST.search(text) and squeezed not in ("k", "kelvin"):
        return "sst", VARIABLES["sst"].units, 1.0, False
    return array, given, 1.0, False


def create(path: Path, source: Source, chunk: tuple[int, int, int], sd: bool, about: dict[str, Any]) -> None:
    """Make the empty output: coordinates, the filled cube, a flag where it was filled, and the s.d. if there is one."""
    from numcodecs import Blosc

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


def spread_packing(packed: Packing) -> Packing:
    """Return how a standard deviation is written beside values written as ``packed``."""
    return replace(packed, offset=0.0)


def chunk_ratio(source: Source, core: tuple[int, int, int]) -> float:
    """Return how many times more cells are decompressed than a core holds, because of the source's chunks."""
    needed = 1.0
    for n, c, k in zip(source.shape, core, source.chunks, strict=True):
        needed *= min(ceil(c / k) * k, n) / min(c, n)
    return needed
