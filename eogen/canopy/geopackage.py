"""The little that is needed of a GeoPackage: its rows, and where its features lie.

A GeoPackage is an SQLite file whose geometries are blobs: a header with an optional bounding box, then well-known
binary (OGC 12-128r18, clause 2.1.3).
"""

from __future__ import annotations

import sqlite3
import struct
import time
from contextlib import closing
from pathlib import Path
from typing import Any

from eogen.canopy.geometry import to_degrees
from eogen.canopy.tables import unusable
from eogen.errors import InputError

#: Rows of all tables, bytes of one value, seconds of all queries: far beyond any set of field plots.
MOST_ROWS, MOST_BYTES, MOST_SECONDS = 200_000, 20_000_000, 5.0
_GEOMETRY_NAMES = ("geom", "geometry")


def rows(path: Path) -> list[dict[str, Any]]:
    """Return the rows of the feature tables in ``path`` by column name.

    Each has ``longitude`` and ``latitude`` (degrees) added: the middle of its feature's bounding box, None without.

    Raises:
        InputError: ``canopy_table``.
    """
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)) as base:
            base.row_factory = sqlite3.Row
            _bounded(base)
            # Tables alone: a view can be a query without end.
            tables = base.execute(
                "SELECT table_name, srs_id FROM gpkg_contents WHERE table_name IN "
                "(SELECT name FROM sqlite_master WHERE type = 'table')"
            ).fetchall()
            if not tables:
                raise unusable(path.name, "it holds no table of features")
            found = []
            for table, system in tables:
                quoted = str(table).replace('"', '""')
                for row in base.execute(f'SELECT * FROM "{quoted}"'):
                    if len(found) == MOST_ROWS:
                        raise unusable(path.name, f"it has more than {MOST_ROWS} rows")
                    found.append({**row, **_place(dict(row), int(system), path.name)})
            return found
    except InputError:
        raise
    except (
        sqlite3.Error,
        struct.error,
        ValueError,
        TypeError,
        LookupError,
        OverflowError,
        MemoryError,
    ) as fault:
        raise unusable(path.name, f"it is not a GeoPackage ({fault})") from fault


def _bounded(base: sqlite3.Connection) -> None:
    """Let no value be large, no query long, and nothing that the schema names run."""
    base.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MOST_BYTES)
    base.execute("PRAGMA trusted_schema = OFF")
    end = time.monotonic() + MOST_SECONDS
    base.set_progress_handler(lambda: time.monotonic() > end, 10_000)


def _place(row: dict[str, Any], system: int, name: str) -> dict[str, float | None]:
    blob = next((row[name] for name in _GEOMETRY_NAMES if isinstance(row.get(name), bytes)), None)
    if blob is None:
        return {"longitude": None, "latitude": None}
    flags = blob[3]
    order = "<" if flags & 1 else ">"
    if flags >> 1 & 7:
        west, east, south, north = struct.unpack_from(order + "4d", blob, 8)
        x, y = (west + east) / 2, (south + north) / 2
    else:  # only points go without a box: byte order and type, then the two coordinates
        x, y = struct.unpack_from(("<" if blob[8] else ">") + "2d", blob, 13)
    (longitude,), (latitude,) = to_degrees(f"EPSG:{system}", [x], [y], name)
    return {"longitude": float(longitude), "latitude": float(latitude)}
