"""Seas to pictures on a map, and places on the map to cells.

A picture never lets a guess pass for an observation: land is sand, what nobody saw is hatched, the edge of a real gap
is a white line; what was seen and is withheld has pink stripes and a dark pink edge.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import streamlit as st
import xarray as xr
from scipy.ndimage import binary_dilation, gaussian_filter

from eogen.colour import Scale
from eogen.raster import Overlay, overlay
from pages.kit.maps.legend import ticks
from pages.kit.maps.view import Pixel, Place
from pages.kit.style import escape
from pages.kit.words import Words

#: Pictures kept, 20 to 150 kB each.
KEPT = 128
#: Longest side of a picture, px; small seas are drawn with so many pixels a cell.
SIDE = 480
LAND = (214, 205, 186, 255)
#: What nobody saw: two greys in stripes of three pixels.
UNSEEN = ((150, 158, 164, 255), (228, 231, 233, 255))
#: Sea where there is nothing to draw.
NOTHING = (233, 237, 239, 255)
#: What was seen and is withheld, and the edges of a real and of an artificial gap.
WITHHELD = ((226, 140, 186, 255), (250, 228, 240, 255))
REAL_EDGE = (255, 255, 255, 255)
HELD_EDGE = (190, 20, 112, 255)
_ROUND = np.array([1.0, 2.0, 5.0])


def grid(cut: xr.DataArray, times: int = 1) -> xr.DataArray:
    """Return an empty image (y, x) from north to south where the cube lies, each cell cut in ``times`` x ``times``."""
    lat, lon = _finer(cut.lat.values[::-1], times), _finer(cut.lon.values, times)
    empty = np.zeros((len(lat), len(lon)), np.uint8)
    return xr.DataArray(empty, {"y": lat, "x": lon}, ("y", "x")).rio.write_crs("EPSG:4326")


def _finer(at: np.ndarray, times: int) -> np.ndarray:
    step = (at[-1] - at[0]) / (len(at) - 1) if len(at) > 1 else 1.0
    first = at[0] - step / 2 + step / (2 * times)
    return first + np.arange(len(at) * times) * step / times


def zoom(cut: xr.DataArray) -> int:
    """Return with how many pixels a side a cell is drawn."""
    return max(1, SIDE // max(cut.shape[-2:]))


def up(values: np.ndarray, times: int) -> np.ndarray:
    """Return values (lat, lon) from north to south, each repeated ``times`` x ``times``."""
    return values[::-1].repeat(times, 0).repeat(times, 1)


def paint(
    values: np.ndarray,
    sea: np.ndarray,
    scale: Scale,
    times: int,
    *,
    real_gap: np.ndarray | None = None,
    hidden: np.ndarray | None = None,
    blank: bool = False,
) -> np.ndarray:
    """Return uint8 RGBA pixels, north first.

    Args:
        values: (lat, lon) in the unit of the scale; NaN on the sea is drawn as not seen.
        sea: (lat, lon) bool.
        scale: colours.
        times: pixels a cell.
        real_gap: (lat, lon) bool, outlined thinly.
        blank: draw cells of the sea without a value plainly: what is drawn has none there (an error, a spread).
        hidden: (lat, lon) bool, seen but withheld: outlined in pink, and striped in pink where it has no value.
    """
    withheld = np.zeros(sea.shape, bool) if hidden is None else hidden
    drawn = scale.colour(up(values, times))
    water = up(sea, times)
    unseen = water & ~np.isfinite(up(values, times))
    rows, columns = np.indices(water.shape)
    stripe = (rows + columns) // 3 % 2 == 0
    for mask, (dark, light) in ((unseen, UNSEEN), (unseen & up(withheld, times), WITHHELD)):
        drawn[mask & stripe], drawn[mask & ~stripe] = (NOTHING, NOTHING) if blank else (dark, light)
    drawn[~water] = LAND
    if real_gap is not None and real_gap.any():
        drawn[_edge(up(real_gap, times), 1) & water] = REAL_EDGE
    if hidden is not None and hidden.any():
        drawn[_edge(up(hidden, times), 1)] = HELD_EDGE
    return drawn


def _edge(mask: np.ndarray, wide: int) -> np.ndarray:
    """Return the pixels just outside a mask."""
    return binary_dilation(mask, np.ones((3, 3), bool), iterations=wide) & ~mask


def cloud(hidden: np.ndarray, sea: np.ndarray, times: int, seed: int = 0) -> np.ndarray:
    """Return a white cloud, uint8 RGBA, that covers every hidden cell (lat, lon; bool) and frays around them."""
    mask = up(hidden, times).astype(float)
    soft = gaussian_filter(mask, 1.2 * times)
    # Every hidden cell stays under it: a cell that shines through would give the answer away.
    alpha = np.maximum(gaussian_filter(np.clip(3 * soft, 0, 1), 0.5 * times), mask)
    alpha = np.where(mask > 0, 1.0, alpha) * up(sea | hidden, times)
    rng = np.random.default_rng(seed)
    puff = sum(
        gaussian_filter(rng.standard_normal(mask.shape), s * times, mode="wrap") * s for s in (1, 3, 8)
    )
    puff = (puff - puff.min()) / max(np.ptp(puff), 1e-9)
    depth = gaussian_filter(mask, 4 * times)
    grey = 205 + 34 * puff + 16 * depth
    pixels = np.stack([grey - 3, grey, np.minimum(grey + 4, 255), 255 * alpha], -1)
    return np.clip(pixels, 0, 255).astype(np.uint8)


@st.cache_data(show_spinner=False, max_entries=KEPT)
def _placed(key: str, _pixels: Callable[[], np.ndarray], _cut: xr.DataArray) -> Overlay:
    """Place pixels on the map, once per ``key``: warping and encoding take 30 ms a picture."""
    return overlay(_pixels(), grid(_cut, zoom(_cut)))


def placed(key: tuple[object, ...], pixels: Callable[[], np.ndarray], cut: xr.DataArray) -> Overlay:
    """Return display pixels (``zoom(cut)`` a cell) placed where a cube lies; drawn once per ``key``."""
    return _placed(repr(key), pixels, cut)


def chl_scale(log10_chl: np.ndarray) -> Scale:
    """Return greens between round numbers (mg m-3) that hold 96 % of what was seen (log10); at least a factor of 5."""
    seen = log10_chl[np.isfinite(log10_chl)]
    low, high = np.quantile(seen, [0.02, 0.98]) if seen.size else (-1.0, 1.0)
    if high - low < 0.7:
        low, high = (low + high) / 2 - 0.35, (low + high) / 2 + 0.35
    return Scale("algae", _round(low, up=False), _round(high, up=True), log=True)


def _round(power: float, *, up: bool) -> float:
    steps = np.log10(np.concatenate([_ROUND * 10.0**k for k in range(-5, 6)]))
    fit = steps[steps >= power - 1e-6].min() if up else steps[steps <= power + 1e-6].max()
    return float(f"{10**fit:.3g}")


def chl_ticks(scale: Scale) -> list[float]:
    """Return the values (mg m-3) written under the colours."""
    return ticks(scale, 6)


def cell(cut: xr.DataArray, spot: Place | Pixel | None) -> tuple[int, int] | None:
    """Return (lat index, lon index) of a chosen place; None where nothing was chosen or outside."""
    if not isinstance(spot, Place):
        return None
    found = []
    for at, value in ((cut.lat.values, spot.lat), (cut.lon.values, spot.lng)):
        step = (at[-1] - at[0]) / max(len(at) - 1, 1) or 1.0
        k = round((value - at[0]) / step)
        if not 0 <= k < len(at):
            return None
        found.append(int(k))
    return found[0], found[1]


def map_labels(t: Words, **more: str) -> dict[str, str]:
    """Return the labels every map needs, in the reader's language."""
    names = ("zoom_in", "zoom_out", "keys", "at")
    return {name: t.text(f"kit.map.{name}") for name in names} | {"lang": t.lang} | more


