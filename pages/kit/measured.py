"""Measured figures as text: a value with its interval, a target and whether it was reached."""

from __future__ import annotations

import math

from eogen.results import Figure
from eogen.standing import has_interval
from pages.kit.words import Words


def with_interval(figure: Figure, words: Words, digits: int | None = None) -> str:
    """Write a figure and its 95 % interval: ``0.943 [0.931 ; 0.954]``; ``–`` where it is not defined.

    Args:
        figure: to write.
        words: the reader's language.
        digits: decimals; by default 3, and 1 for milliseconds.
    """
    if figure.value is None or math.isnan(figure.value):
        return "–"
    if digits is None:
        digits = 1 if figure.unit == "ms" else 3
    text = words.number(figure.value, digits)
    if has_interval(figure) and math.isfinite(figure.low):
        text += f" [{words.number(figure.low, digits)} ; {words.number(figure.high, digits)}]"
    return text


def target(figure: Figure, words: Words) -> str:
    """Write the target of a figure and whether it was reached: ``≥ 0.9 ✓``; nothing where none was set."""
    if figure.target is None:
        return ""
    sign = "≥" if figure.better == "higher" else "≤"
    return f"{sign} {words.number(figure.target)} {'✓' if figure.reached else '✗'}"
