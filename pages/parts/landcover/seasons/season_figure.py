"""The season of a parcel and what two explanations say of it, on one axis of months."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go

from eogen.landcover.bands import GROUPS
from eogen.landcover.series.coalitions import groups_of
from pages.kit import figures
from pages.kit.words import Words
from pages.parts.landcover.seasons import explained, season_data
from pages.parts.landcover.seasons.explained import Side
from pages.parts.landcover.seasons.shapelet_marks import Mark
from pages.parts.landcover.seasons.state import State

#: Heights of rows and of the gap above each (its title), pixels.
CURVES, BARS, CELL, GAP, FOOT = 210, 105, 20, 30, 64
FOR, AGAINST = "#7B6BB5", "#CC7A1E"
#: The frame of what is truly evidence; the ground of a month that nobody saw.
TRUE, UNSEEN = "#009E73", "rgba(128,128,128,.16)"
COLOURS = (*figures.SEQUENCE[1:6], "#5B5B5B")


@dataclass
class _Row:
    """One strip of the figure: ``axis`` is its number in plotly."""

    kind: str
    height: int
    axis: int
    side: Side | None = None
    names: tuple[str, ...] = ()
    values: np.ndarray | None = None
    top: float = 0.0
    bottom: float = 0.0

    @property
    def y(self) -> str:
        return "y" if self.axis == 1 else f"y{self.axis}"


def picture(
    t: Words, state: State, sides: tuple[Side, Side], shown: list[str], marks: list[Mark]
) -> go.Figure:  # fmt: skip
    """Return the figure: greenness, reflectances, both explanations by month, and by band where they tell them."""
    rows = _rows(state, sides, shown)
    height = sum(row.height + GAP for row in rows) + FOOT
    _stack(rows, height)
    months = state.month_names(t)
    count = len(months)
    x = figures.axis(
        t("landcover.series.season.month"), "", tickvals=list(range(count)), ticktext=months,
        range=[-0.6, count - 0.4], anchor=rows[-1].y,
    )  # fmt: skip
    axes = {_named(row): _axis(t, row, sides) for row in rows}
    figure = figures.figure(
        t, x=x, y=axes.pop("yaxis"), height=height, margin={"l": 8, "r": 12, "t": 8, "b": 8}, barmode="relative",
        hovermode="closest", **axes,
    )  # fmt: skip
    figure.update_yaxes(automargin=True)
    top = 100 * max((float(np.abs(row.values).max()) for row in rows if row.values is not None), default=0.01)
    figure.update_layout(
        coloraxis={"colorscale": figures.scale("signed"), "cmin": -top, "cmax": top, "showscale": False}
    )
    for row in rows:
        _title(t, figure, row)
    _unseen(figure, state, rows)
    _season(t, state, figure, rows[0], marks)
    if rows[1].kind == "bands":
        _bands(t, state, figure, rows[1], shown)
    for row in rows:
        if row.kind == "bars":
            _bars(t, figure, row, months)
        elif row.kind == "cells":
            _cells(t, figure, row, months)
    if (true := season_data.truth(state)) is not None:
        _frame(figure, rows, true, state.model.bands)
    return figure


def _rows(state: State, sides: tuple[Side, Side], shown: list[str]) -> list[_Row]:
    """Return the strips from the top down: each explanation's bars, then its bands."""
    rows = [_Row("season", CURVES, 1)]
    if shown:
        rows.append(_Row("bands", int(CURVES * 0.75), 2))
    for side in sides:
        rows.append(_Row("bars", BARS, len(rows) + 1, side))
    for side in sides:
        if (cells := side.cells(state.model.bands)) is not None:
            rows.append(_Row("cells", CELL * len(cells[0]), len(rows) + 1, side, *cells))
    return rows


def _stack(rows: list[_Row], height: int) -> None:
    drawn = height - FOOT
    at = 0.0
    for row in rows:
        row.top = 1 - (at + GAP) / drawn
        row.bottom = max(1 - (at + GAP + row.height) / drawn, 0.0)
        at += GAP + row.height


def _named(row: _Row) -> str:
    return "yaxis" if row.axis == 1 else f"yaxis{row.axis}"


