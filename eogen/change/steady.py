"""Taking known noise out of a map that was made with it: control variates.

A map made with random numbers e (the noise of a denoising error, the signs of Hutchinson's trace) owes to them terms
like c e_i e_j, whose mean is known. A multiple of what is in excess of that mean can be taken away without moving the
mean of the map; the multiples are those of least squares over the scene (Glasserman 2003, section 4.1). The products
are those of the bands of a pixel, which are much alike in any image, and those of a pixel and its neighbours.
"""

from __future__ import annotations

import numpy as np

#: Valid pixels for each coefficient below which none is fitted.
ENOUGH = 50


def steadied(maps: np.ndarray, e: np.ndarray, valid: np.ndarray) -> np.ndarray:
    """Return the maps without what they owe to products of the noise around each pixel.

    With fewer than ``ENOUGH`` valid pixels for each product, the maps stay as they are.

    Args:
        maps: (..., y, x), all made with the same noise.
        e: (draw, band, y, x) of mean 0 and variance 1, independent; the maps are means over the draws.
        valid: (y, x).
    """
    excess = np.mean([_products(one) for one in e], 0)
    excess = excess[np.abs(excess).max((1, 2)) > 0]  # the square of a sign is 1
    if valid.sum() < ENOUGH * len(excess):
        return maps
    rows = excess[:, valid].astype(np.float64)
    rows = np.concatenate([rows, np.ones_like(rows[:1])])
    seen = maps[..., valid].reshape(-1, rows.shape[1]).astype(np.float64)
    fitted = np.linalg.solve(rows @ rows.T, rows @ seen.T)[:-1].T
    return (maps - np.einsum("mk,kyx->myx", fitted, excess).reshape(maps.shape)).astype(maps.dtype)


def _products(e: np.ndarray) -> np.ndarray:
    """Return (product, y, x), each of mean 0: pairs of bands, and neighbours across and down, summed over bands."""
    i, j = np.triu_indices(len(e))
    own = e[i] * e[j] - (i == j)[:, None, None].astype(e.dtype)
    wide = np.pad(e, ((0, 0), (1, 1), (1, 1)))
    across = e * (wide[:, 1:-1, 2:] + wide[:, 1:-1, :-2])
    down = e * (wide[:, 2:, 1:-1] + wide[:, :-2, 1:-1])
    return np.concatenate([own, across.sum(0)[None], down.sum(0)[None]])
