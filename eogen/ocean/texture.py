"""Correlated noise for members of methods that draw none of their own."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter


def textured(shape: tuple[int, ...], seed: int, width: float = 1.5) -> np.ndarray:
    """Return unit Gaussian noise smoothed over ``width`` and over six times as many pixels, (…, lat, lon) float32.

    Half of its variance has the short scale and half the long one: errors of a fill are both.
    """
    rng = np.random.default_rng((seed, 41))
    total = np.zeros(shape, np.float32)
    for scale in (width, 6 * width):
        white = rng.standard_normal(shape, dtype=np.float32)
        smooth = gaussian_filter(white, [0] * (len(shape) - 2) + [scale, scale], mode="wrap")
        total += np.float32(np.sqrt(0.5)) * smooth / (smooth.std() + np.float32(1e-12))
    return total
