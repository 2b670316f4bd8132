"""Where a sampler may jump: a mixture of normals in straightened coordinates, fitted to points.

Mixtures are fitted by expectation-maximisation (Dempster, Laird & Rubin 1977), to several groups of points at once;
covariances are drawn towards the average one, as if each component had seen some more points like it. One broad
component more keeps the tails from being too thin (Hesterberg 1995, doi:10.1080/00401706.1995.10484303).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from eogen.canopy import straighten
from eogen.canopy.straighten import Straightening

#: Pseudo-points of the average covariance, per dimension.
SHRINK = 1.0
#: Share of the broad component, and its covariance over that of the points.
DEFENCE, BROAD = 0.02, 4.0
#: Points further out in any coordinate have no weight: the prior is a standard normal.
FAR = 12.0


@dataclass(frozen=True)
class Proposal:
    """One law per group g: k normals over straightened coordinates.

    Attributes:
        map: to those coordinates.
        log_share: (g, k), logarithms of shares that sum to one.
        mean: (g, k, d).
        factor, inverse: (g, k, d, d), Cholesky factors of the covariances and their inverses.
    """

    map: Straightening
    log_share: Tensor
    mean: Tensor
    factor: Tensor
    inverse: Tensor

    def log_prob(self, z: Tensor) -> Tensor:
        """Return the log density (g, n) at ``z`` (g, n, d)."""
        return self._density(self._white(self.map.straight(z)))

    def anew(self, count: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Return draws (g, count, d) and their log densities (g, count)."""
        which = torch.multinomial(self.log_share.exp(), count, replacement=True, generator=generator)
        return self._bent(which, _randn((*which.shape, self.mean.shape[-1]), generator))

    def near(self, z: Tensor, size: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
        """Return the log density at ``z`` (g, n, d), points reached from there by a step, and theirs.

        A component is drawn by its part of the density at z; the point moves within it as ``√(1-s²) x + s ξ``. That
        leaves this law as it is, whatever the ``size`` s (g): pairs of points are met in both orders alike (Neal 1998,
        "Regression and classification using Gaussian process priors", for one normal).
        """
        white = self._white(self.map.straight(z))
        parts = _log_parts(self.log_share, self.inverse, white)
        chance = torch.rand(parts[:, :1].shape, generator=generator, dtype=z.dtype)
        which = (parts.softmax(1).cumsum(1) < chance).sum(1).clamp_max(parts.shape[1] - 1)
        here = white.gather(1, which[:, None, :, None].expand(-1, 1, -1, z.shape[-1])).squeeze(1)
        size = size[:, None, None]
        there = (1 - size.square()).sqrt() * here + size * _randn(here.shape, generator)
        return parts.logsumexp(1) + self.map.log_slope, *self._bent(which, there)

    def _white(self, y: Tensor) -> Tensor:
        """Return straightened points (g, n, d) in each component's standard normal coordinates (g, k, n, d)."""
        return _whiten(y, self.mean, self.inverse)

    def _density(self, white: Tensor) -> Tensor:
        return _log_parts(self.log_share, self.inverse, white).logsumexp(1) + self.map.log_slope

    def _bent(self, which: Tensor, white: Tensor) -> tuple[Tensor, Tensor]:
        """Return what ``white`` (g, n, d) stands for in components ``which`` (g, n), and log densities.

        Polynomials grow fast: where a point lands too far to have any weight, it is returned as NaN.
        """
        row = torch.arange(len(which))[:, None]
        y = self.mean[row, which] + (self.factor[row, which] @ white[..., None]).squeeze(-1)
        z = self.map.bent(y)
        far = ~(z.abs() < FAR).all(-1, keepdim=True)
        return torch.where(far, torch.nan, z), self._density(self._white(y))


def fit(points: Tensor, components: int, generator: torch.Generator, rounds: int = 8) -> Proposal:
    """Return laws fitted to ``points`` (g, n, d); the start is drawn by ``generator`` among the points."""
    line = straighten.fit(points)
    y = line.straight(points)
    groups, count, size = y.shape
    centre = y.mean(1, keepdim=True)
    scale = torch.linalg.cholesky((y - centre).mT @ (y - centre) / count + 1e-9 * _eye(size))
    x = torch.linalg.solve_triangular(scale, (y - centre).mT, upper=False).mT
    start = torch.randint(count, (groups, components), generator=generator)
    mean = x.gather(1, start[..., None].expand(-1, -1, size))
    cover = 0.5 * _eye(size).expand(groups, components, -1, -1)
    share = torch.full((groups, components), 1 / components, dtype=x.dtype)
    for _ in range(rounds):
        inverse = _inverse(torch.linalg.cholesky(cover))
        weight = _log_parts(share.log(), inverse, _whiten(x, mean, inverse)).softmax(1)
        total = weight.sum(-1)
        share = (total + 1) / (count + components)
        mean = weight @ x / total.clamp_min(1e-9)[..., None]
        away = (x[:, None] - mean[:, :, None]) * weight[..., None].sqrt()
        scatter = away.mT @ away
        more = SHRINK * size
        average = scatter.sum(1, keepdim=True) / count
        cover = (scatter + more * average) / (total + more)[..., None, None] + 1e-6 * _eye(size)
    mean = torch.cat([centre + mean @ scale.mT, centre], 1)
    factor = torch.cat([scale[:, None] @ torch.linalg.cholesky(cover), math.sqrt(BROAD) * scale[:, None]], 1)
    share = torch.cat([(1 - DEFENCE) * share, torch.full_like(share[:, :1], DEFENCE)], 1)
    return Proposal(line, share.log(), mean, factor, _inverse(factor))


def _whiten(y: Tensor, mean: Tensor, inverse: Tensor) -> Tensor:
    return (y[:, None] - mean[:, :, None]) @ inverse.mT


def _log_parts(log_share: Tensor, inverse: Tensor, white: Tensor) -> Tensor:
    """Return log share + log density of each component (g, k, n), in the coordinates of its mean."""
    size = white.shape[-1]
    log_det = inverse.diagonal(dim1=-2, dim2=-1).log().sum(-1)
    constant = log_share + log_det - 0.5 * size * math.log(2 * math.pi)
    return constant[..., None] - 0.5 * white.square().sum(-1)


def _inverse(factor: Tensor) -> Tensor:
    return torch.linalg.solve_triangular(factor, _eye(factor.shape[-1]).expand_as(factor), upper=False)


def _eye(size: int) -> Tensor:
    return torch.eye(size, dtype=torch.float64)


def _randn(shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
    return torch.randn(shape, generator=generator, dtype=torch.float64)
