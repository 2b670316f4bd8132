"""One picture with layers over it, whose opacity is settled in the browser; two of them can move together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import streamlit as st

from pages.kit.maps import view

if TYPE_CHECKING:
    from eogen.raster import Bounds, Overlay

_HTML = f"""<div class="eogen-map layers"><div class="frame">{view.MAP}
<span class="tag title"></span>{view.ZOOM}</div>
<div class="controls"><label><span class="opacity-name"></span>
<input type="range" class="opacity" min="0" max="1" step="0.01"></label>
<label class="blend"><input type="checkbox"><span class="blend-name"></span></label>
<div class="choices"></div></div></div>"""

_mount = st.components.v2.component("eogen_layers", html=_HTML, css=view.CSS, js=view.script("layers.js"))


@dataclass(frozen=True)
class Layer:
    """A picture drawn over the base, under a name in the reader's language."""

    picture: Overlay
    label: str


def picture(
    base: Overlay,
    layers: Sequence[Layer] = (),
    *,
    key: str,
    labels: Mapping[str, str],
    opacity: float = 0.6,
    height: int | None = None,
    group: str | None = None,
    blend: bool = False,
    marker: tuple[float, float] | None = None,
    rectangle: Bounds | None = None,
    pixelated: bool | None = None,
    outline: Mapping[str, Any] | None = None,
    clickable: bool = True,
) -> view.Place | view.Pixel | None:
    """Draw ``base`` with ``layers`` over it; return the place chosen in this run, if any.

    Opacity, blending and which layers show never talk to the server.

    Args:
        labels: :data:`pages.kit.maps.view.WORDS`, ``opacity`` (name of the slider), ``blend`` (where
            ``blend``) and optionally ``title`` (a pill on the picture).
        opacity: of the layers at first; changing it later moves the slider.
        height: see :func:`pages.kit.maps.swipe.swipe`; None, the default, gives the frame the shape of the
            image.
        group: pictures of the same group pan and zoom together.
        blend: offer to multiply the layers with the base instead of covering it.
        marker, rectangle, pixelated, outline, clickable: see :func:`pages.kit.maps.swipe.swipe`.

    Raises:
        KeyError: a label is missing.
        ValueError: the pictures lie at different places.
    """
    data = view.scene(
        base,
        *(layer.picture for layer in layers),
        labels=labels,
        words=("opacity", "blend") if blend else ("opacity",),
        height=height,
        marker=marker,
        rectangle=rectangle,
        pixelated=pixelated,
        outline=outline,
        clickable=clickable,
    )
    result = _mount(
        key=key,
        data=data
        | {
            "image": base.url,
            "layers": [{"url": layer.picture.url, "label": layer.label} for layer in layers],
            "opacity": opacity,
            "group": group,
            "blend": blend,
        },
        on_clicked_change=lambda: None,
    )
    return view.clicked(result)
