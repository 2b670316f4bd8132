"""Maps of several layers and objects: folium through streamlit-folium, over the Leaflet of the wheel."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pages.kit.maps import leaflet
from pages.kit.maps.layers import Layer
from pages.kit.maps.view import Place

if TYPE_CHECKING:
    import folium


@dataclass(frozen=True)
class Objects:
    """A GeoJSON FeatureCollection (WGS 84) under a name in the reader's language.

    Args:
        show: names of properties shown beside an object, with the words for them.
    """

    features: Mapping[str, Any]
    label: str
    colour: str = "#D55E00"
    show: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Chosen:
    """What was chosen last: a place, and the properties of the object there, if there was one."""

    place: Place | None = None
    properties: Mapping[str, Any] | None = None


@lru_cache
def europe() -> dict[str, Any]:
    """Return the outlines of European countries (Natural Earth 1:110m, public domain)."""
    return json.loads((Path(__file__).parent / "europe_110m.geojson").read_text("utf-8"))


def extent(layers: Sequence[Layer | Objects]) -> list[list[float]]:
    """Return the [[south, west], [north, east]] that holds every layer, in degrees.

    Raises:
        ValueError: no layer, or one on the pixel plane (it has no place on Earth).
    """
    corners: list[list[float]] = []
    for layer in layers:
        if isinstance(layer, Layer):
            if not layer.picture.geographic:
                raise ValueError(
                    f"{layer.label!r} lies on the pixel plane; show it with swipe() or picture()"
                )
            corners += layer.picture.bounds
        else:
            corners += [
                [y, x] for f in layer.features["features"] for x, y in _points(f["geometry"]["coordinates"])
            ]
    if not corners:
        raise ValueError("a map needs at least one layer with something in it")
    latitudes, longitudes = zip(*corners, strict=True)
    return [[min(latitudes), min(longitudes)], [max(latitudes), max(longitudes)]]


def _points(coordinates: Any) -> list[list[float]]:
    if isinstance(coordinates[0], int | float):
        return [coordinates[:2]]
    return [point for part in coordinates for point in _points(part)]


def add(
    target: folium.Map, layers: Sequence[Layer | Objects], *, outline: bool, opacity: float = 1.0
) -> None:
    """Put ``layers`` (and the outlines of countries) on a folium map and fit it to them."""
    import folium

    if outline:
        line = {"color": "#5b6b78", "weight": 1, "fillOpacity": 0.05, "fillColor": "#5b6b78"}
        folium.GeoJson(europe(), style_function=lambda _: line, interactive=False, control=False).add_to(
            target
        )
    for layer in layers:
        if isinstance(layer, Layer):
            folium.raster_layers.ImageOverlay(
                layer.picture.url,
                layer.picture.bounds,
                name=_plain(layer.label),
                alt=_plain(layer.label),
                opacity=opacity,
                pixelated=max(layer.picture.size) <= 128,
            ).add_to(target)
        else:
            style = {"color": layer.colour, "weight": 2, "fillColor": layer.colour, "fillOpacity": 0.15}
            show = layer.show or {}
            folium.GeoJson(
                dict(layer.features),
                name=_plain(layer.label),
                style_function=lambda _, style=style: style,
                highlight_function=lambda _: {"weight": 4},
                tooltip=folium.GeoJsonTooltip(list(show), [_plain(v) for v in show.values()])
                if show
                else None,
            ).add_to(target)
    target.fit_bounds(extent(layers))


def _plain(text: str) -> str:
    """Return ``text`` without what folium's templates would read as markup or JavaScript."""
    return "".join(" " if c in "<>`\\{}" else c for c in text)


def folium_map(
    layers: Sequence[Layer | Objects],
    *,
    key: str,
    height: int = 460,
    outline: bool = False,
    zoom: bool = True,
) -> Chosen:
    """Draw ``layers``, the last on top, with a layer switch when there are several; return what was chosen.

    Only choosing talks to the server; moving the map does not.

    Args:
        outline: draw the outlines of European countries below, for scenes large enough to need them.
        zoom: whether the visitor can zoom with buttons.

    Raises:
        ValueError: nothing to draw, or a picture on the pixel plane.
    """
    import folium
    from streamlit_folium import st_folium

    leaflet.localise_folium()
    target = folium.Map(
        tiles=None,
        control_scale=True,
        zoom_control=zoom,
        zoom_snap=0.25,
        attributionControl=False,
        max_zoom=20,
    )
    add(target, layers, outline=outline)
    if len(layers) > 1:
        folium.LayerControl(collapsed=False).add_to(target)
    result = st_folium(
        target,
        key=key,
        height=height,
        use_container_width=True,
        returned_objects=["last_clicked", "last_active_drawing"],
    )
    spot, feature = result.get("last_clicked"), result.get("last_active_drawing")
    return Chosen(
        Place(spot["lat"], spot["lng"]) if spot else None, feature.get("properties") if feature else None
    )
