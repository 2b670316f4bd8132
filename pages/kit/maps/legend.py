"""Drawn legends, as HTML for ``st.html`` and stand-alone maps, from the scale that coloured the picture."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from eogen.colour import Scale

# Streamlit's --st-* variables do not reach st.html, but its ink does: everything is drawn in currentColor.
_INK = "currentColor"
_TEXT = "font-size:14px;line-height:1.4;color:inherit"
_EDGE = f"1px solid color-mix(in srgb, {_INK} 45%, transparent)"


def ticks(scale: Scale, count: int = 5) -> list[float]:
    """Return about ``count`` round values inside ``scale`` (1, 2, 5 × powers of ten when it is log)."""
    if scale.log:
        powers = range(int(np.floor(np.log10(scale.low))), int(np.ceil(np.log10(scale.high))) + 1)
        for steps in ((1, 2, 5), (1, 3), (1,)):
            found = [m * 10.0**p for p in powers for m in steps]
            found = [v for v in found if scale.low * (1 - 1e-9) <= v <= scale.high * (1 + 1e-9)]
            if len(found) <= count + 1:
                break
        found = found[:: max(1, -(-len(found) // (count + 1)))]
    else:
        from matplotlib.ticker import MaxNLocator

        found = [
            float(v) for v in MaxNLocator(count, steps=[1, 2, 2.5, 5, 10]).tick_values(scale.low, scale.high)
        ]
        slack = 1e-9 * (scale.high - scale.low)
        found = [0.0 if abs(v) < slack else v for v in found if scale.low - slack <= v <= scale.high + slack]
    return found if len(found) > 1 else [scale.low, scale.high]


def scale_legend(
    scale: Scale,
    *,
    title: str,
    unit: str = "",
    number: Callable[[float], str] = "{:g}".format,
    at: Sequence[float] | None = None,
    ends: tuple[str, str] | None = None,
    missing: str | None = None,
) -> str:
    """Return the HTML legend of a continuous or signed scale.

    Args:
        title, unit: shown as ``title (unit)``; text, not markup.
        number: formats a value in the reader's language.
        at: values to label; round ones by default.
        ends: words under the two ends (``against``, ``for``) in place of a second row of numbers.
        missing: name of the transparent colour, if the picture has holes.
    """
    name = escape(f"{title} ({unit})" if unit else title)
    values = list(at) if at is not None else ticks(scale)
    where = scale.fraction(np.array(values))
    marks = ""
    for value, fraction in zip(values, where, strict=True):
        # A label at an end leans inwards, so that nothing sticks out of the column.
        place = f"position:absolute;left:{100 * fraction:.2f}%"
        lean = 0 if fraction < 0.03 else -100 if fraction > 0.97 else -50
        marks += (
            f'<span style="{place};top:0;width:1px;height:5px;background:{_INK}"></span>'
            f'<span style="{place};top:5px;transform:translateX({lean}%);white-space:nowrap">'
            f"{escape(number(value))}</span>"
        )
    low, high = escape(number(scale.low)), escape(number(scale.high))
    words = ""
    if ends:
        words = (
            f'<div style="display:flex;justify-content:space-between;gap:1em">'
            f"<span>{escape(ends[0])}</span><span>{escape(ends[1])}</span></div>"
        )
    hole = _row("repeating-linear-gradient(45deg,#999 0 2px,#eee 2px 6px)", missing) if missing else ""
    return (
        f'<div class="eogen-legend" style="{_TEXT}"><div>{name}</div>'
        f'<div role="img" aria-label="{name}: {low} – {high}" style="height:14px;margin-top:.3em;'
        f'border-radius:4px;border:{_EDGE};background:linear-gradient(90deg,{",".join(scale.hex_colours())})"></div>'
        f'<div style="position:relative;height:1.9em;margin:0 1px;font-variant-numeric:tabular-nums">'
        f"{marks}</div>{words}{hole}</div>"
    )


def class_legend(classes: Sequence[tuple[str, str]], *, title: str = "") -> str:
    """Return the HTML legend of classes given as (CSS colour ``#rrggbb``, name), in the order given.

    Raises:
        ValueError: a colour is not ``#rrggbb`` (it is written into a style).
    """
    rows = "".join(_row(_colour(colour), name) for colour, name in classes)
    head = f"<div>{escape(title)}</div>" if title else ""
    return f'<div class="eogen-legend" style="{_TEXT}">{head}{rows}</div>'


def _row(background: str, name: str) -> str:
    return (
        f'<div style="display:flex;align-items:center;gap:.55em"><span aria-hidden="true" style="flex:none;'
        f'width:16px;height:16px;border-radius:4px;border:{_EDGE};background:{background}"></span>'
        f"<span>{escape(name)}</span></div>"
    )


def _colour(text: str) -> str:
    if len(text) != 7 or text[0] != "#" or not all(c in "0123456789abcdefABCDEF" for c in text[1:]):
        raise ValueError(f"a legend's colour is #rrggbb, not {text!r}")
    return text
