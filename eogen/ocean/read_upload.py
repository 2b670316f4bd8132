"""What a visitor gives: a NetCDF file, or a zip of a Zarr store, of NetCDF files or of arrays."""

from __future__ import annotations

import hashlib
import re
import tempfile
from pathlib import Path

import xarray as xr

from eogen.catalog.unpack import unpack
from eogen.errors import InputError
from eogen.geotiff import MAX_FILE_BYTES, too_large
from eogen.ocean import read_open
from eogen.ocean.read_arrays import arrays
from eogen.ocean.read_product import EAGER, read

_PICKLE, _NUMPY = b"\x80", b"\x93NUMPY"


def upload(name: str, content: bytes, variable: str | None = None) -> xr.DataArray:
    """Return the cube in a file that nobody has vouched for, in memory.

    Args:
        name: of the file; shown, and searched for a date where the file has none.
        content: its bytes.
        variable: as of :func:`eogen.ocean.read.read`.

    Returns:
        A cube; attrs ``origin`` "upload" and ``sha256``.

    Raises:
        InputError: ``ocean_empty``, ``file_too_large``, ``ocean_pickle``, ``archive_unsafe``, ``archive_broken``,
            ``ocean_too_large``, ``ocean_damaged`` and those of ``read``. Unavailable: ``ocean_absent``
            (arrays without ``axes.json``).
    """
    shown = _shown(name)
    if not content:
        raise InputError(
            "ocean_empty", "{name} is empty (0 bytes); give a NetCDF file or a zipped Zarr.", name=shown
        )
    if len(content) > MAX_FILE_BYTES:
        raise too_large(shown, len(content))
    if content.startswith((_PICKLE, _NUMPY)):
        raise _pickle(shown)
    try:
        packed = read_open.is_zip(content)
        held = (_zipped if packed else _plain)(content, shown, variable)
    except InputError:
        raise
    except read_open.FAULTS as fault:  # a file that opens, and whose parts do not fit each other
        raise read_open.damaged(shown, fault) from fault
    return held.assign_attrs(
        origin="upload", sha256=hashlib.sha256(content).hexdigest(), source=shown, title=shown
    )


def _plain(content: bytes, name: str, variable: str | None) -> xr.DataArray:
    return read(content, variable, name=name, most=EAGER)


def _zipped(content: bytes, name: str, variable: str | None) -> xr.DataArray:
    with tempfile.TemporaryDirectory() as place:
        archive, folder = (
            Path(place) / (name if name.endswith(".zip") else f"{name}.zip"),
            Path(place) / "held",
        )
        archive.write_bytes(content)
        unpack(archive, folder, Path(place) / "work")
        stores = [folder, *(path for path in sorted(folder.rglob("*")) if path.is_dir())]
        if store := next((path for path in stores if read_open.is_zarr(path)), None):
            return read(store, variable, name=name, most=EAGER).load()
        if files := sorted(folder.rglob("*.nc")):
            return read(files, variable, most=EAGER).load()
        if beside := sorted(folder.rglob("axes.json")):
            return arrays(beside[0].parent)["log10_chl"]
        if any(path.suffix in (".npy", ".pkl", ".pickle") for path in folder.rglob("*")):
            raise _pickle(name)
        raise read_open.not_netcdf(name)


def _pickle(name: str) -> InputError:
    return InputError(
        "ocean_pickle",
        "{name} holds numpy arrays or pickled objects, which say neither where nor when and may run code; give NetCDF, "
        "a zipped Zarr, or a zip of Chl.npy with axes.json (lists time, lat, lon).",
        name=name,
    )


def _shown(name: str) -> str:
    """Return the last part of an uploaded file's name, short and printable."""
    last = re.split(r"[\\/]", name)[-1]
    return "".join(c for c in last if c.isprintable() and c not in "{}").strip(".")[-150:] or "file"
