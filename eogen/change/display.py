"""A pair as pictures: natural colours on one scale, surprise, the rims of objects."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import xarray as xr
from scipy.ndimage import binary_dilation

from eogen.change.sensors import common
from eogen.colour import Scale

#: Colours of p-values: rare is bright. The scale ends where a map can say no more.
SURPRISE = "thermal"
#: Outlines: of what is not judged, and of what is chosen.
PLAIN, CHOSEN = (255, 255, 255), (255, 215, 94)
#: Lowest and highest value of each shown band, and gamma.
Stretch = tuple[np.ndarray, np.ndarray, float]
_DISPLAY = ("red", "green", "blue")


def bands(images: xr.DataArray) -> tuple[int, ...]:
    """Return the numbers of the bands shown as red, green and blue; of one band where there are fewer than three."""
    names = common(images)
    lower = [name.lower() for name in names]
    if all(name in lower for name in _DISPLAY):
        return tuple(lower.index(name) for name in _DISPLAY)
    return (0, 1, 2) if len(names) >= 3 else (0,)


def stretch(images: xr.DataArray) -> Stretch:
    """Return the lowest and the highest value of each shown band, and the gamma: one scale for all dates."""
    chosen = list(bands(images))
    seen = images.valid.values
    low, high = [], []
    for band in chosen:
        values = images.values[:, band][seen]
        values = values[:: max(len(values) // 400_000, 1)]
        low.append(np.percentile(values, 0.5))
        high.append(np.percentile(values, 99.5 if values.max() > 1.5 else 98.5))
    least, most = min(low), max(high)
    if least >= 0 and 1.5 < most <= 255:  # 8 bits: shown as they are, dark ones brighter, on one scale
        return np.zeros(len(chosen)), np.full(len(chosen), min(255.0, 1.5 * most)), 1.0
    if least >= 0 and most <= 1.5:  # reflectance: one scale, so that colours stay natural
        return np.zeros(len(chosen)), np.full(len(chosen), most), 1.6
    return np.array(low), np.maximum(np.array(high), np.array(low) + 1e-9), 1.0


def natural(images: xr.DataArray, which: int, scale: Stretch) -> np.ndarray:
    """Return a date as uint8 (y, x, 3), grey where not seen; ``scale`` is that of :func:`stretch`."""
    low, high, gamma = scale
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
