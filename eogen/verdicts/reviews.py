"""Reviews: views of the pages that somebody pinned, with a title, a note and their pictures.

Rows are only ever added: a changed note is a new row of the same pin, a removed pin is a row that says so.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from uuid import uuid4

import sqlalchemy as sa

from eogen import __version__
from eogen.errors import InputError
from eogen.verdicts import database as base
from eogen.verdicts import tables
from eogen.verdicts.pin_pictures import MOST, Picture

#: Characters at most of what people write, and of an address.
LIMITS = {"review": 200, "title": 300, "note": 4000, "url": 4000}
#: An address within the app: a path and parameters, never a server nor a scheme.
_URL = re.compile(r"/(?![/\\])[^\s\\\x00-\x1f]*")


@dataclass(frozen=True)
class Review:
    """A collection of pins. ``created`` is ISO 8601 in UTC."""

    id: str
    title: str
    created: str


@dataclass(frozen=True)
class Pin:
    """One view, as its newest row says it.

    Attributes:
        review: it belongs to.
        pin: stable name of the view; its rows share it.
        url: path and parameters that reopen it.
        title, note: what people wrote.
        place: order in the review.
        removed: taken away; its rows stay.
        time: ISO 8601 in UTC of this row; version: of eogen then.
    """

    review: str
    pin: str
    url: str
    title: str
    note: str
    place: float
    removed: bool
    time: str
    version: str


def create(title: str, database: str | None = None) -> Review:
    """Begin a review.

    Raises:
        InputError: ``review_text`` (empty or too long a title).
    """
    review = Review(uuid4().hex, _text("review", title), _now())
    with base.writing(database) as connection:
        connection.execute(sa.insert(tables.reviews), asdict(review))
    return review


def reviews(database: str | None = None) -> list[Review]:
    """Return every review, the newest first."""
    query = sa.select(tables.reviews).order_by(tables.reviews.c.created.desc(), tables.reviews.c.id)
    with base.reading(database) as connection:
        return [Review(**row) for row in connection.execute(query).mappings()]


def review(name: str, database: str | None = None) -> Review:
    """Return a review.

    Raises:
        InputError: ``no_review``.
    """
    with base.reading(database) as connection:
        row = (
            connection.execute(sa.select(tables.reviews).where(tables.reviews.c.id == name))
            .mappings()
            .first()
        )
    if row is None:
        raise InputError("no_review", "There is no review {name} in this database.", name=name[:32])
    return Review(**row)


def add(
    name: str, url: str, title: str, note: str, pictures: Sequence[Picture], database: str | None = None
) -> Pin:
    """Pin a view at the end of a review; it is on the disk when this returns.

    Args:
        name: of the review (its ``id``).
        url: path and parameters, beginning with one ``/``.
        title, note: what people wrote; a note may be empty.
        pictures: from :func:`eogen.verdicts.pin_pictures.clean`.
        database: address of another database than the usual one.

    Raises:
        InputError: ``no_review``, ``review_text``, ``pin_url``, ``pin_many`` (too many pictures).
    """
    if len(pictures) > MOST:
        raise InputError(
            "pin_many",
            "A pin holds at most {most} pictures; {given} were given.",
            most=MOST,
            given=len(pictures),
        )
    if len(url) > LIMITS["url"] or not _URL.fullmatch(url):
        raise InputError(
            "pin_url", "This address is none of this app ({given}): a path and parameters were expected.",
            given=url[:80],
        )  # fmt: skip
    made = Pin(review(name, database).id, uuid4().hex, url, _text("title", title), _text("note", note, empty=True),
               _last(name, database) + 1.0, False, _now(), __version__)  # fmt: skip
    rows = [asdict(p) | {"pin": made.pin, "position": k} for k, p in enumerate(pictures)]
    with base.writing(database) as connection:
        connection.execute(sa.insert(tables.pins), asdict(made))
        if rows:
            connection.execute(sa.insert(tables.pin_pictures), rows)
    return made


def pins(name: str, database: str | None = None) -> list[Pin]:
    """Return the pins of a review that stand, in their order."""
    return sorted(
        (p for p in _newest(name, database).values() if not p.removed), key=lambda p: (p.place, p.time, p.pin)
    )


def edit(
    pin: Pin,
    *,
    title: str | None = None,
    note: str | None = None,
    removed: bool = False,
    database: str | None = None,
) -> Pin:
    """Add a row to a pin: another title or note, or that it is removed.

    Raises:
        InputError: ``review_text``.
    """
    changed = replace(
        pin,
        title=pin.title if title is None else _text("title", title),
        note=pin.note if note is None else _text("note", note, empty=True),
        removed=removed,
        time=_now(),
        version=__version__,
    )
    _keep([changed], database)
    return changed


def move(pin: Pin, by: int, database: str | None = None) -> None:
    """Move a pin one place up (``by=-1``) or down (``by=1``); at either end nothing happens."""
    order = pins(pin.review, database)
    here = next((k for k, p in enumerate(order) if p.pin == pin.pin), None)
    if here is None or not 0 <= here + by < len(order):
        return
    a, b = order[here], order[here + by]
    now = _now()
    _keep([replace(a, place=b.place, time=now), replace(b, place=a.place, time=now)], database)


def pictures(pin: str, database: str | None = None) -> list[Picture]:
    """Return the pictures of a pin, in the order in which they stood on the page."""
    columns = tables.pin_pictures.c
    query = sa.select(tables.pin_pictures).where(columns.pin == pin).order_by(columns.position)
    with base.reading(database) as connection:
        return [
            Picture(row["alt"], row["media"], row["content"]) for row in connection.execute(query).mappings()
        ]


def _keep(rows: Sequence[Pin], database: str | None) -> None:
    with base.writing(database) as connection:
        connection.execute(sa.insert(tables.pins), [asdict(row) for row in rows])


def _newest(name: str, database: str | None) -> dict[str, Pin]:
    query = sa.select(tables.pins).where(tables.pins.c.review == name).order_by(tables.pins.c.number)
    with base.reading(database) as connection:
        rows = [dict(row) for row in connection.execute(query).mappings()]
    return {row["pin"]: Pin(**{k: v for k, v in row.items() if k != "number"}) for row in rows}


def _last(name: str, database: str | None) -> float:
    return max((p.place for p in _newest(name, database).values()), default=0.0)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _text(field: str, value: str, *, empty: bool = False) -> str:
    """Return a text that every database can hold, spaces around it removed."""
    text = value.strip()
    half = any(0xD800 <= ord(c) < 0xE000 for c in text)  # half a character: no file can hold it
    if half or "\x00" in text or len(text) > LIMITS[field] or not (text or empty):
        raise InputError(
            "review_text", "A text of the review cannot be kept: 1 to {most} plain characters were expected, "
            "{given} were given.", most=LIMITS[field], given=len(text),
        )  # fmt: skip
    return text
