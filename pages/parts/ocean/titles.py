"""Names of methods, quantities and dates in the reader's language; of one the words do not know, its own."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import plotly.graph_objects as go

from eogen.ocean.methods import METHODS
from pages.kit import figures
from pages.kit.words import Words


def method(t: Words, name: str) -> str:
    """Return the title of a method."""
    key = f"ocean.methods.{name}"
    return t(key) if key in t else name.replace("_", " ")


def variable(t: Words, name: str) -> str:
    """Return the title of a variable or of a size class."""
    for key in (f"ocean.variables.{name}", f"ocean.composition.{name}"):
        if key in t:
            return t(key)
    return name.replace("_", " ")


def colours(methods: Iterable[str], main: str) -> dict[str, str]:
    """Return a colour for each method, the same on every figure that compares the same ones.

    The chosen one has the room's colour; simple methods share the grey-blue of baselines, told apart by their dashes.
    """
    rest = iter((*figures.SEQUENCE[1:6], figures.SEQUENCE[0]) * 3)
    found = {}
    for name in methods:
        simple = name in METHODS and METHODS[name].kind == "simple"
        found[name] = figures.ACCENT["ocean"] if name == main else figures.BASELINE if simple else next(rest)
    return found


def axis(t: Words, **options: Any) -> dict[str, Any]:
    """Return an axis of names of methods."""
    return figures.axis(t("ocean.common.method"), "", showgrid=False, ticks="", **options)


def bare(figure: go.Figure, *axes: str) -> go.Figure:
    """Take the titles of axes of names away: names speak for themselves and need the room."""
    for name in axes:
        figure.layout[name].title.text = ""
    return figure


#: Dashes of lines and symbols of dots, in the order of the methods: colour alone never carries the meaning.
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
SYMBOLS = (
    "circle",
    "x",
    "diamond",
    "triangle-up",
    "square",
    "cross",
    "star",
    "triangle-down",
    "pentagon",
    "hexagon",
)
