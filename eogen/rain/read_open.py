"""Opening what may be HDF5, NetCDF-4 or NetCDF-3 by name of variable, whatever group it stands in; times by hand."""

from __future__ import annotations

import io
import math
import re
import struct
import tarfile
import tokenize
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import xarray as xr

from eogen import hdf5, limits
from eogen.errors import InputError, Unavailable

HDF5, CLASSIC = b"\x89HDF\r\n\x1a\n", (b"CDF\x01", b"CDF\x02")
#: What the libraries raise on damaged files.
FAULTS = (
    OSError, ValueError, TypeError, LookupError, RuntimeError, AttributeError, EOFError, ArithmeticError, MemoryError,
    struct.error, zlib.error, zipfile.BadZipFile, tarfile.TarError, SystemError, SyntaxError, tokenize.TokenError,
)  # fmt: skip
_CALENDARS = ("", "standard", "gregorian", "proleptic_gregorian", "julian")
_SECONDS = {"second": 1, "sec": 1, "s": 1, "minute": 60, "min": 60, "hour": 3600, "hr": 3600, "h": 3600, "day": 86400,
            "d": 86400}  # fmt: skip


@dataclass(frozen=True)
class Variable:
    """One variable of a file, its values unread.

    Args:
        path: where it stands in the file.
        dims: names of its dimensions, without groups.
        attrs: text as ``str``, numbers as they are.
        stored: h5py dataset or array, indexed to read.
    """

    path: str
    dims: tuple[str, ...]
    attrs: dict[str, Any]
    stored: Any

    @property
    def shape(self) -> tuple[int, ...]:
        """Sizes along ``dims``."""
        return tuple(self.stored.shape)

    def values(self, window: tuple[slice, ...] | None = None) -> np.ndarray:
        """Return the values as float64 (float32 where stored so), scaled, what is missing as NaN."""
        limits.check(8 * size_of(self.shape, window), self.path)
        raw = np.asarray(self.stored[window if window is not None else ()])
        found = raw.astype(np.float32 if raw.dtype == np.float32 else float)
        holes = ~np.isfinite(found)
        for key in ("_FillValue", "missing_value", "CodeMissingValue"):
            if (mark := number(self.attrs.get(key))) is not None:
                holes |= np.isclose(raw.astype(float), mark, rtol=1e-6, atol=0)
        scale, offset = number(self.attrs.get("scale_factor")), number(self.attrs.get("add_offset"))
        found = found * (1.0 if scale is None else scale) + (0.0 if offset is None else offset)
        return np.where(holes, np.nan, found)


@dataclass(frozen=True)
class Opened:
    """A file: its variables by path, the attributes of its root, its name and its groups."""

    name: str
    variables: dict[str, Variable]
    attrs: dict[str, Any]
    groups: tuple[str, ...]

    def find(self, *names: str) -> Variable | None:
        """Return the first variable called one of ``names``, in any group or with the group in its name (Hyrax)."""
        for wanted in names:
            for path, held in self.variables.items():
                if re.fullmatch(rf"(?:.*[/_])?(?:Grid|Intermediate)_{wanted}|(?:.*/)?{wanted}", path):
                    return held
        return None


@contextmanager
def opened(source: Path | bytes, name: str | None = None) -> Iterator[Opened]:
    """Open an HDF5, NetCDF-4 or NetCDF-3 file for the time of a ``with``.

    Raises:
        Unavailable: ``rain_absent``.
        InputError: ``rain_not_gridded``; ``rain_damaged``, also for what fails while it is read.
    """
    shown = name or (source.name if isinstance(source, Path) else "file")
    head = first_bytes(source, 8)
    if head != HDF5 and head[:4] not in CLASSIC:
        raise not_gridded(shown)
    try:
        if head == HDF5:
            with hdf5.opened(source, shown) as file:
                yield _hdf5(file, shown)
        else:
            how = {"decode_times": False, "mask_and_scale": False, "decode_coords": False}
            target = io.BytesIO(source) if isinstance(source, bytes) else source
            with xr.open_dataset(target, engine="scipy", **how) as dataset:
                held = {
                    str(key): Variable(str(key), tuple(map(str, v.dims)), dict(v.attrs), v)
                    for key, v in dataset.variables.items()
                }
                yield Opened(shown, held, dict(dataset.attrs), ())
    except InputError:
        raise
    except FAULTS as fault:
        raise damaged(shown, fault) from fault


def first_bytes(source: Path | bytes, count: int) -> bytes:
    """Return the first bytes of a file.

    Raises:
        Unavailable: ``rain_absent``.
    """
    if isinstance(source, bytes):
        return source[:count]
    if not source.is_file():
        raise absent(source)
    with source.open("rb") as stream:
        return stream.read(count)


def content(source: Path | bytes) -> bytes:
    """Return all bytes of a file.

    Raises:
        Unavailable: ``rain_absent``.
    """
    if isinstance(source, bytes):
        return source
    if not source.is_file():
        raise absent(source)
    return source.read_bytes()


