"""A sheet of paper measured in millimetres from its top left corner, drawn as vectors, text as text."""

from __future__ import annotations

import functools
from pathlib import Path

import numpy as np
from matplotlib import rc_context
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patches import FancyBboxPatch, Rectangle
from matplotlib.textpath import text_to_path

from eogen.errors import InputError

INK, PAPER, QUIET = "#1B2733", "#FBFAF6", "#4A5660"
#: Each room's accent by day, as on the screen.
ACCENT = {
    "canopy": "#35702F",
    "ocean": "#0B6280",
    "change": "#A33E25",
    "rain": "#44569A",
    "landcover": "#7A570C",
}
POINT = 25.4 / 72
"""Millimetres in a typographic point."""
FORMATS = ("pdf", "svg", "png")


class Sheet:
    """A page to draw on.

    Args:
        width, height: of the paper, mm.
        ground: its colour.
    """

    def __init__(self, width: float, height: float, ground: str = PAPER) -> None:
        self.width, self.height = width, height
        self.figure = Figure(figsize=(width / 25.4, height / 25.4), facecolor=ground)
        FigureCanvasAgg(self.figure)
        self.axes = self.figure.add_axes((0, 0, 1, 1), xlim=(0, width), ylim=(height, 0))
        self.axes.axis("off")

    def lines(
        self, text: str, points: float, width: float, *, serif: bool = False, bold: bool = False
    ) -> list[str]:
        """Break ``text`` into lines of at most ``width`` mm; a no-break space never breaks."""
        most = 0.975 * width  # a screen's rounded letters are wider than the printer's
        space = _width("x x", points, serif, bold) - 2 * _width("x", points, serif, bold)
        made: list[list[str]] = [[]]
        used = 0.0
        for word in text.split(" "):
            long = _width(word, points, serif, bold)
            if made[-1] and used + space + long > most:
                made.append([])
            used = used + space + long if made[-1] else long
            made[-1].append(word)
        return [" ".join(line) for line in made]

    def write(
        self, x: float, y: float, text: str, points: float, width: float, *, serif: bool = False, bold: bool = False,
        colour: str = INK, leading: float = 1.28, align: str = "left",
    ) -> float:  # fmt: skip
        """Write a paragraph whose top is at ``y``; return where it ends, mm.

        Args:
            x, y: its corner, mm (``x`` is the middle where ``align`` is ``"center"``).
            text: the words; broken into lines.
            points: size.
            width: of the lines, mm.
            serif, bold: of the font.
            colour: of the ink.
            leading: distance of the lines, in sizes.
            align: ``"left"`` or ``"center"``.
        """
        step = points * POINT * leading
        for line in self.lines(text, points, width, serif=serif, bold=bold):
            self.axes.text(
                x, y + 0.78 * points * POINT, line, fontproperties=_font(points, serif, bold), color=colour,
                ha=align, va="baseline", parse_math=False,
            )  # fmt: skip
            y += step
        return y

    def bar(self, x: float, y: float, width: float, height: float, colour: str) -> None:
        """Fill a rectangle."""
        self.axes.add_patch(Rectangle((x, y), width, height, facecolor=colour, edgecolor="none"))

    def card(self, x: float, y: float, width: float, height: float, edge: str, fill: str = "#FFFFFF") -> None:
        """Draw a frame with round corners."""
        shape = FancyBboxPatch(
            (x, y),
            width,
            height,
            boxstyle="round,pad=0,rounding_size=3",
            facecolor=fill,
            edgecolor=edge,
            linewidth=1.2,
        )
        self.axes.add_patch(shape)

    def picture(self, x: float, y: float, side: float, pixels: np.ndarray) -> None:
        """Draw a square picture, uint8 (y, x, 3), its pixels kept apart as on the screen."""
        extent = (x, x + side, y + side, y)
        self.axes.imshow(pixels, extent=extent, interpolation="nearest", aspect="auto", zorder=2)
        self.axes.set(xlim=(0, self.width), ylim=(self.height, 0))

    def code(self, x: float, y: float, side: float, url: str) -> None:
        """Draw the QR code of ``url`` with its quiet border, as rectangles.

        Raises:
            InputError: ``link_too_long``.
        """
        import segno
        from segno.encoder import DataOverflowError

        try:
            made = segno.make(url, error="m", micro=False)
        except DataOverflowError as error:
            sentence = "The address has {n} characters, too many for a QR code; give a shorter one."
            raise InputError("link_too_long", sentence, n=len(url)) from error
        rows = [list(row) for row in made.matrix_iter(border=4)]
        cell = side / len(rows)
        self.bar(x, y, side, side, "#FFFFFF")
        for r, row in enumerate(rows):
            for c, dark in enumerate(row):
                if dark:  # a hair wider, so that no seam shows between two dark cells
                    self.bar(x + c * cell, y + r * cell, cell * 1.02, cell * 1.02, INK)

    def save(self, path: Path) -> None:
        """Write the sheet: PDF and SVG as vectors with text as text, PNG at 100 dots an inch.

        Raises:
            InputError: ``bad_sheet_format``, ``sheet_not_written``.
        """
        ending = path.suffix.lower().lstrip(".")
        if ending not in FORMATS:
            sentence = "{file} cannot be written: the name must end in {formats}."
            raise InputError("bad_sheet_format", sentence, file=path.name, formats=", ".join(FORMATS))
        told = {"pdf": {"CreationDate": None}, "svg": {"Date": None}, "png": {}}[ending]
        try:
            with rc_context({"pdf.fonttype": 42, "svg.fonttype": "none"}):
                self.figure.savefig(
                    path, format=ending, dpi=100, metadata=told, facecolor=self.figure.get_facecolor()
                )
        except OSError as error:
            sentence = "{file} cannot be written ({reason})."
            raise InputError("sheet_not_written", sentence, file=str(path), reason=error.strerror) from error


@functools.cache
def _font(points: float, serif: bool, bold: bool) -> FontProperties:
    family = "DejaVu Serif" if serif else "DejaVu Sans"
    return FontProperties(family=family, size=points, weight="bold" if bold else "normal")


@functools.lru_cache(maxsize=4096)
def _width(text: str, points: float, serif: bool, bold: bool) -> float:
    """Return the width of a line, mm."""
    return (
        text_to_path.get_text_width_height_descent(text, _font(points, serif, bold), ismath=False)[0] * POINT
    )
