"""Pictures of the map: a month in true or false colours, classes, confidence; and their legends."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import streamlit as st
import xarray as xr

from eogen.colour import Scale
from eogen.landcover import render
from eogen.raster import Overlay, features_geojson, overlay
from pages.kit.maps.legend import class_legend, scale_legend
from pages.kit.words import Words
from pages.parts.landcover import draw
from pages.parts.landcover.seasons import colours
from pages.parts.landcover.seasons.map_places import Scene

#: Longest side of a picture, pixels.
SIDE = 768
LOOKS = ("true", "false")
CONFIDENCE = Scale("cividis", 0.0, 1.0)
GREENNESS = Scale("algae", 0.0, 1.0)
#: Colour of what was not seen in a month.
UNSEEN = (128, 128, 128)
#: Parts of fewer pixels are not outlined: single pixels would draw a net.
LEAST = 4


@st.cache_data(show_spinner=False, max_entries=192)
def _placed(key: tuple[object, ...], _pixels: Callable[[], np.ndarray], _grid: xr.DataArray) -> Overlay:
    return overlay(_pixels(), _grid, limit=SIDE)


def image(scene: Scene, time: int, look: str) -> Overlay:
    """Return the picture of one date: ``"true"`` or ``"false"`` colours, or the greenness where there is no more."""
    return _placed(("image", *scene.key, time, look), lambda: _image(scene, time, look), scene.grid)


def _image(scene: Scene, time: int, look: str) -> np.ndarray:
    shown = scene.shown.isel(time=time)
    if "ndvi" in shown:
        values = np.where(shown["clear"].values, shown["ndvi"].values, np.nan)
        made = GREENNESS.colour(values)[..., :3].copy()
        made[~np.isfinite(values)] = UNSEEN
        return made
    bands = [str(b) for b in shown["band"].values]
    red = ("B08", "B04", "B03") if look == "false" else ("B04", "B03", "B02")
    if not set(red) <= set(bands):
        red = tuple(bands[:3])
    values = shown["reflectance"].transpose("band", "y", "x")
    made = (render.false_colour if look == "false" else render.bright)(values).copy()
    made[~np.isfinite(values.sel(band=list(red)).values).all(0)] = UNSEEN
    return made


def classes(scene: Scene, key: tuple[object, ...], label: np.ndarray, names: Sequence[str]) -> Overlay:
    """Return a map of classes in their colours; ``key`` names it among those of the place."""
    return _placed(("classes", *scene.key, *key), lambda: colours.pixels(label, names), scene.grid)


def confidence(scene: Scene, key: tuple[object, ...], values: np.ndarray) -> Overlay:
    """Return the confidence, 0 to 1, in cividis; grey where there is no answer."""

    def pixels() -> np.ndarray:
        made = CONFIDENCE.colour(values)[..., :3].copy()
        made[~np.isfinite(values)] = UNSEEN
        return made

    return _placed(("confidence", *scene.key, *key), pixels, scene.grid)


def signed(scene: Scene, key: tuple[object, ...], values: np.ndarray, shades: Scale) -> Overlay:
    """Return evidence for (violet) and against (orange); where it says little the image below stays visible."""
    return _placed(
        ("signed", *scene.key, *key, shades.low),
        lambda: shades.colour(values, alpha_by_value=True),
        scene.grid,
    )


@st.cache_data(show_spinner=False, max_entries=32)
def outline(key: tuple[str, ...], _mask: np.ndarray, _grid: xr.DataArray) -> dict[str, Any]:
    """Return the outlines of the parts of a mask (y, x) that are not tiny, as GeoJSON where the map lies."""
    mask = _grid.copy(data=_mask)
    if _grid.rio.crs is None:
        return draw.outline(mask)
    made = features_geojson(mask, min_pixels=LEAST)
    return {
        "type": "FeatureCollection",
        "features": [{**each, "properties": {}} for each in made["features"]],
    }


def class_names(t: Words, names: Sequence[str]) -> list[str]:
    """Return how classes are called."""
    return [t(f"landcover.series.classes.{name}.name") for name in names]


def legend(t: Words, names: Sequence[str], shown: np.ndarray | None = None) -> None:
    """Draw the legend of classes, of those that are on the map (y, x) first where it is given, and of what has none."""
    there = range(len(names)) if shown is None else [k for k in range(len(names)) if (shown == k).any()]
    called, tints = class_names(t, names), colours.colours(names)
    rows = [(tints[k], called[k]) for k in there]
    if shown is None or (shown < 0).any():
        rows.append((colours.UNKNOWN, t("landcover.series.map.no_class")))
    st.html(f'<div style="columns:9.5rem;column-gap:1.2rem">{class_legend(rows)}</div>')


def confidence_legend(t: Words) -> None:
    """Draw the legend of the confidence, 0 to 100 %."""
    st.html(
        scale_legend(
            CONFIDENCE, title=t("landcover.series.map.confidence"), at=(0, 0.25, 0.5, 0.75, 1),
            number=lambda v: t.percent(v), missing=t("landcover.series.map.unknown"),
        )
    )  # fmt: skip


def greenness_legend(t: Words) -> None:
    """Draw the legend of the NDVI."""
    st.html(
        scale_legend(
            GREENNESS, title=t("landcover.series.map.ndvi"), number=t.number,
            missing=t("landcover.series.map.cloud"),
        )
    )  # fmt: skip
