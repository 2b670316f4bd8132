"""The runs there are: those that come with the program, those of this machine, and one that a visitor gave."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from eogen import report_files
from eogen.catalog.paths import write_root
from eogen.errors import InputError
from eogen.results import Report
from pages.kit import errors
from pages.kit.words import Words
from pages.parts.results import naming

_GIVEN = "_results_given"


@dataclass(frozen=True)
class Run:
    """One report and where it comes from.

    Attributes:
        name: stable, goes into the address: file name, and the room where a file has several.
        kept: ``"committed"``, ``"local"`` or ``"given"``.
        report: what was measured.
    """

    name: str
    kept: str
    report: Report


@st.cache_resource(show_spinner=False, max_entries=24)
def _read(path: str, stamp: float, size: int) -> list[Report]:
    """Read a file once for each of its versions: a report is only looked at, never changed."""
    return report_files.read_file(Path(path))


def _runs(paths: list[Path], kept: str, words: Words | None) -> list[Run]:
    found = []
    for path in paths:
        state = path.stat()
        try:
            reports = _read(str(path), state.st_mtime, state.st_size)
        except InputError as error:
            if words is not None:
                errors.show(error, words)
            continue
        for report in reports:
            name = path.stem if len(reports) == 1 else f"{path.stem}.{report.room}"
            found.append(Run(name if kept == "committed" else f"{kept}.{name}", kept, report))
    return found


def committed() -> list[Run]:
    """Return the results that come with the program, in the order of the rooms."""
    found = _runs(report_files.committed(), "committed", None)
    order = {name: place for place, name in enumerate(naming.REPORTS)}
    return sorted(found, key=lambda run: order.get(run.report.room, len(order)))


def folder() -> Path:
    """Return where the runs of this machine are looked for: ``results`` in the folder of data (it may not exist)."""
    return write_root() / "results"


def local(words: Words) -> list[Run]:
    """Return the runs of this machine; a file that cannot be read says so on the page."""
    return _runs(sorted(folder().glob("*.json")), "local", words)


def given() -> list[Run]:
    """Return the runs that this visitor has dropped on the page."""
    return list(st.session_state.get(_GIVEN, ()))


def take(name: str, content: bytes) -> None:
    """Keep the reports of a dropped file for this visit.

    Raises:
        InputError: what :func:`eogen.report_files.read` raises.
    """
    stem = name.rpartition(".")[0] or name
    runs = [Run(f"given.{stem}.{r.room}", "given", r) for r in report_files.read(content, name)]
    names = {run.name for run in runs}
    st.session_state[_GIVEN] = [*(run for run in given() if run.name not in names), *runs][-8:]


def every(words: Words) -> list[Run]:
    """Return all of them: those of the program first."""
    return [*committed(), *local(words), *given()]


def label(t: Words, run: Run) -> str:
    """Return the name of a run in a menu: room, whose, and the day it was measured."""
    day = str(run.report.machine.get("date", ""))
    parts = [naming.title(t, run.report.room), t(f"results.kept.{run.kept}")]
    if run.kept != "committed":
        parts.append(run.name.partition(".")[2])
    return " · ".join([*parts, *([t.date(day)] if day[:4].isdigit() else [])])
