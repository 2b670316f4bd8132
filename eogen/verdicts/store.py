"""Keep verdicts and read them again. What was stored is on the disk before :func:`store` returns."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, fields
from typing import Any

import sqlalchemy as sa

from eogen.readonly import is_read_only
from eogen.verdicts import database as base
from eogen.verdicts.record import Verdict, read_lines
from eogen.verdicts.tables import verdicts

_FIELDS = [f.name for f in fields(Verdict)]


def store(verdict: Verdict, database: str | None = None) -> None:
    """Keep one verdict.

    Args:
        verdict: to keep.
        database: its address; by default ``EOGEN_DB``, else the file of this user.

    Raises:
        InputError: ``verdict_disk`` when it cannot be written, ``verdict_busy`` when another program does not let go,
            ``read_only``.
    """
    add([verdict], database)


def add(rows: Iterable[Verdict], database: str | None = None) -> int:
    """Keep several verdicts at once, all or none; return how many were new (one whose id is there is left out).

    Raises:
        InputError: see :func:`store`.
    """
    given = {row.id: row for row in rows}
    if not given:
        return 0
    _take_over(database)
    with base.writing(database) as connection:
        held = set(connection.scalars(sa.select(verdicts.c.id).where(verdicts.c.id.in_(given))))
        new = [as_row(row) for key, row in given.items() if key not in held]
        if new:
            connection.execute(sa.insert(verdicts), new)
    return len(new)


def load(
    room: str | None = None,
    *,
    campaign: str | None = None,
    reviewer: str | None = None,
    database: str | None = None,
) -> list[Verdict]:
    """Return the verdicts in the order they were kept, undone and undoing ones included (see ``record.current``).

    Args:
        room: of this room only.
        campaign: of this campaign only; ``""`` for those that belong to none.
        reviewer: of this reviewer only.
        database: see :func:`store`.

    Raises:
        InputError: ``verdict_unreadable`` when the database is there and cannot be read.
    """
    _take_over(database)
    query = sa.select(verdicts).order_by(verdicts.c.number)
    for column, wanted in (("room", room), ("campaign", campaign), ("reviewer", reviewer)):
        if wanted is not None:
            query = query.where(verdicts.c[column] == wanted)
    with base.reading(database) as connection:
        return [from_row(row) for row in connection.execute(query).mappings()]


def as_row(verdict: Verdict) -> dict[str, Any]:
    """Return a verdict as a row of the table."""
    return asdict(verdict) | {"context": json.dumps(dict(verdict.context), ensure_ascii=False)}


def from_row(row: Any) -> Verdict:
    """Return a row of the table as a verdict."""
    return Verdict(**{f: row[f] for f in _FIELDS} | {"context": json.loads(row["context"])})


def _take_over(database: str | None) -> None:
    """Take over, once, the files of lines that earlier versions kept beside this user's own database."""
    if is_read_only() or base.url(database).database != str(base.default_file()):
        return
    for path in sorted(base.folder().glob("*.jsonl")):
        found = read_lines(path.read_bytes()).verdicts  # damaged lines stay in the file, which is kept
        moved = path.with_suffix(".jsonl.taken_over")
        with base.writing(database) as connection:
            held = set(connection.scalars(sa.select(verdicts.c.id)))
            new = [as_row(row) for row in found if row.id not in held]
            if new:
                connection.execute(sa.insert(verdicts), new)
        path.rename(moved)
