"""How probable a spectrum is, given a canopy: PROSAIL and Gaussian noise, independent in each band.

The noise has an additive and a proportional part, ``sd² = add² + (multiply R)²``, as in the ATBD of ESA's SL2P
(Weiss & Baret 2020); R is the simulated reflectance, so that the noise is part of the model of the data.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

from eogen.canopy.observation import Observation
from eogen.canopy.prosail import Prosail
from eogen.canopy.space import GEOMETRY, INFERRED

_LOG_2PI = math.log(2 * math.pi)


@dataclass(frozen=True)
class Noise:
    """Standard deviation of a band: ``add`` (reflectance) and ``multiply`` (share of the reflectance)."""

    add: float = 0.01
    multiply: float = 0.02

    def sd(self, reflectance: Tensor) -> Tensor:
        """Return the standard deviation, of the shape of ``reflectance``."""
        return (self.add**2 + (self.multiply * reflectance).square()).sqrt()


#: Noise of the simulated experiments of the room.
NOISE = Noise()


@lru_cache(maxsize=6)
def simulator(sensor: str = "S2A", dtype: torch.dtype = torch.float32) -> Prosail:
    """Return PROSPECT-5 + 4SAIL on Campbell's leaf angles, the variables of CESBIO's PROSAIL-VAE."""
    return Prosail(sensor=sensor, version="5", dtype=dtype)


def named(theta: Tensor, geometry: Tensor) -> dict[str, Tensor]:
    """Return the parameters of PROSAIL by name, from ``theta`` (n, 11) and ``geometry`` (n, 3) or (1, 3)."""
    found = dict(zip(INFERRED, theta.unbind(-1), strict=True))
    return found | dict(zip(GEOMETRY, geometry.unbind(-1), strict=True))


def bands(theta: Tensor, geometry: Tensor, sensor: str = "S2A") -> Tensor:
    """Return the reflectance (n, 10) of canopies ``theta`` (n, 11) seen at ``geometry`` (n, 3) or (1, 3), degrees."""
    return simulator(sensor)(named(theta, geometry))


def log_prob_of_bands(observed: Tensor, expected: Tensor, noise: Noise = NOISE) -> Tensor:
    """Return log p(observed | expected) (...), nats per reflectance unit; missing (NaN) bands count for nothing.

    Args:
        observed: reflectance (..., 10).
        expected: noise-free reflectance (..., 10), of a shape that broadcasts.
        noise: of the observation.
    """
    sd = noise.sd(expected)
    there = observed.isfinite()
    residual = torch.where(there, observed - expected, 0.0) / sd
    terms = -0.5 * residual.square() - sd.log() - 0.5 * _LOG_2PI
    return torch.where(there, terms, 0.0).sum(-1)


def log_likelihood(theta: Tensor, seen: Observation, noise: Noise = NOISE, sensor: str = "S2A") -> Tensor:
    """Return log p(spectrum | theta) (n) of one observed pixel for canopies ``theta`` (n, 11)."""
    return log_prob_of_bands(seen.reflectance, bands(theta, seen.geometry, sensor), noise)
