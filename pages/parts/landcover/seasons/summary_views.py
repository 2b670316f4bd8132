"""Pictures of what told each class: bars of the months over the season, and months by bands."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
import xarray as xr

from pages.kit import figures
from pages.kit.words import Words
from pages.parts.landcover.seasons.state import State

#: For and against, as on the house's signed maps; readable on both grounds.
FOR, AGAINST = "#8073B5", "#D07A1E"
SEASON, TRUE = "rgba(63,138,58,.75)", "rgba(0,114,178,.16)"
#: Explanations in shares of probability: written in percentage points.
POINTS = ("occlusion", "month_shapley", "band_group_shapley")


@dataclass(frozen=True)
class Drawn:
    """What is drawn of a summary.

    Attributes:
        t: the reader's language.
        state: what is on the screen.
        name: of the explanation.
        made: its summary by class.
        season: (class, month) median NDVI.
        true: (class, month) bool, the months that truly tell; None where nobody knows.
    """

    t: Words
    state: State
    name: str
    made: xr.Dataset
    season: np.ndarray
    true: np.ndarray | None

    @property
    def factor(self) -> float:
        """Return what values are multiplied by before they are drawn."""
        return 100.0 if self.name in POINTS else 1.0

    @property
    def unit(self) -> str:
        """Return the unit of the values drawn."""
        kind = "points" if self.name in POINTS else self.name
        key = f"landcover.series.summary.units.{kind}"
        return self.t(key) if key in self.t else ""

    @property
    def months(self) -> list[str]:
        """Return the months in short, without a year: a class is not of one parcel's."""
        return [self.t(f"landcover.series.months.{m % 12 + 1}") for m in self.state.months.astype(int)]

    @property
    def span(self) -> tuple[float, float]:
        """Return the ends of the scale that all classes share."""
        drawn = [self.made[v].values for v in ("month_mean", "month_low", "month_high")]
        values = self.factor * np.concatenate([v[np.isfinite(v)] for v in drawn])
        low, high = min(float(values.min()), 0.0), max(float(values.max()), 0.0)
        room = 0.06 * ((high - low) or 1.0)
        return (low - room if low < 0 else 0.0, high + room)


def small(drawn: Drawn, k: int) -> go.Figure:
    """Return one class as one of many."""
    found = large(drawn, k, height=210)
    initials = [name[:1].upper() for name in drawn.months]
    found.update_layout(
        xaxis={"ticktext": initials, "title": {"font": {"size": 11}, "standoff": 2}},
        yaxis={"title": {"font": {"size": 11}}}, yaxis2={"title": {"text": ""}, "showticklabels": False},
        margin={"l": 4, "r": 4, "t": 6, "b": 4},
    )  # fmt: skip
    return found


def large(drawn: Drawn, k: int, *, height: int = 300) -> go.Figure:
    """Return the months of one class with their intervals, its median NDVI behind and the true months shaded."""
    t, made = drawn.t, drawn.made
    months = drawn.months
    place = list(range(len(months)))
    figure = figures.figure(
        t, x=figures.axis(t("landcover.series.summary.month"), "", tickvals=place, ticktext=months,
                          range=[-0.6, len(months) - 0.4], fixedrange=True),
        y=figures.axis(t("landcover.series.summary.importance"), drawn.unit, range=list(drawn.span),
                       zeroline=True, zerolinecolor="rgba(128,128,128,.6)", fixedrange=True),
        height=height,
        yaxis2={"overlaying": "y", "side": "right", "range": [-0.25, 1.02], "tickvals": [0, 0.5, 1],
                "showgrid": False, "zeroline": False, "fixedrange": True, "title": {"text": "NDVI"}},
    )  # fmt: skip
    for m in [] if drawn.true is None else np.flatnonzero(drawn.true[k]):
        figure.add_vrect(x0=m - 0.5, x1=m + 0.5, fillcolor=TRUE, line_width=0, layer="below")
    figure.add_scatter(
        x=place, y=drawn.season[k], yaxis="y2", mode="lines", line={"color": SEASON, "width": 2},
        hovertemplate="NDVI %{y:.2f}<extra></extra>",
    )  # fmt: skip
    mean, low, high = (drawn.factor * made[f"month_{v}"].values[k] for v in ("mean", "low", "high"))
    whisker = np.isfinite(low) & np.isfinite(high)
    figure.add_bar(
        x=place, y=mean, marker={"color": [FOR if v >= 0 else AGAINST for v in mean], "opacity": 0.85},
        error_y={"type": "data", "symmetric": False, "array": np.where(whisker, high - mean, 0),
                 "arrayminus": np.where(whisker, mean - low, 0), "thickness": 1.3, "width": 2,
                 "color": "rgba(110,110,110,.95)"},
        text=months, textposition="none", hovertemplate="%{text} : %{y:.2f}<extra></extra>",
    )  # fmt: skip
    return figure


def cells(drawn: Drawn, k: int) -> go.Figure:
    """Return the months and bands of one class, on the scale that all classes share."""
    t = drawn.t
    values = drawn.factor * drawn.made["mean"].values
    size = float(np.nanmax(np.abs(values))) or 1.0
    bands = [str(b) for b in drawn.made["band"].values]
    signed = bool(np.nanmin(values) < 0)
    figure = figures.figure(
        t, x=figures.axis(t("landcover.series.summary.month"), "", tickvals=list(range(values.shape[1])),
                          ticktext=drawn.months, fixedrange=True),
        y=figures.axis(t("landcover.series.summary.band"), "", autorange="reversed", showgrid=False,
                       fixedrange=True),
        height=300,
    )  # fmt: skip
    figure.add_heatmap(
        x=list(range(values.shape[1])), y=bands, z=values[k].T, zmin=-size if signed else 0, zmax=size,
        xgap=1, ygap=1, colorscale=figures.scale("signed" if signed else "sequential"),
        colorbar={"thickness": 10, "title": {"text": drawn.unit, "side": "right"}},
        text=[[f"{t(f'bands.{b}')}"] * values.shape[1] for b in bands],
        hovertemplate="%{y} (%{text}) : %{z:.2f}<extra></extra>",
    )  # fmt: skip
    return figure
