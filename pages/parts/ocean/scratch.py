"""A cloud that the visitor wipes off a picture: a Streamlit element (components v2), wholly in the browser."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

if TYPE_CHECKING:
    from eogen.raster import Bounds, Overlay

HERE = Path(__file__).parent
WORDS = ("lang", "under", "cloud", "keys", "all", "tag", "share", "wiped")
"""Labels the element needs: ``under`` and ``cloud`` say what is seen, ``keys`` how to wipe with the keyboard, ``all``
names the button, ``tag`` the picture; ``share`` is said after a percentage, ``wiped`` at the end."""

_HTML = """<div class="scratch"><div class="frame"><img alt=""><div class="half"></div>
<canvas tabindex="0" role="application"></canvas><div class="hint"></div><div class="brush" hidden></div>
<span class="tag"></span></div>
<div class="row"><button type="button"></button><output aria-live="polite"></output></div></div>"""

_mount = st.components.v2.component(
    "eogen_scratch",
    html=_HTML,
    css=(HERE / "scratch.css").read_text("utf-8"),
    js=(HERE / "scratch.js").read_text("utf-8"),
)


@dataclass(frozen=True)
class Wiped:
    """A cloud that is gone: which one, and the share that the visitor wiped by hand (0 to 1)."""

    token: str
    share: float


def scratch(
    under: Overlay,
    cloud: Overlay,
    *,
    key: str,
    token: str,
    labels: Mapping[str, str],
    done: bool = False,
    halved: bool = False,
    brush: float = 0.12,
) -> Wiped | None:
    """Draw a picture under a cloud; return the cloud that was wiped away last, if any.

    Wiping never talks to the server; the one message comes when seven tenths are gone, or at the press of the button.

    Args:
        under: the picture.
        cloud: RGBA, at the same place.
        key: of the element.
        token: names the cloud: another one is laid anew.
        labels: :data:`WORDS`.
        done: draw it without the cloud.
        halved: draw a dashed line down the middle.
        brush: width of the brush, as a part of the picture's.

    Raises:
        KeyError: a label is missing.
    """
    if missing := [w for w in WORDS if w not in labels]:
        raise KeyError(f"scratch labels missing: {', '.join(missing)}")
    data: dict[str, Any] = {
        "under": under.url, "cloud": cloud.url, "token": token, "labels": dict(labels), "lang": labels["lang"],
        "done": done, "halved": halved, "brush": brush, "shape": shape(under.bounds),
    }  # fmt: skip
    found = _mount(key=key, data=data, default={"wiped": None}, on_wiped_change=lambda: None).get("wiped")
    return Wiped(str(found["token"]), float(found["share"])) if found else None


def shape(bounds: Bounds) -> float:
    """Return width over height of a picture in Web Mercator (bounds in degrees)."""
    (south, west), (north, east) = np.deg2rad(bounds)
    return float((east - west) / (np.arcsinh(np.tan(north)) - np.arcsinh(np.tan(south))))
