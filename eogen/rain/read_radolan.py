"""RADOLAN amounts of the German weather service: binary composites, and the same as ESRI ascii, alone or in archives.

Format of the binary composites: DWD, RADOLAN/RADVOR-OP Kompositformat. An ASCII header ends with byte 3; then come
little-endian 16-bit words from the south-west, row by row: 12 bits of value, then flags (interpolated, no data,
negative, clutter).
"""

from __future__ import annotations

import io
import re
import tarfile
from pathlib import Path

import numpy as np

from eogen import limits
from eogen.errors import InputError
from eogen.rain.field import CLIP, Field, clipped, not_rain
from eogen.rain.geometry import Projected
from eogen.rain.read_open import FAULTS, content, damaged, not_gridded

PROJ = "+proj=stere +lat_0=90 +lat_ts=60 +lon_0=10 +x_0=0 +y_0=0 +a=6370040 +b=6370040 +units=m +no_defs"
#: (rows, columns) of a composite -> (west, south) outer corner, m on ``PROJ``.
_CORNERS = {(900, 900): (-523462.2, -4658644.7), (1100, 900): (-443462.2, -4758644.7), (1500, 1400): (-673462.2,
            -5008644.7)}  # fmt: skip
_NODATA, _NEGATIVE, _CLUTTER = 0x2000, 0x4000, 0x8000
_HEADER = rb"^[A-Z][A-Z0-9]\d{6}\d{5}\d{4}BY"
#: Products that are reflectivities or forecasts of them.
_NOT_RAIN = ("RX", "WX", "EX", "FX", "FZ", "PX", "PG")
_LICENCE = "Deutscher Wetterdienst, CC BY 4.0 (GeoNutzV before)"


def read(source: Path | bytes, *, name: str | None = None, clip: float = CLIP) -> Field:
    """Return the rates of one composite, or of all those of an archive in the order of time.

    The time written is the end of the measurement; here it is the start, as everywhere in the room.

    Args:
        source: binary composite, ``.asc`` (whose date is in its name), either of them in .gz or .bz2, or a .tar(.gz).
        name: of the bytes, in sentences and for the date of an ``.asc``.
        clip: highest rate believed, mm h-1.

    Raises:
        Unavailable: ``rain_absent``.
        InputError: ``rain_not_gridded``; ``rain_damaged``; ``rain_quantity``; ``rain_zone``; ``rain_dates``.
    """
    shown = name or (source.name if isinstance(source, Path) else "file")
    try:
        parts = [_frame(raw, label) for label, raw in _members(content(source), shown)]
    except InputError:
        raise
    except FAULTS as fault:
        raise damaged(shown, fault) from fault
    if not parts:
        raise not_gridded(shown)
    parts.sort(key=lambda part: part[0])
    shapes, steps = {part[2].shape for part in parts}, {part[1] for part in parts}
    if len(shapes) > 1 or len(steps) > 1 or len({part[0] for part in parts}) < len(parts):
        raise InputError(
            "rain_dates",
            "{name} has {frames} maps and {dates} dates; each map needs its own.",
            name=shown, frames=len(parts), dates=len({part[0] for part in parts}),
        )  # fmt: skip
    (shape,), (step,) = shapes, steps
    if shape not in _CORNERS:
        raise InputError(
            "rain_zone",
            "{name} has maps of {found} pixels; those of its provider have {expected}.",
            name=shown, found=" x ".join(map(str, shape)),
            expected=", ".join(" x ".join(map(str, each)) for each in _CORNERS),
        )  # fmt: skip
    west, south = _CORNERS[shape]
    rate, spikes = clipped(np.stack([part[2] for part in parts]) * np.float32(60.0 / step), clip)
    time = np.array([part[0] for part in parts]) - np.timedelta64(int(step), "m")
    about = {
        "title": "RADOLAN", "licence": _LICENCE, "source": shown, "dataset": "radolan", "cell_methods": "time: mean",
        "clipped_pixels": spikes, "clipped_above": clip,
    }  # fmt: skip
    grid = Projected(PROJ, west, south + 1000.0 * shape[0], 1000.0, -1000.0, *shape)
    return Field(rate, time.astype("datetime64[ns]"), step, grid, about)


