"""Pictures of answers: the matrix of mistakes, bars of classes, and whether certainty can be believed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from eogen.intervals import wilson
from pages.kit import card, figures
from pages.kit.words import Words
from pages.parts.landcover.seasons.state import State

#: Classes up to which a cell has room for the share beside the count, on a phone too.
ROOM = 7


def matrix(
    t: Words, state: State, counts: pd.DataFrame, chosen: tuple[int | None, int | None]
) -> go.Figure:  # fmt: skip
    """Return the matrix, true classes down: share of the true class as colour, counts and shares written.

    An invisible point on each cell is what is touched (plotly selects no cells of a heat map); its number is
    ``true * classes + answered``.
    """
    number = counts.to_numpy()
    size = len(number)
    share = 100 * number / np.maximum(number.sum(1, keepdims=True), 1)
    names = [t(f"landcover.series.classes.{c}.short") for c in counts.index]
    place = list(range(size))
    figure = figures.figure(
        t, x=figures.axis(t("landcover.series.confusion.said"), "", side="top", tickvals=place, ticktext=names,
                          range=[-0.5, size - 0.5], tickangle=-90, fixedrange=True),
        y=figures.axis(t("landcover.series.confusion.true"), "", tickvals=place, ticktext=names,
                       range=[size - 0.5, -0.5], showgrid=False, fixedrange=True),
        height=210 + 44 * size,
    )  # fmt: skip
    figure.add_heatmap(
        x=place, y=place, z=share, zmin=0, zmax=100, xgap=2, ygap=2, colorscale=figures.scale(), hoverinfo="skip",
        colorbar={"thickness": 10, "orientation": "h", "y": -0.02, "yanchor": "top",
                  "title": {"text": t("landcover.series.confusion.share"), "side": "bottom"}},
    )  # fmt: skip
    cells = [(i, j) for i in place for j in place]
    written = [
        "" if not number[i, j] else f"{number[i, j]}<br>{t.percent(share[i, j] / 100)}" if size <= ROOM
        else f"{number[i, j]}"
        for i, j in cells
    ]  # fmt: skip
    figure.add_scatter(
        x=[j for _, j in cells], y=[i for i, _ in cells], customdata=[i * size + j for i, j in cells],
        mode="markers+text", marker={"size": 40, "opacity": 0.01, "symbol": "square", "color": "#808080"},
        text=written,
        textfont={"size": 12, "color": ["#10171D" if share[i, j] > 55 else "#FDFDFD" for i, j in cells]},
        hovertext=[
            t("landcover.series.confusion.hover", true=names[i], said=names[j], n=int(number[i, j]),
              share=share[i, j] / 100)
            for i, j in cells
        ],
        hovertemplate="%{hovertext}<extra></extra>",
        selected={"marker": {"opacity": 0.01}}, unselected={"marker": {"opacity": 0.01}, "textfont": {}},
    )  # fmt: skip
    i, j = chosen
    top, bottom = (-0.5, size - 0.5) if i is None else (i - 0.5, i + 0.5)
    left, right = (-0.5, size - 0.5) if j is None else (j - 0.5, j + 0.5)
    figure.add_shape(
        type="rect", x0=left, x1=right, y0=top, y1=bottom, line={"color": figures.SEQUENCE[1], "width": 3}
    )
    figure.update_layout(clickmode="event+select")
    return figure


def bars(t: Words, state: State, table: pd.DataFrame) -> list[card.Bar]:
    """Return of each class the share that is found, with its interval, and how often its name is right."""
    rows = []
    for k, (_, row) in enumerate(table.iterrows()):
        n = int(row["n"])
        note = t("landcover.series.confusion.class_note", n=n, precision=float(row["precision"]))
        rows.append(
            card.Bar(
                state.class_name(t, k), float(row["recall"]), note=note, main=True,
                low=float(row["recall_low"]) if n else None, high=float(row["recall_high"]) if n else None,
            )
        )  # fmt: skip
    return rows


def reliability(t: Words, table: pd.DataFrame) -> go.Figure:
    """Return the share that is right against the certainty said, with the line on which both agree."""
    figure = figures.figure(
        t, x=figures.axis(t("landcover.series.confusion.certainty"), "%", range=[0, 103], fixedrange=True),
        y=figures.axis(t("landcover.series.confusion.right"), "%", range=[0, 103], fixedrange=True),
        height=260,
    )  # fmt: skip
    figure.add_scatter(
        x=[0, 100],
        y=[0, 100],
        mode="lines",
        line={"color": figures.BASELINE, "dash": "dot"},
        hoverinfo="skip",
    )
    n = table["n"].to_numpy()
    low, high = wilson(np.round(table["right"].to_numpy() * n), n)
    right = 100 * table["right"].to_numpy()
    figure.add_scatter(
        x=100 * table["confidence"], y=right, mode="lines+markers",
        line={"color": figures.ACCENT["landcover"]}, marker={"size": 8},
        error_y={"type": "data", "symmetric": False, "array": 100 * high - right, "arrayminus": right - 100 * low,
                 "thickness": 1.2, "width": 3, "color": "rgba(128,128,128,.9)"},
        text=[t("landcover.series.summary.n", n=int(n)) for n in table["n"]],
        hovertemplate="%{x:.0f} → %{y:.0f} % · %{text}<extra></extra>",
    )  # fmt: skip
    return figure
