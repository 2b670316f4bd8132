"""Tables and figures of the results panel."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go

from eogen.landcover.series.methods import EXPLANATIONS, MODELS
from eogen.results import Figure, Report
from pages.kit import figures, measured
from pages.kit.words import Words

#: Measures of each section, in the order of its menu.
MEASURES = {
    "models": ("accuracy", "macro_f1", "above_forest", "behind_best", "ece", "fit_seconds"),
    "months": ("srg", "srg_above_random", "srg_group", "sanity", "milliseconds"),
    "truth": ("hit_month", "hit_month_precision", "hit_band", "hit_cells", "srg", "srg_group"),
    "edits": (
        "same_answer",
        "same_answer_unedited",
        "change_correlation",
        "probability_correlation",
        "moved",
    ),
}
#: The measure by which a data set belongs to a section.
TOLD_BY = {"models": "accuracy", "months": "srg", "truth": "hit_month", "edits": "same_answer"}
CHANCE = "chance"
#: Symbols of the models, so that colours are not all that tells them apart.
SYMBOLS = ("diamond", "circle", "square", "triangle-up", "x", "star")


def is_model(figure: Figure) -> bool:
    """Return whether a figure is of a model of the registry, or of the segmentation."""
    return figure.method in MODELS or figure.method == "unet"


def is_control(figure: Figure) -> bool:
    """Return whether a figure is of chance, of the truth itself or of an explanation that asks no model."""
    name = figure.method.partition("/")[2]
    return name in (CHANCE, "truth") or (name in EXPLANATIONS and EXPLANATIONS[name].needs == "nothing")


def no_better(figure: Figure) -> bool:
    """Return whether an SRG is no better than chance: its interval reaches 0."""
    return figure.value is not None and (figure.low if figure.low is not None else figure.value) <= 0


def sets(report: Report, section: str) -> list[str]:
    """Return the data sets of a section, in the report's order."""
    if section not in TOLD_BY:
        return []
    hit = {f.dataset for f in report.figures if f.name == TOLD_BY["truth"]}
    found = dict.fromkeys(f.dataset for f in report.figures if f.name == TOLD_BY[section])
    return [name for name in found if section != "months" or name not in hit]


def measures(report: Report, section: str, where: str) -> list[str]:
    """Return what was measured on a data set, in the order of the section."""
    known = {f.name for f in report.figures if f.dataset == where}
    return [name for name in MEASURES[section] if name in known]


def rows_of(report: Report, section: str, where: str, name: str) -> list[Figure]:
    """Return one measure of all explanations (or, of edits, all models) on a data set."""
    return [
        f
        for f in report.figures
        if (f.dataset, f.name) == (where, name)
        and ("/" in f.method) == (section != "edits")
        and not f.method.endswith(f"/{CHANCE}")
    ]


def chance_of(report: Report, where: str, name: str) -> float | None:
    """Return what chance reaches: 0 for faithfulness and gains, the share of true ones for hits; None elsewhere."""
    if name.startswith("srg"):
        return 0.0
    found = [
        f.value
        for f in report.figures
        if (f.dataset, f.name) == (where, name) and f.method.endswith(f"/{CHANCE}")
    ]
    known = [v for v in found if v is not None]
    return sum(known) / len(known) if known else None


def ranked(rows: Sequence[Figure]) -> list[Figure]:
    """Return figures, the best first, those without a value last."""
    sign = 1 if any(f.better == "lower" for f in rows) else -1
    return sorted(rows, key=lambda f: sign * f.value if _known(f) else math.inf)


def _known(figure: Figure) -> bool:
    return figure.value is not None and math.isfinite(figure.value)


def dataset(t: Words, name: str) -> str:
    """Return a data set's name as it is read: its parts in words where there are some."""
    kind, _, rest = name.partition(": ")
    said = [_part(t, part) for part in (rest or kind).split(", ")]
    return f"{_part(t, kind)} · {' · '.join(said)}" if rest else " · ".join(said)


def _part(t: Words, part: str) -> str:
    key = f"landcover.series.results.parts.{re.sub(r'[^a-z0-9]+', '_', part.lower()).strip('_')}"
    return t(key) if key in t else part.rpartition("/")[2].replace("_", " ")


