"""Tables and figures of the results panel."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go

from eogen.ocean.scores import DISTANCE_NAMES
from eogen.results import Figure
from pages.kit import figures, measured
from pages.kit.words import Words
from pages.parts.ocean import titles
from pages.parts.ocean.measured import Measured
from pages.parts.ocean.trial_views import group_key

#: Columns of a leaderboard: (figure, decimals, whether its interval is shown).
COLUMNS = (
    ("rmse", 3, True), ("mae", 3, True), ("crps", 4, True), ("bias", 3, False), ("r", 2, False),
    ("coverage_50", 3, False), ("coverage_90", 3, False), ("gradient_ratio_members", 2, False),
    ("spectrum_members_off", 2, False), ("rmse_frame", 3, False), ("rmse_over_oi", 3, True),
)  # fmt: skip


def dataset(t: Words, name: str) -> str:
    """Return the name of a data set: that of its file, kept as it is, without underscores."""
    return name.replace("_", " ")


def figure_name(t: Words, name: str) -> str:
    """Return the name of a figure, with the class of cells it is about."""
    kind, _, about = name.partition("/")
    key = f"ocean.results.names.{kind}"
    said = t(key) if key in t else kind.replace("_", " ")
    return f"{said} · {group(t, about)}{px(about)}" if about else said


def px(name: str) -> str:
    """Return the unit of a class of distance; nothing for other classes."""
    return "\u00a0px" if name in DISTANCE_NAMES else ""


def unit_of(found: Measured, where: str) -> str:
    """Return the unit of the errors on a data set as it is read: of logarithms ``log₁₀``."""
    held = next((f.unit for f in found.report.figures if (f.name, f.dataset) == ("rmse", where)), "1")
    return {"1": "", "log10(mg m-3)": "log₁₀", "degree_Celsius": "°C"}.get(held, held)


def group(t: Words, name: str) -> str:
    """Return the name of a class of cells; of one the words do not know, its own."""
    key = f"ocean.groups.{group_key(name)}"
    return t(key) if key in t else name


def _cell(t: Words, one: Figure | None, digits: int, interval: bool) -> str:
    if one is None or one.value is None or math.isnan(one.value):
        return "–"
    text = measured.with_interval(one, t, digits) if interval else t.number(one.value, digits)
    return text if one.reached is None else f"{text} {'✓' if one.reached else '✗'}"


def leaderboard(t: Words, found: Measured, where: str) -> pd.DataFrame:
    """Return one row per method on a data set, the best first."""
    names = found.methods(where)
    columns = [c for c in COLUMNS if any(found.figure(c[0], n, where) for n in names)]
    rows = []
    for name in names:
        rmse = found.figure("rmse", name, where)
        row: dict[str, object] = {t("ocean.common.method"): titles.method(t, name)}
        row |= {figure_name(t, c): _cell(t, found.figure(c, name, where), d, i) for c, d, i in columns}
        rows.append(row | {"n": rmse.n if rmse else 0})
    return pd.DataFrame(rows)


def board(t: Words, found: Measured, where: str) -> go.Figure:
    """Return the RMSE of every method with its interval, the best at the top."""
    names = found.methods(where)
    said = [titles.method(t, n) for n in names]
    rows = [found.figure("rmse", n, where) for n in names]
    y = titles.axis(t, autorange="reversed")
    figure = figures.figure(
        t,
        x=figures.axis(t("ocean.measures.rmse"), unit_of(found, where)),
        y=y,
        height=80 + 30 * len(names),
    )
    titles.bare(figure, "yaxis")
    figure.update_xaxes(showgrid=True, gridcolor="rgba(128,128,128,.22)")
    tint = titles.colours(names, names[0])
    figure.add_scatter(
        x=[f.value for f in rows], y=said, mode="markers",
        marker={"size": 11, "symbol": "diamond", "color": [tint[n] for n in names]},
        error_x={"type": "data", "symmetric": False, "thickness": 2, "width": 5, "color": "rgba(128,128,128,.95)",
                 "array": [(f.high or f.value or 0) - (f.value or 0) for f in rows],
                 "arrayminus": [(f.value or 0) - (f.low or f.value or 0) for f in rows]},
        hovertemplate="%{x:.3f}<extra>%{y}</extra>",
    )  # fmt: skip
    goal = next((f.target for f in rows if f and f.target is not None), None)
    if goal is not None:
        figure.add_vline(
            x=goal, line={"color": figures.SEQUENCE[1], "dash": "dot", "width": 1.5},
            annotation_text=t("ocean.results.target"), annotation_position="bottom right", annotation_font_size=11,
        )  # fmt: skip
    return figure


def gaps(t: Words, found: Measured, where: str) -> go.Figure | None:
    """Return RMSE by distance to the nearest observation, a line per method; None when it was not measured."""
    groups = [g for g in DISTANCE_NAMES if g in found.classes(where)]
    if not groups:
        return None
    names = found.methods(where)
    figure = figures.figure(
        t, x=figures.axis(t("ocean.trial.by_distance"), "px"),
        y=figures.axis(t("ocean.measures.rmse"), unit_of(found, where)),
        height=380, legend=True,
    )  # fmt: skip
    tint = titles.colours(names, names[0])
    for number, name in enumerate(names):
        figure.add_scatter(
            x=[group(t, g) for g in groups], y=[found.value(f"rmse/{g}", name, where) for g in groups],
            mode="lines+markers", name=titles.method(t, name),
            line={"color": tint[name], "width": 3 if not number else 1.8,
                  "dash": titles.DASHES[0 if not number else 1 + number % 5]},
            marker={"size": 8, "symbol": titles.SYMBOLS[number % len(titles.SYMBOLS)]},
            hovertemplate="%{y:.3f}<extra>" + titles.method(t, name) + "</extra>",
        )  # fmt: skip
    return figure


def classes(t: Words, found: Measured, where: str) -> pd.DataFrame:
    """Return RMSE by class of cells, a row per method."""
    return pd.DataFrame(
        {
            t("ocean.common.method"): titles.method(t, name),
            **{
                f"{group(t, g)}{px(g)}": _cell(t, found.figure(f"rmse/{g}", name, where), 3, True)
                for g in found.classes(where)
            },
        }
        for name in found.methods(where)
    )


def listed(t: Words, rows: Sequence[Figure], with_set: bool = True) -> pd.DataFrame:
    """Return figures, one row each."""
    made = []
    for f in rows:
        row: dict[str, object] = {t("ocean.results.figure"): figure_name(t, f.name)}
        row[t("ocean.common.method")] = titles.method(t, f.method)
        if with_set:
            row[t("ocean.results.set")] = dataset(t, f.dataset)
        row[t("ocean.results.value")] = measured.with_interval(f, t)
        row[t("ocean.results.unit")] = "" if f.unit == "1" else f.unit
        row[t("ocean.results.target")] = measured.target(f, t)
        row["n"] = f.n
        made.append(row)
    return pd.DataFrame(made)
