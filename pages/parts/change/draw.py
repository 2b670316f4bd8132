"""Images to pictures: natural colours, surprise laid over them, outlines of objects; and places back to pixels."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import streamlit as st
import xarray as xr

from eogen.change import display
from eogen.change.display import CHOSEN, PLAIN, bands, outlined, surprise, surprise_scale, up
from eogen.raster import Overlay, overlay, pixel_at
from pages.kit.maps.view import Pixel, Place
from pages.kit.words import Words

__all__ = ["CHOSEN", "PLAIN", "bands", "outlined", "surprise", "surprise_scale", "up"]

#: Pictures kept, 30 to 400 kB each.
KEPT = 96
#: Longest side of a picture, px; a small image is drawn with several pixels for each of its own.
SIDE = 768
#: Outlines of the three verdicts (blue, grey, amber; told apart by the list as well).
VERDICTS = {"change": (94, 190, 255), "no_change": (170, 178, 184), "unsure": (255, 160, 60)}
#: Outlines in the game: found by both, by you, by the machine, by nobody; and false alarms.
FINDERS = {
    "both": (95, 240, 180), "you": (120, 190, 255), "machine": (255, 215, 94), "nobody": (255, 90, 90),
    "false": (255, 255, 255),
}  # fmt: skip


@st.cache_resource(show_spinner=False, max_entries=32)
def _stretch(key: str, _images: xr.DataArray) -> display.Stretch:
    return display.stretch(_images)


def natural(key: str, images: xr.DataArray, which: int) -> np.ndarray:
    """Return a date as uint8 (y, x, 3), on one scale for all dates (``key`` names the content); grey where not seen."""
    return display.natural(images, which, _stretch(key, images))


def over(base: np.ndarray, colours: np.ndarray, opacity: float) -> np.ndarray:
    """Return RGBA ``colours`` laid over RGB ``base`` (uint8) with an opacity of 0 to 1."""
    alpha = opacity * colours[..., 3:] / 255
    return (base * (1 - alpha) + colours[..., :3] * alpha).round().astype(np.uint8)


def zoom(shape: tuple[int, int]) -> int:
    """Return with how many pixels a side a pixel is drawn."""
    return max(1, SIDE // max(shape))


@st.cache_data(show_spinner=False, max_entries=KEPT)
def _placed(key: tuple[object, ...], _pixels: Callable[[], np.ndarray], _like: xr.DataArray) -> Overlay:
    pixels = _pixels()
    times = pixels.shape[0] // _like.sizes["y"]
    return overlay(pixels, finer(_like, times), limit=max(SIDE, 512))


def placed(key: tuple[object, ...], pixels: Callable[[], np.ndarray], images: xr.DataArray) -> Overlay:
    """Return display pixels placed where images lie; drawn once per ``key``."""
    return _placed(key, pixels, grid(images))


def grid(images: xr.DataArray) -> xr.DataArray:
    """Return an empty image (y, x) where the images lie."""
    made = xr.DataArray(
        np.zeros((images.sizes["y"], images.sizes["x"]), np.uint8),
        {"y": images.y.values, "x": images.x.values},
        ("y", "x"),
    )
    return made if images.rio.crs is None else made.rio.write_crs(images.rio.crs)


def finer(like: xr.DataArray, times: int) -> xr.DataArray:
    """Return an empty image with each pixel cut in ``times`` x ``times``."""
    if times == 1:
        return like
    at = {}
    for name in ("y", "x"):
        held = like[name].values.astype(float)
        step = (held[-1] - held[0]) / (len(held) - 1) if len(held) > 1 else 1.0
        at[name] = held[0] - step / 2 + (np.arange(len(held) * times) + 0.5) * step / times
    made = xr.DataArray(np.zeros((len(at["y"]), len(at["x"])), np.uint8), at, ("y", "x"))
    return made if like.rio.crs is None else made.rio.write_crs(like.rio.crs)


def cell(images: xr.DataArray, spot: Place | Pixel | None) -> tuple[int, int] | None:
    """Return (row, column) of a chosen place; None where nothing was chosen or outside."""
    if isinstance(spot, Place):
        return pixel_at(grid(images), spot.lat, spot.lng)
    if isinstance(spot, Pixel):
        times = 1
        row, column = spot.row // times, spot.column // times
        inside = 0 <= row < images.sizes["y"] and 0 <= column < images.sizes["x"]
        return (row, column) if inside else None
    return None


def map_labels(t: Words, **more: str) -> dict[str, str]:
    """Return the labels every map needs, in the reader's language."""
    names = ("zoom_in", "zoom_out", "keys", "at")
    return {name: t.text(f"kit.map.{name}") for name in names} | {"lang": t.lang} | more


def css(colour: tuple[int, int, int]) -> str:
    """Return a colour as CSS writes it."""
    return "#{:02x}{:02x}{:02x}".format(*colour)
