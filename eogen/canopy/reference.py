"""The reference posterior of one spectrum: what the physics, the noise and the prior imply, with nothing learnt.

Every family of the room is measured against it. It samples in the coordinates in which the prior is a standard normal
(:mod:`eogen.canopy.sampler`), says how well it did, and never sees a learnt posterior.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable

import numpy as np
import pandas as pd
import torch
import xarray as xr
from torch import Tensor

from eogen.canopy import diagnostics
from eogen.canopy.likelihood import bands
from eogen.canopy.noise import NOISE, Noise
from eogen.canopy.observation import Observation
from eogen.canopy.posteriors.base import DrawnMarginal, Marginal, Posterior
from eogen.canopy.priors import JointPrior
from eogen.canopy.sampler import Sampled, Settings, sample
from eogen.canopy.space import INFERRED, column, unit_of
from eogen.errors import InputError
from eogen.progress import Progress, silent


class Reference(Posterior):
    """The reference posterior of one pixel, as draws and as a density.

    Attributes:
        seen: the pixel.
        noise, sensor: of the likelihood.
        draws: (chain, draw, 11), in the variables' units; a chain is a population that never met the others.
        log_likelihood: (chain, draw), nats per reflectance unit.
        rhat, bulk_ess, tail_ess: (11) each, see :mod:`eogen.canopy.diagnostics`.
        log_evidence: log p(spectrum), nats per reflectance unit.
        log_evidence_error: its standard error, from the populations' separate estimates.
        acceptance: of the chains' moves, 0-1.
        evaluations: of PROSAIL.
        seconds: on the clock.
    """

    def __init__(
        self, seen: Observation, prior: JointPrior, noise: Noise, sensor: str, found: Sampled, seconds: float
    ) -> None:
        super().__init__(prior)
        self.seen, self.noise, self.sensor = seen, noise, sensor
        self.draws = prior.from_normal(found.draws).float()
        self.log_likelihood = found.log_likelihood
        rows = found.draws.numpy()  # diagnosed where they were drawn: ranks are what they are in any units
        self.rhat, self.bulk_ess, self.tail_ess = (
            measure(rows) for measure in (diagnostics.rhat, diagnostics.bulk_ess, diagnostics.tail_ess)
        )
        each = found.log_evidence
        self.log_evidence = float(each.logsumexp(0) - math.log(len(each)))
        self.log_evidence_error = float(each.std() / math.sqrt(len(each)))
        self.acceptance, self.evaluations = found.acceptance, found.evaluations
        self.seconds = seconds

    def __len__(self) -> int:
        return 1

    @property
    def converged(self) -> bool:
        """Return whether R-hat and both effective sample sizes are what Vehtari et al. (2021) ask for."""
        least = min(self.bulk_ess.min(), self.tail_ess.min())
        return bool(self.rhat.max() < diagnostics.RHAT and least > diagnostics.ESS)

    def sample(self, draws: int, generator: torch.Generator | None = None) -> Tensor:
        """See :class:`Posterior`; each draw at most once where there are enough."""
        every = self.draws.flatten(0, 1)
        if draws <= len(every):
            which = torch.randperm(len(every), generator=generator)[:draws]
        else:
            which = torch.randint(len(every), (draws,), generator=generator)
        return every[which][:, None]

    def log_prob(self, theta: Tensor) -> Tensor:
        """See :class:`Posterior`; exact but for the error of the evidence."""
        flat = theta.reshape(-1, theta.shape[-1])
        expected = bands(flat, self.seen.geometry, self.sensor)
        likelihood = self.noise.log_prob(self.seen.reflectance, expected)
        return (likelihood + self.prior.log_prob(flat)).reshape(theta.shape[:-1]) - self.log_evidence

    def marginal(self, name: str) -> Marginal:
        """See :class:`Posterior`."""
        every = self.draws.flatten(0, 1)
        values = column(every[:: max(1, len(every) // 4096)], name)[:, None]
        ends = column(torch.stack([self.prior.space.low, self.prior.space.high]), name)
        return DrawnMarginal(values, float(ends[0]), float(ends[1]))

    def summary(self) -> pd.DataFrame:
        """Return mean, s.d., R-hat and effective sample sizes; one row per variable."""
        every = self.draws.flatten(0, 1)
        return pd.DataFrame(
            {
                "unit": [unit_of(n) for n in INFERRED],
                "mean": every.mean(0),
                "sd": every.std(0),
                "rhat": self.rhat,
                "bulk_ess": self.bulk_ess,
                "tail_ess": self.tail_ess,
            },
            index=pd.Index(INFERRED, name="variable"),
        )

    def to_xarray(self) -> xr.Dataset:
        """Return ``theta`` (chain, draw, variable) and ``log_likelihood`` (chain, draw), readable by ArviZ."""
        dims = ("chain", "draw")
        return xr.Dataset(
            {
                "theta": (
                    (*dims, "variable"),
                    self.draws.numpy(),
                    {"long_name": "canopy and leaf variables"},
                ),
                "log_likelihood": (dims, self.log_likelihood.numpy(), {"units": "nat"}),
            },
            coords={
                "chain": np.arange(self.draws.shape[0]),
                "draw": np.arange(self.draws.shape[1]),
                "variable": list(INFERRED),
                "unit": ("variable", [unit_of(n) for n in INFERRED]),
            },
            attrs={
                "title": "reference posterior",
                "prior": self.prior.name,
                "sensor": self.sensor,
                "noise_add": self.noise.add,
                "noise_multiply": self.noise.multiply,
                "log_evidence": self.log_evidence,
                "log_evidence_error": self.log_evidence_error,
                "acceptance": self.acceptance,
                "evaluations": self.evaluations,
                "sampling_time": self.seconds,
            },
        )


def log_target(
    seen: Observation, prior: JointPrior, noise: Noise = NOISE, sensor: str = "S2A"
) -> Callable[[Tensor], Tensor]:
    """Return the log-likelihood (n) of one pixel as a function of normal coordinates (n, 11).

    Where the prior is not a standard normal there (the mixture of covers), it holds the ratio of the two as well.
    """
    mixed = type(prior).log_prob is not JointPrior.log_prob

    def value(z: Tensor) -> Tensor:
        theta = prior.from_normal(z)
        found = noise.log_prob(seen.reflectance, bands(theta.float(), seen.geometry, sensor)).double()
        if mixed:
            log_prior = prior.log_prob(theta) - prior.log_slope(theta)
            found = found + log_prior + 0.5 * (z.square() + math.log(2 * math.pi)).sum(-1)
        return found

    return value


def reference(
    seen: Observation,
    prior: JointPrior,
    noise: Noise = NOISE,
    *,
    seed: int = 0,
    sensor: str = "S2A",
    settings: Settings | None = None,
    progress: Progress = silent,
) -> Reference:
    """Return the reference posterior of one pixel; some seconds on one core.

    Args:
        seen: one pixel; missing (NaN) bands count for nothing.
        prior: what is believed beforehand.
        noise: of the likelihood.
        seed: of every random number: the same seed gives the same draws.
        sensor: ``"S2A"``, ``"S2B"`` or ``"S2C"``.
        settings: how hard to try.
        progress: told ``temper`` and ``sample``; may raise Cancelled.

    Raises:
        InputError: ``one_pixel``; ``canopy_choice`` for the sensor; ``canopy_bounds`` for the angles.
    """
    if len(seen) != 1:
        raise InputError(
            "one_pixel",
            "A reference posterior is that of one pixel, and {count} were given; choose one.",
            count=len(seen),
        )
    start = time.perf_counter()
    found = sample(
        log_target(seen, prior, noise, sensor), len(INFERRED), settings=settings, seed=seed, progress=progress
    )
    return Reference(seen, prior, noise, sensor, found, time.perf_counter() - start)