def figure_name(t: Words, name: str) -> str:
    """Return the name of a measure; of one the words do not know, its own."""
    for key in (f"landcover.series.results.names.{name}", f"metrics.{name}"):
        if key in t:
            return t(key)
    return name.replace("_", " ")


def method(t: Words, name: str) -> str:
    """Return the name of a model, an explanation, chance or whatever else was measured."""
    for key in (f"landcover.series.models.{name}.name", f"landcover.series.explanations.{name}.name",
                f"landcover.series.results.names.{name}"):  # fmt: skip
        if key in t:
            return t(key)
    return name.replace("_", " ")


def who(t: Words, name: str) -> str:
    """Return a method of two parts as it is read: ``Attention · TempCNN``."""
    model, _, explanation = name.partition("/")
    return f"{method(t, explanation)} · {method(t, model)}" if explanation else method(t, model)


def _tints(names: Sequence[str]) -> dict[str, str]:
    """Return a colour for each model: the baselines are grey-blue, as everywhere."""
    rest = iter([c for c in figures.SEQUENCE if c != "#5B5B5B"] * 3)
    base = lambda n: n in MODELS and MODELS[n].kind in ("baseline", "forest")
    return {name: figures.BASELINE if base(name) else next(rest) for name in names}


def _whiskers(rows: Sequence[Figure]) -> dict[str, object]:
    return {
        "type": "data", "symmetric": False, "thickness": 1.8, "width": 4, "color": "rgba(128,128,128,.95)",
        "array": [(f.value if f.high is None else f.high) - f.value for f in rows],
        "arrayminus": [f.value - (f.value if f.low is None else f.low) for f in rows],
    }  # fmt: skip


def _unit(rows: Sequence[Figure]) -> str:
    return rows[0].unit if rows and rows[0].unit != "1" else ""


def models_chart(t: Words, rows: Sequence[Figure], name: str) -> go.Figure:
    """Return a measure of every model with its interval, and the target where one was set."""
    drawn = [f for f in rows if _known(f)]
    tint = _tints([f.method for f in drawn])
    figure = figures.figure(
        t, x=figures.axis(figure_name(t, name), _unit(drawn), showgrid=True, gridcolor="rgba(128,128,128,.22)"),
        y=figures.axis(t("landcover.series.results.model"), "", autorange="reversed", showgrid=False),
        height=100 + 34 * len(drawn),
    )  # fmt: skip
    figure.layout.yaxis.title.text = ""
    figure.add_scatter(
        x=[f.value for f in drawn], y=[method(t, f.method) for f in drawn], mode="markers", error_x=_whiskers(drawn),
        marker={"size": 11, "symbol": "diamond", "color": [tint[f.method] for f in drawn]},
        hovertemplate="%{x:.3f}<extra>%{y}</extra>",
    )  # fmt: skip
    for goal in sorted({f.target for f in drawn if f.target is not None}):
        _line(figure, goal, t("landcover.series.results.target"), figures.SEQUENCE[1])
    if name in ("above_forest",):
        _line(figure, 0, t("landcover.series.models.random_forest.name"), "rgba(128,128,128,.9)")
    return figure


