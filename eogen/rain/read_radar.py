"""Any radar file, recognised by what it holds, on its own pixels or on IMERG's cells."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import xarray as xr

from eogen import hdf5
from eogen.errors import InputError
from eogen.rain import (
    maps,
    read_cf,
    read_gauges,
    read_knmi,
    read_meteonet,
    read_mrms,
    read_odim,
    read_radolan,
    regrid,
)
from eogen.rain.field import CLIP, Field
from eogen.rain.read_imerg import Box, is_imerg
from eogen.rain.read_open import CLASSIC, FAULTS, HDF5, damaged, first_bytes, not_gridded, opened

#: Kinds of ``kind_of`` that are radar or come on a radar's terms.
RADARS = ("odim", "knmi", "meteonet", "radolan", "mrms", "cf")


def kind_of(source: Path | bytes, name: str | None = None) -> str:
    """Return ``"imerg"``, ``"odim"``, ``"knmi"``, ``"meteonet"``, ``"radolan"``, ``"mrms"``, ``"cf"``, ``"gauges"``.

    The first bytes and the structure decide; only archives and compressed files are told by their names.

    Raises:
        Unavailable: ``rain_absent``.
        InputError: ``rain_not_gridded`` when it is none of these; ``rain_damaged``.
    """
    shown = name or (source.name if isinstance(source, Path) else "file")
    head = first_bytes(source, 300)
    if head[:4] == b"GRIB" or (head[:2] == b"\x1f\x8b" and ".grib2" in shown):
        return "mrms"
    if head[:4] == b"PK\x03\x04" and read_meteonet.is_rain(source, shown):
        return "meteonet"
    if head[:8] == HDF5:
        try:
            with hdf5.opened(source, shown) as file:
                if read_odim.is_odim(file):
                    return "odim"
                if read_knmi.is_knmi(file):
                    return "knmi"
        except InputError:
            raise
        except FAULTS as fault:
            raise damaged(shown, fault) from fault
    if head[:8] == HDF5 or head[:4] in CLASSIC:
        with opened(source, shown) as file:
            if is_imerg(file):
                return "imerg"
            if read_cf.has_rain(file):
                return "cf"
        raise not_gridded(shown)
    if read_radolan.is_radolan(head[:40], shown):
        return "radolan"
    if read_gauges.is_gauges(head):
        return "gauges"
    raise not_gridded(shown)


def native(
    source: Path | bytes,
    *,
    name: str | None = None,
    box: Box | None = None,
    least_quality: float = 0.0,
    clip: float = CLIP,
) -> Field:
    """Return the rates of one radar file on its own pixels.

    Args:
        source: ODIM, KNMI, MeteoNet, RADOLAN, MRMS or any CF NetCDF file.
        name: of the bytes, in sentences.
        box: (west, south, east, north): lets a reader leave the rest unread; pixels beyond it may come.
        least_quality: for ODIM; pixels of a lower quality index become NaN.
        clip: highest rate believed, mm h-1.

    Raises:
        Unavailable, InputError: those of the reader; ``rain_not_radar`` for IMERG and gauges.
    """
    kind = kind_of(source, name)
    shown = name or (source.name if isinstance(source, Path) else "file")
    if kind == "odim":
        return read_odim.read(source, name=name, least_quality=least_quality, clip=clip)
    if kind == "mrms":
        return read_mrms.read(source, name=name, box=box, clip=clip)
    readers = {"knmi": read_knmi, "meteonet": read_meteonet, "radolan": read_radolan, "cf": read_cf}
    if kind not in readers:
        raise InputError(
            "rain_not_radar",
            "{name} is no radar file but {found}; give it in its own place.",
            name=shown,
            found={"imerg": "IMERG", "gauges": "INMET"}[kind],
        )
    return readers[kind].read(source, name=name, clip=clip)


def read(
    source: Path | bytes | Sequence[Path],
    *,
    box: Box | None = None,
    name: str | None = None,
    least_quality: float = 0.0,
    clip: float = CLIP,
) -> xr.Dataset:
    """Return ``radar`` and ``radar_wet_share`` (time, lat, lon) on IMERG's cells, at the radar's own times.

    Args:
        source: one file, a folder, or several files of one radar.
        box: (west, south, east, north), degrees; the radar's reach when None.
        name: of the bytes, in sentences.
        least_quality: see ``native``.
        clip: highest rate believed, mm h-1.

    Raises:
        Unavailable, InputError: those of ``native`` and ``regrid.to_cells``; ``rain_time_order``; ``rain_mixed``;
            ``rain_fill_only``.
    """
    if isinstance(source, Path) and source.is_dir():
        source = sorted(path for path in source.iterdir() if path.is_file())
    paths = [source] if isinstance(source, Path | bytes) else list(source)
    parts = []
    for path in paths:
        field = native(path, name=name, box=box, least_quality=least_quality, clip=clip)
        parts.append(regrid.to_cells(field, box))
    shown = (
        name or " … ".join(dict.fromkeys(p.name for p in (paths[0], paths[-1]) if isinstance(p, Path)))
        if paths
        else "-"
    )
    if not parts:
        raise not_gridded(shown)
    parts.sort(key=lambda part: part["time"].values[0])
    for part in parts[1:]:
        same = all(np.array_equal(part[axis], parts[0][axis]) for axis in ("lat", "lon"))
        if not same or part["time"].attrs["step_minutes"] != parts[0]["time"].attrs["step_minutes"]:
            raise InputError(
                "rain_mixed",
                "{name}: the files cover different boxes or different lengths of time; give those of one request.",
                name=shown,
            )
    whole = xr.concat(parts, "time", combine_attrs="override", join="exact")
    whole["time"].attrs = dict(parts[0]["time"].attrs)
    maps.in_order(whole["time"].values, shown)
    if not bool(whole["radar"].notnull().any()):
        raise InputError(
            "rain_fill_only",
            "{name} holds only fill values in this box: no cell has rain or its absence. Choose another box or another "
            "file.",
            name=shown,
        )
    spikes = sum(int(part.attrs.get("clipped_pixels", 0)) for part in parts)
    whole.attrs["clipped_pixels"] = whole["radar"].attrs["clipped_pixels"] = spikes
    return whole
