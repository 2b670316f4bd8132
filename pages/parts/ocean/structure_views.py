"""Figures of structure: spectra, variograms, Taylor's diagram, agreement."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from eogen.ocean import structure
from eogen.ocean.trial import Trial
from pages.kit import figures
from pages.kit.words import Words
from pages.parts.ocean import shades, titles

#: Within these ratios a fill is as rough as the sea (targets of the project): of gradients, of power.
GRADIENT, POWER = (0.9, 1.1), (0.75, 1.25)
_MEAN, _MEMBERS = figures.BASELINE, figures.ACCENT["ocean"]
_BAND = "rgba(128,128,128,.18)"


def gradient_ratios(one: Trial, truth: np.ndarray) -> tuple[float, float | None]:
    """Return the gradient ratio of the mean, and the mean one of the members (None without)."""
    mean = structure.gradient_ratio(truth, one.mean, one.held)
    if one.drawn is None:
        return mean, None
    return mean, float(np.mean([structure.gradient_ratio(truth, m, one.held) for m in one.drawn]))


def verdict(t: Words, mean: float, members: float | None) -> str:
    """Say whether the mean and the members are smoother or rougher than what was hidden."""
    said = t(f"ocean.structure.mean_{_side(mean)}", ratio=mean)
    if members is not None:
        said += " " + t(f"ocean.structure.members_{_side(members)}", ratio=members)
    return said


def _side(ratio: float) -> str:
    if not np.isfinite(ratio):
        return "unknown"
    return "smooth" if ratio < GRADIENT[0] else "rough" if ratio > GRADIENT[1] else "right"


def _ratio_figure(t: Words, x: dict, y: str, ends: tuple[float, float]) -> go.Figure:
    figure = figures.figure(
        t, x=x, y=figures.axis(y, "", **shades.logarithmic(t, shades.RATIOS)), height=330, legend=True
    )
    figure.add_hrect(y0=ends[0], y1=ends[1], fillcolor=_BAND, line_width=0)
    return figure.add_hline(y=1, line={"color": figures.BASELINE, "dash": "dot", "width": 1.5})


def _curve(
    figure: go.Figure, x: np.ndarray, y: np.ndarray, name: str, colour: str, dash: str, mark: str
) -> None:
    figure.add_scatter(
        x=x, y=y, mode="lines+markers", name=name, line={"color": colour, "width": 2.5, "dash": dash},
        marker={"size": 6, "symbol": mark}, hovertemplate="%{x:.3~g} px: × %{y:.2f}<extra>" + name + "</extra>",
    )  # fmt: skip


def spectrum(t: Words, mean: pd.DataFrame, members: pd.DataFrame | None) -> go.Figure:
    """Return the power of fills over the truth's by wavelength, both axes logarithmic."""
    x = figures.axis(t("ocean.structure.wavelength"), "px", autorange="reversed", **shades.decades(t, 1, 100))
    figure = _ratio_figure(t, x, t("ocean.structure.power_ratio"), POWER)
    _curve(
        figure,
        mean.index.to_numpy(),
        mean.ratio.to_numpy(),
        t("ocean.structure.mean"),
        _MEAN,
        "dash",
        "circle",
    )
    if members is not None:
        x_at, y_at = members.index.to_numpy(), members.ratio.to_numpy()
        _curve(figure, x_at, y_at, t("ocean.structure.members"), _MEMBERS, "solid", "diamond")
    return figure


def variogram(t: Words, one: Trial, truth: np.ndarray) -> go.Figure:
    """Return the variogram of fills over the truth's by distance."""
    x = figures.axis(t("ocean.structure.lag"), "px", **shades.decades(t, 1, 100))
    figure = _ratio_figure(t, x, t("ocean.structure.variogram_ratio"), POWER)
    rows = [("mean", one.mean[None], _MEAN, "dash", "circle")]
    if one.drawn is not None:
        rows.append(("members", one.drawn, _MEMBERS, "solid", "diamond"))
    for name, fields, colour, dash, mark in rows:
        found = [structure.variogram_ratio(truth, f, one.held) for f in fields]
        ratio = np.mean([f.ratio for f in found], axis=0)
        _curve(figure, found[0].index.to_numpy(), ratio, t(f"ocean.structure.{name}"), colour, dash, mark)
    return figure