def _axis(t: Words, row: _Row, sides: tuple[Side, Side]) -> dict[str, Any]:
    """Return the axis of a strip; both explanations share the scale of their bars."""
    common = {"domain": [row.bottom, row.top], "anchor": "x", "zeroline": False, "title": {"standoff": 4}}
    if row.kind == "season":
        made = figures.axis(t("landcover.series.season.ndvi"), "", range=[-0.25, 1.02], tickvals=[0, 0.5, 1])
    elif row.kind == "bands":
        made = figures.axis(t("landcover.series.season.reflectance"), "%", rangemode="tozero", nticks=4)
    elif row.kind == "bars":
        top = 110 * max(max(np.abs(side.share).max() for side in sides), 0.01)
        low = -top if any((side.share < 0).any() for side in sides) else 0
        made = figures.axis(t("landcover.series.season.share"), "%", range=[low, top], nticks=4)
    else:
        made = figures.axis(
            t("landcover.series.season.bands"), "", tickvals=list(range(len(row.names))),
            ticktext=[_band(t, name) for name in row.names], autorange="reversed", showgrid=False,
        )  # fmt: skip
    made["title"] = {**made["title"], **common.pop("title")}
    grid = {"showgrid": row.kind != "cells", "gridcolor": "rgba(128,128,128,.22)"}
    return {**grid, **common, **made}


def _band(t: Words, name: str) -> str:
    return t(f"landcover.series.season.groups.{name}") if name in GROUPS else name


def _title(t: Words, figure: go.Figure, row: _Row) -> None:
    """Write what a strip shows, above it on the left."""
    if row.side is not None:
        name = explained.title(t, row.side.name)
        said = name if row.kind == "bars" else t("landcover.series.season.by_band", name=name)
    else:
        said = t(f"landcover.series.season.rows.{row.kind}")
    figure.add_annotation(
        text=f"<b>{said}</b>", x=0, xref="paper", y=row.top, yref="paper", xanchor="left", yanchor="bottom",
        showarrow=False, font={"size": 13},
    )  # fmt: skip


def _unseen(figure: go.Figure, state: State, rows: list[_Row]) -> None:
    """Grey the months that nobody saw."""
    for k in np.flatnonzero(~np.isfinite(state.series).any(1)):
        figure.add_shape(
            type="rect", xref="x", yref="paper", x0=k - 0.5, x1=k + 0.5, y0=rows[-1].bottom, y1=rows[0].top,
            fillcolor=UNSEEN, line_width=0, layer="below",
        )  # fmt: skip


def _season(t: Words, state: State, figure: go.Figure, row: _Row, marks: list[Mark]) -> None:
    """Draw the usual season, the greenness, the shapelets and the dates seen."""
    _usual(t, state, figure, row, "ndvi", figures.BASELINE, 0.25)
    own = season_data.curve(state.series, state.model.bands, "ndvi")
    months = state.month_names(t)
    figure.add_scatter(
        x=list(range(len(own))), y=own, mode="lines+markers", yaxis=row.y, showlegend=False,
        name=t("landcover.series.season.this"), line={"color": figures.ACCENT["landcover"], "width": 3},
        marker={"size": 7}, customdata=months, hovertemplate="%{customdata} : %{y:.2f}",
    )  # fmt: skip
    for mark in marks:
        figure.add_scatter(
            x=mark.months, y=mark.ndvi, mode="lines", yaxis=row.y, showlegend=False, name=mark.name,
            line={"color": FOR if mark.word > 0 else AGAINST, "width": 7}, opacity=0.55,
            hovertemplate=mark.name + "<extra></extra>",
        )  # fmt: skip
    seen = state.held["seen"].values[state.row] if "seen" in state.held else None
    if seen is not None:
        figure.add_scatter(
            x=list(range(len(own))), y=[-0.16] * len(own), mode="text", text=[str(int(n)) for n in seen], yaxis=row.y,
            textfont={"size": 11}, showlegend=False, name=t("landcover.series.season.seen"),
            customdata=months, hovertemplate="%{customdata} : %{text}",
        )  # fmt: skip


def _usual(
    t: Words, state: State, figure: go.Figure, row: _Row, name: str, colour: str, opacity: float, factor: float = 1.0
) -> None:  # fmt: skip
    """Draw the middle part of the parcels of the class as a ribbon, its median as a dotted line."""
    low, middle, high = factor * season_data.usual_of(state, name)
    x = np.arange(len(middle))
    if not np.isfinite(middle).any():
        return
    known = np.isfinite(middle)
    red, green, blue = (int(colour[k : k + 2], 16) for k in (1, 3, 5))
    figure.add_scatter(
        x=np.concatenate([x[known], x[known][::-1]]), y=np.concatenate([high[known], low[known][::-1]]),
        fill="toself", fillcolor=f"rgba({red},{green},{blue},{opacity})", line={"width": 0}, mode="lines",
        hoverinfo="skip", yaxis=row.y, showlegend=False,
    )  # fmt: skip
    figure.add_scatter(
        x=x, y=middle, mode="lines", line={"color": colour, "width": 1.5, "dash": "dot"}, yaxis=row.y,
        showlegend=False, hoverinfo="skip", name=t("landcover.series.season.usual"),
    )  # fmt: skip


