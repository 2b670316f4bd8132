"""The OI and, on what it leaves, a generative network: believed as far as withheld cells of the scene say it helps.

The network (:class:`eogen.ocean.networks.Velocity`) tells the law of the OI's error in units of the OI's spread, from
what is seen around. On another sea or sensor than those it learnt from it may be wrong: its correction is multiplied
by a trust between 0 and 1, the slope of the OI's errors on it over cells hidden under other dates' clouds. The same
trial calibrates the spread; the texture of the members is the network's.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from eogen.errors import InputError
from eogen.ocean.background import background, restlessness
from eogen.ocean.calibrate import IDENTITY, Calibration, calibrated
from eogen.ocean.context import context, grounded
from eogen.ocean.dress import TRIED, widened
from eogen.ocean.examples import oi_channels
from eogen.ocean.holdout import cloud_shaped, tried
from eogen.ocean.kriging import Interpolator
from eogen.ocean.learned import flowed
from eogen.ocean.models import load
from eogen.ocean.oi import interpolator, means
from eogen.ocean.problem import Estimate, Problem
from eogen.progress import Progress, silent


def hybrid(
    problem: Problem, targets: np.ndarray, seed: int = 0, progress: Progress = silent, members: int = 0
) -> Estimate:
    """Fill the frames ``targets``; see the module's text. ``facts["trust_in_network"]`` is the trust."""
    network, _ = load("hybrid")
    process, calibration = interpolator(problem, targets, seed, progress)
    trust, after = _trust(network, process, calibration, targets, seed, progress)
    guess = means(process, targets, calibration, progress)
    generator = torch.Generator().manual_seed(seed)
    mean, drawn = _corrected(network, problem, guess, targets, trust, members, generator, progress)
    factor = np.stack([after.at(problem.gap_distance(int(t))) for t in targets])
    shape = (after if after.count else calibration).shape.astype(np.float32)
    estimate = Estimate(mean, guess.sd * factor, drawn, shape, {"trust_in_network": round(trust, 3)})
    if members:
        estimate.members = widened(estimate, problem, targets)
    return estimate


def _corrected(
    network: nn.Module,
    problem: Problem,
    guess: Estimate,
    targets: np.ndarray,
    trust: float,
    members: int,
    generator: torch.Generator,
    progress: Progress,
) -> tuple[np.ndarray, np.ndarray | None]:
    """Return the corrected mean (target, lat, lon) and the members, in the variable's units."""
    problem = grounded(problem)
    corrected, drawn = [], []
    for k, t in enumerate(targets):
        progress(k, len(targets), "fill")
        told = context(problem, np.array([t]))
        oi = oi_channels(guess.mean[k : k + 1], guess.sd[k : k + 1], told.ground, np.array([t]))
        first, unit = oi[:, :1], oi[:, 1:].exp()
        mean, some = flowed(network, problem, told, int(t), first, unit, oi, members, generator)
        back = lambda residual, told=told, first=first, unit=unit, t=t: told.ground.restore(
            (first + unit * residual)[:, 0].numpy(), int(t)
        )
        corrected.append(back(trust * _bounded(mean))[0])
        if members:
            drawn.append(back(some - mean + trust * _bounded(mean)))
    return (
        np.stack(corrected).astype(np.float32),
        np.stack(drawn, 1).astype(np.float32) if members else None,
    )


def _bounded(correction: Tensor) -> Tensor:
    """Return the correction, no larger than three of the OI's standard deviations."""
    return correction.clamp(-3, 3)


def _trust(
    network: nn.Module,
    process: Interpolator,
    calibration: Calibration,
    targets: np.ndarray,
    seed: int,
    progress: Progress,
) -> tuple[float, Calibration]:
    """Return how far the network's correction is to be believed, and the calibration of what then remains."""
    problem = process.problem
    rng = np.random.default_rng((seed, 37))
    try:
        some = tried(problem.observed, targets, rng, TRIED)
        fold = cloud_shaped(problem.observed, problem.sea, some, rng)
    except InputError:
        return 0.0, IDENTITY
    less = problem.without(fold.held)
    ground = background(less)
    retold = Interpolator(less, ground, restlessness(ground.anomaly, less.sea), process.covariance)
    guess = means(retold, fold.targets, calibration, progress)
    none = torch.Generator()
    full, _ = _corrected(network, less, guess, fold.targets, 1.0, 0, none, progress)
    columns = []
    for k, t in enumerate(fold.targets):
        held = fold.held[t]
        error = (problem.values[t] - guess.mean[k])[held]
        change = (full[k] - guess.mean[k])[held]
        columns.append((error, change, guess.sd[k][held], less.gap_distance(int(t))[held]))
    error, change, sd, distance = (np.concatenate(c) for c in zip(*columns, strict=True))
    slope = float((error * change).sum(dtype=np.float64) / max((change**2).sum(dtype=np.float64), 1e-9))
    trust = float(np.clip(slope, 0.0, 1.0))
    return trust, calibrated(error - trust * change, sd, distance)
