"""Tables and figures of the results panel."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from eogen.rain.methods import METHODS
from eogen.rain.scores import BY_NAME
from eogen.results import Figure, Report
from pages.kit import figures, measured
from pages.kit.words import Words
from pages.parts.rain import names


def judged(report: Report) -> set[str]:
    """Return who predicted scores: methods of the registry, learners on gauges, and the ceiling beside them."""
    return {f.method for f in report.figures if f.method in METHODS or f.name.startswith("r2/")}


def sets(report: Report) -> list[str]:
    """Return the data sets on which scores were predicted, simulated ones first, else in the report's order."""
    who = judged(report)
    found = dict.fromkeys(f.dataset for f in report.figures if f.method in who)
    return sorted(found, key=lambda name: not name.startswith("simulated"))


def dataset(t: Words, name: str) -> str:
    """Return the name of a data set or a table as it is read: its parts in words where there are some."""
    kind, _, rest = name.rpartition(": ")
    said = ", ".join(_part(t, part) for part in rest.split(", "))
    return f"{_part(t, kind)}{t('rain.results.colon')}{said}" if kind else said


def _part(t: Words, part: str) -> str:
    if (days := re.fullmatch(r"(\d+) days", part)) is not None:
        return t("rain.results.parts.days", n=int(days[1]))
    if (rain := re.fullmatch(r"([\d.]+) (mm|h)", part)) is not None:
        return f"{t.number(float(rain[1]), 1 if '.' in rain[1] else 0)}\u202f{rain[2]}"
    key = f"rain.results.parts.{part.replace(' ', '_')}"
    return t(key) if key in t else part.replace("_", " ")


def figure_name(t: Words, name: str) -> str:
    """Return the name of a figure, such as ``r2/csi`` or ``head_r2/cc_log``; of one the words do not know, its own."""
    kind, _, about = name.partition("/")
    key = f"rain.results.names.{kind}"
    said = t(key) if key in t else kind.replace("_", " ")
    if not about:
        return names.score(t, kind) if kind in BY_NAME else said
    about = names.score(t, about) if about in BY_NAME else about.replace("_", " ")
    return f"{said} · {about}"


def measures(report: Report, where: str) -> list[str]:
    """Return the names of what was measured of methods on a set, in the report's order."""
    who = judged(report)
    return list(dict.fromkeys(f.name for f in report.figures if f.dataset == where and f.method in who))


def leading(report: Report, where: str) -> str:
    """Return the measure that a set is opened with: an R² if there is one."""
    known = measures(report, where)
    return next((n for n in known if "r2" in n.partition("/")[0]), known[0])


def rows_of(report: Report, where: str, name: str) -> list[Figure]:
    """Return one measure of every method on a set, the best first."""
    who = judged(report)
    found = [f for f in report.figures if (f.dataset, f.name) == (where, name) and f.method in who]
    sign = 1 if any(f.better == "lower" for f in found) else -1
    known = lambda f: f.value is not None and math.isfinite(f.value)
    return sorted(found, key=lambda f: sign * f.value if known(f) else math.inf)


def chart(t: Words, rows: Sequence[Figure], name: str) -> go.Figure:
    """Return a measure of every method with its interval, and the target where one was set."""
    drawn = [f for f in rows if f.value is not None and math.isfinite(f.value)]
    tint = names.colours([f.method for f in drawn], drawn[0].method if drawn else "")
    unit = drawn[0].unit if drawn and drawn[0].unit != "1" else ""
    figure = figures.figure(
        t, x=figures.axis(figure_name(t, name), unit, showgrid=True, gridcolor="rgba(128,128,128,.22)"),
        y=figures.axis(t("rain.common.method"), "", autorange="reversed", showgrid=False), height=90 + 28 * len(drawn),
    )  # fmt: skip
    figure.layout.yaxis.title.text = ""
    figure.add_scatter(
        x=[f.value for f in drawn], y=[names.method(t, f.method) for f in drawn], mode="markers",
        marker={"size": 11, "symbol": "diamond", "color": [tint[f.method] for f in drawn]},
        error_x={"type": "data", "symmetric": False, "thickness": 2, "width": 5, "color": "rgba(128,128,128,.95)",
                 "array": [(f.value if f.high is None else f.high) - f.value for f in drawn],
                 "arrayminus": [f.value - (f.value if f.low is None else f.low) for f in drawn]},
        hovertemplate="%{x:.3f}<extra>%{y}</extra>",
    )  # fmt: skip
    for goal in sorted({f.target for f in drawn if f.target is not None}):
        figure.add_vline(
            x=goal, line={"color": figures.SEQUENCE[1], "dash": "dot", "width": 1.5},
            annotation_text=t("rain.results.target"), annotation_position="bottom right", annotation_font_size=11,
        )  # fmt: skip
    return figure


def board(t: Words, report: Report, where: str, kinds: Sequence[str]) -> pd.DataFrame:
    """Return a row per method and a column per measure of the given names, in the order of the first."""
    at = {(f.method, f.name): f for f in report.figures if f.dataset == where}
    made = []
    for first in rows_of(report, where, kinds[0]):
        row = {t("rain.common.method"): names.method(t, first.method)}
        for name in kinds:
            one = at.get((first.method, name))
            text = "–" if one is None else measured.with_interval(one, t, 2)
            mark = "" if one is None or one.reached is None else " ✓" if one.reached else " ✗"
            row[figure_name(t, name)] = text + mark
        made.append(row)
    return pd.DataFrame(made)


def listed(t: Words, rows: Sequence[Figure], with_set: bool = True) -> pd.DataFrame:
    """Return figures, one row each: target beside the value."""
    made = []
    for f in rows:
        row: dict[str, object] = {t("rain.results.figure"): figure_name(t, f.name)}
        row[t("rain.common.method")] = names.method(t, f.method)
        if with_set:
            row[t("rain.results.set")] = dataset(t, f.dataset)
        row[t("rain.results.value")] = measured.with_interval(f, t)
        row[t("rain.results.unit")] = "" if f.unit == "1" else f.unit
        row[t("rain.results.target")] = measured.target(f, t)
        row["n"] = f.n
        made.append(row)
    return pd.DataFrame(made)


def worth(t: Words, table: pd.DataFrame) -> pd.DataFrame:
    """Return what each score is worth (:func:`eogen.rain.describe.describe`) as it is read."""
    number = lambda v: t.number(float(v), 2) if np.isfinite(v) else "–"
    made = []
    for name, row in table.iterrows():
        why = str(row["why"])
        verdict = t("rain.results.keep") if not why else t(f"rain.results.why.{why}")
        near = names.score(t, str(row["closest"])) if row["closest"] else "–"
        made.append({
            t("rain.common.score"): names.score(t, str(name)), t("rain.results.median"): number(row["median"]),
            t("rain.results.area"): number(row["wet_radar"]),
            t("rain.results.closest"): f"{near} ({number(row['redundancy'])})",
            t("rain.results.reliability"): number(row["reliability"]), t("rain.results.verdict"): verdict,
        })  # fmt: skip
    return pd.DataFrame(made)
