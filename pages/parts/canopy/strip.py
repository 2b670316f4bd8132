"""What the machine thinks possible, as a little hill on a line of leaf layers: read at a glance, drawn as HTML."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pages.kit.style import escape
from pages.kit.words import Words
from pages.parts.canopy.density import curve

#: The line goes from bare soil to this many layers.
MOST = 10.0
BARS = 50


def hill_html(
    quantiles: np.ndarray, t: Words, *, marks: Sequence[tuple[str, str, float]], label: str, title: str
) -> str:
    """Return the hill of a density known by evenly spaced quantiles, over a line from 0 to ``MOST`` layers.

    Args:
        quantiles: of leaf area, lowest first.
        t: the reader's language.
        marks: (kind, name, value) of what is pinned under the line; kinds are ``truth``, ``you``, ``machine``.
        label: read aloud in its place.
        title: written above.
    """
    _, height = curve(quantiles, 0.0, MOST, BARS)
    height = height / max(float(height.max()), 1e-6)
    low, high = np.quantile(quantiles, [0.05, 0.95])
    bars = ""
    for number, tall in enumerate(height):
        x = (number + 0.5) / BARS * MOST
        kind = "in" if low <= x <= high else "out"
        bars += f'<span class="{kind}" style="height:{100 * max(float(tall), 0.012):.1f}%"></span>'
    ticks = "".join(
        f'<span style="left:{100 * v / MOST:.1f}%">{t.number(v)}</span>' for v in range(0, int(MOST) + 1, 2)
    )
    pins = "".join(
        f'<span class="pin {escape(kind)}{" left" if value > 0.6 * MOST else ""}" '
        f'style="left:{100 * min(value / MOST, 1):.2f}%;top:{1.5 * row:.1f}em"><b>{escape(name)}</b></span>'
        for row, (kind, name, value) in enumerate(marks)
    )
    return (
        f'<div class="eo-hill canopy"><p>{escape(title)}</p><div role="img" aria-label="{escape(label)}">'
        f'<div class="bars">{bars}</div><div class="ticks">{ticks}</div>'
        f'<div class="pins" style="height:{1.5 * len(marks):.1f}em">{pins}</div></div></div>'
    )
