"""Verdicts on this computer: one line of JSON each, only ever added to, on the disk before the next case is shown.

One file a room, ``verdicts/<room>.jsonl`` in the platform's data folder. Several programs may write at once: each line
is added under a lock and forced to the disk. Nothing is changed or removed: an undo is a row that names the one it
takes back. No name is asked of a reviewer; initials, if they wish.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import platformdirs
from filelock import FileLock, Timeout

from eogen import __version__
from eogen.errors import InputError

#: Answers that each room collects.
ANSWERS: dict[str, tuple[str, ...]] = {"change": ("change", "no_change", "unsure")}
#: Characters of the texts; bytes of the context as JSON and of a whole line.
LIMITS = {
    "item": 300,
    "reviewer": 8,
    "note": 1000,
    "campaign": 100,
    "id": 32,
    "undoes": 32,
    "time": 40,
    "version": 40,
}
CONTEXT, LINE = 4096, 16384
#: Seconds to wait for another writer.
PATIENCE = 10.0


@dataclass(frozen=True)
class Verdict:
    """One answer of one person to one case.

    Attributes:
        room: where it was given; a key of :data:`ANSWERS`.
        item: what was judged, e.g. ``"OSCD/paris/object 12"``.
        answer: one of the room's; ``""`` only in a row that undoes another.
        reviewer: initials, or ``""``.
        time: ISO 8601 in UTC, to the millisecond.
        seconds: taken to answer, or None.
        note: free text.
        context: what is needed to see the case again: data set, scene, estimator, weights' hash, settings.
        campaign: queue that the case came from, or ``""``.
        confidence: of the reviewer, 0 to 1, or None.
        id: of this row; ``undoes``: of the row that this one takes back, or ``""``.
        version: of eogen.

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

    def __post_init__(self) -> None:
        if self.room not in ANSWERS:
            raise InputError(
                "verdict_room", "There is no room called {room} that collects verdicts; there are: {known}.",
                room=str(self.room), known=", ".join(ANSWERS),
            )  # fmt: skip
        if self.answer not in ANSWERS[self.room] and not (self.undoes and self.answer == ""):
            raise InputError(
                "verdict_answer", "“{answer}” is not an answer of the room {room}; choose one of {known}.",
                answer=str(self.answer), room=self.room, known=", ".join(ANSWERS[self.room]),
            )  # fmt: skip
        for name, limit in LIMITS.items():
            value = getattr(self, name)
            if not isinstance(value, str):
                raise _unkept(name, "it is not a text")
            if len(value) > limit:
                raise _unkept(name, f"{len(value)} > {limit}")
            if any(0xD800 <= ord(letter) < 0xE000 for letter in value):
                raise _unkept(name, "U+D800-DFFF")  # half a character: no file can hold it
        if not self.item or not self.id:
            raise _unkept("item" if not self.item else "id", "it is empty")
        for name, most in (("seconds", math.inf), ("confidence", 1.0)):
            value = getattr(self, name)
            if value is not None and not (_number(value) and 0 <= value <= most):
                raise _unkept(name, f"{value}")
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
    """A line that could not be read.

    Attributes:
        line: its number in the file, from 1.
        reason: what is wrong with it.
    """

    line: int
    reason: str


@dataclass(frozen=True)
class Loaded:
    """What a file of verdicts holds.

    Attributes:
        verdicts: in the order they were written, undone ones and undoing ones included (see :func:`current`).
        damaged: the lines that could not be read; they stay in the file.
    """

    verdicts: list[Verdict]
    damaged: list[Damaged]


def file_of(room: str) -> Path:
    """Return where the verdicts of a room are kept (the file may not exist)."""
    return platformdirs.user_data_path("eogen", appauthor=False) / "verdicts" / f"{room}.jsonl"


def store(verdict: Verdict, path: Path | None = None) -> Path:
    """Add a verdict to its room's file (or to ``path``), and return that file once the line is on the disk.

    Raises:
        InputError: ``verdict_disk`` when it cannot be written, ``verdict_busy`` when another program does not let go.
    """
    path = path or file_of(verdict.room)
    line = verdict.to_json().encode() + b"\n"
    if len(line) > LINE:
        raise _unkept("note", f"{len(line)} > {LINE}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(path.with_name(path.name + ".lock"), timeout=PATIENCE):
            _append(path, line)
    except Timeout as error:
        raise InputError(
            "verdict_busy", "Another program has held {path} for {seconds} s; close it, then answer again.",
            path=str(path), seconds=int(PATIENCE),
        ) from error  # fmt: skip
    except OSError as error:
        raise InputError(
            "verdict_disk",
            "The verdict could not be written to {path} ({reason}); free some space or give the folder back its right "
            "to be written, then answer again.",
            path=str(path), reason=error.strerror or str(error),
        ) from error  # fmt: skip
    return path


def load(room: str = "change", path: Path | None = None) -> Loaded:
    """Return the verdicts of a room's file (or of ``path``), and which of its lines are damaged; none if absent.

    Raises:
        InputError: ``verdict_unreadable`` when the file is there and cannot be opened.
    """
    path = path or file_of(room)
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return Loaded([], [])
    except OSError as error:
        raise InputError(
            "verdict_unreadable", "The verdicts in {path} cannot be read ({reason}).",
            path=str(path), reason=error.strerror or str(error),
        ) from error  # fmt: skip
    verdicts, damaged = [], []
    for number, line in enumerate(content.split(b"\n"), 1):
        if not line.strip():
            continue
        try:
            verdicts.append(Verdict.from_json(line.decode()))
        except (ValueError, TypeError, RecursionError) as error:
            damaged.append(Damaged(number, str(error)))
    return Loaded(verdicts, damaged)


def current(verdicts: Iterable[Verdict]) -> list[Verdict]:
    """Return the verdicts that stand: neither taken back nor themselves taking one back."""
    rows, undone = list(verdicts), set()
    for row in reversed(rows):  # an undo that was itself taken back takes nothing back
        if row.undoes and row.id not in undone:
            undone.add(row.undoes)
    return [row for row in rows if row.id not in undone and not row.undoes]


def _append(path: Path, line: bytes) -> None:
    """Add a line and force it to the disk; after a line that a dying program left unfinished, begin a new one."""
    new = not path.exists()
    # Unbuffered: a buffer would be written again on closing, after the truncation.
    with path.open("ab", buffering=0) as opened:
        start = opened.tell()
        if start and _last(path) != b"\n":
            line = b"\n" + line
        try:
            while line:
                line = line[opened.write(line) :]
            os.fsync(opened.fileno())
        except (
            OSError
        ):  # a full disk must not keep half of a line, nor one that the reviewer is told is not there
            opened.truncate(start)
            raise
    if new and os.name == "posix":  # the name of a new file is on the disk only when its folder is
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _last(path: Path) -> bytes:
    with path.open("rb") as opened:
        opened.seek(-1, os.SEEK_END)
        return opened.read(1)


def _number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _unkept(name: str, reason: str) -> InputError:
    return InputError(
        "verdict_field", "The verdict's {field} cannot be kept: {reason}.", field=name, reason=reason
    )
