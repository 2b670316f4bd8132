"""The fine structure of members: correlated noise for methods that draw none, and roughness put right for all.

A member must look like what is seen: too smooth and every fill is recognised, too rough and its fronts are noise. The
mean gradient of the cells that were seen in the frame is the measure; deviations that are rougher are smoothed, by the
width that brings the member nearest to it, and keep their variance.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter

#: Widths (pixels) tried, and the fewest neighbouring pairs of seen cells that tell a frame's roughness.
WIDTHS = (0.0, 0.35, 0.45, 0.55, 0.7, 0.85, 1.0, 1.25, 1.6, 2.0, 2.6)
FEWEST = 300


def matched(
    mean: np.ndarray, away: np.ndarray, observed: np.ndarray, sea: np.ndarray, scale: np.ndarray
) -> np.ndarray:
    """Return the deviations of members, as rough as the frame they belong to.

    Args:
        mean: (lat, lon) the estimate, observed cells as observed.
        away: (member, lat, lon) members minus the estimate, nought where the frame was seen.
        observed: (lat, lon) bool.
        sea: (lat, lon) bool.
        scale: (lat, lon) local standard deviation, so that the coast does not speak for the open sea.
    """
    inside = sea & ~observed
    if not inside.any():
        return away
    wanted, pairs = roughness(mean / scale, observed)
    if pairs < FEWEST or roughness((mean + away[0]) / scale, inside)[1] < FEWEST:
        return away
    off = [
        abs(roughness((mean + _smoothed(away[:1], inside, w)[0]) / scale, inside)[0] - wanted) for w in WIDTHS
    ]
    return _smoothed(away, inside, WIDTHS[int(np.argmin(off))])


def roughness(field: np.ndarray, inside: np.ndarray) -> tuple[float, int]:
    """Return the mean absolute difference between neighbours that are both ``inside``, and how many pairs there are."""
    total, pairs = 0.0, 0
    for axis in (0, 1):
        both = np.take(inside, range(1, inside.shape[axis]), axis) & np.take(
            inside, range(inside.shape[axis] - 1), axis
        )
        total += float(np.abs(np.diff(field, axis=axis))[both].sum(dtype=np.float64))
        pairs += int(both.sum())
    return total / max(pairs, 1), pairs


def _smoothed(away: np.ndarray, inside: np.ndarray, width: float) -> np.ndarray:
    """Return the deviations smoothed inside, each cell with the variance it had before."""
    if width == 0:
        return away
    some = np.where(inside, away, 0)
    blurred = gaussian_filter(some, (0, width, width), truncate=3.0)
    power = lambda a: np.sqrt((a[:, inside] ** 2).mean())
    return np.where(inside, blurred * (power(some) / max(float(power(blurred)), 1e-12)), 0).astype(np.float32)


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
