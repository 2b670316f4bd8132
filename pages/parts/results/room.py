"""One room: methods against baselines against published numbers, one measure at a time, and what it means."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import pandas as pd
import streamlit as st

from eogen.published import Published, beside
from eogen.results import Figure, Report
from pages.kit import export, figures, provenance
from pages.kit.address import choose
from pages.kit.style import escape
from pages.kit.words import Words
from pages.parts.results import headlines, meaning, naming, roles, room_chart, runs, tables


def show(t: Words) -> None:
    """Draw a measure of a room (``?of=``, ``?set=``, ``?measure=``)."""
    found = {run.report.room: run for run in runs.committed()}
    if not found:
        st.info(t("results.none"), icon=":material/science:")
        return
    name = choose(
        partial(st.segmented_control, required=True, label_visibility="collapsed"), t("results.room.which"),
        list(found), name="of", default=next(iter(found)), format_func=partial(naming.title, t),
    )  # fmt: skip
    report = found[name].report
    where, measure = _asked(t, report)
    rows = of(report, measure, where)
    others = beside(name, measure, where)
    title = naming.figure(t, name, measure)
    st.html(f"<p>{provenance.badge_html(naming.origin(where), t)}</p>")
    if text := meaning.sentence(t, name, measure):
        st.markdown(t("results.room.means", figure=title, meaning=text))
    st.markdown(verdict(t, report, measure, where))
    if len(rows) + len(others) > 1:
        figures.show(
            room_chart.chart(t, report, rows, others, title), key="results_room", expert=True,
            alt=t("results.room.chart_alt", figure=title, set=naming.dataset(t, name, where)),
        )  # fmt: skip
    frame, numbers = board(t, report, rows)
    tables.draw(
        t, frame, alt=t("results.room.table_alt", figure=title), key=f"results_board_{name}", numbers=numbers
    )
    _counted(t, rows)
    if others:
        st.markdown(f"**{t('results.room.published')}**")
        st.html(listed(t, others))
        st.caption(t("results.room.published_note"))
    _notes(t, rows)
    export.bar(
        [
            export.Chart("results_room", f"eogen-{name}-{measure.replace('/', '-')}"),
            export.table(f"eogen-{name}-results", report.table),
            export.File(f"eogen-{name}.json", report.to_json),
        ],
        t, key="results_room",
    )  # fmt: skip


def of(report: Report, measure: str, where: str) -> list[Figure]:
    """Return one measure of every method on a data set, the best first, those without a value last."""
    held = [f for f in report.figures if (f.name, f.dataset) == (measure, where)]
    valued = [f for f in held if f.value is not None]
    better = next((f.better for f in valued if f.better), None)
    if better is not None:
        valued.sort(key=lambda f: f.value, reverse=better == "higher")
    return [*valued, *(f for f in held if f.value is None)]


def _asked(t: Words, report: Report) -> tuple[str, str]:
    """Draw the choice of data set and measure; return both."""
    name, (left, right) = report.room, st.columns(2)
    sets = list(dict.fromkeys(f.dataset for f in report.figures))
    first = next((lead for lead in headlines.LEADS.get(name, ()) if lead[1] in sets), ("", sets[0]))
    where = choose(
        left.selectbox, t("results.columns.set"), sets, name="set", default=first[1], key=f"results_set_{name}",
        format_func=partial(_set_label, t, name),
    )  # fmt: skip
    measures = list(dict.fromkeys(f.name for f in report.figures if f.dataset == where))
    default = first[0] if first[0] in measures else measures[0]
    measure = choose(
        right.selectbox, t("results.columns.figure"), measures, name="measure", default=default,
        key=f"results_measure_{name}_{sets.index(where)}", format_func=partial(naming.figure, t, name),
    )  # fmt: skip
    return where, measure


def _set_label(t: Words, report: str, name: str) -> str:
    said, origin = naming.dataset(t, report, name), naming.origin(name)
    return said if origin == "real" else f"{said} ({t(f'kit.provenance.{origin}').lower()})"


def verdict(t: Words, report: Report, measure: str, where: str) -> str:
    """Say who is best, whether clearly, and whether a simple method wins."""
    found, name = headlines.of(report, measure, where), report.room
    if found.best is None:
        return t("results.room.no_best")
    method = partial(naming.method, t, name)
    facts = {"best": method(found.best.method), "value": tables.interval(found.best, t)}
    if found.second is None:
        return t("results.room.one", **facts)
    facts |= {"second": method(found.second.method), "other": tables.interval(found.second, t)}
    facts |= {"n": found.best.n or 0, "m": found.second.n or 0}
    said = [t(f"results.room.first_{_how(found.best, found.second, found.clear)}", **facts)]
    if found.baseline_leads:
        sure = _how(found.best, found.second, found.clear) == "clear"
        said.append(t("results.room.baseline_wins" if sure else "results.room.baseline_first"))
    elif found.baseline is not None and found.baseline is not found.second:
        how = _how(found.best, found.baseline, found.clear_of(found.baseline))
        base = {"baseline": method(found.baseline.method), "base": tables.interval(found.baseline, t)}
        said.append(t(f"results.room.baseline_{how}", **base))
    return " ".join(said)


def _how(best: Figure, other: Figure, clear: bool | None) -> str:
    """Return which sentence tells how far apart two figures are: on other cases no gap is clear."""
    if best.n != other.n and clear is not False:
        return "unequal"
    return "unknown" if clear is None else "clear" if clear else "overlap"


def board(t: Words, report: Report, rows: Sequence[Figure]) -> tuple[pd.DataFrame, dict[str, int | None]]:
    """Return a row per method, numbers as numbers, and the decimals of its columns."""
    places = tables.digits([v for f in rows for v in (f.value, f.low, f.high)])
    unit = naming.unit(t, rows[0].unit) if rows else ""
    value = t("results.columns.value_unit", unit=unit) if unit else t("results.columns.bare")
    low, high, goal = t("results.columns.low"), t("results.columns.high"), t("results.columns.target")
    frame = pd.DataFrame(
        {
            t("results.columns.method"): naming.method(t, report.room, f.method),
            value: f.value, low: f.low, high: f.high, "n": f.n, goal: f.target,
            t("results.columns.reached"): "" if f.reached is None else "✓" if f.reached else "✗",
            t("results.columns.role"): t(f"results.roles.{roles.role(report.room, f.method)}"),
        }
        for f in rows
    )  # fmt: skip
    if not any(f.target is not None for f in rows):
        frame = frame.drop(columns=[goal, t("results.columns.reached")])
    numbers = {name: places for name in (value, low, high) if name in frame} | (
        {goal: None} if goal in frame else {}
    )
    return frame.astype(dict.fromkeys(numbers, "float64")), numbers | {"n": 0}


def listed(t: Words, rows: Sequence[Published]) -> str:
    """Return a table with a row per published number, its source whole, and how far it may be compared.

    Names and sources are English, as they were published, and said to be.
    """
    places = tables.digits([p.value for p in rows])
    heads = [t(f"results.columns.{name}") for name in ("method", "bare", "set", "source")]
    body = []
    for p in rows:
        origin = t(f"results.published_origin.{p.origin}")
        comparable = t(f"results.comparable.{p.comparable.replace(' ', '_').replace(',', '')}")
        note = p.note.get(t.lang, "")
        cells = (
            f'<b lang="en">{escape(p.method)}</b><br><small>{escape(origin)}</small>',
            escape(t.number(p.value, places)),
            f'<span lang="en">{escape(p.dataset)}</span><br><small>{escape(comparable)}</small>',
            f'<span lang="en">{escape(p.source)}</span>' + (f"<br><small>{escape(note)}</small>" if note else ""),
        )  # fmt: skip
        body.append(f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>")
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in heads)
    return (
        f'<table class="eo-published" aria-label="{escape(t("results.room.published_alt"))}">'
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(body)}</tbody></table>"
    )


def _counted(t: Words, rows: Sequence[Figure]) -> None:
    """Warn where methods were not all measured on as many cases."""
    counts = {f.n for f in rows if f.value is not None}
    if len(counts) > 1:
        st.caption(t("results.room.counts", least=min(counts), most=max(counts)))


def _notes(t: Words, rows: Sequence[Figure]) -> None:
    """Draw how intervals were made, as the experiment wrote it."""
    notes = list(dict.fromkeys(f.note for f in rows if f.note))
    if notes:
        with st.expander(t("results.room.notes")):
            st.code("\n".join(notes), language=None, wrap_lines=True)
