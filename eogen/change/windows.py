"""Neighbourhoods of pixels, where some pixels are not there."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import distance_transform_edt, gaussian_filter


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


class Sums:
    """Sums of an image (y, x) over squares of any size, from its integral image (Crow 1984); 0 beyond the edge.

    Args:
        values: (y, x), centred by the caller where the digits of a small difference matter.
        most: the largest radius that will be asked.
    """

    def __init__(self, values: np.ndarray, most: int) -> None:
        self.shape, self.most = values.shape, most
        whole = np.cumsum(np.cumsum(values, 0, np.float64), 1)
        self.total = np.pad(np.pad(whole, ((1, 0), (1, 0))), most, mode="edge")

    def box(self, radius: int) -> np.ndarray:
        """Return (y, x) the sum over the square of side 2 ``radius`` + 1 around each pixel."""
        (rows, columns), after, before = self.shape, self.most + radius + 1, self.most - radius
        low, high = (slice(k, k + rows) for k in (before, after))
        left, right = (slice(k, k + columns) for k in (before, after))
        total = self.total
        return total[high, right] - total[low, right] - total[high, left] + total[low, left]

    def ring(self, inner: int, outer: int) -> np.ndarray:
        """Return (y, x) the sum over the square of radius ``outer`` without that of radius ``inner``."""
        return self.box(outer) - self.box(inner)


def pixels(values: np.ndarray, valid: np.ndarray) -> np.ndarray:
    """Return (..., n) the valid pixels of (..., y, x), in reading order."""
    return values.reshape(*values.shape[:-2], -1) if valid.all() else values[..., valid]


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
