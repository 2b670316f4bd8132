"""What several draws of one sea say together: chance of a threshold, sharpness, one place through time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr

from eogen.ocean.cube import pixel_km

#: Probabilities of the fan and the columns of a series.
LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)


def above(member: np.ndarray, threshold: float) -> np.ndarray:
    """Return the share of members (member, …) above ``threshold``, 0 to 1; NaN where they are."""
    share = (member > threshold).mean(0)
    return np.where(np.isfinite(member).all(0), share, np.nan)


def slope(field: np.ndarray, grid: xr.DataArray) -> np.ndarray:
    """Return the size of the gradient of fields (…, lat, lon) per km; NaN beside land."""
    north, east = pixel_km(grid)
    rows, columns = np.gradient(field, axis=(-2, -1))
    return np.hypot(rows / north, columns / east)


@dataclass(frozen=True)
class Sharpness:
    """Root mean square gradients, per km, over the cells that were filled (``observed``: over those that were seen).

    Attributes:
        mean: of the mean of the members.
        members: of each member.
        observed: of what was seen on the date; NaN when nowhere are neighbours seen.
    """

    mean: float
    members: np.ndarray
    observed: float


def sharpness(filled: xr.Dataset, observed: np.ndarray, grid: xr.DataArray) -> Sharpness | None:
    """Return how sharp one filled date is; None when it has no members or nothing was filled.

    Args:
        filled: of :func:`eogen.ocean.methods.fill`, one date.
        observed: (lat, lon), NaN where nothing was seen.
        grid: with the coordinates.
    """
    if "member" not in filled:
        return None
    inside = filled.filled.values[0] & np.isfinite(slope(filled["mean"].values[0], grid))
    if not inside.any():
        return None
    size = lambda field: float(np.sqrt((slope(field, grid)[inside] ** 2).mean()))
    seen = slope(observed, grid)
    seen = seen[np.isfinite(seen)]
    return Sharpness(
        size(filled.member.values[:, 0].mean(0)),
        np.array([size(m) for m in filled.member.values[:, 0]]),
        float(np.sqrt((seen**2).mean())) if len(seen) else float("nan"),
    )


def farthest(filled: np.ndarray) -> tuple[int, int]:
    """Return the (row, column) of a filled cell as far as can be from what was observed; the middle when none is."""
    from scipy.ndimage import distance_transform_edt

    if not filled.any():
        return filled.shape[0] // 2, filled.shape[1] // 2
    away = distance_transform_edt(filled)
    row, column = np.unravel_index(int(np.argmax(away)), filled.shape)
    return int(row), int(column)


def window(at: tuple[int, int], shape: tuple[int, int], size: int) -> tuple[slice, slice]:
    """Return the rows and columns of a square of ``size`` cells around ``at``, moved inside ``shape``."""
    found = []
    for centre, length in zip(at, shape, strict=True):
        first = min(max(centre - size // 2, 0), max(length - size, 0))
        found.append(slice(first, min(first + size, length)))
    return found[0], found[1]


def fan(member: np.ndarray) -> np.ndarray:
    """Return the quantiles :data:`LEVELS` (level, time) of members (member, time)."""
    return np.quantile(member, LEVELS, axis=0)
