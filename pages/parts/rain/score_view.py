"""Predicted scores of maps, drawn: the series, one map's table, what to know first, what counted."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import xarray as xr

from eogen.colour import Scale
from eogen.rain.examples import TARGETS
from eogen.rain.judge import Fact, Judgement
from eogen.raster import data_url
from pages.kit import figures
from pages.kit.maps.legend import scale_legend
from pages.kit.style import escape
from pages.kit.words import Words
from pages.parts.rain import names, som_view
from pages.parts.rain.breakdown_view import with_bounds

#: Pixels that the longer side of a map is drawn with.
SIDE = 480
#: Facts that concern the whole file, said once; the others are said with the number of maps.
ALL = ("simulated", "scale", "minutes")


def series(t: Words, said: Judgement, score: str, truth: pd.DataFrame | None, at: int) -> go.Figure:
    """Return the predicted score of each map with its interval; diamonds: the true score; line: the map chosen."""
    maps = said.maps
    time = maps["time"].values
    value, low, high = (maps[n].values for n in (score, f"{score}_low", f"{score}_high"))
    figure = figures.figure(
        t, x=figures.axis(t("rain.score.time"), "", tickformat="%H:%M\n%d/%m"),
        y=figures.axis(names.score(t, score), ""), height=320, legend=True,
    )  # fmt: skip
    accent = figures.ACCENT["rain"]
    # Held apart where half-hours are missing: a line over a hole would say what nobody predicted.
    whole = pd.DataFrame({"value": value, "low": low, "high": high}, index=time)
    if len(time) > 1:
        step = np.diff(time).min()
        holes = time[:-1][np.diff(time) > 2 * step] + step
        whole = pd.concat([whole, pd.DataFrame(np.nan, index=holes, columns=whole.columns)]).sort_index()
    figure.add_scatter(
        x=whole.index, y=whole["high"], mode="lines", line={"width": 0}, hoverinfo="skip", showlegend=False
    )
    figure.add_scatter(
        x=whole.index, y=whole["low"], mode="lines", line={"width": 0}, fill="tonexty",
        fillcolor="rgba(100,120,200,.25)", hoverinfo="skip", name=t("rain.score.interval", level=t.percent(said.level)),
    )  # fmt: skip
    figure.add_scatter(
        x=whole.index, y=whole["value"], mode="lines+markers", line={"color": accent, "width": 2}, marker={"size": 5},
        name=t("rain.score.predicted"), hovertemplate="%{x|%H:%M} · %{y:.2f}<extra></extra>",
    )  # fmt: skip
    if truth is not None and np.isfinite(truth[score]).any():
        figure.add_scatter(
            x=time, y=truth[score], mode="markers", name=t("rain.score.true"),
            marker={"symbol": "diamond", "size": 8, "color": figures.SEQUENCE[1]},
            hovertemplate="%{x|%H:%M} · %{y:.2f}<extra></extra>",
        )  # fmt: skip
    unusual = maps["unusual"].values.astype(bool)
    if unusual.any():
        figure.add_scatter(
            x=time[unusual], y=value[unusual], mode="markers", name=t("rain.score.unusual_mark"), hoverinfo="skip",
            marker={"symbol": "circle-open", "size": 13, "color": figures.SEQUENCE[4], "line": {"width": 2}},
        )  # fmt: skip
    figure.add_vline(
        x=pd.Timestamp(time[at]).to_pydatetime(), line={"color": "rgba(128,128,128,.9)", "dash": "dot"}
    )
    return figure


def table(t: Words, said: Judgement, at: int, truth: pd.DataFrame | None) -> pd.DataFrame:
    """Return a row per score of one map: predicted with its interval, mean of its cell, truth where it is known."""
    maps = said.maps.isel(time=at)
    made = []
    for name in TARGETS:
        row = {
            t("rain.common.score"): names.score(t, name),
            t("rain.score.predicted_80", level=t.percent(said.level)): with_bounds(
                t, float(maps[name]), float(maps[f"{name}_low"]), float(maps[f"{name}_high"])
            ),
        }
        if truth is not None:
            row[t("rain.score.truth")] = _number(t, float(truth[name].iloc[at]))
        if f"{name}_cluster" in maps:
            row[t("rain.score.cluster_mean")] = _number(t, float(maps[f"{name}_cluster"]))
        made.append(row)
    return pd.DataFrame(made)


def facts(t: Words, found: Sequence[Fact], n: int) -> list[str]:
    """Return what a reader must know first, a sentence each."""
    said = []
    for fact in found:
        values = {k: float(v) for k, v in fact.values.items()}
        sentence = t(f"rain.facts.{fact.code}", **values)
        if fact.code not in ALL and fact.maps < n:
            sentence += " " + t("rain.score.some_maps", k=fact.maps, n=n)
        said.append(sentence)
    return said


def map_html(t: Words, rain: np.ndarray, over: xr.DataArray | None = None) -> str:
    """Return a map (lat, lon), lat ascending, as HTML; ``over`` tints its parts by what they do to a score."""
    zoom = max(1, SIDE // max(rain.shape))
    pixels = som_view.rain_picture(rain[::-1], zoom)
    if over is not None:
        scale = effect_scale(over.values)
        rows = np.linspace(0, over.shape[0] - 1e-9, rain.shape[0]).astype(int)
        columns = np.linspace(0, over.shape[1] - 1e-9, rain.shape[1]).astype(int)
        tint = scale.colour(over.values[rows][:, columns][::-1], alpha_by_value=True)
        tint = tint.repeat(zoom, 0).repeat(zoom, 1)
        alpha = 0.85 * tint[..., 3:] / 255
        pixels = (pixels * (1 - alpha) + tint[..., :3] * alpha).round().astype(np.uint8)
    alt = escape(t("rain.score.map_alt" if over is None else "rain.score.occlusion_alt"))
    return (
        f'<img alt="{alt}" src="{data_url(pixels)}" style="width:100%;max-width:{SIDE}px;border-radius:6px;'
        'image-rendering:pixelated;display:block">'
    )


def effect_scale(values: np.ndarray) -> Scale:
    """Return the signed scale of what parts do to a score."""
    top = float(np.nanmax(np.abs(values))) if np.isfinite(values).any() else 0.0
    return Scale("PuOr", -max(top, 0.01), max(top, 0.01))


def effect_legend(t: Words, values: np.ndarray, score: str) -> str:
    """Return the HTML legend of what parts do to a score."""
    title = f"{names.score(t, score)} · {t('rain.score.occlusion_unit')}"
    scale = effect_scale(values)
    return scale_legend(
        scale, title=title, number=lambda v: t.number(v, 2 if scale.high > 0.05 else 3, signed=True),
        ends=(t("rain.score.lowers"), t("rain.score.raises")),
    )  # fmt: skip


def _number(t: Words, value: float) -> str:
    return t.number(value, 2) if np.isfinite(value) else "–"
