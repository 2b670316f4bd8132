"""Small multiples: many little panels in one figure, so that they are exported and compared together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from pages.kit import figures
from pages.kit.words import Words

#: Pixels under the panels, for the last row's titles.
BELOW = 46


def grid(
    t: Words,
    panels: Sequence[tuple[dict[str, Any], dict[str, Any]] | None],
    columns: int,
    *,
    row_height: int = 150,
    gap: tuple[float, float] = (0.03, 0.1),
    legend: bool = True,
    top: int = 52,
) -> go.Figure:
    """Return an empty figure of several panels, in the house style.

    Args:
        t: the reader's language.
        panels: axes of each panel, made by :func:`pages.kit.figures.axis`, row by row; None leaves a hole.
        columns: panels in a row.
        row_height: pixels.
        gap: between columns and between rows, as shares of the figure.
        legend: draw one, above.
        top: pixels kept above the panels for it.
    """
    first = next(axes for axes in panels if axes is not None)
    rows = -(-len(panels) // columns)
    figure = figures.figure(t, x=first[0], y=first[1], height=rows * row_height + top, legend=legend)
    quiet = [figure.layout[axis].to_plotly_json() for axis in ("xaxis", "yaxis")]
    for axis in quiet:
        axis.pop("title", None)
    wide = (1 - gap[0] * (columns - 1)) / columns
    tall = (1 - gap[1] * (rows - 1)) / rows
    layout = {}
    for number, axes in enumerate(panels):
        if axes is None:
            continue
        row, column = divmod(number, columns)
        left, high = column * (wide + gap[0]), 1 - row * (tall + gap[1])
        end = str(number + 1) if number else ""
        layout[f"xaxis{end}"] = quiet[0] | {
            "domain": [left, min(1, left + wide)], "anchor": f"y{end}", "automargin": False,
        } | axes[0]  # fmt: skip
        layout[f"yaxis{end}"] = quiet[1] | {
            "domain": [max(0, high - tall), high], "anchor": f"x{end}", "automargin": False,
        } | axes[1]  # fmt: skip
    figure.update_layout(layout)
    inside = rows * row_height - BELOW
    figure.update_layout(
        margin={"l": 46, "r": 12, "t": top, "b": BELOW},
        legend={"y": 1 + (top - 30) / inside, "yanchor": "bottom"},
    )
    return figure


def place(number: int) -> dict[str, str]:
    """Return the axes of panel ``number`` (from 0) for a trace."""
    end = str(number + 1) if number else ""
    return {"xaxis": f"x{end}", "yaxis": f"y{end}"}
