"""What `python -m eogen evaluate landcover --part series` measured: models, explanations, truth, edits, targets."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import streamlit as st

from eogen.results import Figure, Report
from pages.kit import export, figures
from pages.kit.address import choose
from pages.kit.hall import Visitor
from pages.kit.words import Words
from pages.parts.landcover.seasons import results_views as views
from pages.parts.landcover.seasons.state import State

RESULTS = Path(__file__).resolve().parents[4] / "assets" / "results" / "landcover_series.json"
COMMAND = "python -m eogen evaluate landcover --part series --json assets/results/landcover_series.json"
SECTIONS = ("models", "months", "truth", "edits", "targets", "every")


@st.cache_resource(show_spinner=False, max_entries=2)
def _read(path: str, stamp: float) -> Report:
    return Report.from_json(Path(path).read_text("utf-8"))


def report() -> Report | None:
    """Return the committed results; None where there are none yet."""
    return _read(str(RESULTS), RESULTS.stat().st_mtime) if RESULTS.is_file() else None


def show(guest: Visitor, state: State) -> None:
    """Draw the committed results, or say how to make them."""
    t = guest.words
    found = report()
    if found is None:
        st.info(t("landcover.series.results.none"), icon=":material/science:")
        st.code(COMMAND, language="bash", wrap_lines=True)
        return
    st.markdown(t("landcover.series.results.lead"))
    sections = [s for s in SECTIONS if s in ("targets", "every") or views.sets(found, s)]
    section = choose(
        partial(st.segmented_control, required=True, label_visibility="collapsed"),
        t("landcover.series.results.section"), sections, name="measured", default=sections[0],
        format_func=lambda s: t(f"landcover.series.results.sections.{s}"),
    )  # fmt: skip
    draw = {"models": _models, "targets": _targets, "every": _every}.get(section, partial(_compared, section))
    drawn = draw(t, found)
    if found.absent:
        with st.expander(t("landcover.series.results.absent", n=len(found.absent))):
            for sentence in found.absent:
                st.code(sentence, language=None, wrap_lines=True)
    machine = found.machine
    st.caption(
        t("landcover.series.results.machine", processor=str(machine.get("processor", "–")),
          date=machine.get("date", "2026"), version=found.code_version, seconds=found.seconds)
    )  # fmt: skip
    export.bar(
        [
            export.table("eogen-landcover-series-results", found.table),
            export.File("eogen-landcover-series.json", found.to_json),
            *([export.Chart("series_results", "landcover-series-results")] if drawn else []),
        ],
        t, key="series_results", address=False,
    )  # fmt: skip


def _asked(t: Words, found: Report, section: str) -> tuple[str, str]:
    """Draw the choice of data set and measure; return both."""
    columns = st.columns(2)
    known = views.sets(found, section)
    where = choose(
        columns[0].selectbox, t("landcover.series.results.set"), known, name="results_set", default=known[0],
        key=f"results_set_{section}", format_func=partial(views.dataset, t),
    )  # fmt: skip
    names = views.measures(found, section, where)
    name = choose(
        columns[1].selectbox, t("landcover.series.results.figure"), names, name="measure", default=names[0],
        key=f"measure_{section}_{where}", format_func=partial(views.figure_name, t),
    )  # fmt: skip
    return where, name


def _models(t: Words, found: Report) -> bool:
    """Draw how the models do, the best first; the forest is the baseline that may win."""
    where, name = _asked(t, found, "models")
    rows = views.ranked(
        [f for f in found.figures if (f.dataset, f.name) == (where, name) and views.is_model(f)]
    )
    figures.show(
        views.models_chart(t, rows, name), key="series_results", expert=True,
        alt=t("landcover.series.results.models_alt", figure=views.figure_name(t, name)),
    )  # fmt: skip
    st.markdown(_verdict(t, found, where))
    st.dataframe(
        views.models_table(t, found, where), hide_index=True, width="stretch",
        alt=t("landcover.series.results.table_alt"),
    )  # fmt: skip
    _notes(t, rows)
    return True


def _verdict(t: Words, found: Report, where: str) -> str:
    """Return who is the most accurate, where the forest stands, and whether the targets are reached."""
    rows = views.ranked(
        [f for f in found.figures if (f.dataset, f.name) == (where, "accuracy") and views.is_model(f)]
    )
    rows = [f for f in rows if f.value is not None]
    if not rows:
        return ""
    place = next((k for k, f in enumerate(rows, 1) if f.method == "random_forest"), None)
    best = rows[0]
    parts = [t("landcover.series.results.best", model=views.method(t, best.method), value=best.value)]
    if place == 1:
        parts.append(t("landcover.series.results.forest_wins"))
    elif place is not None:
        gain = next((f for f in found.figures if (f.dataset, f.name, f.method)
                     == (where, "above_forest", best.method)), None)  # fmt: skip
        clear = gain is not None and gain.low is not None and gain.low > 0
        parts.append(t(f"landcover.series.results.{'above' if clear else 'level'}_forest"))
    goals = [
        f
        for f in found.figures
        if f.dataset == where and f.reached is not None and f.name in ("accuracy", "macro_f1")
    ]
    for name in dict.fromkeys(f.name for f in goals):
        mine = views.ranked([f for f in goals if f.name == name])
        goal = "met" if mine[0].reached else "missed"
        parts.append(
            t(f"landcover.series.results.goal_{goal}", figure=views.figure_name(t, name), target=mine[0].target,
              model=views.method(t, mine[0].method), value=mine[0].value)
        )  # fmt: skip
    return " ".join(parts)


def _compared(section: str, t: Words, found: Report) -> bool:
    """Draw one measure of every explanation of every model (or of every edit), against chance."""
    st.caption(t(f"landcover.series.results.about.{section}"))
    where, name = _asked(t, found, section)
    rows = views.rows_of(found, section, where, name)
    figures.show(
        views.compared_chart(t, rows, name, views.chance_of(found, where, name)), key="series_results", expert=True,
        alt=t("landcover.series.results.compared_alt", figure=views.figure_name(t, name)),
    )  # fmt: skip
    if name.startswith("srg"):
        _chance(t, rows)
    st.dataframe(
        views.compared_table(t, found, section, where), hide_index=True, width="stretch",
        alt=t("landcover.series.results.table_alt"),
    )  # fmt: skip
    _notes(t, rows)
    return True


def _chance(t: Words, rows: list[Figure]) -> None:
    """Say which explanations are no better than chance."""
    poor = [f for f in rows if views.no_better(f) and not views.is_control(f)]
    if poor:
        names = t.list([views.who(t, f.method) for f in poor])
        st.markdown(t("landcover.series.results.no_better", names=names, n=len(poor)))


def _targets(t: Words, found: Report) -> bool:
    """Draw the targets, missed ones first."""
    goals = [f for f in found.figures if f.target is not None]
    if not goals:
        st.caption(t("landcover.series.results.no_target"))
        return False
    reached = sum(f.reached is True for f in goals)
    st.markdown(f"**{t('landcover.series.results.reached', reached=reached, n=len(goals))}**")
    rows = sorted(goals, key=lambda f: f.reached is True)
    st.dataframe(
        views.listed(t, rows), hide_index=True, width="stretch", alt=t("landcover.series.results.table_alt")
    )
    return False


def _every(t: Words, found: Report) -> bool:
    """Draw every figure."""
    st.dataframe(
        views.listed(t, found.figures), hide_index=True, width="stretch", height=520,
        alt=t("landcover.series.results.table_alt"),
    )  # fmt: skip
    return False


def _notes(t: Words, rows: list[Figure]) -> None:
    """Draw how the intervals were made, as the experiment wrote it."""
    notes = list(dict.fromkeys(f.note for f in rows if f.note))
    if notes:
        with st.expander(t("landcover.series.results.notes")):
            for note in notes:
                st.code(note, language=None, wrap_lines=True)
