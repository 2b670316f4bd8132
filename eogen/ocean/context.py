"""What a network is told of a frame: the channels every learned method of the room shares.

All in standardised anomalies (:mod:`eogen.ocean.background`), so that weights learnt on one sea serve another:
values and presence of the frame and of the two seen frames before and after, faded by their delay; the normalised
convolution; the distance to the nearest observation; sea. Where a network asks for them: the mean and spread of the
OI; drivers.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from eogen.ocean.background import Background, background
from eogen.ocean.convolution import smooth
from eogen.ocean.problem import Problem

#: Frames before and after, days over which they fade, pixels over which distance saturates.
AROUND, FADE, FAR = 2, 16.0, 12.0
CHANNELS = 2 * (2 * AROUND + 1) + 3
DRIVERS = ("sst", "sea_level", "wind_speed")
#: Anomalies beyond this many standard deviations are told as this many.
MOST = 6.0


@dataclass(frozen=True)
class Context:
    """Channels of some frames.

    Attributes:
        channels: (target, CHANNELS, lat, lon) float32.
        rough: (target, lat, lon) float32, the normalised convolution's anomaly: what a network starts from.
        ground: the background.
    """

    channels: Tensor
    rough: Tensor
    ground: Background


def grounded(problem: Problem) -> Problem:
    """Return the problem with its background fitted once, for many calls."""
    return replace(problem, ground=background(problem))


def context(problem: Problem, targets: np.ndarray) -> Context:
    """Return what a network is told of the frames ``targets``."""
    ground = background(problem)
    filled = smooth(problem, targets).mean
    rough = np.where(problem.sea, (filled - ground.usual[targets]) / ground.scale, 0)
    rough = np.clip(rough, -MOST, MOST).astype(np.float32)
    usable = np.flatnonzero(problem.observed.any((1, 2)))
    rows = []
    for k, t in enumerate(targets):
        before = usable[usable < t][-AROUND:][::-1]
        after = usable[usable > t][:AROUND]
        told: list[np.ndarray] = []
        for u in [t, *_exactly(before), *_exactly(after)]:
            told += _frame(problem, ground, None if u < 0 else int(u), int(t))
        near = np.exp(-np.minimum(problem.gap_distance(int(t)), 1e6) / FAR)
        rows.append(np.stack([*told, rough[k], near, problem.sea]).astype(np.float32))
    return Context(torch.from_numpy(np.stack(rows)), torch.from_numpy(rough), ground)


def _exactly(frames: np.ndarray) -> list[int]:
    return [*map(int, frames), *[-1] * (AROUND - len(frames))]


def _frame(problem: Problem, ground: Background, u: int | None, t: int) -> list[np.ndarray]:
    if u is None:
        nothing = np.zeros(problem.sea.shape, np.float32)
        return [nothing, nothing]
    fade = np.float32(np.exp(-abs(problem.days[u] - problem.days[t]) / FADE))
    seen = problem.observed[u]
    value = np.where(seen, np.clip(ground.anomaly[u], -MOST, MOST), 0)
    return [value, seen * fade]


def drivers(problem: Problem, targets: np.ndarray) -> Tensor:
    """Return (target, 3, lat, lon): the drivers, each measured from its cells' means in units of its spread."""
    rows = []
    for name in DRIVERS:
        field = (problem.drivers or {})[name]
        rest = field - field.mean(0)
        spread = np.std(rest[:, problem.sea]) + 1e-6
        rows.append(np.where(problem.sea, rest[targets] / spread, 0))
    return torch.from_numpy(np.stack(rows, 1).astype(np.float32))
