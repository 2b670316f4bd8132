"""Neighbourhoods of pixels, where some pixels are not there."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import correlate1d, distance_transform_edt, gaussian_filter


def nearest_filled(values: np.ndarray, valid: np.ndarray) -> np.ndarray:
    """Return values (..., y, x) where each pixel that is not valid (y, x) has the value of the nearest one that is."""
    if valid.all():
        return values
    rows, columns = distance_transform_edt(~valid, return_distances=False, return_indices=True)
    return values[..., rows, columns]


def patches(values: np.ndarray, valid: np.ndarray, radius: int) -> np.ndarray:
    """Return (band * side², y, x): the values (band, y, x) of the square of side 2 ``radius`` + 1 around each pixel.

    Beyond the edge, and where a neighbour is not valid, stands the nearest valid value.
    """
    side, (bands, rows, columns) = 2 * radius + 1, values.shape
    whole = np.pad(nearest_filled(values, valid), ((0, 0), (radius, radius), (radius, radius)), mode="edge")
    out = np.empty((bands, side, side, rows, columns), values.dtype)
    for i in range(side):
        for j in range(side):
            out[:, i, j] = whole[:, i : i + rows, j : j + columns]
    return out.reshape(-1, rows, columns)


def box_sum(values: np.ndarray, radius: int) -> np.ndarray:
    """Return the sum of (y, x) over the square of side 2 ``radius`` + 1 around each pixel; 0 beyond the edge."""
    for axis in (-2, -1):
        values = _run(values, radius, axis)
    return values


def _run(values: np.ndarray, radius: int, axis: int) -> np.ndarray:
    if (
        radius <= 3
    ):  # few terms: exact sums; a difference of long cumulative sums would lose digits for nothing
        return correlate1d(values, np.ones(2 * radius + 1), axis, mode="constant")
    total = np.insert(np.cumsum(values, axis), 0, 0.0, axis)
    size = values.shape[axis]
    at = np.arange(size)
    return total.take(np.minimum(at + radius + 1, size), axis) - total.take(np.maximum(at - radius, 0), axis)


def local_mean(values: np.ndarray, valid: np.ndarray, width: float) -> np.ndarray:
    """Return the Gaussian mean (standard deviation ``width``, cut at 3.5 of them) of (..., y, x) among valid pixels."""
    axes = (-2, -1)
    weight = gaussian_filter(valid.astype(np.float64), width, mode="constant", truncate=3.5)
    total = gaussian_filter(
        np.where(valid, values, 0).astype(np.float64), width, mode="constant", truncate=3.5, axes=axes
    )
    return total / np.maximum(weight, 1e-12)


def thinned(valid: np.ndarray, most: int) -> np.ndarray:
    """Return which of the valid pixels, in reading order, a law is fitted on: evenly spaced, at most about ``most``."""
    count = int(valid.sum())
    # an odd step never falls in tune with the power-of-two width of a tile
    step = -(-count // most)
    return np.arange(0, count, step + (step > 1 and step % 2 == 0))
