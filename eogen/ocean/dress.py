"""Uncertainty that is measured: how wrong is the method on gaps of the same scene of which the answer is known?

Under other dates' clouds some cells of the targets are withheld and filled. The errors put the method's own spread
right (:mod:`eogen.ocean.calibrate`), or, for a method that has none, the local variability of the sea; nothing but
the scene's own observations is read. Members of a method that draws are widened alike; others get the mean plus a
correlated field.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from eogen.errors import InputError
from eogen.ocean.background import background, restlessness
from eogen.ocean.calibrate import EDGES, IDENTITY, Calibration, calibrated, reshaped
from eogen.ocean.holdout import Fold, cloud_shaped, tried
from eogen.ocean.problem import Estimate, Problem
from eogen.ocean.texture import matched, textured
from eogen.progress import Progress, staged

if TYPE_CHECKING:
    from eogen.ocean.methods import Method

#: Frames tried; of methods that take seconds a frame, windows of this side (pixels), and of slow ones fewer.
TRIED, WINDOWS, SLOW_WINDOWS, SIDE = 8, 6, 2, 96


def dressed(
    row: Method, problem: Problem, targets: np.ndarray, members: int, seed: int, progress: Progress
) -> Estimate:
    """Return the method's estimate with a calibrated standard deviation and ``members`` draws."""
    more = {"members": members} if row.draws else {}
    estimate = row.run(problem, targets, seed=seed, progress=progress, **more)
    if estimate.shape is None:  # it has not calibrated itself
        _calibrate(row, problem, targets, members, seed, progress, estimate)
    if estimate.members is not None:
        _match(estimate, problem, targets)
    return estimate


def _calibrate(
    row: Method,
    problem: Problem,
    targets: np.ndarray,
    members: int,
    seed: int,
    progress: Progress,
    estimate: Estimate,
) -> None:
    told = estimate.sd
    calibration = trial(row, problem, targets, seed, staged(progress, "calibrate"))
    sd = variability(problem, targets) if told is None else told
    estimate.sd = sd * np.stack([calibration.at(problem.gap_distance(int(t))) for t in targets])
    estimate.shape = calibration.shape.astype(np.float32)
    if members and estimate.members is None:
        noise = textured((members, *estimate.mean.shape), seed)
        estimate.members = estimate.mean + estimate.sd * reshaped(noise, calibration.shape)
    elif members:
        estimate.members = widened(estimate, problem, targets)


def _match(estimate: Estimate, problem: Problem, targets: np.ndarray) -> None:
    """Give the members the roughness of what was seen in their frame."""
    scale = np.where(problem.sea, background(problem).scale, 1)
    for k, t in enumerate(targets):
        seen = problem.observed[t]
        mean = np.where(seen, problem.values[t], np.where(problem.sea, estimate.mean[k], 0))
        away = np.where(problem.sea & ~seen, estimate.members[:, k] - estimate.mean[k], 0)
        estimate.members[:, k] = mean + matched(mean, away, seen, problem.sea, scale)


def trial(row: Method, problem: Problem, targets: np.ndarray, seed: int, progress: Progress) -> Calibration:
    """Return what the method's errors on some withheld cells tell of its spread; the identity where none can be."""
    rng = np.random.default_rng((seed, 31))
    some = tried(problem.observed, targets, rng, TRIED)
    try:
        fold = cloud_shaped(problem.observed, problem.sea, some, rng)
    except InputError:
        return IDENTITY
    less = problem.without(fold.held)
    parts = []
    if row.kind == "generative":  # each frame costs seconds: a window of it must do
        for t in fold.targets[: SLOW_WINDOWS if row.slow else WINDOWS]:
            window = _window(fold.held[t], rng)
            one = Fold(np.array([t]), fold.held[:, *window], fold.donors)
            parts += _errors(row, problem.cut(*window), less.cut(*window), one, seed, progress)
    else:
        parts = _errors(row, problem, less, fold, seed, progress)
    return calibrated(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _errors(
    row: Method, problem: Problem, less: Problem, fold: Fold, seed: int, progress: Progress
) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Return, for each frame, errors, predicted spreads and distances of the withheld cells."""
    answer = row.run(less, fold.targets, seed=seed, progress=progress)
    sd = variability(less, fold.targets) if answer.sd is None else answer.sd
    parts = []
    for k, t in enumerate(fold.targets):
        held = fold.held[t]
        spread = np.maximum(sd[k][held], 1e-6)
        parts.append(((problem.values[t] - answer.mean[k])[held], spread, less.gap_distance(int(t))[held]))
    return parts


def _window(held: np.ndarray, rng: np.random.Generator) -> tuple[slice, slice]:
    """Return a window around a withheld cell."""
    centre = np.argwhere(held)[rng.integers(held.sum())]
    low = [int(np.clip(c - SIDE // 2, 0, max(s - SIDE, 0))) for c, s in zip(centre, held.shape, strict=True)]
    return slice(low[0], low[0] + SIDE), slice(low[1], low[1] + SIDE)


def variability(problem: Problem, targets: np.ndarray) -> np.ndarray:
    """Return (target, lat, lon) float32: how much each cell moves about what is usual there."""
    ground = background(problem)
    spread = ground.scale * restlessness(ground.anomaly, problem.sea)
    return np.repeat(spread[None], len(targets), 0).astype(np.float32)


def widened(estimate: Estimate, problem: Problem, targets: np.ndarray) -> np.ndarray:
    """Return the members, their distance from the mean multiplied so that it agrees with the calibrated s.d."""
    away = estimate.members - estimate.mean
    distance = np.stack([problem.gap_distance(int(t)) for t in targets])
    pool = np.clip(np.digitize(distance, EDGES) - 1, 0, len(EDGES) - 2)
    open_ = problem.sea & ~problem.observed[targets]
    for k in range(len(EDGES) - 1):
        inside = open_ & (pool == k)
        if inside.any():
            own = np.sqrt((away[:, inside] ** 2).mean())
            wanted = np.sqrt((estimate.sd[inside] ** 2).mean())
            away[:, inside] *= np.clip(wanted / max(float(own), 1e-9), 0.2, 5.0)
    return estimate.mean + away
