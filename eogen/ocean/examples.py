"""What the networks learn from: windows of real and simulated seas of which some observed cells were hidden.

Whole frames are hidden under other dates' clouds and interpolated once; many windows are then cut from each.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields

import numpy as np
import torch
import xarray as xr

from eogen.ocean.context import DRIVERS, context, drivers
from eogen.ocean.cube import composite
from eogen.ocean.holdout import cloud_shaped
from eogen.ocean.networks import Examples
from eogen.ocean.oi import optimal_interpolation
from eogen.ocean.problem import Problem, problem
from eogen.ocean.simulate import ocean
from eogen.progress import Progress, silent

SIDE, FEWEST = 64, 60


@dataclass(frozen=True)
class Plan:
    """How many windows are cut, and from what.

    Attributes:
        passes: times the composites are hidden anew.
        windows: cut from each hidden frame of a real cube; a simulated one gives a quarter.
        daily: frames of the daily cube.
        seas: simulated oceans.
    """

    passes: int = 3
    windows: int = 24
    daily: int = 40
    seas: int = 40


def examples(cubes: list[xr.DataArray], plan: Plan, seed: int, progress: Progress = silent) -> Examples:
    """Return the windows, float16 to save memory.

    Args:
        cubes: daily cubes of real seas.
        plan: how many.
        seed: of the hiding, the cutting and the simulated seas.
        progress: stage ``examples``.
    """
    rng = np.random.default_rng((seed, 5))
    parts = []
    scenes = list(_scenes(cubes, plan, rng))
    for k, (scene, targets, windows) in enumerate(scenes):
        progress(k, len(scenes), "examples")
        made = _hidden(scene() if callable(scene) else scene, targets, windows, rng, seed + k)
        if made is not None:
            parts.append(made)
    return Examples(*(torch.cat([getattr(p, f.name) for p in parts]).half() for f in fields(Examples)))


def _scenes(cubes: list[xr.DataArray], plan: Plan, rng: np.random.Generator) -> Iterator[tuple]:
    for cube in cubes:
        slow = problem(composite(cube))
        for turn in range(plan.passes):
            for half in (0, 1):
                yield slow, np.arange((turn + half) % 2, len(slow.days), 2), plan.windows
        fast = problem(cube)
        share = fast.observed[:, fast.sea].mean(1)
        usable = np.flatnonzero(share > 0.08)
        yield fast, np.sort(rng.permutation(usable)[: plan.daily]), plan.windows // 2
    for k in range(plan.seas):
        gaps = float(rng.uniform(0.1, 0.9))
        step = float(rng.choice([1.0, 8.0]))
        yield (lambda k=k, gaps=gaps, step=step: _sea(1000 + k, gaps, step)), None, max(plan.windows // 4, 1)


def _sea(seed: int, gaps: float, step: float) -> Problem:
    made = ocean(seed, 12, (96, 96), step, gaps)
    return problem(made.observed, made.drivers)


def _hidden(
    scene: Problem, targets: np.ndarray | None, windows: int, rng: np.random.Generator, seed: int
) -> Examples | None:
    targets = np.arange(0, len(scene.days), 2) if targets is None else targets
    targets = targets[scene.observed[targets].sum((1, 2)) > 4 * FEWEST]
    if not len(targets):
        return None
    fold = cloud_shaped(scene.observed, scene.sea, targets, rng)
    less = scene.without(fold.held)
    told = context(less, fold.targets)
    guess = optimal_interpolation(less, fold.targets, seed, members=1)
    ground, at = told.ground, fold.targets
    oi = oi_channels(guess.mean, guess.sd, ground, at)
    truth = scene.values[at]
    known = np.isfinite(truth)
    drawn = np.where(known, truth, guess.members[0])
    target = np.nan_to_num((drawn - ground.usual[at]) / ground.scale)
    physics = drivers(scene, at) if scene.drivers else torch.zeros(len(at), len(DRIVERS), *scene.sea.shape)
    stack = torch.cat(
        [
            told.channels,
            oi,
            physics,
            torch.from_numpy(np.clip(target, -8, 8).astype(np.float32))[:, None],
            torch.from_numpy(known.astype(np.float32))[:, None],
            torch.from_numpy(fold.held[at].astype(np.float32))[:, None],
        ],
        1,
    )
    cut = [w for k in range(len(at)) for w in _windows(stack[k], windows, rng)]
    if not cut:
        return None
    whole = torch.stack(cut)
    sizes = [told.channels.shape[1], 2, len(DRIVERS), 1, 1, 1]
    return Examples(*whole.split(sizes, 1))


def oi_channels(mean: np.ndarray, sd: np.ndarray, ground: object, at: np.ndarray) -> torch.Tensor:
    """Return (target, 2, lat, lon): the OI's mean and log s.d. as anomalies; where it was seen, a small s.d."""
    anomaly = np.nan_to_num((mean - ground.usual[at]) / ground.scale)
    spread = np.log(np.clip(np.nan_to_num(sd / ground.scale, nan=1.0), 0.05, 8.0))
    return torch.from_numpy(np.stack([np.clip(anomaly, -8, 8), spread], 1).astype(np.float32))


def _windows(frame: torch.Tensor, count: int, rng: np.random.Generator) -> list[torch.Tensor]:
    """Return windows around hidden cells of a frame (channels, y, x), the last channel tells them."""
    hidden = np.argwhere(frame[-1].numpy() > 0)
    found = []
    for y, x in hidden[rng.integers(len(hidden), size=count)] if len(hidden) else []:
        corner = [
            int(np.clip(c - SIDE // 2, 0, s - SIDE)) for c, s in zip((y, x), frame.shape[1:], strict=True)
        ]
        window = frame[:, corner[0] : corner[0] + SIDE, corner[1] : corner[1] + SIDE]
        if window[-1].sum() >= FEWEST:
            found.append(window.clone())
    return found
