"""The cube on disk: which array of a zarr store it is, and reading any box of it, round the globe too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from math import ceil
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
import zarr

from eogen.errors import InputError
from eogen.ocean.scale.packing import Packing, meaning, packing

_AXES = {
    "time": ("time", "t"),
    "lat": ("lat", "latitude", "y", "nav_lat"),
    "lon": ("lon", "longitude", "x", "nav_lon"),
}
_SEA, _LAND = ("sea", "ocean", "sea_mask", "mask", "water"), ("land", "land_mask", "landmask", "lsm")


@dataclass(frozen=True)
class Source:
    """One variable of a zarr store: what its numbers mean and where they lie; the numbers stay on disk.

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
    if last.stop - last.start >= n:
        whole = np.asarray(array[(*before, slice(0, n))])
        return np.take(whole, np.arange(last.start, last.stop), axis=-1, mode="wrap")
    start, stop = last.start % n, last.stop - last.start + last.start % n
    if stop <= n:
        return np.asarray(array[(*before, slice(start, stop))])
    parts = [array[(*before, slice(start, n))], array[(*before, slice(0, stop - n))]]
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
    name, units, factor, shift, log = meaning(array, values.attrs)
    own = values.attrs
    fill = own.get("_FillValue", own.get("missing_value"))
    packed = Packing(
        str(values.dtype), float(own.get("scale_factor", 1.0)), float(own.get("add_offset", 0.0)),
        None if fill is None else float(fill), factor, shift, log,
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


def chunk_ratio(source: Source, core: tuple[int, int, int]) -> float:
    """Return how many times more cells are decompressed than a core holds, because of the source's chunks."""
    needed = 1.0
    for n, c, k in zip(source.shape, core, source.chunks, strict=True):
        needed *= min(ceil(c / k) * k, n) / min(c, n)
    return needed
