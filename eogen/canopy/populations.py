"""Mixtures of normals fitted to several independent populations of points at once, as proposals for a sampler.

Expectation-maximisation (Dempster, Laird & Rubin 1977) in coordinates whitened per population; covariances are drawn
towards the average within-component one, as if each component had seen some more points like it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

#: Pseudo-points of the average covariance, per dimension.
SHRINK = 1.0
#: Share of the mixture that is the standard normal law itself: tails are then never thinner than the prior's.
DEFENCE = 0.02


@dataclass(frozen=True)
class Mixture:
    """One mixture of k normals per population p, in d dimensions.

    Attributes:
        log_share: (p, k), logarithms of shares that sum to one.
        mean: (p, k, d).
        factor, inverse: (p, k, d, d), Cholesky factors of the covariances and their inverses.
    """

    log_share: Tensor
    mean: Tensor
    factor: Tensor
    inverse: Tensor

    def white(self, z: Tensor) -> Tensor:
        """Return points ``z`` (p, n, d) as each component's standard normal coordinates (p, k, n, d)."""
        return (z[:, None] - self.mean[:, :, None]) @ self.inverse.mT

    def log_parts(self, white: Tensor) -> Tensor:
        """Return log share + log density of each component (p, k, n), of points given by :meth:`white`."""
        size = white.shape[-1]
        log_det = self.inverse.diagonal(dim1=-2, dim2=-1).log().sum(-1)
        constant = self.log_share + log_det - 0.5 * size * math.log(2 * math.pi)
        return constant[..., None] - 0.5 * white.square().sum(-1)

    def log_prob(self, z: Tensor) -> Tensor:
        """Return the log density (p, n) at ``z`` (p, n, d)."""
        return self.log_parts(self.white(z)).logsumexp(1)

    def colour(self, which: Tensor, white: Tensor) -> Tensor:
        """Return the points (p, n, d) that ``white`` (p, n, d) stands for in components ``which`` (p, n)."""
        row = torch.arange(len(which))[:, None]
        return self.mean[row, which] + (self.factor[row, which] @ white[..., None]).squeeze(-1)

    def sample(self, count: int, generator: torch.Generator) -> Tensor:
        """Return draws (p, count, d)."""
        which = torch.multinomial(self.log_share.exp(), count, replacement=True, generator=generator)
        return self.colour(which, _randn((*which.shape, self.mean.shape[-1]), generator))


def fit(points: Tensor, components: int, generator: torch.Generator, rounds: int = 10) -> Mixture:
    """Return mixtures of ``components`` normals fitted to ``points`` (p, n, d), and the standard normal besides.

    The start is drawn by ``generator`` among the points.
    """
    populations, count, size = points.shape
    centre = points.mean(1, keepdim=True)
    spread = _covariance(points - centre)
    scale = torch.linalg.cholesky(spread + 1e-9 * _eye(spread))
    white = torch.linalg.solve_triangular(scale, (points - centre).mT, upper=False).mT
    start = torch.randint(count, (populations, components), generator=generator)
    mean = white.gather(1, start[..., None].expand(-1, -1, size))
    cover = 0.5 * _eye(spread)[:, None].expand(-1, components, -1, -1)
    share = torch.full((populations, components), 1 / components, dtype=points.dtype)
    for _ in range(rounds):
        parts = _mixture(share.log(), mean, torch.linalg.cholesky(cover))
        weight = parts.log_parts(parts.white(white)).softmax(1)
        total = weight.sum(-1)
        share = (total + 1) / (count + components)
        mean = weight @ white / total.clamp_min(1e-9)[..., None]
        away = (white[:, None] - mean[:, :, None]) * weight[..., None].sqrt()
        scatter = away.mT @ away
        average = scatter.sum(1, keepdim=True) / count
        more = SHRINK * size
        cover = (scatter + more * average) / (total + more)[..., None, None] + 1e-6 * _eye(scatter)
    mean = centre + mean @ scale.mT
    factor = scale[:, None] @ torch.linalg.cholesky(cover)
    beside = torch.full_like(share[:, :1], DEFENCE)
    return _mixture(
        torch.cat([(1 - DEFENCE) * share, beside], 1).log(),
        torch.cat([mean, torch.zeros_like(mean[:, :1])], 1),
        torch.cat([factor, _eye(factor[:, :1])], 1),
    )


def _mixture(log_share: Tensor, mean: Tensor, factor: Tensor) -> Mixture:
    inverse = torch.linalg.solve_triangular(factor, _eye(factor), upper=False)
    return Mixture(log_share, mean, factor, inverse)


def _covariance(centred: Tensor) -> Tensor:
    return centred.mT @ centred / centred.shape[1]


def _eye(like: Tensor) -> Tensor:
    return torch.eye(like.shape[-1], dtype=like.dtype).expand_as(like)


def _randn(shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
    return torch.randn(shape, generator=generator, dtype=torch.float64)
