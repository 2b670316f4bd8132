"""A year of a field as twelve tiles: its colours, what the satellite sees beside, how green it is, which month told."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
import streamlit as st

from eogen.landcover.series import tints
from eogen.landcover.series.season import ndvi
from pages.kit.style import escape
from pages.kit.words import Words


def html(
    t: Words,
    series: np.ndarray,
    bands: Sequence[str],
    *,
    told: Collection[int] = (),
    infrared: bool = False,
    green: bool = False,
) -> str:
    """Return the year as an accessible list of months.

    Args:
        t: the reader's words.
        series: (month, band), twelve calendar months, NaN where clouds hid the field.
        bands: their names.
        told: numbers (from 0) of the months to mark.
        infrared: also draw the months in false colour.
        green: also draw the curve of greenness (NDVI).
    """
    true, false = tints.colours(series, bands), tints.colours(series, bands, tints.FALSE)
    index = ndvi(series, bands)
    cells = []
    for k, colour in enumerate(true):
        full = t(f"landcover.series.month_names.{k + 1}")
        said = (
            t("landcover.series.public.month_cloud", month=full)
            if colour is None
            else t(
                "landcover.series.public.month_said",
                month=full, colour=t(f"landcover.series.public.colours.{tints.name(colour)}"),
            )
        )  # fmt: skip
        parts = [_tile(t, colour)]
        if infrared:
            parts.append(_tile(t, false[k], "eye"))
        if green:
            parts.append(_curve(t, index, k))
            if np.isfinite(index[k]):
                said += f" {t('landcover.series.public.month_green', value=t.number(index[k], 2))}"
        parts.append(f'<span class="name">{escape(t(f"landcover.series.months.{k + 1}"))}</span>')
        if k in told:
            tag = t("landcover.series.public.tag")
            parts.append(f'<span class="tag">{escape(tag)}</span>')
            said += f" {tag}"
        kind = "month told" if k in told else "month"
        cells.append(
            f'<li class="{kind}"><span class="eo-hidden">{escape(said)}</span>'
            f'<span aria-hidden="true">{"".join(parts)}</span></li>'
        )
    label = t("landcover.series.public.strip")
    keys = [t(f"landcover.series.public.{key}") for key, on in (("eye", infrared), ("curve", green)) if on]
    below = f'<p class="eo-year-key">{escape(" ".join(keys))}</p>' if keys else ""
    return f'<ul class="eo-year" role="list" aria-label="{escape(label)}">{"".join(cells)}</ul>{below}'


def show(t: Words, series: np.ndarray, bands: Sequence[str], **options: object) -> None:
    """Draw the year (see :func:`html`)."""
    st.html(html(t, series, bands, **options))  # type: ignore[arg-type]


def small(series: np.ndarray, bands: Sequence[str]) -> str:
    """Return the year as a thin band of colours, decoration beside words."""
    spans = "".join(
        f'<i style="background:{tints.css(c)}"></i>' if c else '<i class="cloud"></i>'
        for c in tints.colours(series, bands)
    )
    return f'<span class="eo-year-small" aria-hidden="true">{spans}</span>'


def _tile(t: Words, colour: tints.Colour | None, kind: str = "") -> str:
    if colour is None:
        word = f"<em>{escape(t('landcover.series.public.cloud'))}</em>" if not kind else ""
        return f'<span class="tile cloud {kind}"><i></i>{word}</span>'
    return f'<span class="tile {kind}" style="background:{tints.css(colour)}"></span>'


def _curve(t: Words, index: np.ndarray, k: int) -> str:
    """Return the piece of the curve over one month: an area that joins the neighbours that were seen."""
    here = index[k]
    if not np.isfinite(here):
        return '<span class="green none"></span>'
    sides = [
        (here + index[j]) / 2 if 0 <= j < len(index) and np.isfinite(index[j]) else None
        for j in (k - 1, k + 1)
    ]

    def at(x: int, value: float) -> str:
        return f"{x}% {100 - 100 * min(max(float(value), 0), 1):.1f}%"

    points = [at(0, sides[0])] if sides[0] is not None else ["42% 100%", at(42, here)]
    points += [at(50, here)]
    points += [at(100, sides[1])] if sides[1] is not None else [at(58, here), "58% 100%"]
    first, last = ("0" if sides[0] is not None else "42"), ("100" if sides[1] is not None else "58")
    area = ", ".join([f"{first}% 100%", *points, f"{last}% 100%"])
    top = 100 - 100 * min(max(float(here), 0), 1)
    return (
        f'<span class="green"><i style="clip-path:polygon({area})"></i>'
        f'<b style="top:{top:.1f}%"></b><small>{escape(t.number(here, 1))}</small></span>'
    )
