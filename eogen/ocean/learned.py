"""The trained networks as methods: mean and variance, auto-encoders, flow matching."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from eogen.ocean.background import Background
from eogen.ocean.context import Context, context, drivers, grounded
from eogen.ocean.models import load
from eogen.ocean.problem import Estimate, Problem
from eogen.ocean.texture import textured
from eogen.progress import Progress, silent

#: Codes drawn for the mean of an auto-encoder; steps of a flow; frames told at once.
CODES, STEPS, AT_ONCE = 16, 4, 8


def unet(problem: Problem, targets: np.ndarray, seed: int = 0, progress: Progress = silent) -> Estimate:
    """Mean and s.d. by the network of :class:`eogen.ocean.networks.Regressor`."""
    return _regressed("unet", problem, targets, progress)


def unet_drivers(
    problem: Problem, targets: np.ndarray, seed: int = 0, progress: Progress = silent
) -> Estimate:
    """The same, told sea surface temperature, sea level and wind too."""
    return _regressed("unet_drivers", problem, targets, progress)


def _regressed(name: str, problem: Problem, targets: np.ndarray, progress: Progress) -> Estimate:
    network, _ = load(name)

    def answer(told: Context, some: np.ndarray) -> list[Tensor]:
        physics = drivers(problem, some) if name == "unet_drivers" else None
        mean, log_variance = network(told.channels, told.rough[:, None], physics)
        return [mean[:, 0], torch.exp(0.5 * log_variance[:, 0])]

    mean, sd = in_runs(problem, targets, answer, progress)
    return Estimate(mean, sd)


def in_runs(
    problem: Problem,
    targets: np.ndarray,
    answer: Callable[[Context, np.ndarray], list[Tensor]],
    progress: Progress,
) -> list[np.ndarray]:
    """Return what ``answer`` tells of the targets, some frames at a time: first a mean, then spreads.

    ``answer`` gives anomalies (target, lat, lon); what comes back is in the variable's units.
    """
    problem = grounded(problem)
    parts: list[list[np.ndarray]] = []
    for k in range(0, len(targets), AT_ONCE):
        progress(k, len(targets), "fill")
        some = targets[k : k + AT_ONCE]
        told = context(problem, some)
        with torch.inference_mode():
            mean, *spreads = (a.numpy() for a in answer(told, some))
        parts.append([told.ground.restore(mean, some), *(s * told.ground.scale for s in spreads)])
    return [np.concatenate(column).astype(np.float32) for column in zip(*parts, strict=True)]


def vae(
    problem: Problem, targets: np.ndarray, seed: int = 0, progress: Progress = silent, members: int = 0
) -> Estimate:
    """Draws of the code of a missing-data auto-encoder, decoded."""
    return _decoded("vae", problem, targets, seed, progress, members)


def vconstruct(
    problem: Problem, targets: np.ndarray, seed: int = 0, progress: Progress = silent, members: int = 0
) -> Estimate:
    """The same from one date alone."""
    return _decoded("vconstruct", problem, targets, seed, progress, members)


def _decoded(
    name: str, problem: Problem, targets: np.ndarray, seed: int, progress: Progress, members: int
) -> Estimate:
    network, _ = load(name)
    problem = grounded(problem)
    generator = torch.Generator().manual_seed(seed)
    means, sds, drawn = [], [], []
    for k, t in enumerate(targets):
        progress(k, len(targets), "fill")
        told = context(problem, np.array([t]))
        with torch.inference_mode():
            centre, log_variance = network.encode(told.channels)
            noise = torch.randn(max(CODES, members), *centre.shape[1:], generator=generator)
            codes = centre + torch.exp(0.5 * log_variance) * noise
            fields, spread, _ = network.decode(codes, told.channels.shape[-2:])
        fields, variance = fields[:, 0].numpy(), spread[:, 0].exp().numpy()
        sd = np.sqrt(fields.var(0) + variance.mean(0))
        means.append(told.ground.restore(fields.mean(0), int(t)))
        sds.append(sd * told.ground.scale)
        if members:
            rough = textured((members, *problem.sea.shape), seed + int(t))
            some = fields[:members] + np.sqrt(variance[:members]) * rough
            drawn.append(told.ground.restore(some, int(t)))
    return _estimate(means, sds, drawn)


def flow_matching(
    problem: Problem, targets: np.ndarray, seed: int = 0, progress: Progress = silent, members: int = 0
) -> Estimate:
    """The conditional mean in one call; members by following the velocity from noise in four steps of two calls."""
    return _flowed("flow_matching", problem, targets, seed, progress, members)


def _flowed(
    name: str, problem: Problem, targets: np.ndarray, seed: int, progress: Progress, members: int
) -> Estimate:
    network, _ = load(name)
    problem = grounded(problem)
    generator = torch.Generator().manual_seed(seed)
    means, drawn = [], []
    for k, t in enumerate(targets):
        progress(k, len(targets), "fill")
        told = context(problem, np.array([t]))
        first = told.rough[:, None]
        mean, some = flowed(network, problem, told, int(t), first, torch.ones(()), None, members, generator)
        means.append(told.ground.restore((first + mean)[0, 0].numpy(), int(t)))
        if members:
            drawn.append(told.ground.restore((first + some)[:, 0].numpy(), int(t)))
    return _estimate(means, [], drawn)


@torch.inference_mode()
def flowed(
    network: torch.nn.Module,
    problem: Problem,
    told: Context,
    t: int,
    first: Tensor,
    unit: Tensor,
    oi: Tensor | None,
    members: int,
    generator: torch.Generator,
) -> tuple[Tensor, Tensor]:
    """Return mean (1, 1, y, x) and draws (member, 1, y, x) of the residual of frame ``t`` beside ``first``."""
    channels = network.told(told.channels, oi)
    mean = network(torch.zeros_like(first), torch.zeros(1), channels)
    if not members:
        return mean, mean[:0]
    seen, residual = _seen(problem, told.ground, t, first, unit)
    noise = torch.randn(members, *first.shape[1:], generator=generator)
    return mean, follow(network, noise, channels, seen, residual)


def follow(
    network: torch.nn.Module, noise: Tensor, channels: Tensor, seen: Tensor, residual: Tensor
) -> Tensor:
    """Return where the velocity leads the noise (member, 1, y, x), by the midpoint rule.

    Guidance: at every step seen cells are put where the line from their noise to their value stands.
    """
    x = noise
    told = channels.expand(len(noise), -1, -1, -1)
    for k in range(STEPS):
        now, half = k / STEPS, 0.5 / STEPS
        x = torch.where(seen, (1 - now) * noise + now * residual, x)
        middle = x + half * network(x, torch.full((len(x),), now), told)
        x = x + network(middle, torch.full((len(x),), now + half), told) / STEPS
    return torch.where(seen, residual, x)


def _seen(problem: Problem, ground: Background, t: int, first: Tensor, unit: Tensor) -> tuple[Tensor, Tensor]:
    """Return which cells are seen, (1, 1, y, x) bool, and their residual beside the first guess."""
    seen = torch.from_numpy(problem.observed[t])[None, None]
    anomaly = torch.from_numpy(np.nan_to_num(ground.anomaly[t]))[None, None]
    return seen, torch.where(seen, ((anomaly - first) / unit).clamp(-8, 8), 0)


def _estimate(means: list, sds: list, drawn: list) -> Estimate:
    return Estimate(
        np.stack(means).astype(np.float32),
        np.stack(sds).astype(np.float32) if sds else None,
        np.stack(drawn, 1).astype(np.float32) if drawn else None,
    )
