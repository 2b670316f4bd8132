"""Denoising diffusion as a method: conditioned on the channels, or unconditional and bent to the observations by
RePaint.

RePaint (Lugmayr et al. 2022, arXiv 2201.09865): at every step the seen cells are replaced by their value with the
noise of that step, and the step is taken several times (noise put back in between), so that what is imagined grows
together with what is seen. Steps are ancestral (DDIM with eta 1; Song et al. 2021, arXiv 2010.02502).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor, nn

from eogen.ocean.context import context, grounded
from eogen.ocean.models import load
from eogen.ocean.networks import signal
from eogen.ocean.problem import Estimate, Problem
from eogen.progress import Progress, silent, sketch

#: Steps from noise to a clean field; times each is taken by RePaint; members when only a mean is asked for.
STEPS, TAKES, FEWEST = 20, 4, 4


def diffusion(
    problem: Problem, targets: np.ndarray, seed: int = 0, progress: Progress = silent, members: int = 0
) -> Estimate:
    """Members of a diffusion that is told the channels; each step is taken once."""
    return _painted("diffusion", problem, targets, seed, progress, members, 1)


def repaint(
    problem: Problem, targets: np.ndarray, seed: int = 0, progress: Progress = silent, members: int = 0
) -> Estimate:
    """Members of a diffusion that only knows what seas look like, bent to what was seen."""
    return _painted("repaint", problem, targets, seed, progress, members, TAKES)


def _painted(
    name: str, problem: Problem, targets: np.ndarray, seed: int, progress: Progress, members: int, takes: int
) -> Estimate:
    problem = grounded(problem)
    means, drawn = [], []
    for k, t in enumerate(targets):
        shown = preview(problem, int(t), seed, max(members, FEWEST), name, takes)
        field = next(shown)
        for step, latest in enumerate(shown):
            progress(k * STEPS + step, len(targets) * STEPS, "fill")
            field = latest
            sketch(progress, field.mean(0))
        means.append(field.mean(0))
        drawn.append(field[:members])
    return Estimate(
        np.stack(means).astype(np.float32), None, np.stack(drawn, 1).astype(np.float32) if members else None
    )


def preview(
    problem: Problem, target: int, seed: int, members: int, name: str = "repaint", takes: int = TAKES
) -> Iterator[np.ndarray]:
    """Yield what the diffusion believes of a frame after each step, (member, lat, lon) in the variable's units."""
    network, _ = load(name)
    told = context(problem, np.array([target]))
    seen = torch.from_numpy(problem.observed[target])[None, None]
    value = torch.from_numpy(np.clip(np.nan_to_num(told.ground.anomaly[target]), -6, 6))[None, None]
    first = told.rough[:, None] if network.conditional else torch.zeros_like(value)
    generator = torch.Generator().manual_seed(seed * 1_000_003 + target)
    for clean in steps(network, told.channels, seen, value - first, members, takes, generator):
        yield told.ground.restore((clean + first)[:, 0].numpy(), target)


@torch.inference_mode()
def steps(
    network: nn.Module,
    channels: Tensor,
    seen: Tensor,
    known: Tensor,
    members: int,
    takes: int,
    generator: torch.Generator,
) -> Iterator[Tensor]:
    """Yield the clean field told after each step, (member, 1, y, x), seen cells at their value.

    Args:
        network: a :class:`eogen.ocean.networks.Denoiser`.
        channels: (1, c, y, x).
        seen: (1, 1, y, x) bool.
        known: (1, 1, y, x) what was seen, nought elsewhere.
        members: fields at once.
        takes: times each step is taken.
        generator: of all noise.
    """
    shape = (members, 1, *known.shape[-2:])
    channels = channels.expand(members, -1, -1, -1)
    draw = lambda: torch.randn(shape, generator=generator)
    x = draw()
    times = torch.linspace(1.0, 0.0, STEPS + 1)
    for now, then in pairwise(times):
        keep, noise = signal(now[None])
        keep_then, noise_then = signal(then[None])
        for take in range(takes):
            clean = network(x, now.expand(members), channels).clamp(-8, 8)
            x = _step(x, clean, (keep, noise), (keep_then, noise_then), draw)
            x = torch.where(seen, keep_then * known + noise_then * draw(), x)
            if take + 1 < takes and then > 0:
                ratio = keep / keep_then
                x = ratio * x + (1 - ratio**2).clamp_min(0).sqrt() * draw()
        yield torch.where(seen, known, clean if then > 0 else x)


def _step(
    x: Tensor, clean: Tensor, now: tuple[Tensor, Tensor], then: tuple[Tensor, Tensor], draw: object
) -> Tensor:
    """Return the field one ancestral step nearer to clean."""
    (keep, noise), (keep_then, noise_then) = now, then
    guess = (x - keep * clean) / noise
    fresh = (noise_then / noise) * (1 - (keep / keep_then) ** 2).clamp_min(0).sqrt()
    steady = (noise_then**2 - fresh**2).clamp_min(0).sqrt()
    return keep_then * clean + steady * guess + fresh * draw()
