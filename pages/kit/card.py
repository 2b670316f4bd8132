"""Quiet, print-like readings as HTML: bars, gauges, single numbers.

They are drawn by the browser's own layout (no plotly: 1 ms on the server, no script in the browser),
follow both themes, and read as plain sentences to a screen reader: numbers are text, tracks are decoration.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import streamlit as st

from pages.kit.style import escape
from pages.kit.words import Words


@dataclass(frozen=True)
class Bar:
    """One bar.

    Attributes:
        label: its name, in the reader's language.
        value: its length, in the unit of the scale.
        text: the number as written at the right; by default a percentage.
        note: small second line under the name, e.g. a wavelength.
        main: drawn in the room's accent and in bold; the others are grey-blue like all baselines.
        low, high: ends of its interval, drawn as a whisker.
    """

    label: str
    value: float
    text: str | None = None
    note: str = ""
    main: bool = False
    low: float | None = None
    high: float | None = None


def bars_html(
    bars: Sequence[Bar],
    words: Words,
    *,
    label: str,
    room: str = "",
    top: float | None = None,
    signed: bool = False,
) -> str:
    """Return horizontal bars as an accessible list.

    Args:
        bars: in the order in which they are read.
        words: the reader's language.
        label: says what the bars are, for screen readers.
        room: whose accent the main bars take.
        top: value of a full track; by default 1, or the largest size when ``signed``.
        signed: zero stands in the middle; positive bars speak for (violet), negative against (orange), as on maps.
    """
    ends = [
        abs(end)
        for bar in bars
        for end in (bar.value, bar.low, bar.high)
        if end is not None and math.isfinite(end)
    ]
    top = top or (max(ends, default=0) if signed else 1) or 1

    def at(value: float) -> float:
        share = (value / top + 1) / 2 if signed else value / top
        return 100 * min(max(share, 0), 1)

    rows = []
    for bar in bars:
        text = words.percent(bar.value, signed=signed) if bar.text is None else bar.text
        drawn = ""
        if math.isfinite(bar.value):
            left, right = sorted((at(0), at(bar.value)))
            side = ("for" if bar.value >= 0 else "against") if signed else ""
            drawn = f'<span class="fill {side}" style="left:{left:.2f}%;width:{right - left:.2f}%"></span>'
        if signed:
            drawn += '<span class="zero" style="left:50%"></span>'
        interval = ""
        if bar.low is not None and bar.high is not None:
            left, right = at(bar.low), at(bar.high)
            drawn += f'<span class="eo-whisker" style="left:{left:.2f}%;width:{right - left:.2f}%"></span>'
            if bar.text is None:
                low, high = (words.percent(end, signed=signed) for end in (bar.low, bar.high))
                said = escape(words("kit.bars.interval", low=low, high=high))
                interval = f'<span class="eo-hidden"> {said}</span>'
        note = f"<small>{escape(bar.note)}</small>" if bar.note else ""
        rows.append(
            f'<li{" class=main" if bar.main else ""}><span class="name">{escape(bar.label)}{note}</span>'
            f'<span class="track" aria-hidden="true">{drawn}</span>'
            f'<span class="value">{escape(text)}{interval}</span></li>'
        )
    return f'<ul class="eo-bars {escape(room)}" role="list" aria-label="{escape(label)}">{"".join(rows)}</ul>'


def bars(
    bars: Sequence[Bar],
    words: Words,
    *,
    label: str,
    room: str = "",
    top: float | None = None,
    signed: bool = False,
) -> None:
    """Draw horizontal bars (see :func:`bars_html`)."""
    st.html(bars_html(bars, words, label=label, room=room, top=top, signed=signed))


def gauge_html(
    label: str,
    value: float | None,
    words: Words,
    *,
    low: float = 0,
    high: float = 1,
    text: str | None = None,
    verdict: str = "",
    ends: tuple[str, str] | None = None,
    interval: tuple[float, float] | None = None,
    references: Mapping[str, float] | None = None,
    room: str = "",
) -> str:
    """Return a value on a scale, with words.

    Args:
        label: what is measured.
        value: where the dot stands; ``None`` or not-a-number writes that it was not measured.
        words: the reader's language.
        low, high: values at the ends of the scale.
        text: the number as written; by default with two decimals.
        verdict: one short sentence under the scale: what the number means.
        ends: words at the two ends; by default the numbers.
        interval: uncertainty of the value.
        references: name -> value of controls or baselines, drawn as named ticks (far apart: names are not
        moved). room: whose accent the dot takes.

    Raises:
        ValueError: the ends are not in order.
    """
    if not low < high:
        raise ValueError(f"a gauge needs low < high, got {low} and {high}")

    def at(x: float) -> float:
        return 100 * min(max((x - low) / (high - low), 0), 1)

    measured = value is not None and math.isfinite(value)
    shown = (words.number(value, 2) if text is None else text) if measured else words("kit.gauge.none")
    left, right = ends or (words.number(low), words.number(high))
    ticks = [(name, at(where)) for name, where in (references or {}).items()]
    line = "".join(f'<span class="tick" style="left:{x:.2f}%"></span>' for _, x in ticks)
    names, rows = _names(ticks, left, right)
    if measured:
        if interval is not None:
            start, end = at(interval[0]), at(interval[1])
            line += f'<span class="interval" style="left:{start:.2f}%;width:{end - start:.2f}%"></span>'
        line += f'<span class="dot" style="left:{at(value):.2f}%"></span>'
    said = words("kit.gauge.value", label=label, value=shown, low=left, high=right)
    for name, where in (references or {}).items():
        said += " " + words("kit.gauge.reference", name=name, value=where)
    return (
        f'<div class="eo-gauge {escape(room)}"><div class="head"><b>{escape(label)}</b>'
        f'<span class="value">{escape(shown)}</span></div>'
        f'<div role="img" aria-label="{escape(said)}"><div class="line">{line}</div>'
        f'<div class="ends" style="height:{1.4 * rows:.1f}em">'
        f"<span>{escape(left)}</span>{names}<span>{escape(right)}</span></div></div>"
        + (f"<p>{escape(verdict)}</p>" if verdict else "")
        + "</div>"
    )


def _names(ticks: Sequence[tuple[str, float]], left: str, right: str) -> tuple[str, int]:
    """Place the names of ticks under a scale, on further rows where they would touch; HTML and row count."""
    per_letter = 1.7  # percent of the width of a 370 px column, at 13 px
    rows = [[(0.0, per_letter * len(left)), (100 - per_letter * len(right), 100.0)]]
    html = ""
    for name, x in sorted(ticks, key=lambda tick: tick[1]):
        half = per_letter * (len(name) + 1) / 2
        x = min(max(x, half), 100 - half)
        span = (x - half, x + half)
        free = (i for i, row in enumerate(rows) if all(span[1] < a or b < span[0] for a, b in row))
        if (row := next(free, len(rows))) == len(rows):
            rows.append([])
        rows[row].append(span)
        html += f'<span class="at" style="left:{x:.2f}%;top:{1.3 * row:.1f}em">{escape(name)}</span>'
    return html, len(rows)


def gauge(label: str, value: float | None, words: Words, **options: object) -> None:
    """Draw a value on a scale (see :func:`gauge_html` for the options)."""
    st.html(gauge_html(label, value, words, **options))  # type: ignore[arg-type]


def level(value: float, words: Words, cuts: tuple[float, float] = (1 / 3, 2 / 3)) -> str:
    """Say a value between 0 and 1 in one word: low, medium or high, cut at ``cuts``."""
    return words(
        "kit.gauge.low" if value < cuts[0] else "kit.gauge.middle" if value < cuts[1] else "kit.gauge.high"
    )


def metric_html(label: str, number: str, note: str = "") -> str:
    """Return one number with its name and what it means."""
    return (
        f'<div class="eo-metric"><div class="label">{escape(label)}</div>'
        f'<div class="number">{escape(number)}</div>'
        + (f'<div class="note">{escape(note)}</div>' if note else "")
        + "</div>"
    )


def metric(label: str, number: str, note: str = "") -> None:
    """Draw one number with its name and what it means; ``number`` is a text in the reader's language."""
    st.html(metric_html(label, number, note))


def heading(room: str, words: Words) -> None:
    """Write the room's name in small capitals and its accent, and its question as the page's title."""
    with st.container(gap=None):
        st.html(f'<span class="eo-room {escape(room)}">{escape(words(f"rooms.{room}.name"))}</span>')
        st.title(words(f"rooms.{room}.question"), anchor=False)
