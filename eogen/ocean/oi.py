"""Optimal interpolation: the Gaussian process of the anomalies, tuned on the scene, its spread calibrated, and its
draws.

Bretherton, Davis & Fandry 1976 (Deep-Sea Research 23, 559). Draws are conditioned by kriging (Journel & Huijbregts
1978, Mining Geostatistics, ch. VII): a random field of the same covariance is seen where the ocean was seen,
interpolated with the same weights, and the difference between the field and its interpolation is added to the
estimate.
"""

from __future__ import annotations

from itertools import islice

import numpy as np

from eogen.ocean.background import background, restlessness
from eogen.ocean.calibrate import Calibration, reshaped
from eogen.ocean.fields import random_fields
from eogen.ocean.kriging import LEVELS, Interpolator, level
from eogen.ocean.problem import Estimate, Problem
from eogen.ocean.tune import tuned
from eogen.progress import Progress, silent

#: Numbers of random fields held at once; more targets are drawn in several runs.
MOST_NUMBERS = 60_000_000


def optimal_interpolation(
    problem: Problem, targets: np.ndarray, seed: int = 0, progress: Progress = silent, members: int = 0
) -> Estimate:
    """Fill the frames ``targets``; see the module's text."""
    process, calibration = interpolator(problem, targets, seed, progress)
    if not members:
        return means(process, targets, calibration, progress)
    frames = max(MOST_NUMBERS // (members * problem.sea.size) - 20, 1)
    runs = [targets[k : k + frames] for k in range(0, len(targets), frames)]
    rng = np.random.default_rng((seed, 23))
    parts = [_draws(process, some, calibration, members, rng, progress) for some in runs]
    return Estimate(
        np.concatenate([p.mean for p in parts]),
        np.concatenate([p.sd for p in parts]),
        np.concatenate([p.members for p in parts], 1),
        parts[0].shape,
    )


def interpolator(
    problem: Problem, targets: np.ndarray, seed: int = 0, progress: Progress = silent
) -> tuple[Interpolator, Calibration]:
    """Return the tuned process of a problem and the calibration of its spread."""
    guess, calibration = tuned(problem, targets, seed, progress)
    ground = background(problem)
    unrest = restlessness(ground.anomaly, problem.sea)
    return Interpolator(problem, ground, unrest, guess.settled()), calibration


def means(
    process: Interpolator, targets: np.ndarray, calibration: Calibration, progress: Progress
) -> Estimate:
    """Return mean and calibrated spread of some frames, without draws."""
    means, sds = [], []
    for k, t in enumerate(targets):
        progress(k, len(targets), "fill")
        at, anomaly, sd = process.believed(int(t), process.cells(int(t)))
        mean, spread = _placed(process, int(t), at, anomaly, sd, calibration)
        means.append(mean)
        sds.append(spread)
    return Estimate(np.stack(means), np.stack(sds), shape=calibration.shape.astype(np.float32))


def _placed(
    process: Interpolator,
    t: int,
    at: np.ndarray,
    anomaly: np.ndarray,
    sd: np.ndarray,
    calibration: Calibration,
) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and calibrated s.d. (lat, lon) in the variable's units.

    Observed cells keep their value and have none.
    """
    y, x = at.T
    mean, spread = process.problem.values[t].copy(), np.zeros(process.problem.sea.shape, np.float32)
    scale = process.ground.scale[y, x]
    mean[y, x] = anomaly * scale + process.ground.usual[t, y, x]
    spread[y, x] = sd * scale * calibration.at(process.problem.gap_distance(t)[y, x])
    return mean, spread


def _draws(
    process: Interpolator,
    targets: np.ndarray,
    calibration: Calibration,
    members: int,
    rng: np.random.Generator,
    progress: Progress,
) -> Estimate:
    p, covariance = process.problem, process.covariance
    heard = _heard(process, targets)
    fields = np.stack(
        list(islice(random_fields(covariance, p.days[heard], p.sea.shape, p.pixel, rng), members))
    )
    noise = np.float32(np.sqrt(covariance.nugget))
    where = {int(t): k for k, t in enumerate(heard)}
    seen_fields = fields + noise * rng.standard_normal(fields.shape, dtype=np.float32)
    means, sds, drawn = [], [], []
    for k, t in enumerate(targets):
        progress(k, len(targets), "fill")
        mean, sd, some = _drawn(process, int(t), calibration, fields, seen_fields, where, noise, rng)
        means.append(mean)
        sds.append(sd)
        drawn.append(some)
    return Estimate(np.stack(means), np.stack(sds), np.stack(drawn, 1), calibration.shape.astype(np.float32))


def _heard(process: Interpolator, targets: np.ndarray) -> np.ndarray:
    frames = [process.near(int(t)) for t in targets]
    return np.unique(np.concatenate([targets, *frames]))


def _drawn(
    process: Interpolator,
    t: int,
    calibration: Calibration,
    fields: np.ndarray,
    seen_fields: np.ndarray,
    where: dict[int, int],
    noise: np.float32,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    p = process.problem
    seen = process.observations(t)
    parts = list(process.weights(t, process.cells(t), seen))
    at = np.concatenate([w.cells for w in parts]) if parts else np.zeros((0, 2), int)
    y, x = at.T
    anomaly = np.concatenate([w.told([o.value for o in seen]) for w in parts]) if parts else np.zeros(0)
    variance = np.concatenate([w.variance for w in parts]) if parts else np.zeros(0)
    unit = np.sqrt(variance + process.covariance.nugget)
    sd = process.spread(at, variance)
    mean, spread = _placed(process, t, at, anomaly, sd, calibration)
    frames = process.near(t)
    drawn = np.repeat(mean[None], len(fields), 0)
    for m in range(len(fields)):
        imagined = _masked(p, seen_fields[m], where, frames)
        values = [level(p, imagined, frames, block).value for block, _ in LEVELS]
        told = np.concatenate([w.told(values) for w in parts]) if parts else np.zeros(0)
        new = noise * rng.standard_normal(len(at), dtype=np.float32)
        z = (fields[m, where[t], y, x] - told + new) / unit
        drawn[m, y, x] += reshaped(z, calibration.shape) * spread[y, x]
    return mean, spread, drawn


def _masked(
    p: Problem, field: np.ndarray, where: dict[int, int], frames: np.ndarray
) -> dict[int, np.ndarray]:
    """Return the frames of a random field, seen where the ocean was seen."""
    return {int(u): np.where(p.observed[u], field[where[int(u)]], np.float32("nan")) for u in frames}
