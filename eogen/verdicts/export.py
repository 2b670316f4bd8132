"""Verdicts for other programs: a table (CSV) and points on a map (GeoJSON). JSONL is the record's own."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from eogen.verdicts.record import Verdict, current

#: Columns of the table before those of the context; a standing verdict undoes nothing.
COLUMNS: tuple[str, ...] = tuple(f.name for f in fields(Verdict) if f.name not in ("context", "undoes"))
#: Decimals of a position: a centimetre (RFC 7946, section 11.2, warns of more than is meant).
DECIMALS = 7
#: First letters that make a spreadsheet run a cell as a formula (OWASP, CSV injection), and what keeps it from that.
FORMULA, QUOTE = ("=", "+", "-", "@", "\t", "\r", "\n"), "'"


@dataclass(frozen=True)
class Points:
    """A GeoJSON text, how many verdicts are in it, and how many were left out because they have no position."""

    text: str
    kept: int
    left_out: int


def to_csv(rows: Iterable[Verdict]) -> str:
    r"""Return a row for each standing verdict, in the order given (RFC 4180: CRLF, quotes doubled).

    The context has a column for each value, ``context.<key>`` and ``context.<key>.<key>`` for one inside another (a dot
    or backslash in a key is written ``\.`` or ``\\``), sorted by name; lists are JSON; true, false and empty for none.

    A text that a spreadsheet would run as a formula (it begins with ``= + - @``, a tab or the end of a line) has a
    single quote before it, and so has one that already begins with quotes and then such a letter: :func:`plain` takes
    one away and gives back what was written. Numbers stay as they are. JSONL and GeoJSON hold every text unchanged.
    """
    flat = [(row, dict(_flat(row.context, "context"))) for row in current(rows)]
    more = sorted({key for _, context in flat for key in context})
    text = io.StringIO(newline="")
    written = csv.writer(text, lineterminator="\r\n")
    written.writerow([*COLUMNS, *map(_cell, more)])
    for row, context in flat:
        written.writerow(
            [_cell(getattr(row, name)) for name in COLUMNS] + [_cell(context.get(k)) for k in more]
        )
    return text.getvalue()


def plain(cell: str) -> str:
    """Return a text of the table as it was written, without the quote that :func:`to_csv` put before it."""
    return cell[1:] if cell.startswith(QUOTE) and cell.lstrip(QUOTE).startswith(FORMULA) else cell


def to_geojson(rows: Iterable[Verdict]) -> Points:
    """Return a point (RFC 7946) for each standing verdict whose context has ``lon`` and ``lat``, degrees, WGS 84.

    Longitudes to 360 are turned into -180..180. Every field is a property, the context as it is.
    """
    rows = current(rows)
    features = [
        {
            "type": "Feature",
            "id": row.id,
            "geometry": {"type": "Point", "coordinates": at},
            "properties": {
                name: value for name, value in asdict(row).items() if name not in ("id", "undoes")
            },
        }
        for row in rows
        if (at := _position(row.context)) is not None
    ]
    text = json.dumps(
        {"type": "FeatureCollection", "features": features}, ensure_ascii=False, allow_nan=False
    )
    return Points(text, len(features), len(rows) - len(features))


def _flat(value: Mapping[str, Any], under: str) -> Iterator[tuple[str, Any]]:
    for key, inner in value.items():
        name = f"{under}." + str(key).replace("\\", "\\\\").replace(".", "\\.")
        if isinstance(inner, Mapping) and inner:
            yield from _flat(inner, name)
        else:
            yield name, inner


def _cell(value: object) -> object:
    if isinstance(value, str) and value.lstrip(QUOTE).startswith(FORMULA):
        return QUOTE + value
    if isinstance(value, bool | Mapping | list | tuple):
        return json.dumps(value, ensure_ascii=False)
    return value


def _position(context: Mapping[str, Any]) -> list[float] | None:
    lon, lat = context.get("lon"), context.get("lat")
    if not all(
        isinstance(v, int | float) and not isinstance(v, bool) and math.isfinite(v) for v in (lon, lat)
    ):
        return None
    if not (-180 <= lon <= 360 and -90 <= lat <= 90):
        return None
    return [round(lon - 360 if lon > 180 else lon, DECIMALS), round(lat, DECIMALS)]
