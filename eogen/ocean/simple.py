"""The methods anyone can explain: climatology, a line through time, the nearest cell."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import distance_transform_edt

from eogen.ocean.background import background
from eogen.ocean.problem import Estimate, Problem
from eogen.progress import Progress, silent


def pixel_mean(problem: Problem) -> np.ndarray:
    """Return (lat, lon) float32: each cell's mean over time.

    Where it was never seen, the nearest cell's; NaN on land.
    """
    seen = problem.observed
    count = seen.sum(0)
    total = np.where(seen, problem.values, 0.0).sum(0, dtype=np.float64)
    mean = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    return np.where(problem.sea, _nearest(mean, count > 0), np.nan).astype(np.float32)


def climatology(
    problem: Problem, targets: np.ndarray, seed: int = 0, progress: Progress = silent
) -> Estimate:
    """Each cell's mean (and, in long series, its yearly cycle), shifted by how much the frame's seen cells differ."""
    progress(0, 1, "fill")
    return Estimate(background(problem).usual[targets])


def time_linear(
    problem: Problem, targets: np.ndarray, seed: int = 0, progress: Progress = silent
) -> Estimate:
    """Each cell between its last observation before and its first one after, weighted by the days to each.

    Past the ends of a cell's series the nearest observation is kept; a cell that was never seen gets the cells' mean.
    """
    seen = problem.observed
    days = problem.days
    index = np.arange(len(days))[:, None, None]
    before = np.maximum.accumulate(np.where(seen, index, -1), 0)
    after = np.minimum.accumulate(np.where(seen, index, len(days))[::-1], 0)[::-1]
    fallback = pixel_mean(problem)
    frames = []
    for k, t in enumerate(targets):
        progress(k, len(targets), "fill")
        b, a = before[t], after[t]
        a = np.where(a == len(days), b, a)
        b = np.where(b == -1, a, b)
        none = (a < 0) | (a >= len(days))
        a, b = np.clip(a, 0, len(days) - 1), np.clip(b, 0, len(days) - 1)
        span = days[a] - days[b]
        weight = np.where(span > 0, (days[t] - days[b]) / np.where(span > 0, span, 1.0), 0.0).astype(
            np.float32
        )
        low = np.take_along_axis(problem.values, b[None], 0)[0]
        high = np.take_along_axis(problem.values, a[None], 0)[0]
        frames.append(np.where(none, fallback, low + weight * (high - low)))
    return Estimate(np.stack(frames).astype(np.float32))


def nearest(problem: Problem, targets: np.ndarray, seed: int = 0, progress: Progress = silent) -> Estimate:
    """Each missing cell takes the value of the nearest seen cell of the frame; an empty frame gets the climatology."""
    frames = []
    for k, t in enumerate(targets):
        progress(k, len(targets), "fill")
        seen = problem.observed[t]
        if not seen.any():
            frames.append(pixel_mean(problem))
            continue
        frames.append(np.where(problem.sea, _nearest(problem.values[t], seen, problem.pixel), np.nan))
    return Estimate(np.stack(frames).astype(np.float32))


def _nearest(field: np.ndarray, seen: np.ndarray, pixel: tuple[float, float] | None = None) -> np.ndarray:
    y, x = distance_transform_edt(~seen, sampling=pixel, return_distances=False, return_indices=True)
    return field[y, x]
