"""Kinds of ground on the first date: dark or bright, smooth or rough. What is usual differs between them."""

from __future__ import annotations

import numpy as np
import xarray as xr
from scipy.ndimage import uniform_filter

from eogen.change.stack import both_valid

#: Classes of brightness and of texture; side (pixels) of the window that texture is the deviation in.
SIDES, WINDOW = 4, 5


def strata(images: xr.DataArray) -> np.ndarray:
    """Return the stratum (y, x; int8) of each pixel: 4 x brightness quartile + texture quartile; -1 where not valid.

    Brightness is the mean over bands of the first date, texture its standard deviation in a window of 5 x 5 valid
    pixels. Quartiles are those of the image itself, so that strata of other images and sensors mean the same.
    """
    valid = both_valid(images)
    bright = images.values[0].astype(np.float64).mean(0)
    bright = np.where(valid, bright - bright[valid].mean(), 0)
    weight = np.maximum(uniform_filter(valid.astype(np.float64), WINDOW, mode="constant"), 1e-9)
    mean = uniform_filter(bright, WINDOW, mode="constant") / weight
    square = uniform_filter(bright**2, WINDOW, mode="constant") / weight
    texture = np.sqrt(np.maximum(square - mean**2, 0))
    found = SIDES * _quartile(bright, valid) + _quartile(texture, valid)
    return np.where(valid, found, -1).astype(np.int8)


def coarser(fine: np.ndarray, sides: int) -> np.ndarray:
    """Return strata of ``sides`` x ``sides`` classes (4, 2 or 1) from those of 4 x 4; -1 stays."""
    step = SIDES // sides
    return np.where(fine < 0, -1, (fine // SIDES) // step * sides + (fine % SIDES) // step)


def with_strata(scores: xr.Dataset, images: xr.DataArray) -> xr.Dataset:
    """Return a score map with the ``stratum`` (y, x) of each pixel beside it, for a calibration that heeds it."""
    return scores.assign(stratum=(("y", "x"), strata(images)))


def _quartile(values: np.ndarray, valid: np.ndarray) -> np.ndarray:
    edges = np.quantile(values[valid], np.arange(1, SIDES) / SIDES)
    return np.searchsorted(edges, values, side="right")
