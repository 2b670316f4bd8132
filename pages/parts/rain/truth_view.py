"""True against predicted scores: dots, line of equality, and how much of the truth each method explains."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from pages.kit import figures
from pages.kit.words import Words
from pages.parts.rain import names
from pages.parts.rain.breakdown_view import with_bounds


def picture(
    t: Words,
    truth: np.ndarray,
    predicted: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
    day: np.ndarray,
    score: str,
) -> go.Figure:
    """Return the dots of maps, a colour and a sign a day, with their intervals and the line of equality."""
    both = np.concatenate([truth, predicted])
    both = both[np.isfinite(both)]
    ends = (float(both.min()), float(both.max())) if both.size else (0.0, 1.0)
    pad = 0.05 * max(ends[1] - ends[0], 0.1)
    reach = [ends[0] - pad, ends[1] + pad]
    figure = figures.figure(
        t, x=figures.axis(t("rain.truth.predicted", score=names.score(t, score)), "", range=reach),
        y=figures.axis(t("rain.truth.true", score=names.score(t, score)), "", range=reach), height=460, legend=True,
    )  # fmt: skip
    figure.add_scatter(
        x=reach, y=reach, mode="lines", line={"color": "rgba(128,128,128,.9)", "dash": "dot"}, hoverinfo="skip",
        name=t("rain.truth.equal"),
    )  # fmt: skip
    signs = ("circle", "square", "diamond", "cross", "triangle-up", "x")
    for k, one in enumerate(dict.fromkeys(day.tolist())):
        rows = (day == one) & np.isfinite(truth) & np.isfinite(predicted)
        wide = np.isfinite(low[rows]) & np.isfinite(high[rows])
        figure.add_scatter(
            x=predicted[rows], y=truth[rows], mode="markers", name=t.date(str(one)),
            marker={"size": 8, "opacity": 0.8, "symbol": signs[k % 6], "color": figures.SEQUENCE[k % 6]},
            error_x={"type": "data", "symmetric": False, "width": 0, "thickness": 0.8, "color": "rgba(128,128,128,.4)",
                     "array": np.where(wide, high[rows] - predicted[rows], 0),
                     "arrayminus": np.where(wide, predicted[rows] - low[rows], 0)},
            hovertemplate="%{x:.2f} → %{y:.2f}<extra>%{fullData.name}</extra>",
        )  # fmt: skip
    return figure


def bars(t: Words, rows: Mapping[str, tuple[float, float, float]], main: str, what: str) -> go.Figure:
    """Return a measure of each method with its interval, the best at the top; 0 is "no better than the mean".

    Args:
        rows: method -> (value, low, high).
        what: said on the axis.
    """
    order = sorted(rows, key=lambda n: -rows[n][0] if np.isfinite(rows[n][0]) else np.inf)
    tint = names.colours(order, main)
    figure = figures.figure(
        t, x=figures.axis(what, "", showgrid=True, gridcolor="rgba(128,128,128,.22)"),
        y=figures.axis(t("rain.common.method"), "", autorange="reversed", showgrid=False), height=90 + 34 * len(order),
    )  # fmt: skip
    figure.layout.yaxis.title.text = ""
    value, low, high = (np.array([rows[n][k] for n in order], float) for k in range(3))
    known = np.isfinite(low) & np.isfinite(high)
    figure.add_scatter(
        x=value, y=[names.method(t, n) for n in order], mode="markers",
        marker={"size": 12, "symbol": "diamond", "color": [tint[n] for n in order]},
        error_x={"type": "data", "symmetric": False, "thickness": 2, "width": 6, "color": "rgba(128,128,128,.95)",
                 "array": np.where(known, high - value, 0), "arrayminus": np.where(known, value - low, 0)},
        hovertemplate="%{x:.3f}<extra>%{y}</extra>",
    )  # fmt: skip
    figure.add_vline(x=0, line={"color": "rgba(128,128,128,.8)", "width": 1})
    return figure


def table(t: Words, rows: Mapping[str, Mapping[str, tuple[float, float, float]]]) -> pd.DataFrame:
    """Return a row per method: R², Spearman, slope, coverage, each with its interval."""
    made = []
    for name, one in rows.items():
        row = {t("rain.common.method"): names.method(t, name)}
        row |= {
            t(f"rain.truth.{what}"): with_bounds(t, *one[what])
            for what in ("r2", "spearman", "slope", "coverage")
        }
        made.append(row)
    return pd.DataFrame(made)
