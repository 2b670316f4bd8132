"""Straightening of bent clouds of points: a triangular map with cubic terms, fitted by regression.

Coordinate by coordinate, from the last to the first, what a cubic polynomial of the coordinates before it foretells is
taken away: a cloud that follows a bent ridge becomes one that a few normals describe. The simplest of the triangular
transports (Marzouk, Moselhy, Parno & Spantini 2016, arXiv 1602.05023): its determinant is one, but for the scales.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

#: Weight of the penalty that keeps coefficients small, as of that many points at zero.
PENALTY = 1.0


@dataclass(frozen=True)
class Straightening:
    """One map per group g of points in d dimensions.

    Attributes:
        centre, spread: (g, 1, d), what coordinates are standardised by.
        coefficients: of each coordinate but the last, (g, terms, 1), last coordinate but one first.
    """

    centre: Tensor
    spread: Tensor
    coefficients: tuple[Tensor, ...]

    @property
    def log_slope(self) -> Tensor:
        """Return log |d straight / d z| (g, 1), the same at every point."""
        return -self.spread.log().sum(-1)

    def straight(self, z: Tensor) -> Tensor:
        """Return points ``z`` (g, n, d) straightened (g, n, d)."""
        x = ((z - self.centre) / self.spread).flip(-1)
        terms, found = torch.ones_like(x[..., :1]), [x[..., :1]]
        for k, coefficient in enumerate(self.coefficients):
            terms = _grow(terms, x[..., : k + 1])
            found.append(x[..., k + 1 : k + 2] - terms @ coefficient)
        return torch.cat(found, -1)

    def bent(self, y: Tensor) -> Tensor:
        """Return the points (g, n, d) that become ``y`` (g, n, d); the inverse of :meth:`straight`."""
        x = y[..., :1]
        terms = torch.ones_like(x)
        for k, coefficient in enumerate(self.coefficients):
            terms = _grow(terms, x)
            x = torch.cat([x, y[..., k + 1 : k + 2] + terms @ coefficient], -1)
        return x.flip(-1) * self.spread + self.centre


def fit(points: Tensor) -> Straightening:
    """Return the map that straightens ``points`` (g, n, d), n > 1."""
    centre, spread = points.mean(1, keepdim=True), points.std(1, keepdim=True) + 1e-9
    x = ((points - centre) / spread).flip(-1)
    terms, sizes = torch.ones_like(x[..., :1]), []
    for k in range(x.shape[-1] - 1):
        terms = _grow(terms, x[..., : k + 1])
        sizes.append(terms.shape[-1])
    gram, goal = terms.mT @ terms, terms.mT @ x
    gram = gram + PENALTY * torch.eye(gram.shape[-1], dtype=gram.dtype)
    found = [
        torch.linalg.solve(gram[:, :size, :size], goal[:, :size, k + 1 : k + 2])
        for k, size in enumerate(sizes)
    ]
    return Straightening(centre, spread, tuple(found))


def _grow(terms: Tensor, x: Tensor) -> Tensor:
    """Return the terms with those that the newest coordinate, the last of ``x`` (g, n, k), brings."""
    newest = x[..., -1:]
    return torch.cat([terms, newest, newest**3, newest * x], -1)
