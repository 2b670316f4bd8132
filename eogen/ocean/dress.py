"""Uncertainty for methods that come without: how wrong were they on gaps of which the answer is known?

Under other dates' clouds some cells of the targets are withheld, the method fills them, and its errors, by distance to the
nearest observation, become the standard deviation of its fills (label-free: nothing but the observations is read).
Members are the mean plus a correlated Gaussian field of that size, which vanishes where the observations begin.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.ndimage import gaussian_filter

from eogen.errors import InputError
from eogen.ocean.holdout import cloud_shaped
from eogen.ocean.problem import Estimate, Problem
from eogen.progress import Progress

if TYPE_CHECKING:
    from eogen.ocean.methods import Method

#: Distances (pixels) between which the error is pooled, and how many frames are tried.
EDGES = np.array([0.0, 1.5, 3.0, 5.0, 8.0, 12.0, 20.0, 35.0, 1e9])
TRIED = 6


def dressed(
    row: Method, problem: Problem, targets: np.ndarray, members: int, seed: int, progress: Progress
) -> Estimate:
    """Return the method's estimate with a standard deviation and ``members`` draws."""
    if row.draws:
        return row.run(problem, targets, seed=seed, progress=progress, members=members)
    estimate = row.run(problem, targets, seed=seed, progress=progress)
    if estimate.sd is None:
        estimate.sd = error_by_distance(row, problem, targets, seed, progress)
    if members and estimate.members is None:
        estimate.members = _members(estimate, problem, targets, members, seed)
    return estimate


def error_by_distance(
    row: Method, problem: Problem, targets: np.ndarray, seed: int, progress: Progress
) -> np.ndarray:
    """Return (target, lat, lon) float32: the root mean square error at each cell's distance to an observation."""
    rng = np.random.default_rng(seed)
    tried = rng.permutation(targets)[:TRIED]
    try:
        fold = cloud_shaped(problem.observed, problem.sea, np.sort(tried), rng)
    except InputError:
        return _spread_of_all(problem, targets)
    less = problem.without(fold.held)
    answer = row.run(less, fold.targets, seed=seed, progress=progress).mean
    square, count = np.zeros(len(EDGES) - 1), np.zeros(len(EDGES) - 1)
    for k, t in enumerate(fold.targets):
        held = fold.held[t]
        error = (answer[k] - problem.values[t])[held].astype(float)
        inside = np.digitize(less.gap_distance(t)[held], EDGES) - 1
        square += np.bincount(inside, error**2, len(square))[: len(square)]
        count += np.bincount(inside, minlength=len(count))[: len(count)]
    known = count > 20
    if not known.any():  # too small a field for its errors to be counted
        return _spread_of_all(problem, targets)
    middle = np.sqrt(np.maximum(EDGES[:-1], 0.5) * np.minimum(EDGES[1:], 60.0))
    rms = np.sqrt(square[known] / count[known])
    # Further from the observations no method knows more.
    rms = np.maximum.accumulate(rms)
    return np.stack([np.interp(problem.gap_distance(t), middle[known], rms) for t in targets]).astype(
        np.float32
    )


def _spread_of_all(problem: Problem, targets: np.ndarray) -> np.ndarray:
    sd = np.float32(np.nanstd(problem.values))
    return np.full((len(targets), *problem.sea.shape), sd, np.float32)


def _members(
    estimate: Estimate, problem: Problem, targets: np.ndarray, members: int, seed: int
) -> np.ndarray:
    """Return draws: the mean plus unit Gaussian noise smoothed over 4 pixels, times the standard deviation."""
    rng = np.random.default_rng((seed, 77))
    drawn = []
    for _ in range(members):
        white = rng.standard_normal((len(targets), *problem.sea.shape)).astype(np.float32)
        smooth = gaussian_filter(white, (0, 4, 4))
        drawn.append(estimate.mean + estimate.sd * smooth / smooth.std())
    return np.stack(drawn)
