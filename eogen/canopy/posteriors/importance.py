"""Importance weighting: draws of a learnt posterior, corrected by the physics.

Each draw of the proposal gets the weight ``p(x | θ) p(θ) / q(θ | x)`` (Owen 2013, "Monte Carlo theory, methods and
examples", ch. 9); a tenth of the draws come from the prior, so that weights are bounded where the proposal forgot a
mode (Hesterberg 1995, doi:10.1080/00401706.1995.10484303). The effective sample size says whether to believe it.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from eogen.canopy.likelihood import bands
from eogen.canopy.noise import NOISE, Noise
from eogen.canopy.observation import Observation
from eogen.canopy.posteriors.base import Posterior
from eogen.canopy.priors import JointPrior

#: Part of the draws that come from the prior.
DEFENCE = 0.1


class ImportanceWeighted(Posterior):
    """The proposal's draws, weighted so that they follow the posterior of the simulator.

    Args:
        proposal: a learnt posterior of m pixels.
        seen: the same m pixels.
        prior: of the posterior; the proposal's by default (another one: "what if we had believed that?").
        noise: of the likelihood.
        particles: draws that are weighted, per pixel.
        seed: of those draws.
        sensor: of the simulator.

    Attributes:
        particles: (k, m, 11).
        weights: (k, m), summing to one over k.
        log_evidence: (m), log p(x), nats per reflectance unit.
    """

    def __init__(
        self,
        proposal: Posterior,
        seen: Observation,
        *,
        prior: JointPrior | None = None,
        noise: Noise = NOISE,
        particles: int = 2048,
        seed: int = 0,
        sensor: str = "S2A",
    ) -> None:
        super().__init__(prior or proposal.prior)
        self.proposal, self.seen, self.noise, self.sensor = proposal, seen, noise, sensor
        generator = torch.Generator().manual_seed(seed)
        broad = max(1, round(DEFENCE * particles))
        of_prior = proposal.prior.sample(broad * len(seen), generator).unflatten(0, (broad, len(seen)))
        self.particles = torch.cat([proposal.sample(particles - broad, generator), of_prior])
        log_weight = self.log_joint(self.particles) - self.log_proposal(self.particles)
        self.weights = log_weight.softmax(0)
        self.log_evidence = torch.logsumexp(log_weight, 0) - math.log(particles)

    def __len__(self) -> int:
        return len(self.seen)

    @property
    def ess(self) -> Tensor:
        """Return the effective number of draws (m): 1 / Σ w²."""
        return 1 / self.weights.square().sum(0)

    def sample(self, draws: int, generator: torch.Generator | None = None) -> Tensor:
        """See :class:`Posterior`; the weighted draws themselves, taken again in proportion to their weights."""
        which = torch.multinomial(self.weights.T, draws, replacement=True, generator=generator).T
        return self.particles.gather(0, which[..., None].expand(-1, -1, self.particles.shape[-1]))

    def log_prob(self, theta: Tensor) -> Tensor:
        """See :class:`Posterior`; the evidence is estimated, so that this is exact up to an error of 1/sqrt(ess)."""
        return self.log_joint(theta) - self.log_evidence

    def log_joint(self, theta: Tensor) -> Tensor:
        """Return log p(x | theta) + log p(theta), (..., m), for ``theta`` (..., m, 11)."""
        believed = self.prior.log_prob(theta)
        inside = believed.isfinite()
        # Outside the prior's bounds PROSAIL may not be asked: any canopy within them stands in.
        asked = torch.where(inside[..., None], theta, self.particles[0])
        angles = self.seen.geometry.expand(*theta.shape[:-1], -1).reshape(-1, 3)
        expected = bands(asked.reshape(-1, theta.shape[-1]), angles, self.sensor)
        likelihood = self.noise.log_prob(self.seen.reflectance, expected.reshape(*theta.shape[:-1], -1))
        return torch.where(inside, likelihood + believed, -torch.inf)

    def log_proposal(self, theta: Tensor) -> Tensor:
        """Return the log density (..., m) of what the draws were drawn from, prior included."""
        parts = [
            self.proposal.log_prob(theta) + math.log(1 - DEFENCE),
            self.proposal.prior.log_prob(theta) + math.log(DEFENCE),
        ]
        return torch.logaddexp(*parts)
