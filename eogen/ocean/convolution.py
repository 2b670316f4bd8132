"""Space-time normalised convolution: a weighted mean of what was seen around, near cells counting more.

Knutsson & Westin 1993, "Normalized and differential convolution", CVPR. Applied to anomalies from each cell's mean, at
growing scales: a cell takes the finest scale that has seen enough around it. The coarse scales are computed on sums
over blocks (Burt 1981, "Fast filter transforms for image processing": a wide Gaussian is a narrow one on a coarse
grid), which makes the widest cost less than the finest.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from scipy.ndimage import gaussian_filter

from eogen.ocean.background import background
from eogen.ocean.problem import Estimate, Problem
from eogen.progress import Progress, silent

#: Standard deviations in space (pixels), fine to coarse, and the side of the blocks each is computed on: 1, 2, 4, …
SPACE = (1.5, 3.0, 6.0, 14.0, 40.0)
COARSEST = 2 ** (len(SPACE) - 1)
#: Weight in time falls e-fold in one frame step; frames further than REACH steps are not heard.
TIME_STEPS = 1.0
REACH = 3
#: Sum of weights below which the next coarser scale helps.
ENOUGH = 2.0
TRUNCATE = 3.0
#: Cells beyond which nothing is heard, interpolation between coarse blocks included.
HALO = 144


def smooth(problem: Problem, targets: np.ndarray, seed: int = 0, progress: Progress = silent) -> Estimate:
    """Fill the frames ``targets``; see the module's text."""
    ground = background(problem)
    step = float(np.median(np.diff(problem.days))) if len(problem.days) > 1 else 1.0

    @lru_cache(maxsize=2 * REACH + 2)
    def frame(u: int) -> tuple[np.ndarray, np.ndarray]:
        seen = problem.observed[u]
        return np.where(seen, ground.anomaly[u], np.float32(0)), seen.astype(np.float32)

    frames = np.empty((len(targets), *problem.sea.shape), np.float32)
    for k, t in enumerate(targets):
        progress(k, len(targets), "fill")
        away = np.abs(problem.days - problem.days[t]) / max(step, 1e-6)
        top = np.zeros(problem.sea.shape, np.float32)
        bottom = np.zeros_like(top)
        for u in np.flatnonzero(away <= REACH + 1e-6):
            weight = np.float32(np.exp(-away[u] / TIME_STEPS))
            value, seen = frame(int(u))
            top += weight * value
            bottom += weight * seen
        frames[k] = ground.restore(_scales(top, bottom), t)
    return Estimate(frames)


def _scales(top: np.ndarray, bottom: np.ndarray) -> np.ndarray:
    """Return the anomaly, from the coarsest scale to the finest.

    Args:
        top: (lat, lon) float32 sum of the anomalies seen, weighted in time.
        bottom: (lat, lon) float32 sum of the weights.
    """
    levels = [(top, bottom)]
    for _ in SPACE[1:]:
        levels.append(tuple(_halved(a) for a in levels[-1]))
    answer: np.ndarray | None = None
    for k in reversed(range(len(SPACE))):
        block = 2**k
        # A block's own width adds to the kernel's variance: (block² - 1) / 12 cells².
        narrow = np.sqrt(SPACE[k] ** 2 - (block**2 - 1) / 12) / block
        area = np.float32(2 * np.pi * (SPACE[k] / block) ** 2)
        value, weight = (
            gaussian_filter(a, narrow, truncate=TRUNCATE, mode="constant") * area for a in levels[k]
        )
        trust = weight / (weight + np.float32(ENOUGH))
        told = trust * value / np.maximum(weight, np.float32(1e-6))
        if answer is not None:
            told += (1 - trust) * _doubled(answer, value.shape)
        answer = told
    return answer


def _halved(field: np.ndarray) -> np.ndarray:
    """Return the sums over blocks of 2 × 2; what is beyond an odd edge is nought."""
    y, x = field.shape
    if y % 2 or x % 2:
        field = np.pad(field, ((0, y % 2), (0, x % 2)))
    rows = field[0::2] + field[1::2]
    return rows[:, 0::2] + rows[:, 1::2]


def _doubled(field: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Return the bilinear interpolation between the centres of blocks, twice as fine, cut to ``shape``."""
    for axis in (0, 1):
        a = np.moveaxis(field, axis, 0)
        before, after = np.concatenate([a[:1], a[:-1]]), np.concatenate([a[1:], a[-1:]])
        fine = np.empty((2 * len(a), *a.shape[1:]), np.float32)
        fine[0::2] = np.float32(0.75) * a + np.float32(0.25) * before
        fine[1::2] = np.float32(0.75) * a + np.float32(0.25) * after
        field = np.moveaxis(fine, 0, axis)
    return field[: shape[0], : shape[1]]
