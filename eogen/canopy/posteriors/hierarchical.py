"""Two levels: first what grows there, then the canopy given that; ``q(theta | x) = Σ_c q(c | x) q(theta | c, x)``."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional
from zuko.flows import Flow

from eogen.canopy.crops import HierarchicalPrior
from eogen.canopy.posteriors.base import InNormal
from eogen.canopy.posteriors.flow import SplineFlow


class Hierarchical(InNormal):
    """A share per cover, and a spline flow given the cover.

    Args:
        prior: of two levels.
        log_share: (m, c), logarithms that sum to one: how probable each cover is, given the spectrum.
        flow: whose context is the trunk's answer and the cover as an indicator.
        context: (m, w), the trunk's answer.
    """

    prior: HierarchicalPrior

    def __init__(self, prior: HierarchicalPrior, log_share: Tensor, flow: Flow, context: Tensor) -> None:
        super().__init__(prior)
        self.log_share, self.flow, self.context = log_share, flow, context

    def __len__(self) -> int:
        return len(self.context)

    def given(self, cover: Tensor) -> SplineFlow:
        """Return the posteriors if pixel i bears cover number ``cover[i]``."""
        mark = functional.one_hot(cover, self.log_share.shape[-1]).to(self.context.dtype)
        return SplineFlow(self.prior, self.flow, torch.cat([self.context, mark], -1))

    def sample(self, draws: int, generator: torch.Generator | None = None) -> Tensor:
        """See :class:`Posterior`."""
        cover = torch.multinomial(self.log_share.exp(), draws, replacement=True, generator=generator)
        wide = Hierarchical(
            self.prior,
            self.log_share.repeat_interleave(draws, 0),
            self.flow,
            self.context.repeat_interleave(draws, 0),
        )
        found = wide.given(cover.reshape(-1)).sample(1, generator)[0]
        return found.unflatten(0, (len(self), draws)).movedim(0, 1)

    def log_density(self, normal: Tensor) -> Tensor:
        """See :class:`InNormal`."""
        each = [
            self.given(torch.full((len(self),), c)).log_density(normal)
            for c in range(self.log_share.shape[-1])
        ]
        return torch.logsumexp(torch.stack(each, -1) + self.log_share, -1)