def as_read(name: str, values: np.ndarray) -> np.ndarray:
    """Return values of a variable as they are read: powers of ten of logarithms, others as they are."""
    return np.power(10.0, values) if name.startswith("log10_") else np.asarray(values)


#: Colours of variables that are not logarithms.
COLOURS = {"sst": "thermal", "sea_level": "deep", "wind_speed": "tempo"}


def shades(name: str, values: np.ndarray) -> Scale:
    """Return the scale of a variable (values in its own unit) or of a fraction (0 to 1)."""
    if name.startswith("log10_"):
        return chl_scale(values)
    seen = values[np.isfinite(values)]
    low, high = np.quantile(seen, [0.01, 0.99]) if seen.size else (0.0, 1.0)
    if not high > low:
        low, high = low - 0.5, high + 0.5
    return Scale(COLOURS.get(name, "matter"), float(low), float(high))


def key_html(t: Words, *, hidden: bool, blank: bool, hatched: bool) -> str:
    """Return what land, hatches and lines mean, as HTML; of what can be on the map only."""
    stripes = "repeating-linear-gradient(45deg,{} 0 3px,{} 3px 6px)".format(*(_css(c) for c in UNSEEN))
    rows = [(f"background:{_css(LAND)}", "land")]
    rows += [(f"background:{stripes}", "unseen")] if hatched else []
    rows += [(f"background:{_css(NOTHING)}", "nothing")] if blank else []
    rows.append((f"background:#3f9a6b;outline:2px solid {_css(REAL_EDGE)};outline-offset:-4px", "real"))
    if hidden:
        pink = "repeating-linear-gradient(45deg,{} 0 3px,{} 3px 6px)".format(*(_css(c) for c in WITHHELD))
        rows += [(f"background:{pink}", "withheld")] if hatched else []
        rows.append((f"background:#3f9a6b;outline:2px solid {_css(HELD_EDGE)};outline-offset:-4px", "held"))
    said = "".join(
        f'<li><span aria-hidden="true" style="{style}"></span>{escape(t(f"ocean.key.{name}"))}</li>'
        for style, name in rows
    )
    return f'<ul class="eo-key" role="list">{said}</ul>'


def _css(colour: tuple[int, ...]) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour[:3])
