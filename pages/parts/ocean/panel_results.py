"""What `python -m eogen evaluate ocean` measured: leaderboards, gaps, targets, and the other checks."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import streamlit as st

from eogen.results import Report
from pages.kit import export, figures
from pages.kit.address import choose
from pages.kit.hall import Visitor
from pages.kit.words import Words
from pages.parts.ocean import results_views as views
from pages.parts.ocean import titles
from pages.parts.ocean.measured import Measured
from pages.parts.ocean.state import State

RESULTS = Path(__file__).resolve().parents[3] / "assets" / "results" / "ocean.json"
SECTIONS = ("board", "gaps", "targets", "checks", "all")


@st.cache_resource(show_spinner=False, max_entries=2)
def _read(path: str, stamp: float) -> Report:
    return Report.from_json(Path(path).read_text("utf-8"))


def show(guest: Visitor, state: State | None = None) -> None:
    """Draw the committed results, or say how to make them; nothing of ``state`` is needed."""
    t = guest.words
    if not RESULTS.is_file():
        st.info(t("ocean.results.none"), icon=":material/science:")
        st.code(
            "python -m eogen evaluate ocean --json assets/results/ocean.json",
            language="bash",
            wrap_lines=True,
        )
        return
    report = _read(str(RESULTS), RESULTS.stat().st_mtime)
    found = Measured(report)
    st.markdown(t("ocean.results.lead"))
    section = choose(
        partial(st.segmented_control, required=True, label_visibility="collapsed"), t("ocean.results.section"),
        SECTIONS, name="measured", default=SECTIONS[0], format_func=lambda s: t(f"ocean.results.sections.{s}"),
    )  # fmt: skip
    {"board": _board, "gaps": _gaps, "targets": _targets, "checks": _checks, "all": _all}[section](t, found)
    if report.absent:
        with st.expander(t("ocean.results.absent", n=len(report.absent))):
            for sentence in report.absent:
                st.code(sentence, language=None, wrap_lines=True)
    machine = report.machine
    st.caption(
        t(
            "ocean.results.machine",
            processor=str(machine.get("processor", "–")),
            date=machine.get("date", "2026"),
            version=report.code_version,
            seconds=report.seconds,
        )
    )
    charts = {"board": ["ocean_results_board"], "gaps": ["ocean_results_gaps"]}.get(section, [])
    export.bar(
        [
            export.table("eogen-ocean-results", report.table),
            export.File("eogen-ocean.json", report.to_json),
            *(export.Chart(key, key.replace("_", "-")) for key in charts if found.boards),
        ],
        t, key="ocean_results", address=False,
    )  # fmt: skip


def _set(t: Words, found: Measured) -> str | None:
    """Draw the choice of a data set; None when no method was measured."""
    if not found.boards:
        st.caption(t("ocean.results.no_board"))
        return None
    return choose(
        st.selectbox, t("ocean.results.set"), found.boards, name="results_set", default=found.boards[0],
        format_func=lambda name: views.dataset(t, name),
    )  # fmt: skip


def _board(t: Words, found: Measured) -> None:
    """Draw the methods on one data set, the best first."""
    if (where := _set(t, found)) is None:
        return
    figures.show(
        views.board(t, found, where), key="ocean_results_board", alt=t("ocean.results.chart_alt"), expert=True
    )
    st.dataframe(
        views.leaderboard(t, found, where), hide_index=True, width="stretch", alt=t("ocean.results.board_alt")
    )
    st.caption(t("ocean.results.board_note"))


def _gaps(t: Words, found: Measured) -> None:
    """Draw RMSE by class of cells, and say where a simple method wins."""
    if (where := _set(t, found)) is None:
        return
    won = found.winners(where)
    places = [
        t(
            "ocean.results.simple_one",
            place=f"{views.group(t, g)} px",
            method=titles.method(t, m),
            value=t.number(v, 3),
        )
        for g, m, v in won
    ]
    st.markdown(t("ocean.results.simple_wins", where=t.list(places)) if won else t("ocean.results.no_simple"))
    figure = views.gaps(t, found, where)
    if figure is not None:
        figures.show(figure, key="ocean_results_gaps", alt=t("ocean.results.gaps_alt"), expert=True)
    st.dataframe(
        views.classes(t, found, where), hide_index=True, width="stretch", alt=t("ocean.results.gaps_table")
    )


def _targets(t: Words, found: Measured) -> None:
    """Draw the targets, missed ones first."""
    goals = found.goals
    if not goals:
        st.caption(t("ocean.results.no_target"))
        return
    st.markdown(
        f"**{t('ocean.results.reached', reached=sum(f.reached is True for f in goals), n=len(goals))}**"
    )
    rows = sorted(goals, key=lambda f: f.reached is True)
    st.dataframe(views.listed(t, rows), hide_index=True, width="stretch", alt=t("ocean.results.targets_alt"))


def _checks(t: Words, found: Measured) -> None:
    """Draw what is on no leaderboard, a table per data set."""
    if not found.others:
        st.caption(t("ocean.results.no_checks"))
        return
    st.markdown(t("ocean.results.checks_lead"))
    for where in dict.fromkeys(f.dataset for f in found.others):
        name = views.dataset(t, where)
        st.markdown(f"**{name}**")
        rows = [f for f in found.others if f.dataset == where]
        st.dataframe(
            views.listed(t, rows, with_set=False),
            hide_index=True,
            width="stretch",
            alt=t("ocean.results.checks_alt", name=name),
        )


def _all(t: Words, found: Measured) -> None:
    """Draw every figure."""
    st.dataframe(
        views.listed(t, found.report.figures), hide_index=True, width="stretch", height=520,
        alt=t("ocean.results.all_alt"),
    )  # fmt: skip
