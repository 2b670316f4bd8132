"""The season of a parcel and what two explanations say of it, on one axis of months."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go

from eogen.landcover.series.coalitions import groups_of
from pages.kit import figures
from pages.kit.words import Words
from pages.parts.landcover.seasons import explained, season_data
from pages.parts.landcover.seasons import season_strips as strips
from pages.parts.landcover.seasons.explained import Side
from pages.parts.landcover.seasons.season_strips import GAP, Row
from pages.parts.landcover.seasons.shapelet_marks import Mark
from pages.parts.landcover.seasons.state import State

#: Heights of rows and of the gap above each (its title), pixels.
CURVES, BARS, CELL, FOOT = 210, 105, 20, 64
#: The frame of what is truly evidence; the ground of a month that nobody saw.
TRUE, UNSEEN = "#009E73", "rgba(128,128,128,.16)"
#: The line at nothing said.
ZERO = {
    "type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": 0, "y1": 0,
    "line": {"color": "rgba(128,128,128,.8)", "width": 1},
}  # fmt: skip


def picture(
    t: Words, state: State, sides: tuple[Side, Side], shown: list[str], marks: list[Mark]
) -> go.Figure:  # fmt: skip
    """Return the figure: greenness, reflectances, both explanations by month, and by band where they tell them."""
    rows = _rows(state, sides, shown)
    height = sum(row.height + row.gap for row in rows) + FOOT
    _stack(rows, height)
    months = state.month_names(t)
    count = len(months)
    x = figures.axis(
        t("landcover.series.season.month"), "", tickvals=list(range(count)), ticktext=months,
        range=[-0.6, count - 0.4], anchor=rows[-1].y,
    )  # fmt: skip
    rows[0].low = strips.lowest(state)
    axes = {_named(row): _axis(t, row, sides) for row in rows}
    figure = figures.figure(
        t, x=x, y=axes.pop("yaxis"), height=height, margin={"l": 8, "r": 12, "t": 8, "b": 8}, barmode="relative",
        hovermode="closest", **axes,
    )  # fmt: skip
    top = 100 * max((float(np.abs(row.values).max()) for row in rows if row.values is not None), default=0.01)
    figure.update_layout(
        coloraxis={"colorscale": figures.scale("signed"), "cmin": -top, "cmax": top, "showscale": False}
    )
    shapes = _unseen(state, rows)
    strips.season(t, state, figure, rows[0], marks)
    if rows[1].kind == "bands":
        strips.bands(t, state, figure, rows[1], shown)
    for row in rows:
        if row.kind == "bars":
            strips.bars(t, figure, row, months)
            shapes.append(ZERO | {"yref": row.y})
        elif row.kind == "cells":
            strips.cells(t, figure, row, months)
    if (true := season_data.truth(state)) is not None:
        shapes += _frame(rows, true, state.model.bands)
    # All at once: plotly checks the whole list again at every shape that is added.
    names = [_legend(t, row, shown) if row.kind == "bands" else _title(t, row) for row in rows]
    return figure.update_layout(shapes=shapes, annotations=names)


def _rows(state: State, sides: tuple[Side, Side], shown: list[str]) -> list[Row]:
    """Return the strips from the top down: each explanation's bars, then its bands."""
    rows = [Row("season", CURVES, 1)]
    if shown:
        rows.append(Row("bands", int(CURVES * 0.75), 2, gap=GAP * -(-len(shown) // 2)))
    for side in sides:
        rows.append(Row("bars", BARS, len(rows) + 1, side))
    for side in sides:
        if (cells := side.cells(state.model.bands)) is not None:
            rows.append(Row("cells", CELL * len(cells[0]), len(rows) + 1, side, *cells))
    return rows


def _stack(rows: list[Row], height: int) -> None:
    drawn = height - FOOT
    at = 0.0
    for row in rows:
        row.top = 1 - (at + row.gap) / drawn
        row.bottom = max(1 - (at + row.gap + row.height) / drawn, 0.0)
        at += row.gap + row.height


def _named(row: Row) -> str:
    return "yaxis" if row.axis == 1 else f"yaxis{row.axis}"


def _axis(t: Words, row: Row, sides: tuple[Side, Side]) -> dict[str, Any]:
    """Return the axis of a strip; both explanations share the scale of their bars."""
    common = {
        "automargin": True,
        "domain": [row.bottom, row.top],
        "anchor": "x",
        "zeroline": False,
        "title": {"standoff": 4},
    }
    if row.kind == "season":
        made = figures.axis(
            t("landcover.series.season.ndvi"), "", range=[row.low, 1.02], tickvals=[-1, -0.5, 0, 0.5, 1]
        )
    elif row.kind == "bands":
        made = figures.axis(t("landcover.series.season.reflectance"), "%", rangemode="tozero", nticks=4)
    elif row.kind == "bars":
        top = 110 * max(max(np.abs(side.share).max() for side in sides), 0.01)
        low = -top if any((side.share < 0).any() for side in sides) else 0
        made = figures.axis(t("landcover.series.season.share"), "%", range=[low, top], nticks=4)
    else:
        made = figures.axis(
            t("landcover.series.season.bands"), "", tickvals=list(range(len(row.names))),
            ticktext=[strips.band(t, name) for name in row.names], autorange="reversed", showgrid=False,
        )  # fmt: skip
    made["title"] = {**made["title"], **common.pop("title")}
    grid = {"showgrid": row.kind != "cells", "gridcolor": "rgba(128,128,128,.22)"}
    return {**grid, **common, **made}


def _title(t: Words, row: Row) -> dict[str, Any]:
    """Return the name of what a strip shows, above it on the left."""
    if row.side is None:
        return _text(f"<b>{t('landcover.series.season.rows.season')}</b>", row, "left", 13)
    name = explained.title(t, row.side.name)
    plain = row.kind == "bars" or row.side.name in explained.GROUPED
    said = name if plain else t("landcover.series.season.by_band", name=name)
    return _text(f"<b>{said}</b>", row, "left", 13)


def _text(text: str, row: Row, side: str, size: int) -> dict[str, Any]:
    return {
        "text": text, "x": 0 if side == "left" else 1, "xref": "paper", "y": row.top, "yref": "paper",
        "xanchor": side, "yanchor": "bottom", "showarrow": False, "font": {"size": size},
    }  # fmt: skip


def _legend(t: Words, row: Row, shown: list[str]) -> dict[str, Any]:
    """Return the names of the curves of reflectance, in their colours, two on a line."""
    said = [
        f'<span style="color:{colour}">●</span> {strips.band(t, name)}'
        for name, colour in zip(shown, strips.COLOURS, strict=False)
    ]
    return _text("<br>".join("  ".join(said[k : k + 2]) for k in range(0, len(said), 2)), row, "left", 13)


def _unseen(state: State, rows: list[Row]) -> list[dict[str, Any]]:
    """Return grey grounds for the months that nobody saw."""
    return [
        {
            "type": "rect", "xref": "x", "yref": "paper", "x0": k - 0.5, "x1": k + 0.5, "y0": rows[-1].bottom,
            "y1": rows[0].top, "fillcolor": UNSEEN, "line": {"width": 0}, "layer": "below",
        }
        for k in np.flatnonzero(~np.isfinite(state.series).any(1)).tolist()
    ]  # fmt: skip


def _frame(rows: list[Row], true: np.ndarray, bands: tuple[str, ...]) -> list[dict[str, Any]]:
    """Return frames around the months, and the cells, that truly tell the class apart."""
    found = []
    for row in rows:
        if row.kind in ("season", "bars"):
            boxes = [(start - 0.48, end - 0.52, row.bottom, row.top) for start, end in runs(true.any(1))]
        elif row.kind == "cells":
            right = true.T if row.names == bands else grouped(true, bands).T
            boxes = [(m - 0.48, m + 0.48, k - 0.46, k + 0.46) for k, m in np.argwhere(right).tolist()]
        else:
            boxes = []
        found += [
            {
                "type": "rect", "xref": "x", "yref": row.y if row.kind == "cells" else "paper", "x0": x0, "x1": x1,
                "y0": y0, "y1": y1, "line": {"color": TRUE, "width": 2},
            }
            for x0, x1, y0, y1 in boxes
        ]  # fmt: skip
    return found


def grouped(true: np.ndarray, bands: tuple[str, ...]) -> np.ndarray:
    """Return which (month, group) hold a true band of (month, band)."""
    names, group = groups_of(bands)
    return np.stack([true[:, group == k].any(1) for k in range(len(names))], 1)


def runs(marked: np.ndarray) -> list[tuple[int, int]]:
    """Return (first, last + 1) of each unbroken run of what is marked (month,)."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], np.asarray(marked, int), [0]])))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))
