"""Opening what may be a NetCDF file or a Zarr folder, without reading values; a sentence where it is neither."""

from __future__ import annotations

import io
import re
import tokenize
import zipfile
from pathlib import Path

import pandas as pd
import xarray as xr

from eogen import hdf5
from eogen.errors import InputError, Unavailable

#: First bytes of NetCDF-4 (HDF5) and of the three NetCDF-3 formats.
_HDF5, _CLASSIC = b"\x89HDF\r\n\x1a\n", (b"CDF\x01", b"CDF\x02", b"CDF\x05")
_ZARR = ("zarr.json", ".zgroup", ".zmetadata")
#: What xarray's engines raise on damaged files.
FAULTS = (
    OSError,
    ValueError,
    TypeError,
    LookupError,
    RuntimeError,
    AttributeError,
    EOFError,
    OverflowError,
    MemoryError,
    SystemError,  # h5py, where HDF5 fails inside a file of bytes
    SyntaxError,  # numpy, on headers of arrays
    tokenize.TokenError,
    zipfile.BadZipFile,
)
#: Cells of a block of a lazily read variable: 16 MB of float32.
_BLOCK = 4_000_000


def open_dataset(source: Path | bytes, name: str | None = None) -> xr.Dataset:
    """Return the dataset behind ``source``, its values unread, its times undecoded.

    Args:
        source: a NetCDF-3 or NetCDF-4 file, a Zarr folder (format 2 or 3), a CSV of bins (one a row, with latitude and
            longitude; see ``read_bins``), or the bytes of such a file.
        name: shown in sentences; the file's own name when None.

    Raises:
        Unavailable: ``ocean_absent``.
        InputError: ``ocean_not_netcdf``; ``ocean_damaged``.
    """
    shown = name or (source.name if isinstance(source, Path) else "file")
    if isinstance(source, Path) and not source.exists():
        raise absent(source)
    how = {"decode_times": False, "decode_timedelta": False, "mask_and_scale": True}
    try:
        if isinstance(source, Path) and source.is_dir():
            if not is_zarr(source):
                raise not_netcdf(shown)
            consolidated = None if (source / ".zmetadata").is_file() else False
            return xr.open_zarr(source, consolidated=consolidated, chunks=None, **how)
        if shown.lower().endswith(".csv"):
            return _table(source)
        head = source[:8] if isinstance(source, bytes) else _head(source)
        engine = "h5netcdf" if head == _HDF5 else "scipy" if head[:4] in _CLASSIC[:2] else ""
        if not engine:
            raise not_netcdf(shown)
        target = io.BytesIO(source) if isinstance(source, bytes) else source
        if engine == "h5netcdf":
            with hdf5.opened(source, shown):  # and h5netcdf leaves half an object behind where HDF5 refuses
                pass
        return xr.open_dataset(target, engine=engine, **how)
    except InputError:
        raise
    except FAULTS as fault:
        raise damaged(shown, fault) from fault


def chunked(array: xr.DataArray) -> xr.DataArray:
    """Return ``array`` as blocks of dask of at most some 16 MB, whole multiples of those on disk where there are."""
    on_disk = array.encoding.get("preferred_chunks", {})
    sizes = {dim: min(max(on_disk.get(dim, 1), 1), size) for dim, size in array.sizes.items()}
    for dim in reversed(array.dims):
        rest = 1
        for other, size in sizes.items():
            rest *= size if other != dim else 1
        times = max(_BLOCK // (rest * sizes[dim]), 1)
        sizes[dim] = min(sizes[dim] * times, array.sizes[dim])
    return array.chunk(sizes)


def is_zarr(path: Path) -> bool:
    """Return whether ``path`` is the root of a Zarr group."""
    return any((path / mark).is_file() for mark in _ZARR)


def is_zip(content: bytes) -> bool:
    """Return whether ``content`` is a zip archive."""
    return zipfile.is_zipfile(io.BytesIO(content))


def _table(source: Path | bytes) -> xr.Dataset:
    """Return the columns of a CSV along a dimension of bins; units may stand in brackets after a name."""
    table = pd.read_csv(io.BytesIO(source) if isinstance(source, bytes) else source, comment="#")
    held = xr.Dataset()
    for column in table.select_dtypes("number"):
        mark = re.fullmatch(r"\s*(.+?)\s*[\[(](.+)[\])]\s*", str(column))
        name, units = (mark[1], mark[2]) if mark else (str(column).strip(), "")
        held[name] = ("bin", table[column].to_numpy(), {"units": units} if units else {})
    return held


def _head(path: Path) -> bytes:
    with path.open("rb") as stream:
        return stream.read(8)


def not_netcdf(name: str) -> InputError:
    """Return the error for something that is no gridded file at all."""
    return InputError(
        "ocean_not_netcdf",
        "{name} is neither a NetCDF file (3 or 4) nor a Zarr folder, whatever its extension says; export the data "
        "as NetCDF with time, latitude and longitude.",
        name=name,
    )


def damaged(name: str, fault: Exception) -> InputError:
    """Return the error for a file that starts well and cannot be read."""
    return InputError(
        "ocean_damaged",
        "{name} is damaged or cut short ({reason}); copy or download it again.",
        name=name,
        reason=type(fault).__name__,
    )


def absent(path: Path, entry: str = "") -> Unavailable:
    """Return the error for a file or set that is not here."""
    return Unavailable(
        "ocean_absent",
        "{path} is not there; `{command}` says what lies where.",
        path=str(path),
        command=f"python -m eogen fetch {entry}" if entry else "python -m eogen data --room ocean",
    )
