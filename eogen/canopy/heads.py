"""The heads: from the trunk's answer to each family of posteriors."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from eogen.canopy.crops import HierarchicalPrior
from eogen.canopy.encoder import Encoder
from eogen.canopy.posteriors import flow
from eogen.canopy.posteriors.flow import SplineFlow
from eogen.canopy.posteriors.gaussian import LogitNormal, Mixture
from eogen.canopy.posteriors.hierarchical import Hierarchical
from eogen.canopy.posteriors.truncated import LEAST, MOST, Truncated
from eogen.canopy.priors import JointPrior
from eogen.canopy.space import INFERRED

SIZE = len(INFERRED)
_BELOW = SIZE * (SIZE - 1) // 2
_ROWS, _COLUMNS = torch.tril_indices(SIZE, SIZE, -1)


def cholesky(diagonal: Tensor, below: Tensor) -> Tensor:
    """Return lower-triangular matrices (..., 11, 11) from a positive diagonal (..., 11) and the rest (..., 55)."""
    factor = torch.zeros(*diagonal.shape, SIZE, dtype=diagonal.dtype)
    factor[..., _ROWS, _COLUMNS] = below
    return factor + torch.diag_embed(diagonal)


class Independent(Encoder):
    """Independent truncated normals: the form of CESBIO's PROSAIL-VAE."""

    def __init__(self, prior: JointPrior, **more: int) -> None:
        super().__init__(prior, **more)
        self.out = nn.Linear(self.width, 2 * SIZE)

    def head(self, context: Tensor) -> Truncated:
        """See :class:`Encoder`."""
        return Truncated(self.prior, *_centre_and_spread(self.out(context)))


class Copula(Encoder):
    """Truncated normals tied by a Gaussian copula."""

    def __init__(self, prior: JointPrior, **more: int) -> None:
        super().__init__(prior, **more)
        self.out = nn.Linear(self.width, 2 * SIZE + _BELOW)

    def head(self, context: Tensor) -> Truncated:
        """See :class:`Encoder`."""
        numbers = self.out(context)
        rows = cholesky(torch.ones_like(numbers[:, :SIZE]), numbers[:, 2 * SIZE :])
        factor = functional.normalize(rows, dim=-1)
        return Truncated(self.prior, *_centre_and_spread(numbers[:, : 2 * SIZE]), factor)


class FullCovariance(Encoder):
    """A normal with full covariance on the logits."""

    def __init__(self, prior: JointPrior, **more: int) -> None:
        super().__init__(prior, **more)
        self.out = nn.Linear(self.width, 2 * SIZE + _BELOW)

    def head(self, context: Tensor) -> LogitNormal:
        """See :class:`Encoder`."""
        mean, diagonal, below = self.out(context).split([SIZE, SIZE, _BELOW], -1)
        return LogitNormal(self.prior, mean, cholesky(_positive(diagonal), below))


class GaussianMixture(Encoder):
    """A mixture of eight normals where the prior is a standard normal."""

    PARTS = 8

    def __init__(self, prior: JointPrior, **more: int) -> None:
        super().__init__(prior, **more)
        self.out = nn.Linear(self.width, self.PARTS * (1 + 2 * SIZE + _BELOW))

    def head(self, context: Tensor) -> Mixture:
        """See :class:`Encoder`."""
        numbers = self.out(context).unflatten(-1, (self.PARTS, -1))
        share, mean, diagonal, below = numbers.split([1, SIZE, SIZE, _BELOW], -1)
        return Mixture(
            self.prior, share.squeeze(-1).log_softmax(-1), mean, cholesky(_positive(diagonal), below)
        )


class Flow(Encoder):
    """A neural spline flow."""

    def __init__(self, prior: JointPrior, *, flow_width: int = 192, **more: int) -> None:
        super().__init__(prior, **more)
        self.flow = flow.build(self.width, hidden=(flow_width, flow_width))

    def head(self, context: Tensor) -> SplineFlow:
        """See :class:`Encoder`."""
        return SplineFlow(self.prior, self.flow, context)


class TwoLevels(Encoder):
    """What grows there, then a spline flow given that."""

    prior: HierarchicalPrior

    def __init__(self, prior: HierarchicalPrior, *, flow_width: int = 160, **more: int) -> None:
        super().__init__(prior, **more)
        covers = len(prior.names)
        self.covers = nn.Linear(self.width, covers)
        self.flow = flow.build(self.width + covers, hidden=(flow_width, flow_width))

    def head(self, context: Tensor) -> Hierarchical:
        """See :class:`Encoder`."""
        return Hierarchical(self.prior, self.covers(context).log_softmax(-1), self.flow, context)


def _positive(x: Tensor) -> Tensor:
    """Return a positive number, one at zero, that grows like x and shrinks like an exponential."""
    return functional.softplus(x + 0.5413) + 1e-3


def _centre_and_spread(numbers: Tensor) -> tuple[Tensor, Tensor]:
    """Return centres within the unit interval and spreads within the bounds of PROSAIL-VAE."""
    centre, spread = numbers.chunk(2, -1)
    return torch.sigmoid(centre), LEAST + (MOST - LEAST) * torch.sigmoid(spread - 1)
