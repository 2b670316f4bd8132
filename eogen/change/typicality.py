"""Typicality: is a window about as likely as windows are? (Nalisnick et al. 2019, arXiv 1906.02994.)

The most likely image under most laws is a smooth one that never occurs. What does occur has a -log p / d near the
entropy of the law; a window far from it, on either side, is not typical. The entropy is the median of the scene's
windows.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import uniform_filter

#: Side of a window, pixels.
WINDOW = 16


def windowed(values: np.ndarray, valid: np.ndarray, side: int = WINDOW) -> np.ndarray:
    """Return (y, x) the mean of the valid pixels of the window around each pixel; NaN where there are none."""
    weight = uniform_filter(valid.astype(np.float64), side, mode="constant")
    total = uniform_filter(np.where(valid, values, 0).astype(np.float64), side, mode="constant")
    return np.where(weight > 0.5 / side**2, total / np.maximum(weight, 1e-12), np.nan)


def typicality(
    nll: np.ndarray, valid: np.ndarray, bands: int, side: int = WINDOW
) -> tuple[np.ndarray, float]:
    """Return how far from typical each window is, and the entropy it is compared with.

    Args:
        nll: (y, x) nats of each pixel (all bands).
        valid: (y, x).
        bands: numbers in a pixel.
        side: of the window, pixels.

    Returns:
        (y, x) |-log p / d - H| in nats for each number, and H.
    """
    rate = windowed(nll, valid, side) / bands
    entropy = float(np.median(rate[valid]))
    return np.abs(rate - entropy).astype(np.float32), entropy
