"""What `python -m eogen evaluate change` measured: a table per data set, targets, and what was absent."""

from __future__ import annotations

import math
from pathlib import Path

import pandas as pd
import streamlit as st

from eogen.results import Figure, Report
from pages.kit import export, figures, measured
from pages.kit.address import choose
from pages.kit.hall import Visitor
from pages.kit.words import Words
from pages.parts.change import titles
from pages.parts.change.state import State

RESULTS = Path(__file__).resolve().parents[3] / "assets" / "results" / "change.json"
COMMAND = "python -m eogen evaluate change --json assets/results/change.json"


@st.cache_resource(show_spinner=False, max_entries=2)
def _read(path: str, stamp: float) -> Report:
    return Report.from_json(Path(path).read_text("utf-8"))


def show(guest: Visitor, state: State | None = None) -> None:
    """Draw the committed results, or say how to make them; nothing of ``state`` is needed."""
    t = guest.words
    if not RESULTS.is_file():
        st.info(t("change.results.none"), icon=":material/science:")
        st.code(COMMAND, language="bash", wrap_lines=True)
        return
    report = _read(str(RESULTS), RESULTS.stat().st_mtime)
    st.markdown(t("change.results.lead"))
    sets = list(dict.fromkeys(f.dataset for f in report.figures))
    if not sets:
        return
    where = choose(
        st.selectbox, t("change.results.set"), sets, name="results_set", default=sets[0],
        format_func=lambda name: name.replace("_", " "),
    )  # fmt: skip
    rows = [f for f in report.figures if f.dataset == where]
    _chart(t, rows)
    st.dataframe(board(t, rows), hide_index=True, width="stretch", alt=t("change.results.alt"))
    goals = [f for f in report.figures if f.target is not None]
    if goals:
        st.markdown(
            f"**{t('change.results.reached', reached=sum(f.reached is True for f in goals), n=len(goals))}**"
        )
        st.dataframe(_listed(t, sorted(goals, key=lambda f: f.reached is True)), hide_index=True, width="stretch",
                     alt=t("change.results.targets_alt"))  # fmt: skip
    if report.absent:
        with st.expander(t("change.results.absent", n=len(report.absent))):
            for sentence in report.absent:
                st.code(sentence, language=None, wrap_lines=True)
    export.bar(
        [export.table("eogen-change-results", report.table), export.File("eogen-change.json", report.to_json)],
        t, key="change_results", address=False,
    )  # fmt: skip


def figure_name(t: Words, name: str) -> str:
    """Return the name of a figure; of one the words do not know, its own."""
    kind, _, about = name.partition("/")
    said = (
        t(f"change.trial.{kind}")
        if kind in ("ap", "auroc", "best_f1", "f1", "mean_f1")
        else kind.replace("_", " ")
    )
    return f"{said} · {about.replace('_', ' ')}" if about else said


def board(t: Words, rows: list[Figure]) -> pd.DataFrame:
    """Return a row per estimator and a column per figure, the best AP (or first figure) at the top."""
    names = list(dict.fromkeys(f.name for f in rows))
    at = {(f.method, f.name): f for f in rows}
    methods = list(dict.fromkeys(f.method for f in rows))
    lead = "ap" if any(f.name == "ap" for f in rows) else names[0]

    def size(method: str) -> float:
        found = at.get((method, lead))
        return -math.inf if found is None or found.value is None or math.isnan(found.value) else found.value

    made = []
    for method in sorted(methods, key=size, reverse=True):
        row: dict[str, object] = {t("change.trial.method"): titles.method(t, method)}
        for name in names:
            one = at.get((method, name))
            row[figure_name(t, name)] = "–" if one is None else measured.with_interval(one, t)
        made.append(row)
    return pd.DataFrame(made)


def _chart(t: Words, rows: list[Figure]) -> None:
    """Draw the AP of every estimator with its interval, the best at the top."""
    own = sorted(
        (f for f in rows if f.name == "ap" and f.value is not None and math.isfinite(f.value)),
        key=lambda f: -f.value,
    )
    if len(own) < 2:
        return
    fig = figures.figure(
        t, x=figures.axis(t("change.trial.ap"), "", showgrid=True, gridcolor="rgba(128,128,128,.22)"),
        y=figures.axis(t("change.trial.method"), "", autorange="reversed", showgrid=False), height=90 + 28 * len(own),
    )  # fmt: skip
    fig.layout.yaxis.title.text = ""
    tint = titles.colours([f.method for f in own], own[0].method)
    fig.add_scatter(
        x=[f.value for f in own], y=[titles.method(t, f.method) for f in own], mode="markers",
        marker={"size": 11, "symbol": "diamond", "color": [tint[f.method] for f in own]},
        error_x={"type": "data", "symmetric": False, "thickness": 2, "width": 5, "color": "rgba(128,128,128,.95)",
                 "array": [(f.high or f.value) - f.value for f in own],
                 "arrayminus": [f.value - (f.low or f.value) for f in own]},
        hovertemplate="%{x:.3f}<extra>%{y}</extra>",
    )  # fmt: skip
    figures.show(fig, key="change_results_ap", alt=t("change.results.chart_alt"), expert=True)


def _listed(t: Words, rows: list[Figure]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            t("change.results.figure"): figure_name(t, f.name), t("change.trial.method"): titles.method(t, f.method),
            t("change.results.set"): f.dataset.replace("_", " "),
            t("change.results.value"): measured.with_interval(f, t),
            t("change.results.target"): measured.target(f, t), "n": f.n,
        }
        for f in rows
    )  # fmt: skip