def taylor(t: Words, trials: Mapping[str, Trial], main: str) -> go.Figure:
    """Return Taylor's diagram: correlation as an angle, spread over the truth's as a radius, the truth at (1, 1).

    Lines of equal centred error are circles around the truth (Taylor 2001, doi:10.1029/2000JD900719).
    """
    points = {
        n: structure.taylor(o.cells["truth"].to_numpy(), o.cells["mean"].to_numpy())
        for n, o in trials.items()
    }
    known = {n: p for n, p in points.items() if np.isfinite(p["r"]) and p["r"] >= 0}
    top = max([1.25, *(1.1 * p["sd_ratio"] for p in known.values())])
    x = figures.axis(t("ocean.structure.sd_ratio"), "", range=[0, top], constrain="domain")
    y = figures.axis(t("ocean.structure.sd_ratio"), "", range=[0, top], scaleanchor="x", constrain="domain")
    figure = figures.figure(t, x=x, y=y | {"showgrid": False}, height=540, legend=True)
    turn = np.linspace(0, np.pi / 2, 60)
    grey = {"color": "rgba(128,128,128,.55)", "width": 1}
    for radius in (0.5, 1.0):
        figure.add_scatter(
            x=radius * np.cos(turn), y=radius * np.sin(turn), mode="lines", hoverinfo="skip", showlegend=False,
            line=grey | {"width": 1.6 if radius == 1 else 1},
        )  # fmt: skip
    for r in (0.2, 0.4, 0.6, 0.8, 0.9, 0.95, 0.99):
        end = np.array([r, np.sqrt(1 - r * r)])
        figure.add_scatter(
            x=[0, top * end[0]], y=[0, top * end[1]], mode="lines", line=grey | {"dash": "dot"}, hoverinfo="skip",
            showlegend=False,
        )  # fmt: skip
        at = 0.97 * top * end
        figure.add_annotation(x=at[0], y=at[1], text=t.number(r), showarrow=False, font={"size": 11})
    whole = np.linspace(0, 2 * np.pi, 120)
    for error in (0.25, 0.5, 0.75):
        figure.add_scatter(
            x=1 + error * np.cos(whole), y=error * np.sin(whole), mode="lines", hoverinfo="skip", showlegend=False,
            line={"color": figures.SEQUENCE[4], "width": 1, "dash": "dash"}, cliponaxis=True,
        )  # fmt: skip
    figure.add_scatter(
        x=[1], y=[0], mode="markers", name=t("ocean.structure.truth"), cliponaxis=False,
        marker={"symbol": "star", "size": 15, "color": figures.SEQUENCE[1]}, hoverinfo="name",
    )  # fmt: skip
    tint = titles.colours(trials, main)
    for number, name in enumerate(known):
        p = known[name]
        figure.add_scatter(
            x=[p["sd_ratio"] * p["r"]], y=[p["sd_ratio"] * np.sqrt(max(1 - p["r"] ** 2, 0))], mode="markers",
            name=titles.method(t, name), customdata=[[p["r"], p["sd_ratio"], p["centred_rmse"]]],
            marker={"size": 13 if name == main else 11, "color": tint[name],
                    "symbol": titles.SYMBOLS[number % len(titles.SYMBOLS)]},
            hovertemplate="r %{customdata[0]:.2f} · × %{customdata[1]:.2f} · %{customdata[2]:.2f}<extra>"
            + titles.method(t, name) + "</extra>",
        )  # fmt: skip
    return figure


def agreement(t: Words, trials: Mapping[str, Trial], quantity: str) -> go.Figure:
    """Return the root mean square difference of every pair of methods on the hidden cells."""
    apart, _ = structure.agreement({n: o.cells["mean"].to_numpy() for n, o in trials.items()})
    names = [titles.method(t, n) for n in apart.index]
    values = apart.to_numpy()
    top = float(values.max()) or 1.0
    figure = figures.figure(
        t,
        x=titles.axis(t, tickangle=-35),
        y=titles.axis(t, autorange="reversed"),
        height=520,
    )  # fmt: skip
    unit = shades.error_unit(quantity)
    bar = {"orientation": "h", "thickness": 11, "y": 1.02, "yanchor": "bottom", "outlinewidth": 0,
           "title": {"text": f"{t('ocean.structure.apart')} ({unit})", "side": "top"}}  # fmt: skip
    figure.add_heatmap(
        z=np.where(np.eye(len(values), dtype=bool), np.nan, values), x=names, y=names, zmin=0, zmax=top,
        colorscale=figures.scale("error"), colorbar=bar,
        text=[[t.number(v, 2) if i != j else "" for j, v in enumerate(row)] for i, row in enumerate(values)],
        texttemplate="%{text}", xgap=2, ygap=2,
        hovertemplate=f"%{{y}} – %{{x}}: %{{z:.3f}} {unit}<extra></extra>",
    )  # fmt: skip
    return titles.bare(figure, "xaxis", "yaxis")


def ratios(trials: Mapping[str, Trial], truth: np.ndarray) -> pd.DataFrame:
    """Return the numbers behind the figures: ``method``, ``what``, ``at`` (px), ``of`` (mean or members), ``value``."""
    rows = []
    for name, one in trials.items():
        fields = {"mean": one.mean} | ({} if one.drawn is None else {"member_1": one.drawn[0]})
        for of, field in fields.items():
            rows.append((name, "gradient_ratio", 1, of, structure.gradient_ratio(truth, field, one.held)))
            found = structure.variogram_ratio(truth, field, one.held).ratio
            rows += [(name, "variogram_ratio", lag, of, v) for lag, v in found.items()]
        point = structure.taylor(one.cells["truth"].to_numpy(), one.cells["mean"].to_numpy())
        rows += [(name, f"taylor_{k}", 0, "mean", v) for k, v in point.items()]
    return pd.DataFrame(rows, columns=["method", "what", "at", "of", "value"])
