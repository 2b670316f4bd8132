"""Evidence to pictures: the image, a spotlight for the public, a colour scale for experts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import rasterio.features
import streamlit as st
import xarray as xr

from eogen.colour import Scale
from eogen.landcover import render
from eogen.raster import Bounds, Overlay, cell_bounds, overlay, pixel_at
from pages.kit.maps.view import Pixel, Place
from pages.kit.words import Words

SIGNED, UNSIGNED = "PuOr", "cividis"
#: Pictures kept, 10 to 50 kB each.
KEPT = 256


@st.cache_data(show_spinner=False, max_entries=64)
def _colours(sha256: str, look: str, _image: xr.DataArray) -> np.ndarray:
    return {
        "bright": render.bright,
        "true": render.true_colour,
        "false": render.false_colour,
    }[look](_image)


def colours(image: xr.DataArray, look: str = "true") -> np.ndarray:
    """Return display pixels, uint8 (y, x, 3), in ``"true"``, ``"bright"`` or ``"false"`` colours."""
    return _colours(image.attrs["sha256"], look, image)


@st.cache_data(show_spinner=False, max_entries=KEPT)
def _placed(key: tuple[object, ...], _pixels: Callable[[], np.ndarray], _image: xr.DataArray) -> Overlay:
    """Place pixels on the map, once per ``key``: warping and encoding take 30 ms a picture."""
    return overlay(_pixels(), _image)


def _name(evidence: xr.Dataset) -> tuple[object, ...]:
    """Return what an evidence map depends on."""
    return tuple(str(evidence.attrs[a]) for a in ("image_sha256", "model_sha256", "method", "target", "seed"))


def base(image: xr.DataArray, look: str = "true") -> Overlay:
    """Return the image placed on the map."""
    return _placed(("base", image.attrs["sha256"], look), lambda: colours(image, look), image)


def lit(image: xr.DataArray, evidence: xr.Dataset) -> Overlay:
    """Return the image lit where the evidence speaks for the class."""
    return _placed(
        ("lit", *_name(evidence)),
        lambda: render.spotlight(colours(image, "bright"), evidence.evidence),
        image,
    )


def edited(image: xr.DataArray, places: Sequence[tuple[int, int]], size: int) -> Overlay:
    """Return the image with hidden squares drawn as flat, framed grey, so that they cannot be taken for ground."""

    def pixels() -> np.ndarray:
        shown = colours(image, "bright").copy()
        for row, column in places:
            shown[row : row + size, column : column + size] = 118
            shown[row + 1 : row + size - 1, column + 1 : column + size - 1] = 148
        return shown

    return _placed(("edited", image.attrs["sha256"], tuple(places), size), pixels, image)


def outline(mask: xr.DataArray) -> dict[str, Any]:
    """Return the outline of a mask (y, x) as GeoJSON on the pixel plane, coordinates [column, row]."""
    shapes = rasterio.features.shapes(mask.values.astype("uint8"), mask=mask.values)
    features = [{"type": "Feature", "properties": {}, "geometry": geometry} for geometry, _ in shapes]
    return {"type": "FeatureCollection", "features": features}


def scale(evidences: Sequence[xr.Dataset]) -> list[Scale]:
    """Return one scale per evidence; those with the same unit share theirs, so that colours compare."""
    kinds = [
        (bool(e.attrs["signed"]), e.attrs["model"], e.evidence.attrs.get("units", "1")) for e in evidences
    ]
    found = []
    for kind in kinds:
        same = [e.evidence.values for e, k in zip(evidences, kinds, strict=True) if k == kind]
        size = float(np.nanquantile(np.abs(np.concatenate([v.ravel() for v in same])), 0.99)) or 1.0
        found.append(Scale(SIGNED, -size, size) if kind[0] else Scale(UNSIGNED, 0.0, size))
    return found


def coloured(image: xr.DataArray, evidence: xr.Dataset, shades: Scale) -> Overlay:
    """Return the evidence in colours; where it says little, the image below stays visible."""
    key = ("coloured", *_name(evidence), shades.name, shades.low, shades.high)
    return _placed(key, lambda: shades.colour(evidence.evidence, alpha_by_value=True), image)


def map_labels(t: Words, **more: str) -> dict[str, str]:
    """Return the labels every map needs, in the reader's language."""
    names = ("zoom_in", "zoom_out", "keys", "at")
    return {name: t.text(f"kit.map.{name}") for name in names} | {"lang": t.lang} | more


def pixel(image: xr.DataArray, spot: Place | Pixel | None) -> tuple[int, int] | None:
    """Return (row, column) of the image under a chosen place; None where nothing was chosen or outside."""
    if spot is None:
        return None
    if isinstance(spot, Place):
        return pixel_at(image, spot.lat, spot.lng)
    row, column = spot.row, spot.column
    return (row, column) if row < image.sizes["y"] and column < image.sizes["x"] else None


def square(image: xr.DataArray, row: int, column: int, size: int) -> Bounds:
    """Return the bounds of a square of pixels, for the rectangle drawn on a map."""
    if image.rio.crs is not None:
        return cell_bounds(image, row, column, size)
    return [[float(row), float(column)], [float(row + size), float(column + size)]]
