"""Black wedges: the edge of a satellite's track, in both dates of a picture without a declared missing value."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import label

#: Smallest wedge, as a share of the image: fewer black pixels at the border are shadows or deep water.
LEAST = 0.001


def wedges(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return (y, x) bool: pixels 0 in every band of both dates, in connected parts that touch the border.

    Only images of several bands are judged: in a single band of 8 bits (radar), 0 is also calm water.

    Args:
        first, second: (band, y, x).
    """
    shape = first.shape[1:]
    if len(first) < 3:
        return np.zeros(shape, bool)
    black = (first == 0).all(0) & (second == 0).all(0)
    if not black.any():
        return black
    parts, count = label(black)
    sizes = np.bincount(parts.ravel(), minlength=count + 1)
    border = np.unique(np.concatenate([parts[0], parts[-1], parts[:, 0], parts[:, -1]]))
    kept = border[(border > 0) & (sizes[border] >= max(1, LEAST * black.size))]
    return np.isin(parts, kept)
