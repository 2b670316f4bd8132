"""The table of the fractions skill score as a picture: scale by threshold, what is useful, what is too rare."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import xarray as xr

from eogen.errors import InputError
from eogen.rain.scores_fss import EVENTS, WIDTHS_KM, fss_table, window_pixels
from pages.kit import figures
from pages.kit.words import Words


def widths(maps: xr.DataArray) -> list[float]:
    """Return the widths (km) of windows that the maps can hold."""
    found = []
    for width in WIDTHS_KM:
        try:
            window_pixels(maps, width)
        except InputError:
            break  # wider ones hold no better
        found.append(width)
    return found


def table(imerg: xr.DataArray, radar: xr.DataArray) -> xr.Dataset:
    """Return :func:`eogen.rain.scores_fss.fss_table` with ``raw``: the scores of rare events too, for the file.

    Raises:
        InputError: those of it.
    """
    held = fss_table(imerg, radar, EVENTS, widths(imerg), least=0.0)
    shown = fss_table(imerg, radar, EVENTS, widths(imerg))
    return shown.assign(raw=held["fss"])


def picture(t: Words, found: xr.Dataset) -> go.Figure:
    """Return the heat map: the score in each cell, ✓ where it is useful, words where the event is too rare."""
    fss = found["fss"].transpose("window_km", "event").values
    useful = found["useful"].values
    events = [f"≥ {t.number(float(e))}" for e in found["event"].values]
    scales = [t.number(float(w)) for w in found["window_km"].values]
    said = [
        [
            t("rain.fss.rare")
            if np.isnan(value)
            else f"{t.number(float(value), 2)}{' ✓' if value >= useful[k] else ''}"
            for k, value in enumerate(row)
        ]
        for row in fss
    ]
    # Places, not names: a width such as "10" would be taken for a number of the axis.
    at = [list(range(len(events))), list(range(len(scales)))]
    named = lambda where, text: {"tickvals": where, "ticktext": text, "range": [-0.5, len(where) - 0.5]}
    figure = figures.figure(
        t, x=figures.axis(t("rain.fss.event"), "mm/h", **named(at[0], events)),
        y=figures.axis(t("rain.fss.scale"), "km", showgrid=False, **named(at[1], scales)),
        height=90 + 62 * len(scales),
    )  # fmt: skip
    # What is too rare has a colour of its own: an empty cell would look like a fault of the page.
    grey = [[0, "rgba(128,128,128,.28)"], [1, "rgba(128,128,128,.28)"]]
    figure.add_heatmap(
        x=at[0], y=at[1], z=np.where(np.isnan(fss), 1.0, np.nan), showscale=False, hoverinfo="skip", xgap=2, ygap=2,
        colorscale=grey,
    )  # fmt: skip
    figure.add_heatmap(
        x=at[0], y=at[1], z=fss, zmin=0, zmax=1, xgap=2, ygap=2, hoverongaps=False, colorscale=figures.scale(),
        colorbar={"title": {"text": "FSS"}, "thickness": 12, "tickformat": ".1f"},
        text=[[f"{e} mm/h · {w} km" for e in events] for w in scales],
        hovertemplate="%{text}<br>FSS %{z:.3f}<extra></extra>",
    )  # fmt: skip
    for i, row in enumerate(fss):
        for k, value in enumerate(row):
            text = said[i][k]
            if np.isfinite(value):
                # Streamlit's theme takes the colour of annotations over, but not that of what is in them.
                text = f'<span style="color:{"#10171D" if value > 0.45 else "#FDFDFD"}">{text}</span>'
            size = 13 if np.isfinite(value) else 11
            figure.add_annotation(x=k, y=i, text=text, showarrow=False, font={"size": size})
    return figure


def shares(t: Words, found: xr.Dataset) -> pd.DataFrame:
    """Return, a row per threshold, how often it rains as much on either side, and from which FSS a map is useful."""
    return pd.DataFrame(
        {
            f"{t('rain.fss.event')} (mm/h)": f"≥ {t.number(float(row.event))}",
            t("rain.fss.wet_imerg"): t.percent(float(row.wet_imerg), 1),
            t("rain.fss.wet_radar"): t.percent(float(row.wet_radar), 1),
            t("rain.fss.useful"): t.number(float(row.useful), 2),
        }
        for row in (found[["wet_imerg", "wet_radar", "useful"]].isel(event=k) for k in range(found.sizes["event"]))
    )  # fmt: skip


def listed(found: xr.Dataset) -> pd.DataFrame:
    """Return the table as it is saved: one row a threshold and scale."""
    flat = found[["fss", "raw"]].to_dataframe().reset_index()
    sides = found[["wet_imerg", "wet_radar", "useful"]].to_dataframe().reset_index()
    flat = flat.merge(sides[["event", "wet_imerg", "wet_radar", "useful"]], on="event")
    return flat.rename(columns={"event": "event_mm_h", "raw": "fss_where_rare_too"}).assign(
        shown=lambda f: f["fss"].notna()
    )
