"""Scenes to pictures on a map, and places on the map to pixels."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import streamlit as st
import xarray as xr

from eogen.canopy import render
from eogen.colour import Scale
from eogen.raster import Bounds, Overlay, cell_bounds, overlay, pixel_at
from pages.kit.maps.view import Pixel, Place
from pages.kit.words import Words

#: Leaf area is green and the same on every map; its uncertainty is another hue.
LAI, SPREAD = Scale("algae", 0.0, 8.0), Scale("amp", 0.0, 2.5)
#: Pictures kept, 10 to 50 kB each.
KEPT = 128


@st.cache_data(show_spinner=False, max_entries=KEPT)
def _placed(key: tuple[object, ...], _pixels: Callable[[], np.ndarray], _like: xr.DataArray) -> Overlay:
    """Place pixels on the map, once per ``key``: warping and encoding take 30 ms a picture."""
    return overlay(_pixels(), _like)


def placed(key: tuple[object, ...], pixels: Callable[[], np.ndarray], like: xr.Dataset) -> Overlay:
    """Return display pixels placed where a scene lies; drawn once per ``key``."""
    return _placed(key, pixels, like.reflectance.isel(band=0))


def natural(key: str, scene: xr.Dataset) -> Overlay:
    """Return a scene in natural colours."""
    return placed(("natural", key), lambda: render.true_colour(scene.reflectance), scene)


def coloured(key: tuple[object, ...], values: np.ndarray, shades: Scale, scene: xr.Dataset) -> Overlay:
    """Return a quantity (y, x) in colours."""
    return placed((*key, shades.name, shades.low, shades.high), lambda: shades.colour(values), scene)


def map_labels(t: Words, **more: str) -> dict[str, str]:
    """Return the labels every map needs, in the reader's language."""
    names = ("zoom_in", "zoom_out", "keys", "at")
    return {name: t.text(f"kit.map.{name}") for name in names} | {"lang": t.lang} | more


def pixel(scene: xr.Dataset, spot: Place | Pixel | None) -> tuple[int, int] | None:
    """Return (row, column) of the scene under a chosen place; None where nothing was chosen or outside."""
    if spot is None:
        return None
    if isinstance(spot, Place):
        return pixel_at(scene.reflectance, spot.lat, spot.lng)
    row, column = spot.row, spot.column
    return (row, column) if row < scene.sizes["y"] and column < scene.sizes["x"] else None


def square(scene: xr.Dataset, row: int, column: int) -> Bounds:
    """Return the bounds of one pixel, for the rectangle drawn on a map."""
    if scene.rio.crs is not None:
        return cell_bounds(scene.reflectance, row, column)
    return [[float(row), float(column)], [float(row + 1), float(column + 1)]]
