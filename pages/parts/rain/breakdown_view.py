"""Scores by what was the case, as a picture and as a table."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from eogen.rain.scores import BY_NAME
from pages.kit import figures
from pages.kit.words import Words
from pages.parts.rain import names


def picture(t: Words, rows: pd.DataFrame, score: str) -> go.Figure:
    """Return a score of each class with its interval; the dotted line is the score of all.

    Args:
        rows: of :func:`eogen.rain.breakdown.breakdowns`, one ``by``, classes that hold something.
    """
    by = rows["by"].iloc[0]
    said = [names.group(t, by, name) for name in rows["class"]]
    figure = figures.figure(
        t, x=figures.axis(names.score(t, score), "", showgrid=True, gridcolor="rgba(128,128,128,.22)"),
        y=figures.axis(t(f"rain.by.{by}"), "", type="category", range=[len(rows) - 0.4, -1.0], showgrid=False),
        height=110 + 38 * len(rows),
    )  # fmt: skip
    value, low, high = (rows[c].to_numpy(float) for c in ("value", "low", "high"))
    known = np.isfinite(low) & np.isfinite(high)
    figure.add_scatter(
        x=value, y=said, mode="markers",
        marker={"size": 12, "symbol": "diamond", "color": figures.ACCENT["rain"]},
        error_x={"type": "data", "symmetric": False, "thickness": 2, "width": 6, "color": "rgba(128,128,128,.95)",
                 "array": np.where(known, high - value, 0), "arrayminus": np.where(known, value - low, 0)},
        customdata=np.stack([rows["maps"], rows["days"], rows["pixels"]], -1),
        hovertemplate="%{x:.3f} · " + t("rain.breakdown.behind", maps="%{customdata[0]}", days="%{customdata[1]}")
        + "<extra>%{y}</extra>",
    )  # fmt: skip
    return figure


def mark(figure: go.Figure, t: Words, whole: float, score: str) -> None:
    """Draw the score of all maps as a dotted line, and the best value where it is in reach."""
    if np.isfinite(whole):
        figure.add_vline(
            x=whole, line={"color": figures.SEQUENCE[1], "dash": "dot", "width": 1.5},
            annotation_text=t("rain.groups.all"), annotation_position="top right", annotation_font_size=11,
        )  # fmt: skip
    if score == "log_bias":
        figure.add_vline(x=BY_NAME[score].best, line={"color": "rgba(128,128,128,.8)", "width": 1})


def table(t: Words, rows: pd.DataFrame, score: str) -> pd.DataFrame:
    """Return one row a class: the score with its interval, and what it stands on."""
    by = rows["by"].iloc[0]
    return pd.DataFrame(
        {
            t(f"rain.by.{by}"): names.group(t, by, row["class"]),
            t("rain.common.interval_80", score=names.score(t, score)): with_bounds(
                t, row["value"], row["low"], row["high"]
            ),
            t("rain.breakdown.days"): t.number(int(row["days"])),
            t("rain.breakdown.maps"): t.number(int(row["maps"])),
        }
        for _, row in rows.iterrows()
    )  # fmt: skip


def with_bounds(t: Words, value: float, low: float, high: float, digits: int = 2) -> str:
    """Write a value and its interval: ``0.62 [0.55 ; 0.70]``; without bounds where there are none."""
    if not np.isfinite(value):
        return "–"
    text = t.number(float(value), digits)
    if np.isfinite(low) and np.isfinite(high):
        text += f" [{t.number(float(low), digits)} ; {t.number(float(high), digits)}]"
    return text
