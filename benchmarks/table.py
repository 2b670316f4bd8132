"""Measured values, what is said of them, and the table and JSON they are printed as."""

from __future__ import annotations

import json
import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

#: Version of the JSON layout.
SCHEMA = 1


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that at least ``share`` of ``values`` do not exceed (nearest rank).

    With few values the 95 % one is the largest: nothing is interpolated to look better than what was seen.
    """
    if not values:
        raise ValueError("no values")
    if not 0 < share <= 1:
        raise ValueError(f"share is {share}; it must lie in (0, 1]")
    return sorted(values)[math.ceil(share * len(values) - 1e-9) - 1]


@dataclass(frozen=True)
class Row:
    """One figure.

    Attributes:
        name: what was measured.
        unit: ``"s"``, ``"ms"``, ``"MB"`` or ``""`` for a count.
        values: every measured value.
        target: the largest value that counts as met; None where none was set.
        judged: which statistic is held against the target.
        floor: the same measured on an empty Streamlit app in the same run.
        note: what a reader must know.
    """

    name: str
    unit: str
    values: tuple[float, ...]
    target: float | None = None
    judged: Literal["median", "p95", "max"] = "median"
    floor: tuple[float, ...] = ()
    note: str = ""

    def __post_init__(self) -> None:
        if not self.values:
            raise ValueError(f"{self.name}: no value was measured")

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    @property
    def p95(self) -> float:
        return percentile(self.values, 0.95)

    @property
    def value(self) -> float:
        """The statistic that is held against the target."""
        return {"median": self.median, "p95": self.p95, "max": max(self.values)}[self.judged]

    @property
    def met(self) -> bool | None:
        """Whether the target is met; None where there is none."""
        return None if self.target is None else self.value <= self.target

    def as_dict(self) -> dict[str, Any]:
        """Return what is written to the JSON file."""
        return {
            "name": self.name,
            "unit": self.unit,
            "median": self.median,
            "p95": self.p95,
            "min": min(self.values),
            "max": max(self.values),
            "n": len(self.values),
            "values": list(self.values),
            "target": self.target,
            "judged": self.judged,
            "met": self.met,
            "floor": statistics.median(self.floor) if self.floor else None,
            "floor_values": list(self.floor),
            "note": self.note,
        }


HEAD = ("figure", "unit", "median", "p95", "min", "max", "n", "empty app", "target", "")


def cells(row: Row) -> tuple[str, ...]:
    """Return the texts of one line of the table."""
    target = "" if row.target is None else f"{row.judged} ≤ {figure(row.target)}"
    met = {None: "", True: "met", False: "MISSED"}[row.met]
    floor = figure(statistics.median(row.floor)) if row.floor else ""
    numbers = [figure(v) for v in (row.median, row.p95, min(row.values), max(row.values))]
    return (row.name, row.unit, *numbers, str(len(row.values)), floor, target, met)


def figure(value: float) -> str:
    """Write a number with three significant digits at most, whole numbers as they are."""
    if value == int(value) or abs(value) >= 100:
        return f"{value:.0f}"
    return f"{value:.2f}" if abs(value) < 10 else f"{value:.1f}"


def text(rows: Iterable[Row]) -> str:
    """Return the table as plain text, the notes under it."""
    rows = list(rows)
    lines = [HEAD, *map(cells, rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(HEAD))]
    left = {0, 1, 8, 9}

    def line(texts: Sequence[str]) -> str:
        done = (
            word.ljust(width) if i in left else word.rjust(width)
            for i, (word, width) in enumerate(zip(texts, widths, strict=True))
        )
        return "  ".join(done).rstrip()

    table = [line(HEAD), "  ".join("-" * width for width in widths), *map(line, lines[1:])]
    notes = [f"  {row.name}: {row.note}" for row in rows if row.note]
    return "\n".join([*table, *(["", "Notes", *notes] if notes else [])])


def to_json(rows: Iterable[Row], machine: dict[str, Any], absent: Sequence[str]) -> str:
    """Return rows, machine and what could not be measured as JSON text."""
    body = {
        "schema": SCHEMA,
        "machine": machine,
        "rows": [row.as_dict() for row in rows],
        "absent": list(absent),
    }
    return json.dumps(body, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
