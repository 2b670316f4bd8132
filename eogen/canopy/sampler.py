"""Draws from any posterior whose prior is a standard normal, by sequential Monte Carlo and Markov chains.

Several populations of particles, which never hear of each other, go from the prior to the posterior through tempered
laws ``N(z; 0, I) L(z)^β`` (Del Moral, Doucet & Jasra 2006, doi:10.1111/j.1467-9868.2006.00553.x), each choosing its
own temperatures by its effective sample size; then each goes on as many Markov chains at β = 1. Both move by a
Crank-Nicolson step that keeps a mixture of normals q, fitted to the population, as it is: a component is drawn by its
share of q at z, the point moves within it as ``√(1-s²) x + s ξ`` (Neal 1998; Cotter et al. 2013,
doi:10.1214/13-STS421), and is accepted by the ratio of target to q. If q were the posterior every step of any size
would be accepted, so that a good fit makes draws almost independent; a bad one only makes them slow.

The evidence is found by bridge sampling between q and the chains (Meng & Wong 1996, Statistica Sinica 6:831).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from eogen.canopy import diagnostics, populations
from eogen.canopy.populations import Mixture
from eogen.progress import Progress, silent

#: Log-likelihoods (n) of points (n, d), float64, in coordinates where the prior is a standard normal.
LogLikelihood = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Settings:
    """How hard to try; the defaults settle on every simulated spectrum of the room.

    Attributes:
        populations: that never exchange anything, so that they can be compared.
        particles: of a population while temperatures fall.
        keep: effective share of the particles that a fall in temperature leaves.
        moves: of each particle at each temperature.
        components: normals of a population's mixture.
        acceptance: aimed at (Roberts, Gelman & Gilks 1997 for the idea).
        warm: moves at temperature one before the chains, which fit their mixture.
        chains: of a population.
        block, least, most: moves of a chain between two looks at R-hat, before the first, and in all.
        thin: moves per draw that is kept.
        rhat, ess: when to stop.
        bridge: draws of each mixture for the evidence.
    """

    populations: int = 4
    particles: int = 512
    keep: float = 0.5
    moves: int = 8
    components: int = 8
    acceptance: float = 0.22
    warm: int = 32
    local: int = 0
    short: float = 0.25
    chains: int = 256
    block: int = 50
    least: int = 100
    most: int = 500
    thin: int = 10
    rhat: float = diagnostics.RHAT
    ess: float = 2 * diagnostics.ESS
    bridge: int = 2048


@dataclass(frozen=True)
class Sampled:
    """What a run found.

    Attributes:
        draws: (population, draw, d); the chains of a population one after the other, so that what is diagnosed
            between the rows is what separates the populations, and what within, how slowly its chains move.
        log_likelihood: (population, draw).
        log_evidence: (population), nats: one estimate each.
        acceptance: of the chains, 0-1.
        evaluations: of the likelihood.
        temperatures: largest number that a population went through.
    """

    draws: Tensor
    log_likelihood: Tensor
    log_evidence: Tensor
    acceptance: float
    evaluations: int
    temperatures: int


@dataclass
class _State:
    z: Tensor  # (p, n, d)
    log_likelihood: Tensor  # (p, n)
    beta: Tensor  # (p)
    size: Tensor  # (p) of a step


class Sampler:
    """One run; see :func:`sample`."""

    def __init__(
        self,
        log_likelihood: LogLikelihood,
        dimensions: int,
        settings: Settings,
        seed: int,
        progress: Progress,
    ) -> None:
        self._log_likelihood, self.dimensions, self.settings = log_likelihood, dimensions, settings
        self.generator = torch.Generator().manual_seed(seed)
        self.progress = progress
        self.evaluations = 0

    def run(self) -> Sampled:
        """Return the draws."""
        state, temperatures = self._temper()
        mixture = self._warm(state)
        draws, log_likelihood, acceptance = self._chains(state, mixture)
        found = Sampled(
            draws,
            log_likelihood,
            self._evidence(draws, log_likelihood, mixture),
            acceptance,
            self.evaluations,
            temperatures,
        )
        return found

    def _evaluate(self, z: Tensor) -> Tensor:
        self.evaluations += z[..., 0].numel()
        return self._log_likelihood(z.reshape(-1, self.dimensions)).double().reshape(z.shape[:-1])

    def _temper(self) -> tuple[_State, int]:
        """Return the populations at temperature one."""
        own = self.settings
        z = _randn((own.populations, own.particles, self.dimensions), self.generator)
        zero = torch.zeros(own.populations, dtype=z.dtype)
        state = _State(z, self._evaluate(z), zero, torch.full_like(zero, 0.7))
        if not bool(state.log_likelihood.isfinite().all()):
            raise ValueError("the log-likelihood must be finite wherever the prior may draw")
        temperatures = 0
        while bool((state.beta < 1).any()):
            # Temperatures fall about geometrically: the fourth root makes the bar even.
            self.progress(round(100 * float(state.beta.min()) ** 0.25), 100, "temper")
            beta = _next(state.log_likelihood, state.beta, own.keep)
            chosen = _resample((beta - state.beta)[:, None] * state.log_likelihood, self.generator)
            state.z = state.z.gather(1, chosen[..., None].expand_as(state.z))
            state.log_likelihood = state.log_likelihood.gather(1, chosen)
            state.beta = beta
            mixture = self._fit(state.z)
            for number in range(own.moves):
                if own.local and number % own.local == own.local - 1:
                    self._move(state, mixture, own.short)
                else:
                    self._adapt(state, self._move(state, mixture))
            temperatures += 1
        return state, temperatures

    def _warm(self, state: _State) -> Mixture:
        """Move on at temperature one; return the mixtures fitted to what was met on the way."""
        own = self.settings
        mixture = self._fit(state.z)
        met = []
        for number in range(own.warm):
            self._adapt(state, self._move(state, mixture))
            if number % 8 == 7:
                met.append(state.z)
        return self._fit(torch.cat([m.unflatten(1, (2, -1)) for m in met], 2).flatten(1, 2))

    def _fit(self, z: Tensor) -> Mixture:
        halves = z.unflatten(1, (2, -1)).flatten(0, 1)
        m = populations.fit(halves, self.settings.components, self.generator)
        swap = torch.arange(len(halves)) ^ 1
        return Mixture(*(getattr(m, n)[swap] for n in ("log_share", "mean", "factor", "inverse")))

    def _chains(self, state: _State, mixture: Mixture) -> tuple[Tensor, Tensor, float]:
        """Return draws (p, chains x kept, d), their log-likelihoods, and the acceptance; nothing adapts any more."""
        own = self.settings
        state.z = state.z.unflatten(1, (2, -1))[:, :, : own.chains // 2].flatten(1, 2)
        state.log_likelihood = state.log_likelihood.unflatten(1, (2, -1))[:, :, : own.chains // 2].flatten(
            1, 2
        )
        kept, values, accepted = [], [], []
        for number in range(1, own.most + 1):
            # One step in four is short: a chain that long steps would leave where it is moves on.
            accepted.append(self._move(state, mixture, 0.25 if number % 4 == 0 else 1.0))
            if number % own.thin == 0:
                kept.append(state.z)
                values.append(state.log_likelihood)
                self.progress(number, own.most, "sample")
            if number >= own.least and number % own.block == 0 and self._settled(kept):
                break
        draws, log_likelihood = torch.stack(kept, 2).flatten(1, 2), torch.stack(values, 2).flatten(1, 2)
        return draws, log_likelihood, float(torch.stack(accepted).mean())

    def _settled(self, kept: list[Tensor]) -> bool:
        rows = torch.stack(kept, 2).flatten(1, 2).numpy()
        # NaN (a coordinate that never moved) is not settled.
        if not (diagnostics.rhat(rows) < self.settings.rhat).all():
            return False
        least = np.minimum(diagnostics.bulk_ess(rows), diagnostics.tail_ess(rows))
        return bool((least > self.settings.ess).all())

    def _move(self, state: _State, mixture: Mixture, share: float = 1.0) -> Tensor:
        """Move every particle once by ``share`` of the population's step; return the acceptances (p)."""
        size = (share * state.size)[:, None, None]
        z = state.z.unflatten(1, (2, -1)).flatten(0, 1)
        white = mixture.white(z)
        parts = mixture.log_parts(white)
        which = _choose(parts.softmax(1), self.generator)
        here = white.gather(1, which[:, None, :, None].expand(-1, 1, -1, self.dimensions)).squeeze(1)
        size = size.repeat_interleave(2, 0)
        there = (1 - size.square()).sqrt() * here + size * _randn(here.shape, self.generator)
        proposal = mixture.colour(which, there)
        q = (mixture.log_prob(proposal) - parts.logsumexp(1)).reshape(state.log_likelihood.shape)
        proposal = proposal.reshape(state.z.shape)
        value = self._evaluate(proposal)
        log_ratio = (
            state.beta[:, None] * (value - state.log_likelihood)
            - 0.5 * (proposal.square() - state.z.square()).sum(-1)
            - q
        )
        chance = torch.rand(value.shape, generator=self.generator, dtype=value.dtype)
        accepted = chance.log() < log_ratio
        state.z = torch.where(accepted[..., None], proposal, state.z)
        state.log_likelihood = torch.where(accepted, value, state.log_likelihood)
        return accepted.double().mean(1)

    def _adapt(self, state: _State, accepted: Tensor) -> None:
        state.size = (state.size * torch.exp(accepted - self.settings.acceptance)).clamp(0.02, 1)

    def _evidence(self, draws: Tensor, log_likelihood: Tensor, mixture: Mixture) -> Tensor:
        """Return the log evidence (p) by an iterated bridge between each mixture and its chains."""
        # Chains remember: as many of their draws as of the mixture's are enough.
        draws = draws.unflatten(1, (2, -1)).flatten(0, 1)
        log_likelihood = log_likelihood.unflatten(1, (2, -1)).flatten(0, 1)
        stride = max(1, draws.shape[1] // self.settings.bridge)
        of_chain = self._log_ratio(draws[:, ::stride], log_likelihood[:, ::stride], mixture)
        proposals = mixture.sample(self.settings.bridge, self.generator)
        of_mixture = self._log_ratio(proposals, self._evaluate(proposals), mixture)
        first, second = of_chain.shape[1], of_mixture.shape[1]
        log_s = math.log(first / (first + second)), math.log(second / (first + second))
        found = of_mixture.logsumexp(1) - math.log(second)
        for _ in range(50):
            bottom = [
                torch.logaddexp(log_s[0] + part, log_s[1] + found[:, None]) for part in (of_mixture, of_chain)
            ]
            above = (of_mixture - bottom[0]).logsumexp(1) - math.log(second)
            below = (-bottom[1]).logsumexp(1) - math.log(first)
            found = above - below
        return found.reshape(-1, 2).mean(1)

    def _log_ratio(self, z: Tensor, log_likelihood: Tensor, mixture: Mixture) -> Tensor:
        log_prior = -0.5 * (z.square() + math.log(2 * math.pi)).sum(-1)
        return log_likelihood + log_prior - mixture.log_prob(z)


def sample(
    log_likelihood: LogLikelihood,
    dimensions: int,
    *,
    settings: Settings | None = None,
    seed: int = 0,
    progress: Progress = silent,
) -> Sampled:
    """Return draws from ``N(z; 0, I) L(z)`` over ``dimensions`` coordinates.

    Args:
        log_likelihood: see ``LogLikelihood``; finite everywhere.
        dimensions: d.
        settings: how hard to try.
        seed: of every random number.
        progress: told ``temper`` (percent) and ``sample`` (moves); may raise Cancelled.

    Raises:
        ValueError: a log-likelihood that is not finite at a draw of the prior.
    """
    with torch.inference_mode():
        return Sampler(log_likelihood, dimensions, settings or Settings(), seed, progress).run()


def _next(log_likelihood: Tensor, beta: Tensor, keep: float) -> Tensor:
    """Return the inverse temperatures (p) that leave ``keep`` of the particles effective, one at most."""

    def effective(to: Tensor) -> Tensor:
        weight = ((to - beta)[:, None] * log_likelihood).log_softmax(1)
        return torch.exp(-(2 * weight).logsumexp(1)) / weight.shape[1]

    low, high = beta, torch.ones_like(beta)
    done = effective(high) >= keep
    for _ in range(50):
        middle = (low + high) / 2
        good = effective(middle) >= keep
        low, high = torch.where(good, middle, low), torch.where(good, high, middle)
    return torch.where(done, torch.ones_like(beta), low)


def _resample(log_weight: Tensor, generator: torch.Generator) -> Tensor:
    """Return particle numbers (p, n) in proportion to their weights, systematically (Kitagawa 1996)."""
    weight = log_weight.softmax(1)
    count = weight.shape[1]
    start = torch.rand(len(weight), 1, generator=generator, dtype=weight.dtype)
    return torch.searchsorted(weight.cumsum(1), (start + torch.arange(count)) / count).clamp_max(count - 1)


def _choose(share: Tensor, generator: torch.Generator) -> Tensor:
    """Return a component (p, n) drawn by the shares (p, k, n) of each point."""
    chance = torch.rand(share[:, :1].shape, generator=generator, dtype=share.dtype)
    return (share.cumsum(1) < chance).sum(1).clamp_max(share.shape[1] - 1)


def _randn(shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
    return torch.randn(shape, generator=generator, dtype=torch.float64)
