"""Curves, points and bars with plotly: one factory, colour-blind-safe, units on every axis, both themes.

Colours of series are Okabe & Ito's (2008), the ones of ``.streamlit/config.toml``. Fields use the scales of
plotly's own tables: cividis (Nuñez et al. 2018), cmocean's for the sea (Thyng et al. 2016), PuOr
(ColorBrewer) for signed ones. ``plotly.express`` is left alone: it costs 0.4 s, ``graph_objects`` comes with
Streamlit.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import plotly.graph_objects as go
import streamlit as st
from plotly.basedatatypes import BaseFigure
from plotly.colors import get_colorscale

from pages.kit.stand import mode
from pages.kit.words import NARROW, Words

#: Series, in order; grey last, for "the rest".
SEQUENCE: tuple[str, ...] = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#5B5B5B")

#: Each room's own colour, for its own model; readable as a line on both grounds.
ACCENT: dict[str, str] = {
    "canopy": "#3F8A3A",
    "ocean": "#1580A5",
    "change": "#C2543A",
    "rain": "#6478C8",
    "landcover": "#A47A1C",
}

#: Everything that is not the room's own model.
BASELINE = "#8199A5"

#: Kind of quantity -> plotly colour scale. A kind that is not here is a sequential quantity: cividis.
SCALES: dict[str, str] = {
    "sequential": "cividis",
    "signed": "PuOr",
    "chlorophyll": "algae",
    "temperature": "thermal",
    "salinity": "haline",
    "depth": "deep",
    "rain": "tempo",
    "error": "amp",
    "anomaly": "balance",
}


def scale(kind: str = "sequential") -> list[list[Any]]:
    """Return plotly's colour scale for a kind of quantity.

    Raises:
        KeyError: the kind is not in :data:`SCALES`.
    """
    return get_colorscale(SCALES[kind])


def axis(title: str, unit: str, **options: Any) -> dict[str, Any]:
    """Return an axis whose title says the unit: ``Wavelength (nm)``.

    Args:
        title: the quantity, in the reader's language.
        unit: its unit; ``""`` says that it has none (names, counts, fractions).
        **options: further plotly axis options.
    """
    if not title:
        raise ValueError("an axis needs a title")
    return {"title": {"text": f"{title} ({unit})" if unit else title}, **options}


def figure(
    words: Words,
    *,
    x: dict[str, Any],
    y: dict[str, Any],
    height: int = 280,
    legend: bool = False,
    **layout: Any,
) -> go.Figure:
    """Return an empty figure in the house style, to which traces are added.

    Args:
        words: the reader's language: decimal comma and narrow spaces follow it, also in hover labels.
        x, y: axes made by :func:`axis`.
        height: pixels.
        legend: draw a legend, in one line above the figure; name curves directly where there is room.
        **layout: further plotly layout options.

    Raises:
        ValueError: an axis has no title (use :func:`axis`).
    """
    for name, given in (("x", x), ("y", y)):
        if not given.get("title", {}).get("text"):
            raise ValueError(
                f"the {name} axis has no title with its unit: make it with figures.axis(title, unit)"
            )
    quiet = {"showgrid": False, "zeroline": False, "ticks": "outside", "ticklen": 4, "automargin": True}
    house = go.Layout(
        xaxis={**quiet, **x},
        yaxis={**quiet, "showgrid": True, "gridcolor": "rgba(128,128,128,.22)", "ticks": "", **y},
        colorway=SEQUENCE,
        colorscale={
            "sequential": scale(),
            "sequentialminus": scale(),
            "diverging": scale("signed"),
        },
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        height=height,
        margin={"l": 8, "r": 12, "t": 34 if legend else 12, "b": 8},
        showlegend=legend,
        legend={"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom"},
        separators=f",{NARROW}" if words.lang == "fr" else ".,",
        hoverlabel={"align": "left"},
        dragmode=False,
    )
    return go.Figure(layout=house.update(layout))


class Kept(BaseFigure):
    """A finished figure, written as the browser gets it: plotly's copy of many panels takes longer than all the rest.

    It has no traces to change; it is drawn, and that is all.
    """

    def __init__(self, written: dict[str, Any]) -> None:  # plotly's own would check and copy all of it again
        self._written = written

    def to_dict(self) -> dict[str, Any]:
        """Return what is written; it is shared and must not be changed."""
        return self._written

    def with_layout(self, **changed: Any) -> Kept:
        """Return the same figure with other values in its layout."""
        return Kept(self._written | {"layout": self._written["layout"] | changed})


@st.cache_resource(show_spinner=False, max_entries=128)
def kept(key: tuple[Any, ...], _make: Callable[[], go.Figure]) -> Kept:
    """Return a figure made once per ``key``: plotly's checks take a tenth of a second each time."""
    return Kept(_make().to_dict())


def show(fig: go.Figure | Kept, *, key: str, alt: str, expert: bool = False, **options: Any) -> Any:
    """Draw a figure.

    Args:
        fig: from :func:`figure` or :func:`kept`.
        key: constant name of the chart: zoom and selection survive reruns; the export bar finds the chart by it.
        alt: what the figure shows, in one sentence, for those who do not see it.
        expert: show plotly's tool bar on hover (its labels are English only, hence not to the public).
        **options: ``on_select``, ``selection_mode``, ``width``.

    Returns:
        What ``st.plotly_chart`` returns: the selection when ``on_select`` is given.

    Raises:
        ValueError: ``alt`` is empty.
    """
    if not alt.strip():
        raise ValueError(f"figure {key!r} needs an alternative text")
    config = {
        "displaylogo": False,
        "displayModeBar": "hover" if expert else False,
        "scrollZoom": False,
        "modeBarButtonsToRemove": ["autoScale2d", "zoomIn2d", "zoomOut2d"],
        "toImageButtonOptions": {"filename": key, "scale": 3},
    }
    if mode.standing():
        fig = go.Figure(fig.to_dict()) if isinstance(fig, Kept) else fig
        fig.update_xaxes(tickfont_size=mode.TEXT, title_font_size=mode.TEXT)
        fig.update_yaxes(tickfont_size=mode.TEXT, title_font_size=mode.TEXT)
        fig.update_annotations(font_size=mode.TEXT)
        fig.update_layout(height=(fig.layout.height or 280) + 60)
    if expert:
        fig = _with_zoom(fig)
    return st.plotly_chart(fig, key=key, alt=alt, config=config, **options)


def _with_zoom(fig: go.Figure | Kept) -> go.Figure | Kept:
    if isinstance(fig, Kept):
        still = fig.to_dict()["layout"].get("dragmode") is False
        return fig.with_layout(dragmode="zoom") if still else fig
    return fig.update_layout(dragmode="zoom") if fig.layout.dragmode is False else fig
