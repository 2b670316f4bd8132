"""Draws from any posterior whose prior is a standard normal, by sequential Monte Carlo and Markov chains.

Several populations of particles, which never hear of each other, go from the prior to the posterior through tempered
laws ``N(z; 0, I) L(z)^β`` (Del Moral, Doucet & Jasra 2006, doi:10.1111/j.1467-9868.2006.00553.x), each choosing its
own temperatures by its effective sample size; then each goes on as many Markov chains at β = 1. Three kinds of move
take turns, all of the Metropolis-Hastings kind: a jump to a draw of a fitted law (:mod:`eogen.canopy.proposals`), a
step that leaves this law as it is, and a step along the difference of two other particles (ter Braak 2006,
doi:10.1007/s11222-006-8769-1).

What a particle's proposals are fitted to must not hold the particle itself: the law would be too high where it stands,
and it would leave the tails more readily than it goes there (with 512 particles, evidences came out 0.3-0.5 nats too
low, with R-hat below 1.01). Each population is therefore dealt into folds, and a fold moves by what the others know.

The evidence comes by bridge sampling between proposals and chains (:mod:`eogen.canopy.bridge`).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from eogen.canopy import bridge, diagnostics, proposals, tempering
from eogen.canopy.proposals import Proposal
from eogen.progress import Progress, silent

#: Log-likelihoods (n) of points (n, d), float64, in coordinates where the prior is a standard normal.
LogLikelihood = Callable[[Tensor], Tensor]
#: Points whose likelihood is asked for at once.
PIECE = 4096


@dataclass(frozen=True)
class Settings:
    """How hard to try; the defaults settle on the simulated spectra of the room.

    Attributes:
        populations: that never exchange anything, so that they can be compared.
        first: draws of the prior, of a population.
        particles: of a population from then on; a multiple of ``folds``.
        folds: of a population; see the module.
        keep: effective share of the particles that a fall in temperature leaves.
        moves: of each particle at each temperature.
        components: normals of a proposal.
        acceptance: aimed at by the sizes of steps (near the 0.234 of Roberts, Gelman & Gilks 1997).
        warm: moves at temperature one to which the chains' proposals are fitted.
        burn: first moves of a chain, of which nothing is kept.
        chains: of a population; a multiple of ``folds``.
        block, least, most: moves of a chain between two looks at R-hat, before the first, and in all.
        thin: moves per draw that is kept.
        rhat, ess: when to stop.
        bridge: draws of each proposal for the evidence.
    """

    populations: int = 4
    first: int = 16384
    particles: int = 1024
    folds: int = 4
    keep: float = 0.7
    moves: int = 6
    components: int = 6
    acceptance: float = 0.25
    warm: int = 12
    burn: int = 40
    chains: int = 256
    block: int = 30
    least: int = 60
    most: int = 300
    thin: int = 10
    rhat: float = diagnostics.RHAT
    ess: float = 1.25 * diagnostics.ESS
    bridge: int = 1024


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
    """Particles (g, n, d), their log-likelihoods (g, n), inverse temperatures (g), and sizes of both steps (g)."""

    z: Tensor
    log_likelihood: Tensor
    beta: Tensor
    near: Tensor
    apart: Tensor


class _Run:
    def __init__(
        self,
        log_likelihood: LogLikelihood,
        dimensions: int,
        settings: Settings,
        seed: int,
        progress: Progress,
    ) -> None:
        self.log_likelihood, self.dimensions, self.own = log_likelihood, dimensions, settings
        self.generator = torch.Generator().manual_seed(seed)
        self.progress = progress
        self.evaluations = 0

    def run(self) -> Sampled:
        state, temperatures = self.temper()
        proposal, others = self.warm(state)
        draws, values, acceptance = self.chains(state, proposal, others)
        evidence = self.evidence(draws, values, proposal)
        return Sampled(
            self.together(draws),
            self.together(values),
            evidence,
            acceptance,
            self.evaluations,
            temperatures,
        )

    def evaluate(self, z: Tensor) -> Tensor:
        flat = z.reshape(-1, self.dimensions)
        self.evaluations += len(flat)
        found = torch.cat([self.log_likelihood(part) for part in flat.split(PIECE)])
        return found.double().reshape(z.shape[:-1])

    def temper(self) -> tuple[_State, int]:
        """Return the populations, in folds, at temperature one."""
        own = self.own
        shape = (own.populations, own.first, self.dimensions)
        z = torch.randn(shape, generator=self.generator, dtype=torch.float64)
        value = self.evaluate(z)
        if not bool(value.isfinite().all()):
            raise ValueError("the log-likelihood must be finite wherever the prior may draw")
        zero = torch.zeros(own.populations, dtype=z.dtype)
        beta, temperatures, keep = zero, 0, own.particles / own.first
        sizes = [zero.new_full((own.populations * own.folds,), size) for size in (0.7, 0.3)]
        while True:
            # Temperatures fall about geometrically: the fourth root makes the bar even.
            self.progress(round(100 * float(beta.min()) ** 0.25), 100, "temper")
            after = tempering.following(value, beta, keep)
            chosen = tempering.resample((after - beta)[:, None] * value, own.particles, self.generator)
            z = z.gather(1, chosen[..., None].expand(-1, -1, self.dimensions))
            value, beta, keep = value.gather(1, chosen), after, own.keep
            state = _State(self.deal(z), self.deal(value), beta.repeat_interleave(own.folds), *sizes)
            others = self.others(state.z)
            proposal = proposals.fit(others, own.components, self.generator)
            for number in range(own.moves):
                self.move(state, proposal, others, number, adapt=True)
            temperatures += 1
            if bool((beta >= 1).all()):
                return state, temperatures
            z, value = self.together(state.z), self.together(state.log_likelihood)
            sizes = [state.near, state.apart]

    def deal(self, of_population: Tensor) -> Tensor:
        """Return what belongs to populations (p, n, ...) as folds (p x f, n / f, ...).

        Neighbours stay together: copies of one particle, which resampling leaves side by side, share a fold.
        """
        return of_population.unflatten(1, (self.own.folds, -1)).flatten(0, 1)

    def together(self, of_fold: Tensor) -> Tensor:
        """Return what belongs to folds (p x f, n, ...) as populations (p, f x n, ...)."""
        return of_fold.unflatten(0, (-1, self.own.folds)).flatten(1, 2)

    def others(self, z: Tensor) -> Tensor:
        """Return, for each fold (g, n, d), the points of the other folds of its population (g, (f-1) n, d)."""
        folds = self.own.folds
        if folds == 1:
            return z
        each = z.unflatten(0, (-1, folds))
        keep = [[other for other in range(folds) if other != fold] for fold in range(folds)]
        return torch.stack([each[:, row].flatten(1, 2) for row in keep], 1).flatten(0, 1)

    def warm(self, state: _State) -> tuple[Proposal, Tensor]:
        """Move on at temperature one; return proposals fitted to what the other folds met, and those points.

        From here on proposals change no more, so that a copy in another fold does no harm for long; dealt anew, the
        folds share what a few particles alone have found (a second mode), and all chains can go there and back.
        """
        own = self.own
        self.shuffle(state)
        others = self.others(state.z)
        proposal = proposals.fit(others, own.components, self.generator)
        met = [state.z]
        for number in range(own.warm):
            self.move(state, proposal, others, number, adapt=True)
            if number % 4 == 3:
                met.append(state.z)
        others = torch.cat([self.others(z) for z in met], 1)
        return proposals.fit(others, own.components, self.generator), others

    def shuffle(self, state: _State) -> None:
        """Deal the particles of each population anew."""
        z, value = self.together(state.z), self.together(state.log_likelihood)
        which = torch.stack([torch.randperm(z.shape[1], generator=self.generator) for _ in z])
        state.z = self.deal(z.gather(1, which[..., None].expand_as(z)))
        state.log_likelihood = self.deal(value.gather(1, which))

    def chains(self, state: _State, proposal: Proposal, others: Tensor) -> tuple[Tensor, Tensor, float]:
        """Return draws (g, chains x kept, d), log-likelihoods, and the acceptance; nothing adapts any more."""
        own = self.own
        count = own.chains // own.folds
        state.z, state.log_likelihood = state.z[:, :count], state.log_likelihood[:, :count]
        for number in range(own.burn):
            self.move(state, proposal, others, number)
        kept, values, accepted = [], [], []
        for number in range(1, own.most + 1):
            accepted.append(self.move(state, proposal, others, number))
            if number % own.thin == 0:
                kept.append(state.z)
                values.append(state.log_likelihood)
                self.progress(number, own.most, "sample")
            if number >= own.least and number % own.block == 0 and self.settled(kept):
                break
        draws, log_likelihood = (torch.stack(each, 2).flatten(1, 2) for each in (kept, values))
        return draws, log_likelihood, float(torch.stack(accepted).mean())

    def settled(self, kept: list[Tensor]) -> bool:
        rows = self.together(torch.stack(kept, 2).flatten(1, 2)).numpy()
        # NaN (a coordinate that never moved) is not settled.
        if not (diagnostics.rhat(rows) < self.own.rhat).all():
            return False
        least = np.minimum(diagnostics.bulk_ess(rows), diagnostics.tail_ess(rows))
        return bool((least > self.own.ess).all())

    def move(
        self, state: _State, proposal: Proposal, others: Tensor, number: int, adapt: bool = False
    ) -> Tensor:
        """Move every particle once, the kinds of move taking turns; return the acceptances (g)."""
        kind = ("anew", "near", "apart")[number % 3]
        if kind == "anew":
            before = proposal.log_prob(state.z)
            z, after = proposal.anew(state.z.shape[1], self.generator)
        elif kind == "near":
            before, z, after = proposal.near(state.z, state.near, self.generator)
        else:
            before = after = torch.zeros((), dtype=state.z.dtype)
            z = self.apart(state, others)
        lost = z.isnan().any(-1)
        z = torch.where(lost[..., None], state.z, z)
        value = self.evaluate(z)
        log_ratio = (
            state.beta[:, None] * (value - state.log_likelihood)
            - 0.5 * (z.square() - state.z.square()).sum(-1)
            - (after - before)
        )
        chance = torch.rand(value.shape, generator=self.generator, dtype=value.dtype)
        accepted = (chance.log() < log_ratio) & ~lost
        state.z = torch.where(accepted[..., None], z, state.z)
        state.log_likelihood = torch.where(accepted, value, state.log_likelihood)
        rate = accepted.double().mean(1)
        if adapt and kind != "anew":
            size = getattr(state, kind) * torch.exp(2 * (rate - self.own.acceptance))
            setattr(state, kind, size.clamp(0.02, 1))
        return rate

    def apart(self, state: _State, others: Tensor) -> Tensor:
        """Return each particle moved along the difference of two points of other folds."""
        groups, count, size = state.z.shape
        first = torch.randint(others.shape[1], (groups, count), generator=self.generator)
        second = torch.randint(others.shape[1], (groups, count), generator=self.generator)
        away = [others.gather(1, which[..., None].expand(-1, -1, size)) for which in (first, second)]
        stretch, jitter = (
            torch.randn(shape, generator=self.generator, dtype=torch.float64)
            for shape in ((groups, count, 1), (groups, count, size))
        )
        length = state.apart[:, None, None] * torch.exp(0.5 * stretch)
        return state.z + length * (away[0] - away[1]) + 1e-4 * jitter

    def evidence(self, draws: Tensor, log_likelihood: Tensor, proposal: Proposal) -> Tensor:
        """Return the log evidence (p), the mean of its folds', by a bridge from proposals to chains."""
        # Chains remember: as many of their draws as of the proposal's are enough.
        stride = max(1, draws.shape[1] // self.own.bridge)
        z, density = proposal.anew(self.own.bridge, self.generator)
        lost = z.isnan().any(-1)
        z = torch.where(lost[..., None], 0.0, z)
        of_proposal = torch.where(lost, -torch.inf, self.evaluate(z) + _log_prior(z) - density)
        z, value = draws[:, ::stride], log_likelihood[:, ::stride]
        of_chain = value + _log_prior(z) - proposal.log_prob(z)
        return bridge.log_evidence(of_chain, of_proposal).unflatten(0, (-1, self.own.folds)).mean(1)


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
        dimensions: d, at least 2.
        settings: how hard to try.
        seed: of every random number.
        progress: told ``temper`` (percent) and ``sample`` (moves); may raise Cancelled.

    Raises:
        ValueError: a log-likelihood that is not finite at a draw of the prior.
    """
    with torch.inference_mode():
        return _Run(log_likelihood, dimensions, settings or Settings(), seed, progress).run()


def _log_prior(z: Tensor) -> Tensor:
    return -0.5 * (z.square() + math.log(2 * math.pi)).sum(-1)
