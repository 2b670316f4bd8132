"""Small multiples: many little panels in one figure, so that they are exported and compared together."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from pages.kit import figures
from pages.kit.words import Words

if TYPE_CHECKING:
    import plotly.graph_objects as go

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
    quiet = _quiet(t)
    rows = -(-len(panels) // columns)
    wide = (1 - gap[0] * (columns - 1)) / columns
    tall = (1 - gap[1] * (rows - 1)) / rows
    layout: dict[str, Any] = {}
    for number, axes in enumerate(panels):
        if axes is None:
            continue
        row, column = divmod(number, columns)
        left, high = column * (wide + gap[0]), 1 - row * (tall + gap[1])
        end = str(number + 1) if number else ""
        layout[f"xaxis{end}"] = (
            quiet[0] | {"domain": [left, min(1, left + wide)], "anchor": f"y{end}"} | axes[0]
        )
        layout[f"yaxis{end}"] = (
            quiet[1] | {"domain": [max(0, high - tall), high], "anchor": f"x{end}"} | axes[1]
        )
    layout["margin"] = {"l": 46, "r": 12, "t": top, "b": BELOW}
    figure = figures.figure(
        t,
        x=layout.pop("xaxis"),
        y=layout.pop("yaxis"),
        height=rows * row_height + top,
        legend=legend,
        **layout,
    )
    figure.layout.legend.y = 1 + (top - 30) / (rows * row_height - BELOW)
    return figure


@lru_cache(maxsize=2)
def _quiet(t: Words) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the house style of both axes, without titles."""
    plain = figures.axis("-", "")
    layout = figures.figure(t, x=plain, y=plain).layout
    found = [layout[axis].to_plotly_json() | {"automargin": False} for axis in ("xaxis", "yaxis")]
    for axis in found:
        axis.pop("title")
    return found[0], found[1]


def place(number: int) -> dict[str, str]:
    """Return the axes of panel ``number`` (from 0) for a trace."""
    end = str(number + 1) if number else ""
    return {"xaxis": f"x{end}", "yaxis": f"y{end}"}
