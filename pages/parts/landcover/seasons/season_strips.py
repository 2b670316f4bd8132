"""The strips of the figure of the season: greenness, reflectances, what explanations say by month and by band."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from eogen.landcover.bands import GROUPS
from pages.kit import figures
from pages.kit.words import Words
from pages.parts.landcover.seasons import explained, season_data
from pages.parts.landcover.seasons.explained import Side
from pages.parts.landcover.seasons.shapelet_marks import Mark
from pages.parts.landcover.seasons.state import State

#: Above each strip, for its name, pixels.
GAP = 30
#: What speaks for the class, and against it; readable on both grounds.
FOR, AGAINST = "#7B6BB5", "#CC7A1E"
#: Of the curves of reflectance, in order.
COLOURS = (*figures.SEQUENCE[1:6], "#5B5B5B")


@dataclass
class Row:
    """One strip of the figure.

    Attributes:
        kind: ``"season"``, ``"bands"``, ``"bars"`` or ``"cells"``.
        height: pixels.
        axis: number of its vertical axis in plotly, from 1.
        side: the explanation of bars and cells.
        names: of the rows of cells.
        values: (row, month) signed parts of all that is said, of cells.
        top, bottom: ends of the strip, parts of the figure's height.
        gap: pixels above, for its name.
        low: where the axis of greenness begins.
    """

    kind: str
    height: int
    axis: int
    side: Side | None = None
    names: tuple[str, ...] = ()
    values: np.ndarray | None = None
    top: float = 0.0
    bottom: float = 0.0
    gap: int = GAP
    low: float = -0.25

    @property
    def y(self) -> str:
        """Return what traces call the axis."""
        return "y" if self.axis == 1 else f"y{self.axis}"


def lowest(state: State) -> float:
    """Return where the axis of greenness begins: below the curve and what is usual, with room for a line of figures."""
    own = season_data.curve(state.series, state.model.bands, "ndvi")
    known = np.concatenate([own, season_data.usual_of(state, "ndvi")[0], [0.0]])
    return float(min(np.nanmin(known), 0.0)) - 0.25


def band(t: Words, name: str) -> str:
    """Return how a spectral group is called; a band by its own name."""
    return t(f"landcover.series.season.groups.{name}") if name in GROUPS else name


def season(t: Words, state: State, figure: go.Figure, row: Row, marks: list[Mark]) -> None:
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
            x=list(range(len(own))), y=[row.low + 0.07] * len(own), mode="text", text=[str(int(n)) for n in seen],
            yaxis=row.y, textfont={"size": 11}, showlegend=False, name=t("landcover.series.season.seen"),
            customdata=months, hovertemplate="%{customdata} : %{text}",
        )  # fmt: skip


def _usual(
    t: Words, state: State, figure: go.Figure, row: Row, name: str, colour: str, opacity: float, factor: float = 1.0
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


def bands(t: Words, state: State, figure: go.Figure, row: Row, shown: list[str]) -> None:
    """Draw reflectances with their names at the end of the curve."""
    months = state.month_names(t)
    for name, colour in zip(shown, COLOURS, strict=False):
        _usual(t, state, figure, row, name, colour, 0.12, 100)
        own = 100 * season_data.curve(state.series, state.model.bands, name)
        figure.add_scatter(
            x=list(range(len(own))), y=own, mode="lines+markers", yaxis=row.y, name=band(t, name), showlegend=False,
            line={"color": colour, "width": 2}, marker={"size": 5}, customdata=months,
            hovertemplate="%{customdata} : %{y:.1f} %",
        )  # fmt: skip


def bars(t: Words, figure: go.Figure, row: Row, months: list[str]) -> None:
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


def cells(t: Words, figure: go.Figure, row: Row, months: list[str]) -> None:
    """Draw what an explanation says of each month and band."""
    assert row.values is not None
    said = [[[month, band(t, name)] for month in months] for name in row.names]
    figure.add_heatmap(
        x=list(range(len(months))), y=list(range(len(row.names))), z=100 * row.values, coloraxis="coloraxis",
        yaxis=row.y, xgap=1, ygap=1, customdata=said, showlegend=False,
        hovertemplate="%{customdata[0]} · %{customdata[1]} : %{z:.1f} %<extra></extra>",
    )  # fmt: skip
