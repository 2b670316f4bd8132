"""How good the models are, on one screen: targets met and missed, the leading model beside the best simple one."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import pandas as pd
import streamlit as st

from eogen.results import Figure, Report
from eogen.standing import holds_target, short_of
from pages.kit import export
from pages.kit.address import choose
from pages.kit.words import Words
from pages.parts.results import headlines, naming, runs, tables

Goal = tuple[Report, Figure]


def show(t: Words) -> None:
    """Draw the overview of the results that come with the program."""
    reports = [run.report for run in runs.committed()]
    if not reports:
        st.info(t("results.none"), icon=":material/science:")
        st.code("python -m eogen evaluate all --json results.json", language="bash", wrap_lines=True)
        return
    goals = [(r, f) for r in reports for f in r.figures if f.reached is not None]
    missed = [goal for goal in goals if goal[1].reached is False]
    perhaps = sum(holds_target(f) is True for _, f in missed)
    st.markdown(
        t(
            "results.overview.lead",
            met=len(goals) - len(missed),
            n=len(goals),
            missed=len(missed),
            perhaps=perhaps,
        )
    )
    st.html(headlines.html(t, reports))
    st.caption(t("results.overview.note"))
    _missed(t, missed)
    with st.expander(t("results.overview.met", n=len(goals) - len(missed))):
        met = [goal for goal in goals if goal[1].reached]
        tables.draw(
            t,
            listed(t, met),
            alt=t("results.overview.met_alt"),
            key="results_met",
            height=420,
            numbers={"n": 0},
        )
    _origins(t, reports)
    export.bar(
        [
            export.table("eogen-results-targets", partial(targets, reports)),
            export.table("eogen-results-figures", partial(every, reports)),
        ],
        t, key="results_overview",
    )  # fmt: skip


def _missed(t: Words, missed: Sequence[Goal]) -> None:
    """List the missed targets, of one room or of all."""
    head, menu = st.columns([2, 1], vertical_alignment="bottom")
    known = [name for name in naming.REPORTS if any(r.room == name for r, _ in missed)]
    counts = {name: sum(r.room == name for r, _ in missed) for name in known}
    only = choose(
        menu.selectbox, t("results.overview.which"), ["all", *known], name="missed", default="all",
        format_func=lambda n: t("results.overview.all", n=len(missed)) if n == "all"
        else f"{naming.title(t, n)} ({counts[n]})",
    )  # fmt: skip
    head.header(t("results.overview.missed", n=len(missed) if only == "all" else counts[only]), anchor=False)
    rows = [goal for goal in missed if only in ("all", goal[0].room)]
    tables.draw(
        t, listed(t, rows), alt=t("results.overview.missed_alt"), key="results_missed", height=460,
        numbers={t("results.columns.share"): 0, "n": 0}, widths=_widths(t),
    )  # fmt: skip


def _widths(t: Words) -> dict[str, int]:
    """Return the columns' pixels: together no wider than the page, so that the last ones, chance and n, are seen."""
    pixels = {"room": 88, "figure": 205, "method": 150, "set": 178, "value": 146, "target": 66, "share": 78,
              "chance": 92}  # fmt: skip
    return {t(f"results.columns.{name}"): width for name, width in pixels.items()} | {"n": 65}


def listed(t: Words, goals: Sequence[Goal]) -> pd.DataFrame:
    """Return a row per target: what, on what, value with interval, target, by how much it is missed."""
    rows = []
    for report, f in goals:
        method, _, dataset = naming.of(t, report.room)
        short = short_of(f)
        row = {
            t("results.columns.room"): naming.title(t, report.room),
            t("results.columns.figure"): naming.with_unit(t, report.room, f.name, f.unit),
            t("results.columns.method"): method(f.method),
            t("results.columns.set"): dataset(f.dataset),
            t("results.columns.value"): tables.interval(f, t),
            t("results.columns.target"): f"{'≥' if f.better == 'higher' else '≤'} {t.number(f.target)}",
        }
        if short is not None:
            chance = holds_target(f)
            row[t("results.columns.share")] = 100 * short / abs(f.target) if f.target else None
            said = "unknown" if chance is None else "perhaps" if chance else "clearly"
            row[t("results.columns.chance")] = t(f"results.overview.chance_{said}")
        rows.append(row | {"n": f.n})
    return pd.DataFrame(rows)


def _origins(t: Words, reports: Sequence[Report]) -> None:
    """Say when, with what code, on what machine and on which data every report was measured."""
    st.header(t("results.overview.origins"), anchor=False)
    rows = [
        {
            t("results.columns.room"): naming.title(t, r.room),
            t("results.columns.date"): t.date(r.machine.get("date", "–")) if r.machine.get("date") else "–",
            t("results.columns.version"): r.code_version,
            t("results.columns.machine"): _machine(t, r),
            t("results.columns.seed"): r.seed,
            t("results.columns.seconds"): t.duration(r.seconds),
            t("results.columns.figures"): len(r.figures),
            t("results.columns.absent"): len(r.absent),
        }
        for r in reports
    ]
    tables.draw(
        t, pd.DataFrame(rows), alt=t("results.overview.origins_alt"), key="results_origins",
        numbers={t("results.columns.figures"): 0, t("results.columns.absent"): 0},
    )  # fmt: skip
    with st.expander(t("results.overview.data")):
        tables.draw(
            t,
            data(t, reports),
            alt=t("results.overview.data_alt"),
            key="results_data",
            height=420,
            numbers={"n": 0},
        )
    with st.expander(t("results.overview.absent", n=sum(len(r.absent) for r in reports))):
        for report in reports:
            if report.absent:
                st.markdown(f"**{naming.title(t, report.room)}**")
                st.code("\n".join(report.absent), language=None, wrap_lines=True)


def _machine(t: Words, report: Report) -> str:
    machine = report.machine
    return t("results.overview.machine", processor=str(machine.get("processor", "–")), cores=machine.get("cores", 0),
             python=str(machine.get("python", "–")), torch=str(machine.get("torch", "–")))  # fmt: skip


def data(t: Words, reports: Sequence[Report]) -> pd.DataFrame:
    """Return a row per data set of every report: where from, how many, the first letters of its hash."""
    return pd.DataFrame(
        {
            t("results.columns.room"): naming.title(t, r.room),
            t("results.columns.set"): naming.dataset(t, r.room, row["name"]),
            t("results.columns.origin"): t(f"kit.provenance.{naming.origin(row['name'])}"),
            "n": row.get("n"),
            "SHA-256": str(row.get("sha256") or "–")[:12],
        }
        for r in reports
        for row in r.data
    )


def every(reports: Sequence[Report]) -> pd.DataFrame:
    """Return every figure of every report, as measured: for the CSV file."""
    return pd.concat([r.table().assign(room=r.room) for r in reports], ignore_index=True)


def targets(reports: Sequence[Report]) -> pd.DataFrame:
    """Return every figure that has a target, as measured: for the CSV file."""
    table = every(reports)
    return table[table["target"].notna()]
