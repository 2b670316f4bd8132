"""Gaussians after a change of coordinates: one with full covariance on the logits, or a mixture of several.

The logit-normal (Aitchison & Shen 1980, doi:10.1093/biomet/67.2.261) keeps draws within bounds; the mixture (Bishop,
1994) lives where the prior is a standard normal, so that what a spectrum does not tell stays so.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from eogen.canopy.posteriors.base import InNormal, InUnitCube
from eogen.canopy.priors import JointPrior

_LOG_2PI = math.log(2 * math.pi)
#: Points of the cube nearer to its faces than this are taken at this distance: a logit is infinite on a face.
EDGE = 1e-5


def log_gaussian(x: Tensor, mean: Tensor, factor: Tensor) -> Tensor:
    """Return the log density (...) of normals with Cholesky factors ``factor`` (..., d, d) at ``x`` (..., d)."""
    white = torch.linalg.solve_triangular(factor, (x - mean).unsqueeze(-1), upper=False).squeeze(-1)
    log_det = factor.diagonal(dim1=-2, dim2=-1).log().sum(-1)
    return -0.5 * (white.square() + _LOG_2PI).sum(-1) - log_det


class LogitNormal(InUnitCube):
    """A normal with full covariance on the logits of the unit cube.

    Args:
        prior: gives the bounds.
        mean: (m, 11).
        factor: (m, 11, 11), Cholesky factor of the covariance.
    """

    def __init__(self, prior: JointPrior, mean: Tensor, factor: Tensor) -> None:
        super().__init__(prior)
        self.mean, self.factor = mean, factor

    def __len__(self) -> int:
        return len(self.mean)

    def sample_unit(self, draws: int, generator: torch.Generator | None = None) -> Tensor:
        """Return draws (draws, m, 11) of the unit cube, differentiable in the parameters."""
        normal = torch.randn(draws, *self.mean.shape, generator=generator, dtype=self.mean.dtype)
        return torch.sigmoid(self.mean + torch.einsum("mij,dmj->dmi", self.factor, normal))

    def sample(self, draws: int, generator: torch.Generator | None = None) -> Tensor:
        """See :class:`Posterior`."""
        return self.prior.space.physical(self.sample_unit(draws, generator))

    def log_density(self, u: Tensor) -> Tensor:
        """See :class:`InUnitCube`."""
        inner = u.clamp(EDGE, 1 - EDGE)
        found = log_gaussian(torch.logit(inner), self.mean, self.factor)
        found = found - (inner.log() + torch.log1p(-inner)).sum(-1)
        return torch.where(((u >= -1e-6) & (u <= 1 + 1e-6)).all(-1), found, -torch.inf)


class Mixture(InNormal):
    """A mixture of normals with full covariances, in the prior's normal coordinates.

    Args:
        prior: whose coordinates.
        log_share: (m, k), logarithms that sum to one.
        mean: (m, k, 11).
        factor: (m, k, 11, 11), Cholesky factors.
    """

    def __init__(self, prior: JointPrior, log_share: Tensor, mean: Tensor, factor: Tensor) -> None:
        super().__init__(prior)
        self.log_share, self.mean, self.factor = log_share, mean, factor

    def __len__(self) -> int:
        return len(self.mean)

    def sample(self, draws: int, generator: torch.Generator | None = None) -> Tensor:
        """See :class:`Posterior`."""
        which = torch.multinomial(self.log_share.exp(), draws, replacement=True, generator=generator)
        rows = torch.arange(len(self))[:, None]
        normal = torch.randn(len(self), draws, self.mean.shape[-1], generator=generator)
        found = self.mean[rows, which] + torch.einsum("mdij,mdj->mdi", self.factor[rows, which], normal)
        return self.prior.from_normal(found.movedim(0, 1))

    def log_density(self, normal: Tensor) -> Tensor:
        """See :class:`InNormal`."""
        each = log_gaussian(normal.unsqueeze(-2), self.mean, self.factor)
        return torch.logsumexp(self.log_share + each, -1)
