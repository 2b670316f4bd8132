"""Tables of figures that sort by number and read in the reader's language, and the numbers in them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import pandas as pd
import streamlit as st

from eogen.results import Figure
from pages.kit import measured
from pages.kit.words import Words

#: Most rows of a table that stands whole on the page; a longer one scrolls.
WHOLE = 30


def digits(values: Sequence[float | None]) -> int | None:
    """Return how many decimals a column of numbers needs; None for 3 significant digits each."""
    sizes = [abs(v) for v in values if v is not None and math.isfinite(v) and v]
    if not sizes or max(sizes) < 0.01:
        return None
    return 1 if max(sizes) >= 100 else 2 if max(sizes) >= 10 else 3


def interval(figure: Figure, t: Words) -> str:
    """Write a figure with its 95 % interval, where it has one, with the decimals that its size needs."""
    places = digits([figure.value, figure.low, figure.high])
    if places is None and figure.value is not None and figure.low is None:
        return t.number(figure.value)
    return measured.with_interval(figure, t, 4 if places is None else places)


def number(t: Words, places: int | None) -> Callable[[Any], str]:
    """Return how a cell is written; one without a number is a dash."""
    return lambda v: "–" if v is None or pd.isna(v) else t.number(float(v), places)


def draw(
    t: Words,
    frame: pd.DataFrame,
    *,
    alt: str,
    key: str,
    numbers: Mapping[str, int | None] | None = None,
    height: Literal["content", "auto"] | int | None = None,
    widths: Mapping[str, int] | None = None,
) -> None:
    """Draw a table whose columns of numbers sort as numbers and are written in the reader's language.

    Args:
        t: the reader's words.
        frame: a row each.
        alt: what the table shows.
        key: of the table.
        numbers: column -> decimals (None: 3 significant digits).
        height: pixels; the table scrolls within them. Left out, a table of up to :data:`WHOLE` rows stands whole.
        widths: column -> pixels, where the browser's own choice would hide what matters.
    """
    written: dict[str, Callable[[Any], str]] = {
        name: number(t, places) for name, places in (numbers or {}).items()
    }
    shown = frame.style.format(written) if written else frame
    columns = {name: st.column_config.Column(width=pixels) for name, pixels in (widths or {}).items()}
    if height is None:
        height = "content" if len(frame) <= WHOLE else "auto"
    elif len(frame) * 35 + 40 < height:
        height = "auto"
    st.dataframe(
        shown,
        hide_index=True,
        width="stretch",
        placeholder="–",
        alt=alt,
        key=key,
        column_config=columns,
        height=height,
    )
