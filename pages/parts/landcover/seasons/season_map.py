"""Where the parcels lie: a point each, in the colour of its class; a click opens the parcel."""

from __future__ import annotations

from functools import partial

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from pages.kit import figures
from pages.kit.maps.folium_map import europe
from pages.kit.words import Words
from pages.parts.landcover.seasons import compute, season_data
from pages.parts.landcover.seasons.colours import UNKNOWN, colours
from pages.parts.landcover.seasons.state import State

#: Degrees around the parcels, in parts of their extent.
MARGIN = 0.06


def show(t: Words, state: State) -> None:
    """Draw the map; a click on a point puts its parcel in the address."""
    if not {"lon", "lat"} <= set(state.held) or not np.isfinite(state.held["lon"].values).any():
        st.caption(t("landcover.series.season.map.none"))
        return
    key = f"season_map_{state.source}_{state.method}"
    answer = season_data.answers(state).argmax(1)
    figures.show(
        figures.kept(
            ("season_map", state.key[:3], compute.stamp(state.held["reflectance"].values), state.row, t.lang),
            lambda: picture(t, state, answer),
        ),
        key=key, alt=t("landcover.series.season.map.alt", count=len(answer)),
        on_select=partial(touched, key), selection_mode="points", expert=True,
    )  # fmt: skip
    label = state.held["label"].values if "label" in state.held else np.full(len(answer), -1)
    known = label >= 0
    if known.any():
        st.caption(
            t("landcover.series.season.map.right", right=int((answer == label)[known].sum()), count=int(known.sum()))
        )  # fmt: skip


def touched(key: str) -> None:
    """Open the parcel that was touched."""
    chart = st.session_state.get(key)
    points = chart["selection"]["points"] if chart else []
    row = next((p["customdata"] for p in points if p.get("customdata") is not None), None)
    if row is not None:
        st.session_state["parcel"] = int(row[0] if isinstance(row, (list, tuple)) else row) + 1


def picture(t: Words, state: State, answer: np.ndarray) -> go.Figure:
    """Return the points: discs where the model is right, crosses where it is wrong, a ring around the one shown."""
    lon, lat = state.held["lon"].values, state.held["lat"].values
    label = state.held["label"].values if "label" in state.held else np.full(len(answer), -1)
    north, south = np.nanmax(lat), np.nanmin(lat)
    squeeze = float(1 / np.cos(np.deg2rad((north + south) / 2)))
    simulated = state.source == "territory"
    figure = figures.figure(
        t,
        x=figures.axis(t("landcover.series.season.map.lon"), "°", range=_around(lon), nticks=4),
        y=figures.axis(
            t("landcover.series.season.map.lat"), "°", range=_around(lat), nticks=6, scaleanchor="x",
            scaleratio=squeeze,
        ),
        height=330,
        hovermode="closest",
    )  # fmt: skip
    if not simulated:
        _outline(figure)
    shade = [*colours(state.classes), UNKNOWN]
    for right in (True, False):
        rows = np.flatnonzero((answer == label) == right)
        said = [
            t(
                "landcover.series.season.map.point", parcel=int(k) + 1, true=state.class_name(t, int(label[k])),
                said=state.class_name(t, int(answer[k])),
            )
            for k in rows
        ]  # fmt: skip
        figure.add_scatter(
            x=lon[rows], y=lat[rows], mode="markers", customdata=rows, text=said, showlegend=False,
            name=t(f"landcover.series.season.map.{'good' if right else 'bad'}"),
            hovertemplate="%{text}<extra></extra>",
            marker={
                "color": [shade[label[k]] for k in rows], "size": 8 if right else 10,
                "symbol": "circle" if right else "x", "line": {"color": "rgba(70,70,70,.9)", "width": 1},
            },
            selected={"marker": {"opacity": 1}}, unselected={"marker": {"opacity": 1}},
        )  # fmt: skip
    figure.add_scatter(
        x=[lon[state.row]], y=[lat[state.row]], mode="markers", hoverinfo="skip", showlegend=False,
        marker={"symbol": "circle-open", "size": 18, "color": "#D55E00", "line": {"width": 3}},
        unselected={"marker": {"opacity": 1}},
    )  # fmt: skip
    return figure


def legend(t: Words, state: State) -> list[tuple[str, str]]:
    """Return (colour, name) of the classes, in their order."""
    return [
        (colour, state.class_name(t, k)) for k, colour in enumerate(colours(state.classes))
    ]  # fmt: skip


def _around(values: np.ndarray) -> list[float]:
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    gap = max((high - low) * MARGIN, 0.02)
    return [low - gap, high + gap]


def _outline(figure: go.Figure) -> None:
    """Draw the coasts and borders of Natural Earth 1:110m, where they cross the picture."""
    for feature in europe()["features"]:
        geometry = feature["geometry"]
        parts = geometry["coordinates"] if geometry["type"] == "MultiPolygon" else [geometry["coordinates"]]
        for part in parts:
            x, y = (
                zip(*part[0], strict=False)
                if len(part[0][0]) == 2
                else zip(*[p[:2] for p in part[0]], strict=True)
            )
            figure.add_scatter(
                x=x, y=y, mode="lines", line={"color": "rgba(128,128,128,.7)", "width": 1}, hoverinfo="skip",
                showlegend=False,
            )  # fmt: skip
