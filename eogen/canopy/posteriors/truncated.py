"""Truncated normals: independent, as CESBIO's PROSAIL-VAE has them, and tied together by a Gaussian copula.

``q(u) = Π TN(u_i; μ_i, σ_i, [0, 1])`` (Zérah et al. 2024, doi:10.1016/j.rse.2024.114309), and, for the truncated
multivariate form, that product times the density of a Gaussian copula (Song 2000, doi:10.1111/1467-9469.00191)
``|R|^-1/2 exp(-zᵀ(R⁻¹ - I)z / 2)`` with ``z_i = Φ⁻¹(F_i(u_i))``: the margins stay what they are, in closed form.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from eogen.canopy.posteriors.base import InUnitCube, Marginal
from eogen.canopy.priors import JointPrior
from eogen.canopy.space import INFERRED

_LOG_2PI = math.log(2 * math.pi)
#: Spread on the unit cube, as bounded by PROSAIL-VAE.
LEAST, MOST = 5e-4, 1.4


def _ndtr(x: Tensor) -> Tensor:
    return torch.special.ndtr(x)


@dataclass(frozen=True)
class TruncatedNormal(Marginal):
    """Normals cut at both ends of [low, high].

    Attributes:
        mu, sigma: (m...) on the unit interval.
        low, high: what 0 and 1 stand for.
    """

    mu: Tensor
    sigma: Tensor
    low: float = 0.0
    high: float = 1.0

    @property
    def _ends(self) -> tuple[Tensor, Tensor]:
        return -self.mu / self.sigma, (1 - self.mu) / self.sigma

    @property
    def _mass(self) -> Tensor:
        a, b = self._ends
        return (_ndtr(b) - _ndtr(a)).clamp_min(1e-12)

    def log_unit(self, u: Tensor) -> Tensor:
        """Return the log density on the unit interval."""
        z = (u - self.mu) / self.sigma
        inside = (u >= -1e-6) & (u <= 1 + 1e-6)
        found = -0.5 * (z.square() + _LOG_2PI) - self.sigma.log() - self._mass.log()
        return torch.where(inside, found, -torch.inf)

    def unit_quantile(self, p: Tensor) -> Tensor:
        """Return the quantile on the unit interval, differentiable in ``mu`` and ``sigma``."""
        a, b = self._ends
        below = _ndtr(a) + p * (_ndtr(b) - _ndtr(a))
        above = _ndtr(-b) + (1 - p) * (_ndtr(-a) - _ndtr(-b))
        z = torch.where(below < above, torch.special.ndtri(below.clamp(1e-7, 0.6)),
                        -torch.special.ndtri(above.clamp(1e-7, 0.6)))  # fmt: skip
        return (self.mu + self.sigma * z).clamp(0, 1)

    def unit_cdf(self, u: Tensor) -> Tensor:
        """Return the share below ``u``."""
        a, _ = self._ends
        return ((_ndtr((u - self.mu) / self.sigma) - _ndtr(a)) / self._mass).clamp(0, 1)

    def quantile(self, p: float | Tensor) -> Tensor:
        """See :class:`Marginal`."""
        p = torch.as_tensor(p, dtype=self.mu.dtype)
        return self._out(self.unit_quantile(p.reshape(*p.shape, 1) if p.dim() else p))

    def pdf(self, x: Tensor) -> Tensor:
        """See :class:`Marginal`."""
        return self.log_unit(self._in(x)[:, None]).exp() / (self.high - self.low)

    def cdf(self, x: Tensor) -> Tensor:
        """See :class:`Marginal`."""
        return self.unit_cdf(self._in(x))

    @property
    def mean(self) -> Tensor:
        """See :class:`Marginal`."""
        return self._out((self.mu + self.sigma * self._tilt()[0]).clamp(0, 1))

    @property
    def sd(self) -> Tensor:
        """See :class:`Marginal`."""
        first, second = self._tilt()
        variance = (1 + second - first.square()).clamp_min(1e-8)
        return self.sigma * variance.sqrt() * (self.high - self.low)

    def _tilt(self) -> tuple[Tensor, Tensor]:
        """Return (φ(a) - φ(b)) / Z and (aφ(a) - bφ(b)) / Z (Johnson, Kotz & Balakrishnan 1994, 13.134-135)."""
        a, b = (end.double() for end in self._ends)
        mass = (torch.special.ndtr(b) - torch.special.ndtr(a)).clamp_min(1e-300)
        pa, pb = (torch.exp(-0.5 * end.square()) / math.sqrt(2 * math.pi) for end in (a, b))
        return ((pa - pb) / mass).to(self.mu), ((a * pa - b * pb) / mass).to(self.mu)

    def _in(self, x: Tensor) -> Tensor:
        return (x - self.low) / (self.high - self.low)

    def _out(self, u: Tensor) -> Tensor:
        return self.low + u * (self.high - self.low)


class Truncated(InUnitCube):
    """Truncated normals with the correlations of a Gaussian copula, or none.

    Args:
        prior: gives the bounds.
        mu: (m, 11), centres on the unit cube.
        sigma: (m, 11), spreads on the unit cube.
        factor: (m, 11, 11), lower-triangular with rows of length one, the Cholesky factor of the copula's
            correlations; None for independent variables.
    """

    def __init__(self, prior: JointPrior, mu: Tensor, sigma: Tensor, factor: Tensor | None = None) -> None:
        super().__init__(prior)
        self.margins = TruncatedNormal(mu, sigma)
        self.factor = factor

    def __len__(self) -> int:
        return len(self.margins.mu)

    def sample_unit(self, draws: int, generator: torch.Generator | None = None) -> Tensor:
        """Return draws (draws, m, 11) of the unit cube, differentiable in the parameters."""
        mu = self.margins.mu
        normal = torch.randn(draws, *mu.shape, generator=generator, dtype=mu.dtype)
        if self.factor is not None:
            normal = torch.einsum("mij,dmj->dmi", self.factor, normal)
        return self.margins.unit_quantile(torch.special.ndtr(normal).clamp(1e-6, 1 - 1e-6))

    def sample(self, draws: int, generator: torch.Generator | None = None) -> Tensor:
        """See :class:`Posterior`."""
        return self.prior.space.physical(self.sample_unit(draws, generator))

    def log_density(self, u: Tensor) -> Tensor:
        """See :class:`InUnitCube`."""
        found = self.margins.log_unit(u).sum(-1)
        if self.factor is None:
            return found
        z = torch.special.ndtri(self.margins.unit_cdf(u).clamp(1e-6, 1 - 1e-6))
        white = torch.linalg.solve_triangular(self.factor, z.unsqueeze(-1), upper=False).squeeze(-1)
        log_det = self.factor.diagonal(dim1=-2, dim2=-1).log().sum(-1)
        return found - log_det - 0.5 * (white.square() - z.square()).sum(-1)

    def marginal(self, name: str) -> Marginal:
        """See :class:`Posterior`; closed form for the inferred variables."""
        if name not in INFERRED:
            return super().marginal(name)
        i = INFERRED.index(name)
        space = self.prior.space
        return TruncatedNormal(
            self.margins.mu[:, i], self.margins.sigma[:, i], float(space.low[i]), float(space.high[i])
        )
