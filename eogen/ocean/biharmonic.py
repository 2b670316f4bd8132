"""Biharmonic inpainting: in each frame a thin plate is laid through the anomalies, bending as little as it can.

Duchon 1977 (Lecture Notes in Mathematics 571, 85) for the bending energy; Smith & Wessel 1990 (Geophysics 55, 293) for
the plate under tension, which keeps it from swinging in wide gaps. The energy is summed over the sea only (free
boundary at the coast and at the region's edge), as second differences; a weak spring pulls to the background over
hundreds of pixels, so that a bay without any observation has an answer. One sparse symmetric system a frame.

scikit-image's ``inpaint_biharmonic`` is as fast but knows neither coast nor tension; the tests compare the two where
neither matters.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import splu

from eogen.ocean.background import background
from eogen.ocean.problem import Estimate, Problem
from eogen.progress import Progress, silent

#: Tension (of first differences, against 1 of second ones), chosen on withheld cells of NE Pacific composites (0, 0.05,
#: 0.1 and 0.3 tried); the spring: far from data the answer fades over sqrt(tension / spring) = 342 pixels.
TENSION, SPRING = 0.3, 25.0**-4


def bending(
    sea: np.ndarray, pixel: tuple[float, float] = (1.0, 1.0), tension: float = TENSION
) -> sparse.csc_array:
    """Return the (cell, cell) symmetric matrix of the plate's energy over the sea's cells, in row order.

    Args:
        sea: (lat, lon) bool.
        pixel: (north-south, east-west) size of a cell; only their ratio counts.
        tension: weight of the first differences.
    """
    number = np.full(sea.shape, -1)
    number[sea] = np.arange(sea.sum())
    # Distances in units of the geometric mean of the two sides, so that the weights mean the same on every grid.
    y, x = (p / np.sqrt(pixel[0] * pixel[1]) for p in pixel)
    stencils: list[tuple[float, dict[tuple[int, int], float]]] = [
        (y**-4, {(0, 0): 1, (1, 0): -2, (2, 0): 1}),
        (x**-4, {(0, 0): 1, (0, 1): -2, (0, 2): 1}),
        (2.0, {(0, 0): 1, (0, 1): -1, (1, 0): -1, (1, 1): 1}),
        (tension * y**-2, {(0, 0): -1, (1, 0): 1}),
        (tension * x**-2, {(0, 0): -1, (0, 1): 1}),
    ]
    cells = int(sea.sum())
    total = sparse.csc_array((cells, cells))
    for weight, stencil in stencils:
        if weight == 0:
            continue
        rows, columns = (max(at[axis] for at in stencil) for axis in (0, 1))
        size = (sea.shape[0] - rows, sea.shape[1] - columns)
        if min(size) <= 0:
            continue
        index = np.stack([number[a : a + size[0], b : b + size[1]].ravel() for a, b in stencil], 1)
        index = index[(index >= 0).all(1)]
        row = np.repeat(np.arange(len(index)), len(stencil))
        value = np.tile(np.array(list(stencil.values()), float), len(index))
        difference = sparse.csr_array((value, (row, index.ravel())), (len(index), cells))
        total = total + weight * (difference.T @ difference)
    return sparse.csc_array(total)


def plate(anomaly: np.ndarray, sea: np.ndarray, energy: sparse.csc_array) -> np.ndarray:
    """Return an anomaly (lat, lon) with its gaps filled; NaN on land.

    Args:
        anomaly: (lat, lon), NaN where nothing was seen.
        sea: (lat, lon) bool.
        energy: of :func:`bending` on the same sea.
    """
    value = anomaly[sea].astype(np.float64)
    seen = np.isfinite(value)
    if not seen.any():
        value[:] = 0.0
    elif not seen.all():
        gaps = energy[:, ~seen]
        stiff = gaps[~seen] + SPRING * sparse.eye_array(int((~seen).sum()))
        factor = splu(
            sparse.csc_array(stiff), permc_spec="MMD_AT_PLUS_A", options={"SymmetricMode": True},
            diag_pivot_thresh=0.0,
        )  # fmt: skip
        value[~seen] = factor.solve(-(gaps[seen].T @ value[seen]))
    full = np.full(sea.shape, np.float32("nan"))
    full[sea] = value
    return full


def biharmonic(problem: Problem, targets: np.ndarray, seed: int = 0, progress: Progress = silent) -> Estimate:
    """Fill the frames ``targets``; see the module's text."""
    ground = background(problem)
    energy = bending(problem.sea, problem.pixel)
    frames = []
    for k, t in enumerate(targets):
        progress(k, len(targets), "fill")
        frames.append(ground.restore(plate(ground.anomaly[t], problem.sea, energy), t))
    return Estimate(np.stack(frames).astype(np.float32))
