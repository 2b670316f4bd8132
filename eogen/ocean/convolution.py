"""Space-time normalised convolution: a weighted mean of what was seen around, near cells counting more.

Knutsson & Westin 1993, "Normalized and differential convolution", CVPR. Applied to anomalies from each cell's mean, at
growing scales: a cell takes the finest scale that has seen enough around it.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter

from eogen.ocean.background import background
from eogen.ocean.problem import Estimate, Problem
from eogen.progress import Progress, silent

#: Standard deviations in space (pixels) and time (days at most a frame step's multiple), fine to coarse, and the sum of
#: weights below which the next coarser one helps.
SPACE = (1.5, 3.0, 6.0, 14.0, 40.0)
TIME_STEPS = 1.0
ENOUGH = 2.0


def smooth(problem: Problem, targets: np.ndarray, seed: int = 0, progress: Progress = silent) -> Estimate:
    """Fill the frames ``targets``; see the module's text."""
    ground = background(problem)
    step = float(np.median(np.diff(problem.days))) if len(problem.days) > 1 else 1.0
    frames = []
    for k, t in enumerate(targets):
        progress(k, len(targets), "fill")
        away = np.abs(problem.days - problem.days[t]) / max(step, 1e-6)
        near = np.flatnonzero(away <= 3.0)
        top = np.zeros(problem.sea.shape, np.float32)
        bottom = np.zeros_like(top)
        for u in near:
            weight = np.float32(np.exp(-away[u] / TIME_STEPS))
            seen = problem.observed[u]
            top += weight * np.where(seen, ground.anomaly[u], 0.0)
            bottom += weight * seen
        frames.append(ground.restore(_scales(top, bottom), t))
    return Estimate(np.stack(frames).astype(np.float32))


def _scales(top: np.ndarray, bottom: np.ndarray) -> np.ndarray:
    """Return the anomaly, from the coarsest scale to the finest."""
    answer = np.zeros_like(top)
    for sigma in reversed(SPACE):
        area = np.float32(2 * np.pi * sigma * sigma)
        weight = gaussian_filter(bottom, sigma, truncate=3.0, mode="constant") * area
        value = gaussian_filter(top, sigma, truncate=3.0, mode="constant") * area
        trust = weight / (weight + np.float32(ENOUGH))
        answer = trust * value / np.maximum(weight, 1e-6) + (1 - trust) * answer
    return answer
