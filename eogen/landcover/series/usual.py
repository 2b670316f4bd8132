"""The usual season of a class: what most of its parcels do, month by month."""

from __future__ import annotations

import numpy as np

#: Parcels seen in a month before anything is called usual.
LEAST = 5
#: The band around the median holds this middle part of the parcels.
PART = 0.8


def usual(values: np.ndarray, *, part: float = PART, least: int = LEAST) -> np.ndarray:
    """Return low end, median and high end (3, month) of curves (n, month) of one class.

    Args:
        values: what is drawn (an index, a reflectance), NaN where nothing was seen.
        part: of the parcels between the ends, 0..1.
        least: months seen in fewer parcels get NaN.
    """
    values = np.asarray(values, np.float64)
    made = np.full((3, values.shape[1]), np.nan)
    enough = np.isfinite(values).sum(0) >= max(least, 1)
    if enough.any():
        ends = [0.5 - part / 2, 0.5, 0.5 + part / 2]
        made[:, enough] = np.nanquantile(values[:, enough], ends, axis=0)
    return made