def is_radolan(head: bytes, name: str) -> bool:
    """Return whether the first bytes (or the name of an archive) are RADOLAN's."""
    return (
        bool(re.match(_HEADER, head))
        or head[:5] == b"ncols"
        or bool(re.match(r"(R[A-Z]|SF|raa01)[-_]", name))
    )


def _members(raw: bytes, name: str) -> list[tuple[str, bytes]]:
    if raw[:2] == b"\x1f\x8b":
        return _members(limits.inflated(raw, name), re.sub(r"\.gz$", "", name))
    if raw[:3] == b"BZh":
        return _members(limits.inflated(raw, name), re.sub(r"\.bz2$", "", name))
    if re.match(_HEADER, raw[:40]) or raw[:5] == b"ncols":
        return [(name, raw)]
    if raw[257:262] == b"ustar":
        found = []
        with tarfile.open(fileobj=io.BytesIO(raw)) as archive:
            for member in archive:
                if member.isfile() and (stream := archive.extractfile(member)) is not None:
                    found += _members(stream.read(), Path(member.name).name)
        return found
    raise not_gridded(name)


def _frame(raw: bytes, name: str) -> tuple[np.datetime64, float, np.ndarray]:
    """Return (end, minutes, (rows, columns) mm from the north) of one composite."""
    return _ascii(raw, name) if raw[:5] == b"ncols" else _binary(raw, name)


def _binary(raw: bytes, name: str) -> tuple[np.datetime64, float, np.ndarray]:
    header, _, body = raw.partition(b"\x03")
    written = header.decode("latin-1")
    if written[:2] in _NOT_RAIN:
        raise not_rain(name, written[:2])
    found = {key: re.search(pattern, written) for key, pattern in (
        ("PR", r"PR\s*E([+-]\d+)"), ("INT", r"INT\s*(\d+)"), ("GP", r"GP\s*(\d+)x\s*(\d+)"), ("U", r"INT\s*\d+U(\d)"),
    )}  # fmt: skip
    rows, columns = int(found["GP"][1]), int(found["GP"][2])
    if len(body) != 2 * rows * columns:
        raise damaged(name, ValueError("length"))
    words = np.frombuffer(body, "<u2").reshape(rows, columns)[::-1]
    amount = (words & 0x0FFF).astype(np.float32) * np.float32(10.0 ** int(found["PR"][1]))
    amount = np.where(words & _NEGATIVE, -amount, amount)
    amount = np.where(words & (_NODATA | _CLUTTER), np.nan, amount)
    day, hour, minute, month, year = written[2:4], written[4:6], written[6:8], written[13:15], written[15:17]
    # The unit of INT is the minute unless U1 (day) follows.
    step = float(found["INT"][1]) * (1440.0 if found["U"] and found["U"][1] == "1" else 1.0)
    return np.datetime64(f"20{year}-{month}-{day}T{hour}:{minute}", "s"), step, amount


def _ascii(raw: bytes, name: str) -> tuple[np.datetime64, float, np.ndarray]:
    *lines, body = raw.decode("ascii").split("\n", 6)
    head = dict(line.split() for line in lines)
    mark = re.search(r"(\d{4})(\d{2})(\d{2})[-_]?(\d{2})(\d{2})", name)
    if mark is None:
        raise InputError(
            "rain_dates",
            "{name} has {frames} maps and {dates} dates; each map needs its own.",
            name=name, frames=1, dates=0,
        )  # fmt: skip
    # Whole numbers, as DWD writes them, are read ten times faster than decimal ones.
    values = np.fromstring(body, dtype=np.float32 if "." in body else np.int32, sep=" ")
    values = values.astype(np.float32).reshape(int(head["nrows"]), int(head["ncols"]))
    amount = np.where(values == float(head["NODATA_value"]), np.nan, values / np.float32(10.0))
    step = 5.0 if re.search(r"(^|_)RY", name) else 1440.0 if re.search(r"(^|_)SF", name) else 60.0
    return np.datetime64(f"{mark[1]}-{mark[2]}-{mark[3]}T{mark[4]}:{mark[5]}", "s"), step, amount
