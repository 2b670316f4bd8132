"""Images to pictures: natural colours, surprise laid over them, outlines of objects; and places back to pixels."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import streamlit as st
import xarray as xr
from scipy.ndimage import binary_dilation

from eogen.change.sensors import common
from eogen.colour import Scale
from eogen.raster import Overlay, overlay, pixel_at
from pages.kit.maps.view import Pixel, Place
from pages.kit.words import Words

#: Pictures kept, 30 to 400 kB each.
KEPT = 96
#: Longest side of a picture, px; a small image is drawn with several pixels for each of its own.
SIDE = 768
#: Colours of p-values: rare is bright. The scale ends where a map can say no more.
SURPRISE = "thermal"
#: Outlines: not judged, chosen, and the three verdicts (blue, grey, amber; told apart by the list as well).
PLAIN, CHOSEN = (255, 255, 255), (255, 215, 94)
VERDICTS = {"change": (94, 190, 255), "no_change": (170, 178, 184), "unsure": (255, 160, 60)}
#: Outlines in the game: found by both, by you, by the machine, by nobody; and false alarms.
FINDERS = {
    "both": (95, 240, 180), "you": (120, 190, 255), "machine": (255, 215, 94), "nobody": (255, 90, 90),
    "false": (255, 255, 255),
}  # fmt: skip
_DISPLAY = ("red", "green", "blue")


def bands(images: xr.DataArray) -> tuple[int, ...]:
    """Return the numbers of the bands shown as red, green and blue; of one band where there are fewer than three."""
    names = common(images)
    lower = [name.lower() for name in names]
    if all(name in lower for name in _DISPLAY):
        return tuple(lower.index(name) for name in _DISPLAY)
    return (0, 1, 2) if len(names) >= 3 else (0,)


@st.cache_resource(show_spinner=False, max_entries=32)
def _stretch(key: str, _images: xr.DataArray) -> tuple[np.ndarray, np.ndarray, float]:
    chosen = list(bands(_images))
    seen = _images.valid.values
    low, high = [], []
    for band in chosen:
        values = _images.values[:, band][seen]
        values = values[:: max(len(values) // 400_000, 1)]
        low.append(np.percentile(values, 0.5))
        high.append(np.percentile(values, 99.5 if values.max() > 1.5 else 98.5))
    least, most = min(low), max(high)
    if least >= 0 and 1.5 < most <= 255:  # 8-bit pictures are shown as they are
        return np.zeros(len(chosen)), np.full(len(chosen), 255.0), 1.0
    if least >= 0 and most <= 1.5:  # reflectance: one scale, so that colours stay natural
        return np.zeros(len(chosen)), np.full(len(chosen), most), 1.6
    return np.array(low), np.maximum(np.array(high), np.array(low) + 1e-9), 1.0


def natural(key: str, images: xr.DataArray, which: int) -> np.ndarray:
    """Return a date as uint8 (y, x, 3), on one scale for all dates (``key`` names the content); grey where not seen."""
    low, high, gamma = _stretch(key, images)
    values = images.values[which][list(bands(images))]
    share = np.clip((values - low[:, None, None]) / (high - low)[:, None, None], 0, 1) ** (1 / gamma)
    rgb = (255 * np.repeat(share, 3, 0)[:3] if len(share) == 1 else 255 * share).round().astype(np.uint8)
    rgb = np.ascontiguousarray(rgb.transpose(1, 2, 0))
    rgb[~images.valid.values[which]] = (128, 128, 128)
    return rgb


def surprise(p: np.ndarray) -> np.ndarray:
    """Return -log10 of p-values; NaN stays."""
    return -np.log10(np.maximum(p, 1e-12))


def surprise_scale(p: np.ndarray) -> Scale:
    """Return the scale of ``-log10 p``: from 0 to what the rarest pixels reach, at least 3, at most 8."""
    seen = surprise(p[np.isfinite(p)])
    top = float(np.ceil(np.quantile(seen, 0.999))) if seen.size else 3.0
    return Scale(SURPRISE, 0.0, min(max(top, 3.0), 8.0))


def over(base: np.ndarray, colours: np.ndarray, opacity: float) -> np.ndarray:
    """Return RGBA ``colours`` laid over RGB ``base`` (uint8) with an opacity of 0 to 1."""
    alpha = opacity * colours[..., 3:] / 255
    return (base * (1 - alpha) + colours[..., :3] * alpha).round().astype(np.uint8)


def zoom(shape: tuple[int, int]) -> int:
    """Return with how many pixels a side a pixel is drawn."""
    return max(1, SIDE // max(shape))


def up(values: np.ndarray, times: int) -> np.ndarray:
    """Return an image, each pixel repeated ``times`` x ``times``."""
    return values.repeat(times, 0).repeat(times, 1)


def outlined(
    pixels: np.ndarray, numbers: np.ndarray, times: int, colours: Mapping[int, tuple[int, int, int]]
) -> np.ndarray:
    """Return pixels with the rims of objects drawn, dark outside so that they show on every ground.

    Args:
        pixels: uint8 (y, x, 3), already ``times`` larger than ``numbers``.
        numbers: (y, x) number of the object, 0 elsewhere.
        times: pixels a pixel.
        colours: of each number; numbers without one are not drawn.
    """
    out = pixels.copy()
    width = max(1, round(min(pixels.shape[:2]) / 330))
    for number, colour in colours.items():
        y, x = np.nonzero(numbers == number)
        if not len(y):
            continue
        pad = 2 + -(-3 * width // times)
        rows = slice(max(y.min() - pad, 0), y.max() + pad + 1)
        columns = slice(max(x.min() - pad, 0), x.max() + pad + 1)
        inside = up(numbers[rows, columns] == number, times)
        cross = np.ones((3, 3), bool)
        dark = binary_dilation(inside, cross, iterations=2 * width + 1) & ~inside
        rim = binary_dilation(inside, cross, iterations=width + 1) & ~inside
        part = out[rows.start * times : rows.start * times + len(inside),
                   columns.start * times : columns.start * times + inside.shape[1]]  # fmt: skip
        part[dark] = (16, 23, 29)
        part[rim] = colour
    return out


@st.cache_data(show_spinner=False, max_entries=KEPT)
def _placed(key: str, _pixels: Callable[[], np.ndarray], _images: xr.DataArray) -> Overlay:
    pixels, like = _pixels(), grid(_images)
    times = pixels.shape[0] // like.sizes["y"]
    return overlay(pixels, finer(like, times), limit=max(SIDE, 512))


def placed(key: tuple[object, ...], pixels: Callable[[], np.ndarray], images: xr.DataArray) -> Overlay:
    """Return display pixels placed where images lie; drawn once per ``key``."""
    return _placed(repr(key), pixels, images)


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
