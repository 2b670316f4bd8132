"""What `python -m eogen evaluate rain` measured: methods, targets, gauges, and which score is worth predicting."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pandas as pd
import streamlit as st
import xarray as xr

from eogen.progress import Progress
from eogen.rain.describe import describe
from eogen.results import Report
from pages.kit import export, figures, progress
from pages.kit.address import choose
from pages.kit.hall import Visitor
from pages.kit.words import Words
from pages.parts.rain import fits, more_days
from pages.parts.rain import results_views as views
from pages.parts.rain.state import State

RESULTS = Path(__file__).resolve().parents[3] / "assets" / "results" / "rain.json"
COMMAND = "python -m eogen evaluate rain --json assets/results/rain.json"
SECTIONS = ("board", "targets", "scores", "tables", "all")
#: Measures of a method that are shown together: those of one kind, such as every ``r2/…``.
KINDS = 6


@st.cache_resource(show_spinner=False, max_entries=2)
def _read(path: str, stamp: float) -> Report:
    return Report.from_json(Path(path).read_text("utf-8"))


def report() -> Report | None:
    """Return the committed results; None where there are none yet."""
    return _read(str(RESULTS), RESULTS.stat().st_mtime) if RESULTS.is_file() else None


def show(guest: Visitor, state: State) -> None:
    """Draw the committed results, or say how to make them; which score to use can always be seen."""
    t = guest.words
    found = report()
    if found is None:
        st.info(t("rain.results.none"), icon=":material/science:")
        st.code(COMMAND, language="bash", wrap_lines=True)
        _scores(t, state, None)
        return
    st.markdown(t("rain.results.lead"))
    sections = [s for s in SECTIONS if s != "tables" or found.tables]
    section = choose(
        partial(st.segmented_control, required=True, label_visibility="collapsed"), t("rain.results.section"),
        sections, name="measured", default=SECTIONS[0], format_func=lambda s: t(f"rain.results.sections.{s}"),
    )  # fmt: skip
    if section == "scores":
        _scores(t, state, found)
    else:
        {"board": _board, "targets": _targets, "tables": _tables, "all": _all}[section](t, found)
    if found.absent:
        with st.expander(t("rain.results.absent", n=len(found.absent))):
            for sentence in found.absent:
                st.code(sentence, language=None, wrap_lines=True)
    machine = found.machine
    st.caption(
        t("rain.results.machine", processor=str(machine.get("processor", "–")), date=machine.get("date", "2026"),
          version=found.code_version, seconds=found.seconds)
    )  # fmt: skip
    charts = (
        [export.Chart("rain_results", "rain-results")] if section == "board" and views.sets(found) else []
    )
    export.bar(
        [export.table("eogen-rain-results", found.table), export.File("eogen-rain.json", found.to_json), *charts],
        t, key="rain_results", address=False,
    )  # fmt: skip


def _board(t: Words, found: Report) -> None:
    """Draw the methods on one data set by one measure, the best first."""
    known = views.sets(found)
    if not known:
        st.caption(t("rain.results.no_board"))
        return
    columns = st.columns(2)
    where = choose(
        columns[0].selectbox, t("rain.results.set"), known, name="results_set", default=known[0],
        format_func=partial(views.dataset, t),
    )  # fmt: skip
    every = views.measures(found, where)
    name = choose(
        columns[1].selectbox, t("rain.results.figure"), every, name="measure", default=views.leading(found, where),
        key=f"measure_{where}", format_func=lambda n: views.figure_name(t, n),
    )  # fmt: skip
    rows = views.rows_of(found, where, name)
    figures.show(views.chart(t, rows, name), key="rain_results", alt=t("rain.results.chart_alt"), expert=True)
    kind = name.partition("/")[0]
    together = [name, *(n for n in every if n != name and n.partition("/")[0] == kind)][:KINDS]
    st.dataframe(
        views.board(t, found, where, together),
        hide_index=True,
        width="stretch",
        alt=t("rain.results.board_alt"),
    )
    notes = list(dict.fromkeys(f.note for f in rows if f.note))
    if notes:
        with st.expander(t("rain.results.notes")):
            for note in notes:
                st.code(note, language=None, wrap_lines=True)


def _targets(t: Words, found: Report) -> None:
    """Draw the targets, missed ones first."""
    goals = [f for f in found.figures if f.target is not None]
    if not goals:
        st.caption(t("rain.results.no_target"))
        return
    st.markdown(
        f"**{t('rain.results.reached', reached=sum(f.reached is True for f in goals), n=len(goals))}**"
    )
    rows = sorted(goals, key=lambda f: f.reached is True)
    st.dataframe(views.listed(t, rows), hide_index=True, width="stretch", alt=t("rain.results.targets_alt"))


def _tables(t: Words, found: Report) -> None:
    """Draw a table of the report as it is: the gauges with their ceiling, the confusion of digits, and so on."""
    name = choose(
        st.selectbox, t("rain.results.table"), list(found.tables), name="table", default=next(iter(found.tables)),
        format_func=partial(views.dataset, t),
    )  # fmt: skip
    st.dataframe(
        found.tables[name].reset_index(), hide_index=True, width="stretch", alt=views.dataset(t, name)
    )
    export.bar(
        [export.table(f"eogen-rain-{name}".replace("/", "-"), found.tables[name].reset_index)], t, key="rain_table",
        address=False,
    )  # fmt: skip


def _all(t: Words, found: Report) -> None:
    """Draw every figure."""
    st.dataframe(
        views.listed(t, found.figures),
        hide_index=True,
        width="stretch",
        height=520,
        alt=t("rain.results.all_alt"),
    )


#: Tables of a report that say what each score is worth begin so; days that are simulated where there is no report.
WORTH, DAYS = "which score", 4


@st.cache_data(show_spinner=False, max_entries=2)
def _worth(seeds: tuple[int, ...], cells: tuple[int, int], _progress: Progress) -> pd.DataFrame:
    table = fits.examples(seeds, False, _progress).scores
    return describe(xr.Dataset({str(c): ("time", table[c].to_numpy(float)) for c in table}))


def _scores(t: Words, state: State, found: Report | None) -> None:
    """Draw which score to use and why: as measured, else on a few simulated days."""
    st.markdown(f"**{t('rain.results.which')}**")
    known = [] if found is None else [n for n in found.tables if n.startswith(WORTH)]
    if known:
        name = choose(
            st.selectbox, t("rain.results.set"), known, name="worth", default=known[0],
            format_func=lambda n: views.dataset(t, n.partition(": ")[2] or n),
        )  # fmt: skip
        table = found.tables[name]
    else:
        seeds = tuple(more_days.after(state, DAYS))
        table = progress.run(
            t("rain.results.describing"), lambda report_: _worth(seeds, more_days.CELLS, report_), t,
            key=f"rain_worth_{seeds[0]}",
        )  # fmt: skip
    if table is None:
        return
    st.markdown(t("rain.results.which_lead"))
    st.dataframe(views.worth(t, table), hide_index=True, width="stretch", alt=t("rain.results.which_alt"))
    st.caption(t("rain.results.which_note", n=int(table["maps"].max())))
    export.bar([export.table("rain-which-score", table.reset_index)], t, key="rain_worth", address=False)