def _bands(t: Words, state: State, figure: go.Figure, row: _Row, shown: list[str]) -> None:
    """Draw reflectances with their names at the end of the curve."""
    months = state.month_names(t)
    for name, colour in zip(shown, COLOURS, strict=False):
        _usual(t, state, figure, row, name, colour, 0.12, 100)
        own = 100 * season_data.curve(state.series, state.model.bands, name)
        figure.add_scatter(
            x=list(range(len(own))), y=own, mode="lines+markers", yaxis=row.y, name=_band(t, name), showlegend=False,
            line={"color": colour, "width": 2}, marker={"size": 5}, customdata=months,
            hovertemplate="%{customdata} : %{y:.1f} %",
        )  # fmt: skip
    said = "  ".join(
        f'<span style="color:{colour}">●</span> {_band(t, name)}'
        for name, colour in zip(shown, COLOURS, strict=False)
    )
    figure.add_annotation(
        text=said, x=1, xref="paper", y=row.top, yref="paper", xanchor="right", yanchor="bottom", showarrow=False,
        font={"size": 12},
    )  # fmt: skip


def _bars(t: Words, figure: go.Figure, row: _Row, months: list[str]) -> None:
    """Draw what an explanation says of each month: violet speaks for the class, orange against."""
    side = row.side
    assert side is not None
    share = 100 * side.share
    said = [explained.written(t, side.name, float(v)) for v in side.by_month]
    figure.add_bar(
        x=list(range(len(share))), y=share, yaxis=row.y, showlegend=False, name=explained.title(t, side.name),
        marker={"color": [FOR if v >= 0 else AGAINST for v in share], "line": {"width": 0}}, width=0.7,
        customdata=list(zip(months, said, strict=True)),
        hovertemplate="%{customdata[0]} : %{customdata[1]}<extra></extra>",
    )  # fmt: skip
    figure.add_shape(
        type="line", xref="paper", x0=0, x1=1, yref=row.y, y0=0, y1=0,
        line={"color": "rgba(128,128,128,.8)", "width": 1},
    )  # fmt: skip


def _cells(t: Words, figure: go.Figure, row: _Row, months: list[str]) -> None:
    """Draw what an explanation says of each month and band."""
    assert row.values is not None
    said = [[[month, _band(t, name)] for month in months] for name in row.names]
    figure.add_heatmap(
        x=list(range(len(months))), y=list(range(len(row.names))), z=100 * row.values, coloraxis="coloraxis",
        yaxis=row.y, xgap=1, ygap=1, customdata=said, showlegend=False,
        hovertemplate="%{customdata[0]} · %{customdata[1]} : %{z:.1f} %<extra></extra>",
    )  # fmt: skip


def _frame(figure: go.Figure, rows: list[_Row], true: np.ndarray, bands: tuple[str, ...]) -> None:
    """Frame the months, and the cells, that truly tell the class apart."""
    line = {"color": TRUE, "width": 2}
    for start, end in runs(true.any(1)):
        for row in rows:
            if row.kind in ("season", "bars"):
                figure.add_shape(
                    type="rect", xref="x", yref="paper", x0=start - 0.48, x1=end - 0.52, y0=row.bottom, y1=row.top,
                    line=line,
                )  # fmt: skip
    for row in rows:
        if row.kind != "cells":
            continue
        right = true.T if row.names == bands else grouped(true, bands).T
        for k, m in np.argwhere(right):
            figure.add_shape(
                type="rect", xref="x", yref=row.y, x0=m - 0.48, x1=m + 0.48, y0=k - 0.46, y1=k + 0.46, line=line
            )


def grouped(true: np.ndarray, bands: tuple[str, ...]) -> np.ndarray:
    """Return which (month, group) hold a true band of (month, band)."""
    names, group = groups_of(bands)
    return np.stack([true[:, group == k].any(1) for k in range(len(names))], 1)


def runs(marked: np.ndarray) -> list[tuple[int, int]]:
    """Return (first, last + 1) of each unbroken run of what is marked (month,)."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], np.asarray(marked, int), [0]])))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))
