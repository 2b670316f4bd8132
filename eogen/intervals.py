"""The interval of a share, for every room."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri


def wilson(
    right: float | np.ndarray, n: float | np.ndarray, level: float = 0.95
) -> tuple[np.ndarray, np.ndarray]:
    """Return the ends of the Wilson score interval of a proportion (Wilson 1927, JASA 22:209).

    It is honest at 0, at 1 and for few trials, where the interval of the textbook has no width.

    Args:
        right: successes, 0 to ``n``; any shape. Need not be whole: an effective number may be given.
        n: trials, same shape or one number; none at all give 0 to 1.
        level: share of such intervals that hold the truth.
    """
    right, n = np.asarray(right, float), np.asarray(n, float)
    z = ndtri(0.5 + level / 2)
    centre = (right + z**2 / 2) / (n + z**2)
    with np.errstate(invalid="ignore", divide="ignore"):
        spread = np.where(n > 0, right * (n - right) / n, 0.0)
    half = z / (n + z**2) * np.sqrt(np.maximum(spread, 0.0) + z**2 / 4)
    return np.maximum(centre - half, 0.0), np.minimum(centre + half, 1.0)
