"""A verdict: one answer of one person to one case. Rows are only ever added; an undo is a row of its own."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from eogen import __version__
from eogen.errors import InputError
from eogen.verdicts.kinds import ROOMS

#: Answers to objects of the change page that belong to no campaign; a campaign has its kind's own.
ANSWERS: dict[str, tuple[str, ...]] = {"change": ("change", "no_change", "unsure")}
#: Characters of the texts; bytes of the context as JSON.
LIMITS = {
    "item": 300,
    "dataset": 200,
    "scene": 200,
    "thing": 200,
    "method": 200,
    "weights": 64,
    "kind": 40,
    "reviewer": 40,
    "note": 1000,
    "campaign": 100,
    "id": 32,
    "undoes": 32,
    "time": 40,
    "version": 60,
}
CONTEXT = 4096
_ANSWER = re.compile(r"[a-z][a-z0-9_]{0,39}")


@dataclass(frozen=True)
class Verdict:
    """One answer of one person to one case.

    Attributes:
        room: where it was given.
        item: what was judged, e.g. ``"OSCD/paris/object 12"``.
        answer: a short snake_case name; ``""`` only in a row that undoes another.
        reviewer: a name or initials they chose, or ``""``.
        time: ISO 8601 in UTC, to the millisecond.
        seconds: taken to answer, or None.
        note: free text.
        context: what is needed to see the case again: settings, position, score of the machine.
        campaign: queue that the case came from, or ``""``.
        confidence: of the reviewer, 0 to 1, or None.
        id: of this row; ``undoes``: of the row that this one takes back, or ``""``.
        version: of eogen.
        kind: of case (see :mod:`eogen.verdicts.kinds`), or ``""``.
        dataset, scene, thing: data set, scene in it, object in that.
        method, weights: what made the result, and the SHA-256 of its weights.
        repeat: 0 for a first showing, 1 for the same case shown again, and so on.

    Raises:
        InputError: ``verdict_room``, ``verdict_answer``, ``verdict_field``.
    """

    room: str
    item: str
    answer: str
    reviewer: str = ""
    time: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="milliseconds"))
    seconds: float | None = None
    note: str = ""
    context: Mapping[str, Any] = field(default_factory=dict)
    campaign: str = ""
    confidence: float | None = None
    id: str = field(default_factory=lambda: uuid4().hex)
    undoes: str = ""
    version: str = __version__
    kind: str = ""
    dataset: str = ""
    scene: str = ""
    thing: str = ""
    method: str = ""
    weights: str = ""
    repeat: int = 0

    def __post_init__(self) -> None:
        if self.room not in ROOMS:
            raise InputError(
                "verdict_room", "There is no room called {room} that collects verdicts; there are: {known}.",
                room=str(self.room), known=", ".join(ROOMS),
            )  # fmt: skip
        named = isinstance(self.answer, str) and _ANSWER.fullmatch(self.answer)
        if not named and not (self.undoes and self.answer == ""):
            raise InputError(
                "verdict_answer",
                "“{answer}” is not an answer: one short word of small letters, digits and _ was expected.",
                answer=str(self.answer)[:60],
            )  # fmt: skip
        for name, limit in LIMITS.items():
            value = getattr(self, name)
            if not isinstance(value, str):
                raise _unkept(name, "it is not a text")
            if len(value) > limit:
                raise _unkept(name, f"{len(value)} > {limit}")
            if any(0xD800 <= ord(letter) < 0xE000 for letter in value):
                raise _unkept(name, "U+D800-DFFF")  # half a character: no file can hold it
            if "\x00" in value:
                raise _unkept(name, "U+0000")  # PostgreSQL's texts cannot hold it
        if not self.item or not self.id:
            raise _unkept("item" if not self.item else "id", "it is empty")
        for name, most in (("seconds", math.inf), ("confidence", 1.0)):
            value = getattr(self, name)
            if value is not None and not (_number(value) and 0 <= value <= most):
                raise _unkept(name, f"{value}")
        if isinstance(self.repeat, bool) or not isinstance(self.repeat, int) or not 0 <= self.repeat < 1000:
            raise _unkept("repeat", f"{self.repeat}")
        try:
            size = len(json.dumps(dict(self.context), ensure_ascii=False, allow_nan=False).encode())
        except (TypeError, ValueError) as error:
            raise _unkept("context", str(error)) from error
        if size > CONTEXT:
            raise _unkept("context", f"{size} > {CONTEXT}")

    def to_json(self) -> str:
        """Return one line of JSON."""
        return json.dumps(asdict(self) | {"context": dict(self.context)}, ensure_ascii=False, allow_nan=False)

    @classmethod
    def from_json(cls, line: str) -> Verdict:
        """Read a line; fields that this version does not know are left out.

        Raises:
            ValueError: when the line is not a verdict (``InputError`` is one).
        """
        given = json.loads(line)
        if not isinstance(given, dict):
            raise ValueError("not an object")
        known = {f.name for f in fields(cls)}
        if lacking := {"room", "item", "answer", "id", "time"} - set(given):
            raise ValueError(f"lacks {', '.join(sorted(lacking))}")
        return cls(**{name: value for name, value in given.items() if name in known})


@dataclass(frozen=True)
class Damaged:
    """A line that could not be read: its number, from 1, and what is wrong with it."""

    line: int
    reason: str


@dataclass(frozen=True)
class Loaded:
    """What a JSONL text holds: its verdicts in their order, and the lines that could not be read."""

    verdicts: list[Verdict]
    damaged: list[Damaged]


def current(verdicts: Iterable[Verdict]) -> list[Verdict]:
    """Return the verdicts that stand: neither taken back nor themselves taking one back."""
    rows, undone = list(verdicts), set()
    for row in reversed(rows):  # an undo that was itself taken back takes nothing back
        if row.undoes and row.id not in undone:
            undone.add(row.undoes)
    return [row for row in rows if row.id not in undone and not row.undoes]


def to_lines(verdicts: Iterable[Verdict]) -> str:
    """Return JSONL: one line each, undone ones and undoing ones included."""
    return "".join(row.to_json() + "\n" for row in verdicts)


def read_lines(content: bytes) -> Loaded:
    """Read JSONL; a damaged line is reported and the others are read."""
    verdicts, damaged = [], []
    for number, line in enumerate(content.split(b"\n"), 1):
        if not line.strip():
            continue
        try:
            verdicts.append(Verdict.from_json(line.decode()))
        except (ValueError, TypeError, RecursionError) as error:
            damaged.append(Damaged(number, str(error)))
    return Loaded(verdicts, damaged)


def _number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _unkept(name: str, reason: str) -> InputError:
    return InputError(
        "verdict_field", "The verdict's {field} cannot be kept: {reason}.", field=name, reason=reason
    )
