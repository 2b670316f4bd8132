"""A map as a figure: values under the pointer, colours with units, land grey, the rim of what was filled drawn."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
import xarray as xr

from eogen.colour import Scale
from pages.kit import figures
from pages.kit.words import Words
from pages.parts.ocean import shades, tiles

#: Cells a side sent to the browser at most; larger regions are drawn every second, third … cell.
MOST = 200
#: Colour of the rim, the same as on the small pictures, and of land.
RIM, LAND = "#D55E00", "rgba(128,128,128,.55)"


def fieldmap(
    t: Words,
    values: np.ndarray,
    grid: xr.DataArray,
    scale: Scale,
    *,
    title: str,
    unit: str,
    filled: np.ndarray | None = None,
    at: tuple[int, int] | None = None,
    height: int = 420,
) -> go.Figure:
    """Return the map of ``values``.

    Args:
        t: the reader's language.
        values: (lat, lon), as read on the page, in ``unit``.
        grid: anything on the grid, with the coordinate ``sea``.
        scale: colours.
        title: of the colour bar, in the reader's language.
        unit: of the values.
        filled: (lat, lon) bool: what was not observed.
        at: (row, column) of a marked cell.
        height: pixels.
    """
    step = max(-(-max(values.shape) // MOST), 1)
    sea = grid.sea.values[::step, ::step]
    lat, lon = grid.lat.values[::step], grid.lon.values[::step]
    seen = np.where(sea, values[::step, ::step], np.nan)
    ends = [scale.low, scale.high]
    low, high = np.log10(ends) if scale.log else ends
    ratio = 1 / max(float(np.cos(np.deg2rad(lat.mean()))), 0.05)
    figure = figures.figure(
        t,
        x=figures.axis(
            t("ocean.common.longitude"), "°E", showgrid=False, constrain="domain", constraintoward="left", nticks=5
        ),
        y=figures.axis(
            t("ocean.common.latitude"), "°N", showgrid=False, scaleanchor="x", scaleratio=ratio, constrain="domain",
            constraintoward="top", nticks=5,
        ),
        height=height,
        margin={"l": 8, "r": 12, "t": 8, "b": 104},
    )  # fmt: skip
    if not sea.all():
        land = np.where(sea, np.nan, 1.0).astype(np.float32)
        figure.add_heatmap(
            z=land, x=lon, y=lat, colorscale=[[0, LAND], [1, LAND]], showscale=False, hoverinfo="skip"
        )
    said = f" {unit}" if unit else ""
    figure.add_heatmap(
        z=shades.height_of(scale, seen).astype(np.float32), x=lon, y=lat, zmin=low, zmax=high,
        colorscale=[[k / 16, c] for k, c in enumerate(scale.hex_colours(17))],
        customdata=seen.astype(np.float32), colorbar=shades.colour_bar(t, scale, title, unit),
        hovertemplate=f"%{{y:.2f}} °N, %{{x:.2f}} °E<br><b>%{{customdata:.3~g}}{said}</b><extra></extra>",
    )  # fmt: skip
    if filled is not None:
        _rim(figure, filled[::step, ::step] & sea, lat, lon)
    if at is not None:
        figure.add_scatter(
            x=[float(grid.lon[at[1]])], y=[float(grid.lat[at[0]])], mode="markers", hoverinfo="skip",
            marker={"symbol": "circle-open", "size": 15, "color": RIM, "line": {"width": 3}}, showlegend=False,
        )  # fmt: skip
    return figure


def _rim(figure: go.Figure, inside: np.ndarray, lat: np.ndarray, lon: np.ndarray) -> None:
    """Draw the line around the cells that were filled."""
    inside = tiles.holes(inside)
    if not inside.any() or inside.all():
        return
    figure.add_contour(
        z=inside.astype(np.float32), x=lon, y=lat, contours={"start": 0.5, "end": 0.5, "size": 1, "coloring": "none"},
        line={"color": RIM, "width": 1, "smoothing": 0}, showscale=False, hoverinfo="skip",
    )  # fmt: skip


def touchable(figure: go.Figure, grid: xr.DataArray, most: int = 48) -> go.Figure:
    """Add invisible points, so that a place on the map can be chosen: Streamlit hears points, not cells.

    Their ``customdata`` is the cell's number, row by row. The cells give up their own labels: under the pointer plotly
    would find them first.
    """
    for trace in figure.data:
        if trace.type == "heatmap":
            trace.update(hoverinfo="skip", hovertemplate=None)
    rows = np.arange(0, grid.sizes["lat"], max(-(-grid.sizes["lat"] // most), 1))
    columns = np.arange(0, grid.sizes["lon"], max(-(-grid.sizes["lon"] // most), 1))
    r, c = (a.ravel() for a in np.meshgrid(rows, columns, indexing="ij"))
    there = grid.sea.values[r, c]
    r, c = r[there], c[there]
    figure.add_scatter(
        x=grid.lon.values[c],
        y=grid.lat.values[r],
        mode="markers",
        showlegend=False,
        customdata=(r * grid.sizes["lon"] + c).tolist(),
        hovertemplate="%{y:.2f} °N, %{x:.2f} °E<extra></extra>",
        marker={"size": 10, "opacity": 0.01, "color": RIM},
        selected={"marker": {"opacity": 0.01}},
        unselected={"marker": {"opacity": 0.01}},
    )
    return figure.update_layout(clickmode="event+select", dragmode=False, hovermode="closest")
