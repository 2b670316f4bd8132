"""How many nats a lossless coder would spend around each pixel: what likelihoods owe to texture alone.

Serrà et al. 2020 (arXiv 1909.11480) subtract the length of a PNG file from -log p, because a flow finds smooth images
likely whatever they show. A PNG has one length; this is its local counterpart: the pixel is predicted from its left,
upper and upper left neighbours (the median edge detector of LOCO-I, Weinberger, Seroussi & Sapiro 2000), and the
residual costs log(2 b) + 1 nats under a Laplace law whose scale b is its mean size around.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import uniform_filter

#: Side of the window over which the coder adapts, pixels; smallest scale (a flat patch costs something, not -inf).
WINDOW, FLOOR = 9, 0.02


def complexity(image: np.ndarray, side: int = WINDOW) -> np.ndarray:
    """Return the nats of each pixel, (y, x), of an image (band, y, x): code length up to the step of quantisation."""
    wide = np.pad(image.astype(np.float64), ((0, 0), (1, 0), (1, 0)), mode="edge")
    left, up, corner = wide[:, 1:, :-1], wide[:, :-1, 1:], wide[:, :-1, :-1]
    low, high = np.minimum(left, up), np.maximum(left, up)
    guess = np.clip(left + up - corner, low, high)
    scale = uniform_filter(np.abs(image - guess), (0, side, side), mode="nearest")
    return (np.log(2 * np.maximum(scale, FLOOR)) + 1).sum(0).astype(np.float32)
