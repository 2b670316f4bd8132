"""A gap drawn by the visitor over the sea: a Streamlit element (components v2) that speaks once, on "apply"."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import streamlit as st

from eogen.raster import data_url
from pages.parts.ocean import gaps

HERE = Path(__file__).parent
WORDS = ("picture", "canvas", "keys", "tool", "brush", "rectangle", "erase", "size", "clear", "apply")
_TOOLS = "".join(
    f'<label class="{name}"><input type="radio" name="tool" value="{name}"{" checked" if name == "brush" else ""}>'
    "<span></span></label>"
    for name in ("brush", "rectangle", "erase")
)
_HTML = f"""<div class="painter"><fieldset>{_TOOLS}
<label class="size"><input type="range" min="1" max="25" value="9" step="2"><span></span></label></fieldset>
<div class="frame"><img alt=""><canvas tabindex="0" role="application"></canvas>
<div class="cell" hidden></div></div><div class="hint"></div>
<div class="row"><button type="button"></button><button type="button"></button></div></div>"""

_mount = st.components.v2.component(
    "eogen_brush",
    html=_HTML,
    css=(HERE / "brush.css").read_text("utf-8"),
    js=(HERE / "brush.js").read_text("utf-8"),
)


def brush(
    pixels: np.ndarray,
    mask: np.ndarray,
    *,
    key: str,
    token: str,
    shape: float,
    labels: Mapping[str, str],
) -> np.ndarray | None:
    """Draw a picture to paint a mask on; return the mask (lat, lon; bool, south first) applied in this run, if any.

    Args:
        pixels: uint8 RGBA, north first: the same place in any number of pixels.
        mask: (lat, lon) bool: what is drawn at first.
        key: of the element.
        token: names grid and date: another one starts from ``mask`` again.
        shape: width over height on the screen.
        labels: :data:`WORDS`.

    Raises:
        KeyError: a label is missing.
    """
    if missing := [w for w in WORDS if w not in labels]:
        raise KeyError(f"brush labels missing: {', '.join(missing)}")
    rows, columns = mask.shape
    data = {
        "image": data_url(pixels), "rows": rows, "columns": columns, "token": token, "labels": dict(labels),
        "mask": gaps.to_bits(mask), "shape": shape,
    }  # fmt: skip
    drawn = _mount(key=key, data=data, on_mask_change=lambda: None).get("mask")
    return gaps.of_bits(drawn, (rows, columns)) if drawn else None
