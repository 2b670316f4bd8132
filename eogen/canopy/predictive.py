"""Believed canopies back through PROSAIL: what they would have sent to the satellite, against what it saw."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from eogen.canopy.likelihood import bands, named, simulator
from eogen.canopy.noise import NOISE, Noise
from eogen.canopy.observation import Observation


@dataclass(frozen=True)
class Predicted:
    """What draws of a posterior of one pixel would send back.

    Attributes:
        bands: of every draw (n, 10), without noise.
        residual: observed minus the draws' mean, in standard deviations of the noise (10); NaN where a band is missing.
        p: share of replicated spectra, noise included, further from that mean than the observed one (10), NaN where a
            band is missing (Gelman, Meng & Stern 1996, "Posterior predictive assessment").
        p_all: the same for the sum of squares over the bands.
        rmse: of the draws' bands against the observed ones.
        floor: root mean square, over the bands, of the noise's standard deviation: an exact posterior reaches it.
    """

    bands: Tensor
    residual: Tensor
    p: Tensor
    p_all: float
    rmse: float
    floor: float


def predict(
    draws: Tensor, seen: Observation, noise: Noise = NOISE, *, seed: int = 0, sensor: str = "S2A"
) -> Predicted:
    """Return what ``draws`` (n, 11) of the posterior of one pixel would send back, and how far that is from it.

    Args:
        draws: in the variables' units.
        seen: the pixel.
        noise: of the observation.
        seed: of the replicated spectra.
        sensor: of the simulator.
    """
    with torch.inference_mode():
        found = bands(draws, seen.geometry, sensor)
        again = noise.sample(found, torch.Generator().manual_seed(seed))
    observed = seen.reflectance[0]
    there = observed.isfinite()
    middle = found.mean(0)
    sd = noise.sd(middle)
    off = (observed - middle) / sd
    spread = ((again - middle) / sd).abs()
    p = torch.where(there, (spread >= off.abs()).float().mean(0), torch.nan)
    total = (spread[:, there].square().sum(1) >= off[there].square().sum()).float().mean()
    return Predicted(
        found,
        off,
        p,
        float(total),
        float((found - observed)[:, there].square().mean().sqrt()),
        float(sd[there].square().mean().sqrt()),
    )


def spectrum_quantiles(
    draws: Tensor, seen: Observation, levels: tuple[float, ...] = (0.05, 0.5, 0.95), *, sensor: str = "S2A"
) -> Tensor:
    """Return quantiles (level, 2101) of the reflectance, 400-2500 nm, that ``draws`` (n, 11) of one pixel imply."""
    with torch.inference_mode():
        every = simulator(sensor).spectrum(named(draws, seen.geometry))
    return torch.quantile(every, torch.tensor(levels), dim=0)
