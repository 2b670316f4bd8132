"""What each family is trained to do: know the truth of simulations, explain spectra, or match moments."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from eogen.canopy.encoder import Encoder
from eogen.canopy.likelihood import bands
from eogen.canopy.noise import Noise
from eogen.canopy.observation import Observation
from eogen.canopy.posteriors.base import Posterior
from eogen.canopy.posteriors.hierarchical import Hierarchical
from eogen.canopy.posteriors.truncated import Truncated

#: Draws per spectrum by which expectations under the posterior are estimated.
DRAWS = {"elbo": 2, "moments": 16}
#: Added to the variance of decoded draws, reflectance squared: a thousandth of a reflectance.
FLOOR = 1e-6
_LOG_2PI = math.log(2 * math.pi)


@dataclass(frozen=True)
class Batch:
    """Spectra, and the truth behind those that were simulated.

    Attributes:
        seen: m pixels.
        unit, normal: their canopies (m, 11), on the unit cube and in the prior's normal coordinates.
        cover: numbers (m) of the covers, for the prior of two levels.
    """

    seen: Observation
    unit: Tensor
    normal: Tensor
    cover: Tensor | None = None


def forward_kl(encoder: Encoder, batch: Batch) -> Tensor:
    """Return the mean negative log density of the truth: ``KL(p(θ|x) || q(θ|x))`` up to a constant.

    Le et al. (2017, arXiv 1610.09900). With a prior of two levels the cover's is added, which is the same bound on
    both levels together.
    """
    if batch.cover is not None:
        posterior = encoder(batch.seen)
        assert isinstance(posterior, Hierarchical)
        given = posterior.given(batch.cover).log_density(batch.normal)
        share = posterior.log_share.gather(1, batch.cover[:, None])[:, 0]
        return -(given + share).mean()
    return encoder.nll(batch.seen, batch.unit, batch.normal)


def elbo(encoder: Encoder, batch: Batch, noise: Noise) -> Tensor:
    """Return the negative evidence lower bound, ``-E_q[log p(x | θ)] + KL(q || p)``, in nats per spectrum.

    Kingma & Welling (2014, arXiv 1312.6114), with PROSAIL as the decoder and the noise of the likelihood, by
    reparametrised draws.
    """
    posterior = encoder(batch.seen)
    theta, u, expected = _decoded(encoder, posterior, batch.seen, DRAWS["elbo"])
    likelihood = noise.log_prob(batch.seen.reflectance, expected)
    return -(likelihood - _kl_terms(encoder, posterior, theta, u)).mean()


def moments(encoder: Encoder, batch: Batch, beta: float = 1.0) -> Tensor:
    """Return the original loss of PROSAIL-VAE: a normal law through the decoded draws' moments, and ``beta`` KL.

    The mean and the variance of the decoded draws stand for the law of each band (Zérah et al. 2024,
    doi:10.1016/j.rse.2024.114309). There is no noise of observation in it, so it is no bound on the evidence.
    """
    posterior = encoder(batch.seen)
    theta, u, expected = _decoded(encoder, posterior, batch.seen, DRAWS["moments"])
    mean, variance = expected.mean(0), expected.var(0) + FLOOR
    misfit = 0.5 * ((batch.seen.reflectance - mean).square() / variance + variance.log() + _LOG_2PI)
    return (misfit.sum(-1) + beta * _kl_terms(encoder, posterior, theta, u).mean(0)).mean()


def _decoded(
    encoder: Encoder, posterior: Posterior, seen: Observation, draws: int
) -> tuple[Tensor, Tensor, Tensor]:
    """Return draws (draws, m, 11) in units and on the cube, and their reflectances (draws, m, 10)."""
    assert isinstance(posterior, Truncated)
    u = posterior.sample_unit(draws)
    theta = encoder.prior.space.physical(u)
    flat = bands(theta.flatten(0, 1), seen.geometry.repeat(draws, 1))
    return theta, u, flat.unflatten(0, (draws, len(seen)))


def _kl_terms(encoder: Encoder, posterior: Posterior, theta: Tensor, u: Tensor) -> Tensor:
    """Return log q - log p (draws, m) of draws: their mean estimates the Kullback-Leibler divergence."""
    assert isinstance(posterior, Truncated)
    return posterior.log_density(u) - encoder.prior.log_prob(theta)


def batch_of(encoder: Encoder, theta: Tensor, seen: Observation, cover: Tensor | None = None) -> Batch:
    """Return a batch of simulated canopies ``theta`` (m, 11)."""
    unit = encoder.prior.space.unit(theta)
    return Batch(seen, unit.to(torch.float32), encoder.prior.to_normal(theta), cover)
