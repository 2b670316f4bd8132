"""The figure of one measure: a dot and an interval per method; own, baseline, control and published told apart."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from eogen.published import Published
from eogen.results import Figure, Report
from pages.kit import figures
from pages.kit.words import Words
from pages.parts.results import naming, roles

#: Part -> symbol: colour alone never carries the meaning. Open symbols were not measured by this program.
SYMBOLS = {
    "own": "diamond", "baseline": "circle", "control": "x-thin", "published": "square-open",
    "reference": "triangle-up-open",
}  # fmt: skip


def _colour(part: str, room: str) -> str:
    return {
        "own": figures.ACCENT[room] if room in figures.ACCENT else figures.SEQUENCE[0],
        "baseline": figures.BASELINE,
        "control": "#7A7A7A",
        "published": figures.SEQUENCE[3],
        "reference": figures.SEQUENCE[4],
    }[part]


def chart(
    t: Words, report: Report, rows: Sequence[Figure], others: Sequence[Published], title: str
) -> go.Figure:
    """Return a measure of every method with its interval, the best at the top, published numbers below.

    Args:
        t: the reader's words.
        report: where the rows stand.
        rows: one measure on one data set, in the order they are drawn.
        others: published numbers of the same measure.
        title: of the measure.
    """
    drawn = [f for f in rows if f.value is not None]
    seen: dict[str, int] = {}

    def unique(label: str) -> str:
        """Two rows of one name would be one row: the second gets a space that nobody sees."""
        seen[label] = seen.get(label, 0) + 1
        return label + "\u200b" * (seen[label] - 1)

    own = [(unique(naming.method(t, report.room, f.method)), f) for f in drawn]
    theirs = [(unique(_theirs(t, p)), p) for p in others]
    names = [label for label, _ in own] + [label for label, _ in theirs]
    unit = naming.unit(t, drawn[0].unit if drawn else others[0].unit)
    figure = figures.figure(
        t, x=figures.axis(title, unit, showgrid=True, gridcolor="rgba(128,128,128,.22)"),
        y=figures.axis(t("results.columns.method"), "", categoryorder="array", categoryarray=names[::-1],
                       showgrid=False, range=[-0.7, len(names) - 0.3]),
        height=96 + 27 * len(names), legend=True,
    )  # fmt: skip
    figure.layout.yaxis.title.text = ""
    room = naming.room_of(report.room)
    for part in roles.ROLES:
        some = [(label, f) for label, f in own if roles.role(report.room, f.method) == part]
        if some:
            figure.add_scatter(
                x=[f.value for _, f in some], y=[label for label, _ in some], name=t(f"results.roles.{part}"),
                mode="markers", marker=_marker(part, room), error_x=_whiskers([f for _, f in some]),
                hovertemplate="%{x:.4g}<extra>%{y}</extra>",
            )  # fmt: skip
    for part in ("published", "reference"):
        some_else = [(label, p) for label, p in theirs if p.origin == part]
        if some_else:
            figure.add_scatter(
                x=[p.value for _, p in some_else], y=[label for label, _ in some_else], mode="markers",
                name=t(f"results.published_origin.{part}"), marker=_marker(part, room),
                hovertemplate="%{x:.4g}<extra>%{y}</extra>",
            )  # fmt: skip
    for goal in sorted({f.target for f in drawn if f.target is not None}):
        line = {"color": figures.SEQUENCE[1], "dash": "dot", "width": 1.5}
        figure.add_vline(x=goal, line=line)  # named in the legend: on the figure its name would lie on a row
        figure.add_scatter(
            x=[None], y=[None], mode="lines", line=line, name=f"{t('results.room.target')} {t.number(goal)}"
        )
    return figure


def _theirs(t: Words, one: Published) -> str:
    """Return who reached a number that is not ours, with the year or that the notes measured it."""
    if one.origin == "reference":
        return t("results.room.noted", method=one.method)
    return one.method if one.year is None else f"{one.method} ({one.year})"


def _marker(part: str, room: str) -> dict[str, object]:
    return {
        "symbol": SYMBOLS[part], "size": 11, "color": _colour(part, room),
        "line": {"width": 2, "color": _colour(part, room)},
    }  # fmt: skip


def _whiskers(rows: Sequence[Figure]) -> dict[str, object]:
    """Return the intervals; a figure without one has none."""
    end = lambda f, at: f.value if at is None else at
    return {
        "type": "data", "symmetric": False, "thickness": 2, "width": 5, "color": "rgba(128,128,128,.95)",
        "array": [end(f, f.high) - f.value for f in rows], "arrayminus": [f.value - end(f, f.low) for f in rows],
    }  # fmt: skip
