"""What the two map elements share on the Python side: words, places, and the scene handed to ``view.js``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pages.kit.maps import leaflet

if TYPE_CHECKING:
    from eogen.raster import Bounds, Overlay

HERE = Path(__file__).parent

WORDS = ("lang", "map", "zoom_in", "zoom_out", "keys", "at")
"""Labels every map needs, in the reader's language.

``lang``: BCP 47 tag for numbers (``fr``); ``map``: what the picture shows (its text alternative); ``zoom_in``
and ``zoom_out``: names of the buttons; ``keys``: how to choose a place with the keyboard, shown while the map
has the focus; ``at``: where the keyboard's cross is, with places ``{x}`` and ``{y}`` (column and row, or
longitude and latitude in degrees).
"""

ZOOM = (
    '<div class="zoom"><button type="button" class="in"><svg viewBox="0 0 16 16" aria-hidden="true">'
    '<path d="M8 2v12M2 8h12"/></svg></button><button type="button" class="out">'
    '<svg viewBox="0 0 16 16" aria-hidden="true"><path d="M2 8h12"/></svg></button></div>'
)
MAP = (
    '<div class="map" tabindex="0" aria-describedby="hint"></div><div class="cross" hidden></div>'
    '<div class="ghost" hidden></div>'
    '<div class="hint" id="hint"></div><output class="unseen" aria-live="polite"></output>'
)
CSS = (HERE / "swipe.css").read_text("utf-8")


@dataclass(frozen=True)
class Place:
    """A chosen place on Earth, in degrees (WGS 84)."""

    lat: float
    lng: float


@dataclass(frozen=True)
class Pixel:
    """A chosen place on the pixel plane: ``x`` right and ``y`` down from the upper left corner, in pixels."""

    x: float
    y: float

    @property
    def row(self) -> int:
        """Row of the pixel, from 0 at the top."""
        return int(self.y)

    @property
    def column(self) -> int:
        """Column of the pixel, from 0 at the left."""
        return int(self.x)


def script(name: str) -> str:
    """Return ``view.js`` followed by the file ``name``: one module, because v2 scripts run from a blob."""
    return (HERE / "view.js").read_text("utf-8") + (HERE / name).read_text("utf-8")


def clicked(result: Mapping[str, Any]) -> Place | Pixel | None:
    """Return where the visitor chose in this run, if anywhere."""
    if not (spot := result.get("clicked")):
        return None
    if "lat" in spot:
        return Place(float(spot["lat"]), float(spot["lng"]))
    # Python's floor of a click on the very edge must stay inside the image.
    return Pixel(max(0.0, float(spot["x"])), max(0.0, float(spot["y"])))


def scene(
    base: Overlay,
    *others: Overlay,
    labels: Mapping[str, str],
    words: tuple[str, ...],
    height: int | None,
    marker: tuple[float, float] | None,
    rectangle: Bounds | None,
    pixelated: bool | None,
    outline: Mapping[str, Any] | None,
    clickable: bool,
) -> dict[str, Any]:
    """Return the part of the element's data that ``view.js`` reads.

    Raises:
        KeyError: a label is missing (nothing is filled in with English behind the reader's back).
        ValueError: pictures of one map do not lie at the same place.
    """
    if missing := [w for w in (*WORDS, *words) if w not in labels]:
        raise KeyError(f"map labels missing: {', '.join(missing)}")
    for other in others:
        if other.geographic != base.geographic or not _close(other.bounds, base.bounds):
            raise ValueError(f"pictures of one map lie at different places: {base.bounds}, {other.bounds}")
    return {
        "base": f"./{leaflet.serve()}",
        "bounds": base.bounds,
        "inner": base.inner,
        "geographic": base.geographic,
        "size": list(base.size),
        "pixelated": max(base.size) <= 128 if pixelated is None else pixelated,
        "height": height,
        "labels": dict(labels),
        "lang": labels["lang"],
        "marker": list(marker) if marker else None,
        "rectangle": rectangle,
        "outline": outline,
        "clickable": clickable,
    }


def _close(a: Bounds, b: Bounds) -> bool:
    size = max(abs(a[1][i] - a[0][i]) for i in (0, 1))
    return all(abs(a[i][j] - b[i][j]) <= 1e-6 * size for i in (0, 1) for j in (0, 1))
