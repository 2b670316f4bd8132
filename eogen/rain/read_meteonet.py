"""MeteoNet's radar archives (Météo-France, ARAMIS): amounts of 5 minutes in npz, their dates read without unpickling.

Format: https://meteofrance.github.io/meteonet/english/data/rain-radar. ``data`` (time, rows, columns) int16 is in
hundredths of a millimetre, -1 where missing; ``dates`` is an array of Python objects. Such an array is a pickle, and
unpickling runs what the file says: here its instructions are listed, not run, and only the dates in them are kept.
"""

from __future__ import annotations

import io
import pickletools
import re
import zipfile
from pathlib import Path

import numpy as np

from eogen import limits
from eogen.errors import InputError
from eogen.rain.field import CLIP, Field, clipped, not_rain
from eogen.rain.geometry import Axes
from eogen.rain.read_open import FAULTS, content, damaged, not_gridded

#: Shape of a zone -> (north, west) outer corner of its first pixel, degrees; pixels of 0.01 degree.
_ZONES = {(565, 784): (51.896, -5.842), (515, 784): (46.25, 2.0)}
_SIDE, _MINUTES, _MISSING = 0.01, 5.0, -1


def read(source: Path | bytes, *, name: str | None = None, clip: float = CLIP) -> Field:
    """Return the rates of one archive, frames in the order of time.

    The documentation calls a frame the amount of a 5-minute step and gives it one date; the date is taken as the end
    of the step, as for Météo-France's other amounts.

    Raises:
        Unavailable: ``rain_absent``.
        InputError: ``rain_not_gridded``; ``rain_damaged``; ``rain_quantity`` (reflectivity, quality code);
            ``rain_zone``; ``rain_dates``.
    """
    shown = name or (source.name if isinstance(source, Path) else "file")
    held = content(source)
    if held[:4] != b"PK\x03\x04":
        raise not_gridded(shown)
    try:
        with zipfile.ZipFile(io.BytesIO(held)) as archive:
            members = archive.namelist()
            if "data.npy" not in members or "dates.npy" not in members:
                raise not_rain(shown, ", ".join(members))
            data = np.load(io.BytesIO(limits.member(archive, "data.npy", shown)), allow_pickle=False)
            dates = moments(limits.member(archive, "dates.npy", shown))
    except InputError:
        raise
    except FAULTS as fault:
        raise damaged(shown, fault) from fault
    # Only the rain marks what is missing with -1; reflectivity and quality code have 255 and nothing below 0.
    if (
        re.search("reflectivity|quality", shown)
        or data.ndim != 3
        or (data.max(initial=0) == 255 and data.min() >= 0)
    ):
        raise not_rain(shown, "reflectivity or a quality code")
    if data.shape[1:] not in _ZONES:
        raise InputError(
            "rain_zone",
            "{name} has maps of {found} pixels; those of its provider have {expected}.",
            name=shown, found=" x ".join(map(str, data.shape[1:])),
            expected=", ".join(" x ".join(map(str, shape)) for shape in _ZONES),
        )  # fmt: skip
    if len(dates) != len(data) or len(np.unique(dates)) != len(dates):
        raise InputError(
            "rain_dates",
            "{name} has {frames} maps and {dates} dates; each map needs its own.",
            name=shown, frames=len(data), dates=len(np.unique(dates)),
        )  # fmt: skip
    order = np.argsort(dates)
    amount = np.where(data[order] == _MISSING, np.nan, data[order].astype(np.float32))
    rate, spikes = clipped(amount / 100.0 * (60.0 / _MINUTES), clip)
    north, west = _ZONES[data.shape[1:]]
    lat = np.round(north - _SIDE * (np.arange(data.shape[1]) + 0.5), 6)
    lon = np.round(west + _SIDE * (np.arange(data.shape[2]) + 0.5), 6)
    about = {
        "title": "MeteoNet, ARAMIS", "licence": "Licence Ouverte 2.0 (Etalab), Météo-France", "source": shown,
        "dataset": "meteonet", "cell_methods": "time: mean", "clipped_pixels": spikes, "clipped_above": clip,
    }  # fmt: skip
    start = dates[order] - np.timedelta64(int(_MINUTES), "m")
    return Field(rate[:, ::-1], start.astype("datetime64[ns]"), _MINUTES, Axes(lat[::-1], lon), about)


def is_rain(source: Path | bytes, name: str) -> bool:
    """Return whether a zip is one of MeteoNet's archives of rain (by its members and its name), unread."""
    if re.search("reflectivity|quality", name):
        return False
    try:
        with zipfile.ZipFile(io.BytesIO(source) if isinstance(source, bytes) else source) as archive:
            return {"data.npy", "dates.npy"} <= set(archive.namelist())
    except zipfile.BadZipFile:
        return True  # cut short: the reader says so


def moments(stored: bytes) -> np.ndarray:
    """Return (n,) datetime64[s] of an ``.npy`` of dates: native ones, or those written in a pickle, never run.

    A pickled ``datetime`` carries 10 bytes (year on two, month, day, hour, minute, second, microsecond on three;
    Python's ``datetime.__reduce__``), as bytes or, in protocol 2, as Latin-1 text.
    """
    length = (
        int.from_bytes(stored[8:10], "little") if stored[6] == 1 else int.from_bytes(stored[8:12], "little")
    )
    body = stored[(10 if stored[6] == 1 else 12) + length :]
    if b"'|O'" not in stored[: len(stored) - len(body)]:
        return np.load(io.BytesIO(stored), allow_pickle=False).astype("datetime64[s]")
    found = []
    for _, value, _ in pickletools.genops(body):
        packed = value.encode("latin-1", "ignore") if isinstance(value, str) else value
        if not isinstance(packed, bytes) or len(packed) != 10:
            continue
        year, (month, day, hour, minute, second) = int.from_bytes(packed[:2], "big"), packed[2:7]
        if (
            1900 <= year <= 2100
            and 1 <= month <= 12
            and 1 <= day <= 31
            and hour < 24
            and minute < 60
            and second < 60
        ):
            stamp = f"{year}-{month:02d}-{day:02d}T{hour:02d}:{minute:02d}:{second:02d}"
            found.append(np.datetime64(stamp, "s"))
    return np.array(found, "datetime64[s]")
