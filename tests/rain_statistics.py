"""Statistics of rain maps written out plainly, for tests that compare simulated rain with real rain."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import map_coordinates
from skimage.registration import optical_flow_ilk

RAINS = 0.2  # mm/h


def log(rain):
    return np.log10(np.maximum(rain, 0.03))


def correlation(one, other):
    return float(np.corrcoef(np.ravel(one), np.ravel(other))[0, 1])


def detection(estimate, truth):
    """POD and FAR at RAINS."""
    said, is_ = estimate >= RAINS, truth >= RAINS
    return (said & is_).sum() / is_.sum(), (said & ~is_).sum() / said.sum()


def smoothness(maps, km_per_cell, km=10.0):
    """Correlation of log rain at ``km``, mean of both axes, interpolated between whole cells."""
    found = []
    for axis, size in zip((1, 2), km_per_cell, strict=True):
        low = int(km / size)
        at = [_along(log(maps), axis, n) for n in (low, low + 1)]
        found.append(at[0] + (km / size - low) * (at[1] - at[0]))
    return float(np.mean(found))


def _along(maps, axis, cells):
    if cells == 0:
        return 1.0
    size = maps.shape[axis]
    one, other = maps.take(range(size - cells), axis), maps.take(range(cells, size), axis)
    rainy = [(a, b) for a, b in zip(one, other, strict=True) if a.std() > 0 and b.std() > 0]
    return np.mean([correlation(a, b) for a, b in rainy])


def decorrelation(rain, step_hours, lags):
    """Correlation of rain carried along its own optical flow (semi-Lagrangian) with what came, for each lag (hours).

    ``rain``: (time, y, x) mm/h without NaN.
    """
    found = {lag: [] for lag in lags}
    grid = np.mgrid[: rain.shape[1], : rain.shape[2]].astype(float)
    squeezed = np.log1p(10 * np.clip(rain, 0, 50))
    furthest = round(max(lags) / step_hours)
    for t in range(1, len(rain) - furthest, 2):
        flow = optical_flow_ilk(squeezed[t - 1], squeezed[t], radius=14, gaussian=True)
        place = grid.copy()
        for k in range(1, furthest + 1):
            place = place - np.stack([map_coordinates(f, place, order=1, mode="nearest") for f in flow])
            if k * step_hours in found:
                carried = map_coordinates(rain[t], place, order=1, mode="constant", cval=np.nan)
                inside = np.isfinite(carried)
                found[k * step_hours].append(correlation(carried[inside], rain[t + k][inside]))
    return {lag: float(np.mean(values)) for lag, values in found.items()}
