"""Before and after under one divider: a Streamlit element (components v2) over Leaflet, with no network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import streamlit as st

from pages.kit.maps import view

if TYPE_CHECKING:
    from eogen.raster import Bounds, Overlay

_HTML = f"""<div class="eogen-map swipe"><div class="frame">{view.MAP}
<input type="range" class="divider" min="0" max="1" step="0.001">
<div class="line"><div class="handle"><svg viewBox="0 0 24 24" aria-hidden="true">
<path d="M9 7l-5 5 5 5M15 7l5 5-5 5"/></svg></div></div>
<span class="tag before"></span><span class="tag after"></span>{view.ZOOM}</div></div>"""

_mount = st.components.v2.component("eogen_swipe", html=_HTML, css=view.CSS, js=view.script("swipe.js"))


@dataclass(frozen=True)
class Swiped:
    """Where the divider rests (0 left, 1 right), and the place chosen in this run, if any."""

    position: float
    clicked: view.Place | view.Pixel | None


def swipe(
    before: Overlay,
    after: Overlay,
    *,
    key: str,
    labels: Mapping[str, str],
    height: int | None = 470,
    position: float = 0.5,
    marker: tuple[float, float] | None = None,
    rectangle: Bounds | None = None,
    pixelated: bool | None = True,
    outline: Mapping[str, Any] | None = None,
    clickable: bool = True,
) -> Swiped:
    """Draw two pictures of the same place; ``before`` shows left of the divider, ``after`` right of it.

    Dragging never talks to the server; ``position`` comes back once, 0.3 s after the divider rests. New
    pictures at
    the same bounds are swapped in place: zoom and divider stay. The frame is always full of image.

    Args:
        labels: :data:`pages.kit.maps.view.WORDS` and ``before``, ``after`` (pills), ``bar`` (name of the
            divider).
        height: of the frame in CSS pixels; None gives it the shape of the image.
        position: where the divider starts; changing it later moves the divider.
        marker: one point, (latitude, longitude), or (row, column) on the pixel plane.
        rectangle: one square that is chosen or hidden, as [[south, west], [north, east]], or on the pixel
            plane [[first row, first column], [last row + 1, last column + 1]].
        pixelated: draw sharp pixels; None decides by size (sharp up to 128 pixels).
        outline: GeoJSON drawn as thin lines; on the pixel plane its coordinates are [column, row].
        clickable: whether choosing a place (pointer, or Enter at the keyboard's cross) comes back to Python.

    Raises:
        KeyError: a label is missing.
        ValueError: the pictures lie at different places.
    """
    data = view.scene(
        before,
        after,
        labels=labels,
        words=("before", "after", "bar"),
        height=height,
        marker=marker,
        rectangle=rectangle,
        pixelated=pixelated,
        outline=outline,
        clickable=clickable,
    )
    result = _mount(
        key=key,
        data=data | {"before": before.url, "after": after.url, "position": position},
        default={"position": position},
        on_position_change=lambda: None,
        on_clicked_change=lambda: None,
    )
    rests = result.get("position")
    return Swiped(position if rests is None else float(rests), view.clicked(result))
