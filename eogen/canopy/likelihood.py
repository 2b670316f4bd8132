"""How probable a spectrum is, given a canopy: PROSAIL, and the noise of :mod:`eogen.canopy.noise`."""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import Tensor

from eogen.canopy.noise import NOISE, Noise
from eogen.canopy.observation import Observation
from eogen.canopy.prosail import Prosail
from eogen.canopy.space import GEOMETRY, INFERRED


@lru_cache(maxsize=6)
def simulator(sensor: str = "S2A", dtype: torch.dtype = torch.float32) -> Prosail:
    """Return PROSPECT-5 + 4SAIL on Campbell's leaf angles, the variables of CESBIO's PROSAIL-VAE."""
    with torch.inference_mode(False):  # kept for all callers: some of them want gradients
        return Prosail(sensor=sensor, version="5", dtype=dtype)


def named(theta: Tensor, geometry: Tensor) -> dict[str, Tensor]:
    """Return the parameters of PROSAIL by name, from ``theta`` (n, 11) and ``geometry`` (n, 3) or (1, 3)."""
    found = dict(zip(INFERRED, theta.unbind(-1), strict=True))
    return found | dict(zip(GEOMETRY, geometry.unbind(-1), strict=True))


def bands(theta: Tensor, geometry: Tensor, sensor: str = "S2A") -> Tensor:
    """Return the reflectance (n, 10) of canopies ``theta`` (n, 11) seen at ``geometry`` (n, 3) or (1, 3), degrees."""
    return simulator(sensor)(named(theta, geometry))


def log_likelihood(theta: Tensor, seen: Observation, noise: Noise = NOISE, sensor: str = "S2A") -> Tensor:
    """Return log p(spectrum | theta) (n) of one observed pixel for canopies ``theta`` (n, 11)."""
    return noise.log_prob(seen.reflectance, bands(theta, seen.geometry, sensor))
