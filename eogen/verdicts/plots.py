"""Figures of cases: curves and intervals with figures, symbols and units in them, and no word of any language."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from eogen.verdicts.pictures import SIDE, png

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Dots per inch of figures: sizes of type and lines follow it.
DPI = 128
#: Ink, faint ink and paper of figures, the same by day and by night: a figure is a picture on its own paper.
INK, FAINT, PAPER = "#1c2228", "#b9bec4", "#ffffff"


def figure(height: int, width: int = SIDE) -> Figure:
    """Return an empty figure, sizes in pixels; not pyplot's, which threads may not share.

    Axes are placed by hand: laying them out took longer than drawing them.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    made = Figure((width / DPI, height / DPI), dpi=DPI, facecolor=PAPER)
    FigureCanvasAgg(made)
    return made


def plain(axes: Axes, size: float = 7.5) -> Axes:
    """Give axes the look of all figures: no frame above and at right, small type, ink."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=size, colors=INK, length=3)
    for label in (axes.xaxis.label, axes.yaxis.label):
        label.set(fontsize=size + 0.5, color=INK)
    return axes


def figure_png(made: Figure) -> bytes:
    """Return a figure as PNG, without a date or a program's name in it."""
    made.canvas.draw()
    return png(np.asarray(made.canvas.buffer_rgba())[..., :3])  # type: ignore[attr-defined]
