"""What every family of posteriors offers: draws, densities, marginals, for many pixels at once."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from eogen.canopy.priors import JointPrior
from eogen.canopy.space import column


class Marginal(ABC):
    """The distribution of one quantity for each of m pixels."""

    @abstractmethod
    def quantile(self, p: float | Tensor) -> Tensor:
        """Return the quantiles (m), or (k, m) for ``p`` of shape (k)."""

    @abstractmethod
    def pdf(self, x: Tensor) -> Tensor:
        """Return the density (k, m) per unit of the quantity, at ``x`` (k)."""

    @abstractmethod
    def cdf(self, x: Tensor) -> Tensor:
        """Return the share of draws at or below ``x`` (..., m)."""

    @property
    @abstractmethod
    def mean(self) -> Tensor:
        """Return the means (m)."""

    @property
    @abstractmethod
    def sd(self) -> Tensor:
        """Return the standard deviations (m)."""


@dataclass(frozen=True)
class DrawnMarginal(Marginal):
    """A marginal known by draws (n, m); its density is a histogram smoothed by a normal kernel.

    The kernel's width is Silverman's (1986, p. 48), with draws mirrored at ``low`` and ``high``, where a density may
    end without going down to zero.
    """

    draws: Tensor
    low: float
    high: float

    def quantile(self, p: float | Tensor) -> Tensor:
        """See :class:`Marginal`; draw i of n stands for the level (i + 1/2) / n (Hazen), right for exact levels too."""
        place = (torch.as_tensor(p, dtype=self.draws.dtype) * len(self.draws) - 0.5).clamp(
            0, len(self.draws) - 1
        )
        below = place.floor().long()
        above = (below + 1).clamp_max(len(self.draws) - 1)
        share = (place - below).unsqueeze(-1)
        return self._sorted[below] * (1 - share) + self._sorted[above] * share

    @cached_property
    def _sorted(self) -> Tensor:
        return self.draws.sort(0).values

    def cdf(self, x: Tensor) -> Tensor:
        """See :class:`Marginal`."""
        return (self.draws <= x[..., None, :]).to(self.draws.dtype).mean(-2)

    def pdf(self, x: Tensor) -> Tensor:
        """See :class:`Marginal`."""
        count = len(self.draws)
        quartiles = self.quantile(torch.tensor([0.25, 0.75]))
        spread = torch.minimum(self.sd, (quartiles[1] - quartiles[0]) / 1.349)
        width = (0.9 * spread * count**-0.2).clamp_min(1e-3 * (self.high - self.low))
        total = torch.zeros(len(x), self.draws.shape[1])
        for images in (self.draws, 2 * self.low - self.draws, 2 * self.high - self.draws):
            total += torch.exp(-0.5 * ((x[:, None, None] - images) / width).square()).mean(1)
        inside = ((x >= self.low) & (x <= self.high))[:, None]
        return torch.where(inside, total / (width * (2 * torch.pi) ** 0.5), 0.0)

    @property
    def mean(self) -> Tensor:
        """See :class:`Marginal`."""
        return self.draws.mean(0)

    @property
    def sd(self) -> Tensor:
        """See :class:`Marginal`."""
        return self.draws.std(0)


class Posterior(ABC):
    """Beliefs about the canopies of m pixels.

    Attributes:
        prior: what was believed before; its bounds are those of every draw.
    """

    #: Draws from which marginals without a closed form are read.
    DRAWS = 1000

    def __init__(self, prior: JointPrior) -> None:
        self.prior = prior

    @abstractmethod
    def __len__(self) -> int:
        """Return m."""

    @abstractmethod
    def sample(self, draws: int, generator: torch.Generator | None = None) -> Tensor:
        """Return draws (draws, m, 11), in the variables' units, within bounds."""

    @abstractmethod
    def log_prob(self, theta: Tensor) -> Tensor:
        """Return the log density (..., m) at ``theta`` (..., m, 11), nats per unit cube."""

    def marginal(self, name: str) -> Marginal:
        """Return the marginal of an inferred or derived quantity; InputError ``canopy_choice``."""
        draws = column(self.sample(self.DRAWS, torch.Generator().manual_seed(0)), name)
        ends = column(torch.stack([self.prior.space.low, self.prior.space.high]), name)
        return DrawnMarginal(draws, float(ends[0]), float(ends[1]))


class InUnitCube(Posterior):
    """A family whose density is written on the unit cube."""

    def log_prob(self, theta: Tensor) -> Tensor:
        """See :class:`Posterior`."""
        return self.log_density(self.prior.space.unit(theta))

    @abstractmethod
    def log_density(self, u: Tensor) -> Tensor:
        """Return the log density (..., m) at ``u`` (..., m, 11) of the unit cube."""


class InNormal(Posterior):
    """A family whose density is written in the coordinates in which the prior is a standard normal."""

    def log_prob(self, theta: Tensor) -> Tensor:
        """See :class:`Posterior`."""
        found = self.log_density(self.prior.to_normal(theta)) + self.prior.log_slope(theta)
        return torch.where(self.prior.log_prob(theta).isfinite(), found, -torch.inf)

    @abstractmethod
    def log_density(self, normal: Tensor) -> Tensor:
        """Return the log density (..., m) at the normal coordinates (..., m, 11)."""
