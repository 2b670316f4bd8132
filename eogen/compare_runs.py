"""Two runs of the same experiment side by side: what moved, what only one has, and whether they may be compared."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from eogen.results import Figure, Report

Key = tuple[str, str, str]
#: What two runs may differ in before any figure is looked at.
SUBJECTS = ("room", "data", "weights", "machine", "code", "seed")


@dataclass(frozen=True)
class Difference:
    """Something the two runs do not share.

    Attributes:
        subject: one of :data:`SUBJECTS`.
        name: of the data set, the model or the part of the machine; ``""`` for what has one value only.
        first, second: what each says; ``""`` where it says nothing.
    """

    subject: str
    name: str
    first: str
    second: str


@dataclass(frozen=True)
class Pair:
    """One figure in both runs.

    Attributes:
        first, second: the figure in either; same name, method and data set.
    """

    first: Figure
    second: Figure

    @property
    def difference(self) -> float | None:
        """Second less first, in the figure's unit; None where either has no value or their units differ."""
        a, b = self.first.value, self.second.value
        if a is None or b is None or self.first.unit != self.second.unit:
            return None
        return b - a

    @property
    def moved(self) -> bool | None:
        """Whether either value lies outside the other's interval, both ways; None where an interval is unknown.

        Beyond *both* intervals: it is no test, but what chance alone rarely does twice.
        """
        if self.difference is None or not (_bounded(self.first) and _bounded(self.second)):
            return None
        return not _holds(self.first, self.second.value) and not _holds(self.second, self.first.value)

    @property
    def verdict(self) -> Literal["better", "worse", "other", "same", "unknown"]:
        """``same`` within an interval, ``unknown`` without one; beyond both, which way (``other``: none is good)."""
        if self.moved is None:
            return "same" if self.difference == 0 else "unknown"
        if not self.moved:
            return "same"
        if self.second.better is None:
            return "other"
        up = (self.difference or 0) > 0
        return "better" if up == (self.second.better == "higher") else "worse"


@dataclass(frozen=True)
class Comparison:
    """Two runs side by side.

    Attributes:
        differences: what is not the same before any figure is looked at.
        pairs: figures in both, in the first run's order.
        only_first, only_second: figures in one alone.
        twice: keys that a run has more than once; their first figure counts.
    """

    differences: tuple[Difference, ...]
    pairs: tuple[Pair, ...]
    only_first: tuple[Figure, ...]
    only_second: tuple[Figure, ...]
    twice: tuple[Key, ...]

    def moved(self) -> list[Pair]:
        """Return the figures that moved beyond both intervals."""
        return [pair for pair in self.pairs if pair.moved]

    def table(self) -> pd.DataFrame:
        """Return a row per pair: both values with intervals, the difference, what it amounts to."""
        rows = [
            {
                "figure": p.first.name, "method": p.first.method, "dataset": p.first.dataset, "unit": p.first.unit,
                "first": p.first.value, "first_low": p.first.low, "first_high": p.first.high,
                "second": p.second.value, "second_low": p.second.low, "second_high": p.second.high,
                "difference": p.difference, "verdict": p.verdict,
            }
            for p in self.pairs
        ]  # fmt: skip
        return pd.DataFrame(rows)


def compare(first: Report, second: Report) -> Comparison:
    """Align two runs by figure, method and data set."""
    a, b = _keyed(first.figures), _keyed(second.figures)
    twice = [*_twice(first.figures), *_twice(second.figures)]
    return Comparison(
        differences=tuple(_differences(first, second)),
        pairs=tuple(Pair(figure, b[key]) for key, figure in a.items() if key in b),
        only_first=tuple(figure for key, figure in a.items() if key not in b),
        only_second=tuple(figure for key, figure in b.items() if key not in a),
        twice=tuple(dict.fromkeys(twice)),
    )


def _key(figure: Figure) -> Key:
    return figure.name, figure.method, figure.dataset


def _keyed(figures: Iterable[Figure]) -> dict[Key, Figure]:
    found: dict[Key, Figure] = {}
    for figure in figures:
        found.setdefault(_key(figure), figure)
    return found


def _twice(figures: Iterable[Figure]) -> list[Key]:
    seen: set[Key] = set()
    return [key for key in map(_key, figures) if key in seen or seen.add(key)]  # type: ignore[func-returns-value]


def _bounded(figure: Figure) -> bool:
    return all(v is not None and math.isfinite(v) for v in (figure.low, figure.high))


def _holds(figure: Figure, value: float | None) -> bool:
    return figure.low <= value <= figure.high  # type: ignore[operator]


def _differences(first: Report, second: Report) -> Iterable[Difference]:
    if first.room != second.room:
        yield Difference("room", "", first.room, second.room)
    yield from _rows("data", _hashes(first), _hashes(second))
    yield from _rows("weights", first.weights, second.weights)
    yield from _rows("machine", _machine(first), _machine(second))
    if first.code_version != second.code_version:
        yield Difference("code", "", first.code_version, second.code_version)
    if first.seed != second.seed:
        yield Difference("seed", "", str(first.seed), str(second.seed))


def _hashes(report: Report) -> dict[str, str]:
    """Return data set -> hash; of one that is listed several times, its hashes together."""
    found: dict[str, list[str]] = {}
    for row in report.data:
        found.setdefault(row["name"], []).append(str(row.get("sha256") or row.get("n") or ""))
    return {name: " ".join(sorted(hashes)) for name, hashes in found.items()}


def _machine(report: Report) -> dict[str, str]:
    """Return what seconds and last digits depend on; the day is none of it."""
    return {name: str(value) for name, value in report.machine.items() if name != "date"}


def _rows(subject: str, first: dict[str, str], second: dict[str, str]) -> Iterable[Difference]:
    for name in dict.fromkeys((*first, *second)):
        if first.get(name, "") != second.get(name, ""):
            yield Difference(subject, name, first.get(name, ""), second.get(name, ""))
