"""Figures of seasons that are compared: curves month by month, paired probabilities, a probability along a slider."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from eogen.landcover.series.months import filled
from eogen.landcover.series.season import ndvi
from pages.kit import figures
from pages.kit.words import Words

#: What was, what is asked, what would truly have been, and a further one.
BEFORE, AFTER, TRUTH, OTHER = (
    figures.BASELINE, figures.ACCENT["landcover"], figures.SEQUENCE[0], figures.SEQUENCE[3],
)  # fmt: skip
SHADE = "rgba(128,128,128,.20)"
NDVI = "ndvi"
#: Classes drawn at most, the likeliest first.
MOST = 5
_MARKS = ("circle", "square", "diamond", "triangle-up", "x")
_DASHES = ("solid", "dash", "dot", "dashdot", "longdash")


@dataclass(frozen=True)
class Line:
    """A season as it is drawn.

    Attributes:
        name: in the reader's language.
        series: (month, band), NaN where nothing was seen; what a model fills in is drawn without marks.
        colour, dash, mark: plotly's.
    """

    name: str
    series: np.ndarray
    colour: str
    dash: str = "solid"
    mark: str = "circle"


@dataclass(frozen=True)
class Bars:
    """Probabilities (class,) under one name and colour."""

    name: str
    probability: np.ndarray
    colour: str
    pattern: str = ""


def curve(series: np.ndarray, bands: Sequence[str], quantity: str) -> np.ndarray:
    """Return the NDVI (month,), or the reflectance of a band in percent, gaps filled as a model fills them."""
    whole = filled(np.asarray(series)[None])
    if quantity == NDVI:
        return ndvi(whole, bands)[0]
    return 100 * whole[0, :, list(bands).index(quantity)]


def quantity_axis(t: Words, quantity: str, **options: object) -> dict:
    """Return the axis of a quantity, with its unit."""
    if quantity == NDVI:
        return figures.axis(t("landcover.series.compared.ndvi"), "", **options)
    name = t("bands.label", band=quantity, name=t(f"bands.{quantity}"))
    return figures.axis(t("landcover.series.compared.reflectance", band=name), "%", **options)


def month_axis(t: Words, months: Sequence[str]) -> dict:
    """Return the axis of the months, numbered from 0 so that months can be shaded."""
    return figures.axis(
        t("landcover.series.compared.month"), "", tickvals=list(range(len(months))), ticktext=list(months),
        range=[-0.5, len(months) - 0.5], tickangle=-45,
    )  # fmt: skip


def curves(
    t: Words, months: Sequence[str], bands: Sequence[str], quantity: str, lines: Sequence[Line],
    shaded: np.ndarray, said: str,
) -> go.Figure:  # fmt: skip
    """Return seasons over each other; the months that are ``shaded`` (month,) are called ``said`` in the legend."""
    figure = figures.figure(t, x=month_axis(t, months), y=quantity_axis(t, quantity), height=340, legend=True)
    shade(figure, shaded)
    if shaded.any():
        figure.add_scatter(
            x=[None], y=[None], mode="markers", name=said, hoverinfo="skip",
            marker={"symbol": "square", "size": 13, "color": SHADE},
        )  # fmt: skip
    for line in lines:
        values = curve(line.series, bands, quantity)
        seen = np.isfinite(line.series).all(1)
        figure.add_scatter(
            x=np.arange(len(values)), y=values, mode="lines+markers", name=line.name, text=list(months),
            line={"color": line.colour, "dash": line.dash, "width": 2.5},
            marker={"symbol": line.mark, "size": np.where(seen, 8, 0), "color": line.colour},
            hovertemplate="%{text}: %{y:.3~g}<extra>" + line.name + "</extra>",
        )  # fmt: skip
    return figure


def shade(figure: go.Figure, months: np.ndarray) -> None:
    """Shade months (month,) behind the curves."""
    for k in np.flatnonzero(months):
        figure.add_vrect(x0=k - 0.5, x1=k + 0.5, fillcolor=SHADE, line_width=0, layer="below")


def likeliest(rows: Sequence[np.ndarray], first: int, most: int = MOST) -> list[int]:
    """Return the classes that are likeliest in any of the rows (…, class), ``first`` always among them."""
    top = np.max([np.asarray(row).reshape(-1, np.shape(row)[-1]).max(0) for row in rows], axis=0)
    order = [first, *(int(c) for c in np.argsort(-top, kind="stable") if c != first)]
    return sorted(order[:most], key=lambda c: -top[c])


def paired(t: Words, names: Sequence[str], groups: Sequence[Bars], shown: Sequence[int]) -> go.Figure:
    """Return bars of probability side by side, class by class; ``names`` (class,)."""
    figure = figures.figure(
        t,
        x=figures.axis(t("landcover.series.compared.probability"), "%", range=[0, 112]),
        y=figures.axis(t("landcover.series.compared.class"), "", autorange="reversed"),
        height=90 + 26 * len(groups) * len(shown), legend=True, barmode="group", bargap=0.25,
    )  # fmt: skip
    for group in groups:
        values = [float(group.probability[c]) for c in shown]
        figure.add_bar(
            y=[names[c] for c in shown], x=[100 * v for v in values], orientation="h", name=group.name,
            marker={"color": group.colour, "pattern": {"shape": group.pattern}},
            text=[t.percent(v) for v in values], textposition="outside", cliponaxis=False,
            hovertemplate="%{y}: %{text}<extra>" + group.name + "</extra>",
        )  # fmt: skip
    return figure


def along(
    t: Words, names: Sequence[str], x: dict, steps: Sequence[float], probability: np.ndarray, shown: Sequence[int]
) -> go.Figure:  # fmt: skip
    """Return the probability (step, class) of the classes shown along a slider."""
    y = figures.axis(t("landcover.series.compared.probability"), "%", range=[-3, 103])
    figure = figures.figure(t, x=x, y=y, height=340, legend=True)
    for k, c in enumerate(shown):
        figure.add_scatter(
            x=list(steps), y=100 * probability[:, c], mode="lines+markers", name=names[c],
            line={"color": figures.SEQUENCE[k % len(figures.SEQUENCE)], "dash": _DASHES[k % len(_DASHES)], "width": 2},
            marker={"symbol": _MARKS[k % len(_MARKS)], "size": 7},
            hovertemplate="%{y:.0f} %<extra>" + names[c] + "</extra>",
        )  # fmt: skip
    return figure
