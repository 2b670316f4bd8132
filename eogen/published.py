"""Numbers that others published, and those of the project's own reference notes, beside what this program measures.

They stand in ``published.toml``. A number is of the same data and protocol, of the same data split otherwise, or of
other data, and each says which: side by side is not a contest unless it is the first.
"""

from __future__ import annotations

import functools
import math
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

FILE = Path(__file__).with_name("published.toml")
#: How far a number may be compared, the nearest first.
COMPARABLE = ("same data and protocol", "same data, other split", "other data")
#: ``published``: stated by its authors; ``reference``: measured by the reference notes of this project.
ORIGINS = ("published", "reference")


@dataclass(frozen=True)
class Published:
    """One number and where it stands.

    Attributes:
        report: report that measures the same figure (``"ocean"``, ``"landcover_series"``, …).
        figure: name of the figure there.
        beside: data set of that report beside which the number is shown.
        method: who reached it.
        dataset: on what, in the source's words.
        value: the number, in ``unit`` (that of the figure).
        authors, title, where: of the source; ``where`` is a table, section, page or file.
        comparable: one of :data:`COMPARABLE`.
        origin: one of :data:`ORIGINS`.
        year: of the source; None for a repository read without a date.
        note: language -> what a reader must know.

    Raises:
        ValueError: naming what is not as it must be.
    """

    report: str
    figure: str
    beside: str
    method: str
    dataset: str
    value: float
    unit: str
    authors: str
    title: str
    where: str
    comparable: str
    origin: str
    year: int | None = None
    note: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.comparable not in COMPARABLE or self.origin not in ORIGINS:
            raise ValueError(
                f"{self.method}, {self.figure}: {self.comparable!r} or {self.origin!r} is not known"
            )
        if not math.isfinite(self.value):
            raise ValueError(f"{self.method}, {self.figure}: {self.value} is no number")
        for name in ("report", "figure", "beside", "method", "dataset", "unit", "authors", "title", "where"):
            if not getattr(self, name).strip():
                raise ValueError(f"{self.method}, {self.figure}: {name} is empty")

    @property
    def source(self) -> str:
        """Authors, year, title and place, in one line."""
        year = "" if self.year is None else f" ({self.year})"
        return f"{self.authors}{year}. {self.title}. {self.where}"


@functools.lru_cache
def published() -> tuple[Published, ...]:
    """Return every number, in the file's order."""
    found = tomllib.loads(FILE.read_text(encoding="utf-8"))
    sources = found["source"]
    return tuple(Published(**(sources[row.pop("source")] | row)) for row in found["number"])


def beside(report: str, figure: str, dataset: str, of: Iterable[Published] | None = None) -> list[Published]:
    """Return the numbers to show beside a figure on a data set, the most comparable first."""
    rows = [
        p
        for p in (published() if of is None else of)
        if (p.report, p.figure, p.beside) == (report, figure, dataset)
    ]
    return sorted(rows, key=lambda p: COMPARABLE.index(p.comparable))
