"""What is subtracted before anything is interpolated: each cell's mean, the frame's shift, the year's cycle, the
spread.

With gaps the mean of a cell depends on *which* frames saw it. The effects of cells and frames are therefore fitted
together (two-way additive model, backfitting), each leaning on its neighbours' where it was seldom seen.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.ndimage import gaussian_filter

from eogen.ocean.problem import Problem

#: Observations of a cell that weigh as much as its neighbours' mean; cells that weigh as much as a shift of nought.
OWN, FEW = 8.0, 50.0
ROUNDS = 6
#: Observations of a cell that weigh as much as its surroundings for its spread.
ALIKE = 20.0
#: A yearly cycle is fitted in series longer than this (days), with this many harmonics.
LONG, HARMONICS = 730.0, 2


@dataclass(frozen=True)
class Background:
    """What is usual, and what remains.

    Attributes:
        usual: (time, lat, lon) float32, finite at every cell of the sea, NaN on land; in the variable's units.
        scale: (lat, lon) float32 local standard deviation of what remains.
        anomaly: (time, lat, lon) float32, standardised; NaN where nothing was seen.
    """

    usual: np.ndarray
    scale: np.ndarray
    anomaly: np.ndarray

    def restore(self, anomaly: np.ndarray, frames: np.ndarray) -> np.ndarray:
        """Return standardised anomalies (…, frame, lat, lon) in the variable's units."""
        return anomaly * self.scale + self.usual[frames]

    def without(self, held: np.ndarray) -> Background:
        """Return the same with the cells ``held`` (time, lat, lon; bool) hidden; what is usual stays as it was."""
        return replace(self, anomaly=np.where(held, np.float32("nan"), self.anomaly))

    def cut(self, rows: slice, columns: slice) -> Background:
        """Return a window."""
        return Background(
            self.usual[:, rows, columns], self.scale[rows, columns], self.anomaly[:, rows, columns]
        )


def background(problem: Problem) -> Background:
    """Return the background of a problem: the one it was given, else the one fitted to its values."""
    if problem.ground is not None:
        return problem.ground
    sea, seen = problem.sea, problem.observed
    values = np.where(seen, problem.values, 0).astype(np.float32)
    count = seen.sum((1, 2))
    shift = np.zeros(len(values), np.float32)
    base = np.zeros(sea.shape, np.float32)
    middle = np.float32(values.sum(dtype=np.float64) / max(count.sum(), 1))
    for _ in range(ROUNDS):
        base = cell_means(values - middle - shift[:, None, None], seen, sea)
        rest = np.where(seen, values - middle - base, 0).sum((1, 2), dtype=np.float64)
        shift = (rest / (count + FEW)).astype(np.float32)
    usual = middle + base + shift[:, None, None]
    cycle = yearly(problem, values - usual)
    if cycle is not None:
        usual = usual + cycle
    rest = np.where(seen, values - usual, np.float32("nan"))
    scale = local_spread(rest, sea)
    usual = np.where(sea, usual, np.float32("nan"))
    return Background(usual, np.where(sea, scale, np.float32("nan")), rest / scale)


def cell_means(values: np.ndarray, seen: np.ndarray, sea: np.ndarray) -> np.ndarray:
    """Return (lat, lon) float32: each cell's mean of what was seen, leaning on its neighbours'.

    0 where none is near.
    """
    count = np.where(sea, seen.sum(0), 0).astype(np.float32)
    return leaned_means(count, np.where(seen, values, 0).sum(0, dtype=np.float32), sea)


def leaned_means(count: np.ndarray, total: np.ndarray, sea: np.ndarray) -> np.ndarray:
    """Return :func:`cell_means` from each cell's count and total (lat, lon; float32, 0 on land)."""
    around, weight = np.zeros_like(total), np.zeros_like(total)
    for sigma in (1.5, 6.0, 24.0):  # the finest neighbourhood that has seen something speaks
        w = gaussian_filter(count, sigma, truncate=3.0, mode="constant")
        m = gaussian_filter(total, sigma, truncate=3.0, mode="constant") / np.maximum(w, 1e-9)
        take = (1 - weight) * w / (w + 0.05)
        around, weight = around + take * m, weight + take
    own = count / (count + OWN)
    return (own * total / np.maximum(count, 1) + (1 - own) * around) * sea


def local_spread(rest: np.ndarray, sea: np.ndarray) -> np.ndarray:
    """Return (lat, lon) float32: the standard deviation around each cell, leaning on the whole sea's; positive."""
    seen = np.isfinite(rest)
    square = np.where(seen, rest * rest, 0).sum(0, dtype=np.float64)
    many = seen.sum(0).astype(float)
    return spread(square, many, square.sum() / max(many.sum(), 1))


def spread(square: np.ndarray, many: np.ndarray, whole: float) -> np.ndarray:
    """Return :func:`local_spread` from each cell's sum of squares and count, and the whole sea's variance."""
    local = (gaussian_filter(square, 6.0) + 0.5 * whole) / (gaussian_filter(many, 6.0) + 0.5)
    return np.sqrt(np.maximum(local, 1e-8)).astype(np.float32)


def yearly(problem: Problem, rest: np.ndarray) -> np.ndarray | None:
    """Return (time, lat, lon) float32, the yearly cycle of each cell in a long series; None in a short one.

    A ridge regression on two harmonics of the day of the year, cell by cell, then the cells' coefficients are pulled
    towards their neighbours' like the means.
    """
    if problem.days[-1] - problem.days[0] < LONG:
        return None
    phase = 2 * np.pi * problem.day_of_year / 365.25
    design = np.stack([f(k * phase) for k in range(1, HARMONICS + 1) for f in (np.cos, np.sin)], 1)
    seen = problem.observed.astype(np.float64)
    normal = np.einsum("ti,tj,tyx->yxij", design, design, seen, optimize=True)
    normal += 4.0 * np.eye(design.shape[1])
    towards = np.einsum("ti,tyx->yxi", design, np.where(seen > 0, rest, 0), optimize=True)
    coefficients = np.linalg.solve(normal, towards[..., None])[..., 0]
    return np.einsum("ti,yxi->tyx", design, coefficients, optimize=True).astype(np.float32)


def restlessness(anomaly: np.ndarray, sea: np.ndarray) -> np.ndarray:
    """Return (lat, lon) float32: how much more each cell moves than its surroundings; 1 is as much.

    Cells at the coast and at river mouths move more than the smooth spread around them says. Cells seldom seen lean
    on 1.
    """
    seen = np.isfinite(anomaly)
    square = np.where(seen, anomaly * anomaly, 0).sum(0, dtype=np.float64)
    return np.where(sea, np.sqrt((square + ALIKE) / (seen.sum(0) + ALIKE)), 1).astype(np.float32)
