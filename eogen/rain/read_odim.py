"""OPERA and national composites in ODIM_H5 (EUMETNET OPERA data information model 2.x): RATE and ACRR."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from eogen import hdf5, limits
from eogen.errors import InputError
from eogen.rain.field import CLIP, Field, clipped, not_rain
from eogen.rain.geometry import Projected, geographic
from eogen.rain.read_open import FAULTS, HDF5, absent, damaged, first_bytes, not_gridded, number, text

#: Time between two instantaneous composites of OPERA, minutes.
_STEP = 15.0
_LICENCE = (
    "EUMETNET OPERA; CC BY 4.0 since 2025 (high-value data sets), earlier composites on terms of EUMETNET"
)


def read(
    source: Path | bytes, *, name: str | None = None, least_quality: float = 0.0, clip: float = CLIP
) -> Field:
    """Return the rates of one composite.

    ``undetect`` is no rain (0), ``nodata`` is NaN. A RATE is a moment: its time is the composite's nominal time. An
    ACRR is spread over its interval, whose start it is given.

    Args:
        source: a file or its bytes.
        name: of the bytes, in sentences.
        least_quality: pixels of a lower quality index (QIND or the first ``quality`` group; 0-1) become NaN.
        clip: highest rate believed, mm h-1.

    Raises:
        Unavailable: ``rain_absent``.
        InputError: ``rain_not_gridded``; ``rain_damaged``; ``rain_quantity``.
    """
    shown = name or (source.name if isinstance(source, Path) else "file")
    if isinstance(source, Path) and not source.is_file():
        raise absent(source)
    if first_bytes(source, 8) != HDF5:
        raise not_gridded(shown)
    try:
        with hdf5.opened(source, shown) as file:
            return _read(file, shown, least_quality, clip)
    except InputError:
        raise
    except FAULTS as fault:
        raise damaged(shown, fault) from fault


def is_odim(file: h5py.File) -> bool:
    """Return whether an HDF5 file follows ODIM."""
    return "ODIM" in text(file.attrs.get("Conventions", "")) or ("dataset1" in file and "where" in file)


def _read(file: h5py.File, name: str, least_quality: float, clip: float) -> Field:
    held = _quantities(file)
    wanted = next((q for q in ("RATE", "ACRR") if q in held), None)
    if wanted is None:
        raise not_rain(name, ", ".join(held))
    dataset, data = held[wanted]
    rate = _values(dataset, data)
    grid = _grid(_attributes(file, "where"))
    if rate.shape != (grid.rows, grid.columns):
        raise ValueError("xsize, ysize")
    what = {**_attributes(file, "what"), **_attributes(dataset, "what")}
    start, end = (_moment(what, edge) for edge in ("start", "end"))
    if wanted == "ACRR":
        step = float((end - start) / np.timedelta64(1, "s")) / 60.0
        rate, time, method = rate * (60.0 / step), start, "time: mean"
    else:
        root = _attributes(file, "what")
        time, step, method = _stamp(root["date"], root["time"]), _STEP, "time: point"
    if least_quality > 0 and (quality := _quality(held, data)) is not None:
        rate = np.where(quality < least_quality, np.nan, rate)
    rate, spikes = clipped(rate, clip)
    about = {
        "title": str(what.get("prodname", "OPERA composite")), "licence": _LICENCE, "source": name, "dataset": "opera",
        "quantity": wanted, "cell_methods": method, "clipped_pixels": spikes, "clipped_above": clip,
    }  # fmt: skip
    return Field(rate[None], np.array([time]), step, grid, about)


def _quantities(file: h5py.File) -> dict[str, tuple[h5py.Group, h5py.Group]]:
    found: dict[str, tuple[h5py.Group, h5py.Group]] = {}
    for key in sorted((k for k in file if re.fullmatch(r"dataset\d+", k)), key=lambda k: int(k[7:])):
        dataset = file[key]
        for inner in sorted(k for k in dataset if re.fullmatch(r"data\d+", k)):
            what = {**_attributes(dataset, "what"), **_attributes(dataset[inner], "what")}
            found.setdefault(str(what.get("quantity", "?")), (dataset, dataset[inner]))
    return found


def _values(dataset: h5py.Group, data: h5py.Group) -> np.ndarray:
    what = {**_attributes(dataset, "what"), **_attributes(data, "what")}
    limits.check(8 * data["data"].size, str(data["data"].name))
    raw = data["data"][()].astype(float)
    gain, offset = number(what.get("gain")), number(what.get("offset"))
    values = raw * (1.0 if gain is None else gain) + (0.0 if offset is None else offset)
    if (mark := number(what.get("undetect"))) is not None:
        values[raw == mark] = 0.0
    if (mark := number(what.get("nodata"))) is not None:
        values[raw == mark] = np.nan
    return values


def _quality(held: dict[str, tuple[h5py.Group, h5py.Group]], data: h5py.Group) -> np.ndarray | None:
    if "QIND" in held:
        return _values(*held["QIND"])
    for place in (data, data.parent):
        for key in place:
            if re.fullmatch(r"quality\d+", key):
                return _values(place, place[key]) if "data" in place[key] else None
    return None


def _grid(where: dict[str, Any]) -> Projected:
    proj = str(where["projdef"])
    corner = geographic(proj).transform(float(where["UL_lon"]), float(where["UL_lat"]), direction="INVERSE")
    across, down = float(where["xscale"]), float(where["yscale"])
    return Projected(proj, corner[0], corner[1], across, -down, int(where["ysize"]), int(where["xsize"]))


def _moment(what: dict[str, Any], edge: str) -> np.datetime64:
    return _stamp(what[f"{edge}date"], what[f"{edge}time"])


def _stamp(date: Any, clock: Any) -> np.datetime64:
    d, t = str(date), str(clock).ljust(6, "0")
    return np.datetime64(f"{d[:4]}-{d[4:6]}-{d[6:8]}T{t[:2]}:{t[2:4]}:{t[4:6]}", "ns")


def _attributes(group: h5py.Group, name: str) -> dict[str, Any]:
    if name not in group:
        return {}
    found = {}
    for key, value in group[name].attrs.items():
        plain = np.asarray(value)
        found[key] = text(value) if plain.dtype.kind in "SOU" else plain.ravel()[0]
    return found