def size_of(shape: tuple[int, ...], window: tuple[slice, ...] | None) -> int:
    """Return how many values a window takes out of an array."""
    sides = (
        [slice(None)] * len(shape)
        if window is None
        else [*window, *[slice(None)] * (len(shape) - len(window))]
    )
    return math.prod(len(range(*side.indices(size))) for side, size in zip(sides, shape, strict=True))


def number(value: Any) -> float | None:
    """Return the number that an attribute holds, in whatever wrapping; None where it holds none."""
    if value is None:
        return None
    try:
        return float(np.asarray(text(value) if isinstance(value, bytes | str) else value).ravel()[0])
    except (ValueError, TypeError, IndexError):
        return None


def text(value: Any) -> str:
    """Return the text that an attribute holds, in whatever wrapping."""
    if isinstance(value, np.ndarray) and value.size:
        value = value.ravel()[0]
    return value.decode("utf-8", "replace").strip() if isinstance(value, bytes) else str(value).strip()


def since(values: np.ndarray, units: str, calendar: str, name: str) -> np.ndarray:
    """Return (n,) datetime64[ns] of CF times counted from an epoch.

    IMERG declares the Julian calendar and counts from a Gregorian epoch (its documentation: no leap seconds): the
    count is taken on the Gregorian calendar, as its own header shows it to be.

    Raises:
        InputError: ``rain_time_units``.
    """
    mark = re.match(
        r"\s*([a-z]+?)s?\s+since\s+(\d{1,4}-\d{1,2}-\d{1,2})(?:[T ]+([\d:.]+))?", units, re.IGNORECASE
    )
    seconds = _SECONDS.get(mark[1].lower()) if mark else None
    numeric = np.asarray(values, float).ravel()
    if (
        mark is None
        or seconds is None
        or calendar.lower() not in _CALENDARS
        or not np.isfinite(numeric).all()
    ):
        raise InputError(
            "rain_time_units",
            "The times of {name} cannot be read: units {units}, calendar {calendar}. Units such as “minutes since "
            "1970-01-01” are needed.",
            name=name, units=units or "?", calendar=calendar or "?",
        )  # fmt: skip
    date = "-".join(part.zfill(2) for part in mark[2].split("-"))
    clock = [float(part) for part in (mark[3] or "0").split(":")]
    start = np.datetime64(date, "ns") + np.timedelta64(
        round(sum(part * 60 ** (2 - place) for place, part in enumerate(clock)) * 1e9), "ns"
    )
    return start + np.round(numeric * seconds * 1e3).astype("int64").astype("timedelta64[ms]")


def not_gridded(name: str) -> InputError:
    """Return the error for a file of no known format."""
    return InputError(
        "rain_not_gridded",
        "{name} is in no format that is read here (HDF5, NetCDF, MeteoNet npz, RADOLAN, GRIB2), whatever its "
        "extension says; give the file as its provider made it.",
        name=name,
    )


def damaged(name: str, fault: Exception) -> InputError:
    """Return the error for a file that starts well and cannot be read."""
    return InputError(
        "rain_damaged",
        "{name} is damaged or cut short ({reason}); copy or download it again.",
        name=name,
        reason=type(fault).__name__,
    )


def absent(path: Path) -> Unavailable:
    """Return the error for a file that is not here."""
    return Unavailable(
        "rain_absent",
        "{path} is not there; `{command}` says what lies where.",
        path=str(path),
        command="python -m eogen data --room rain",
    )


def _hdf5(file: h5py.File, name: str) -> Opened:
    held, groups = {}, []

    def visit(path: str, item: Any) -> None:
        if isinstance(item, h5py.Group):
            groups.append(path)
        elif isinstance(item, h5py.Dataset) and item.dtype.kind in "iufS":
            attrs = _attrs(item)
            held[path] = Variable(path, _dims(item, attrs), attrs, item)

    file.visititems(visit)
    return Opened(name, held, _attrs(file), tuple(groups))


def _attrs(item: Any) -> dict[str, Any]:
    found = {}
    for key in item.attrs:
        if key in ("DIMENSION_LIST", "REFERENCE_LIST", "CLASS", "NAME"):
            continue
        value = item.attrs[key]
        if isinstance(value, h5py.Empty):
            continue
        found[key] = (
            text(value) if isinstance(value, bytes | str) or np.asarray(value).dtype.kind in "SOU" else value
        )
    return found


def _dims(item: h5py.Dataset, attrs: dict[str, Any]) -> tuple[str, ...]:
    """Return the names of the dimensions: IMERG's ``DimensionNames``, else those of the attached scales.

    The names come first because they are plain text: HDF5 believes the counts in a damaged list of scales, and asks
    for gigabytes before it finds out.
    """
    written = tuple(str(attrs.get("DimensionNames", "")).split(","))
    if len(written) == item.ndim and all(written):
        return written
    scales = [dim[0].name.rsplit("/", 1)[-1] if len(dim) else "" for dim in item.dims]
    if all(scales):
        return tuple(re.sub(r"^(Grid|Intermediate)_", "", each) for each in scales)
    if item.ndim == 1:
        return (item.name.rsplit("/", 1)[-1],)
    return tuple(f"dim_{place}" for place in range(item.ndim))