def compared_chart(t: Words, rows: Sequence[Figure], name: str, chance: float | None) -> go.Figure:
    """Return a measure of explanations, one line each, one mark a model, with its interval and the line of chance."""
    drawn = [f for f in rows if _known(f)]
    split = {id(f): f.method.partition("/")[::2] if "/" in f.method else (f.method, f.method) for f in drawn}
    models = list(dict.fromkeys(split[id(f)][0] for f in drawn))
    score: dict[str, list[float]] = {}
    for f in drawn:
        score.setdefault(split[id(f)][1], []).append(f.value)
    sign = 1 if any(f.better == "lower" for f in drawn) else -1
    lines = sorted(score, key=lambda n: sign * sum(score[n]) / len(score[n]))
    several = any("/" in f.method for f in drawn)
    step = 0.7 / max(len(models), 1) if several else 0
    tint = _tints(models)
    figure = figures.figure(
        t, x=figures.axis(figure_name(t, name), _unit(drawn), showgrid=True, gridcolor="rgba(128,128,128,.22)",
                          zeroline=False),
        y=figures.axis(t("landcover.series.results.explanation"), "", range=[len(lines) - 0.2, -0.6], showgrid=False,
                       tickvals=list(range(len(lines))), ticktext=[method(t, n) for n in lines]),
        height=130 + (52 if several else 34) * len(lines), legend=several,
    )  # fmt: skip
    figure.layout.yaxis.title.text = ""
    for k, model in enumerate(models):
        mine = [f for f in drawn if split[id(f)][0] == model]
        figure.add_scatter(
            x=[f.value for f in mine],
            y=[lines.index(split[id(f)][1]) + step * (k - (len(models) - 1) / 2) for f in mine],
            mode="markers", name=method(t, model), error_x=_whiskers(mine),
            marker={"size": 9, "symbol": SYMBOLS[k % len(SYMBOLS)], "color": tint[model]},
            text=[method(t, split[id(f)][1]) for f in mine], hovertemplate="%{text} : %{x:.3f}",
        )  # fmt: skip
    if chance is not None:
        _line(figure, chance, t("landcover.series.results.chance"), "rgba(128,128,128,.95)")
    for goal in sorted({f.target for f in drawn if f.target is not None}):
        _line(figure, goal, t("landcover.series.results.target"), figures.SEQUENCE[1])
    return figure


def _line(figure: go.Figure, at: float, text: str, colour: str) -> None:
    figure.add_vline(
        x=at, line={"color": colour, "dash": "dot", "width": 1.6}, annotation_text=text,
        annotation_position="bottom right", annotation_font_size=11,
    )  # fmt: skip


def models_table(t: Words, report: Report, where: str) -> pd.DataFrame:
    """Return a row per model, the most accurate first, a column per measure with target met or missed."""
    at = {(f.method, f.name): f for f in report.figures if f.dataset == where}
    names = measures(report, "models", where)
    order = ranked([f for f in at.values() if f.name == names[0] and is_model(f)])
    return pd.DataFrame(
        {t("landcover.series.results.model"): method(t, f.method)}
        | {figure_name(t, n): _cell(t, at.get((f.method, n))) for n in names}
        for f in order
    )


def compared_table(t: Words, report: Report, section: str, where: str) -> pd.DataFrame:
    """Return a row per explanation of each model, the best first, a column per measure, and the verdict of chance."""
    at = {(f.method, f.name): f for f in report.figures if f.dataset == where}
    names = measures(report, section, where)
    made = []
    for f in ranked(rows_of(report, section, where, names[0])):
        model, _, explanation = f.method.partition("/")
        row = {t("landcover.series.results.model"): method(t, model)}
        if explanation:
            row = {t("landcover.series.results.explanation"): method(t, explanation)} | row
        row |= {figure_name(t, n): _cell(t, at.get((f.method, n))) for n in names}
        srg = at.get((f.method, "srg"))
        if section == "months" and srg is not None:
            verdict = "chance" if no_better(srg) else "better"
            row[t("landcover.series.results.verdict")] = t(f"landcover.series.results.verdicts.{verdict}")
        made.append(row)
    return pd.DataFrame(made)


def _cell(t: Words, figure: Figure | None) -> str:
    if figure is None:
        return "–"
    mark = "" if figure.reached is None else " ✓" if figure.reached else " ✗"
    return measured.with_interval(figure, t, 1 if figure.unit in ("ms", "s") else 2) + mark


def listed(t: Words, rows: Sequence[Figure]) -> pd.DataFrame:
    """Return figures, one row each: target beside the value."""
    return pd.DataFrame(
        {
            t("landcover.series.results.figure"): figure_name(t, f.name),
            t("landcover.series.results.model"): who(t, f.method),
            t("landcover.series.results.set"): dataset(t, f.dataset),
            t("landcover.series.results.value"): measured.with_interval(f, t),
            t("landcover.series.results.unit"): "" if f.unit == "1" else f.unit,
            t("landcover.series.results.target"): measured.target(f, t),
            "n": f.n,
        }
        for f in rows
    )
