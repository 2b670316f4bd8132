"""Simulated observations whose canopy is known: a prior, PROSAIL, noise, a seed."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from eogen.canopy.likelihood import bands
from eogen.canopy.noise import NOISE, Noise
from eogen.canopy.observation import Observation, fold
from eogen.canopy.priors import JointPrior
from eogen.canopy.space import GEOMETRY
from eogen.canopy.variables import LEGACY


@dataclass(frozen=True)
class Simulated:
    """Canopies and what the satellite saw of them.

    Attributes:
        theta: (n, 11), in the variables' units.
        observation: with noise.
        clean: reflectance without noise (n, 10).
    """

    theta: Tensor
    observation: Observation
    clean: Tensor


def geometry(count: int, generator: torch.Generator | None = None) -> Tensor:
    """Return angles (count, 3), degrees, uniform over what Sentinel-2 sees between the polar circles."""
    rows = [LEGACY[name] for name in GEOMETRY]
    low, high = (torch.tensor([getattr(r, end) for r in rows]) for end in ("low", "high"))
    angles = low + torch.rand(count, len(rows), generator=generator) * (high - low)
    angles[:, 2] = fold(angles[:, 2])
    return angles


def simulate(
    prior: JointPrior,
    count: int,
    generator: torch.Generator,
    noise: Noise = NOISE,
    sensor: str = "S2A",
) -> Simulated:
    """Return ``count`` canopies drawn from ``prior`` and their noisy spectra at angles drawn at random."""
    theta = prior.sample(count, generator)
    return view(theta, geometry(count, generator), generator, noise, sensor)


def view(
    theta: Tensor,
    angles: Tensor,
    generator: torch.Generator,
    noise: Noise = NOISE,
    sensor: str = "S2A",
) -> Simulated:
    """Return canopies ``theta`` (n, 11) seen at ``angles`` (n, 3), with noise."""
    clean = bands(theta, angles, sensor)
    noisy = noise.sample(clean, generator)
    return Simulated(theta, Observation(noisy, angles), clean)
