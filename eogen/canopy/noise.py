"""What separates a measured spectrum from PROSAIL's: noise, and the model's own faults.

``x = f + scale (ε_i + ε)``, with parts of each band's own, ``sd² = add² + (multiply f)²``, and parts that all bands
share: everything a little brighter (``add_common``), or brighter in proportion (``multiply_common``), as the atmosphere
and the sun's angle make it. ESA's SL2P is trained with both (Weiss & Baret 2020, ATBD v2, section 3.1.2). ``scales``
stand for not knowing how well the model fits here: each spectrum takes one of them, all being equally likely.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

_LOG_2PI = math.log(2 * math.pi)


@dataclass(frozen=True)
class Noise:
    """A law of errors of spectra.

    Attributes:
        add, add_common: standard deviations, reflectance; of each band's own, and shared by all.
        multiply, multiply_common: standard deviations as a share of the reflectance.
        scales: by which all four are multiplied, one of them for each spectrum.
    """

    add: float = 0.01
    multiply: float = 0.02
    add_common: float = 0.0
    multiply_common: float = 0.0
    scales: tuple[float, ...] = (1.0,)

    def __str__(self) -> str:
        """Return the law as a model's card tells it: ``noise of 0.01 + 2 %``, reflectance and a share of it."""
        said = f"noise of {self.add:g} + {100 * self.multiply:g} %"
        if self.add_common or self.multiply_common:
            said += f" and {self.add_common:g} + {100 * self.multiply_common:g} % shared by all bands"
        if len(self.scales) > 1:
            said += f", times {min(self.scales):g} to {max(self.scales):g}"
        return said

    def sd(self, reflectance: Tensor) -> Tensor:
        """Return the standard deviation of each band, all parts together, of the shape of ``reflectance``."""
        size = sum(s**2 for s in self.scales) / len(self.scales)
        plain = self.add**2 + self.add_common**2
        share = self.multiply**2 + self.multiply_common**2
        return (size * (plain + share * reflectance.square())).sqrt()

    def sample(self, clean: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """Return ``clean`` (n, 10) with errors."""
        own = (self.add**2 + (self.multiply * clean).square()).sqrt()
        error = own * torch.randn(clean.shape, generator=generator)
        if self.add_common or self.multiply_common:
            shared = torch.randn(len(clean), 2, generator=generator)
            error = error + self.add_common * shared[:, :1] + self.multiply_common * clean * shared[:, 1:]
        if len(self.scales) > 1:
            which = torch.randint(len(self.scales), (len(clean), 1), generator=generator)
            error = error * torch.tensor(self.scales)[which]
        return clean + error

    def log_prob(self, observed: Tensor, expected: Tensor) -> Tensor:
        """Return log p(observed | expected) (...), nats per reflectance unit; missing (NaN) bands count for nothing.

        Args:
            observed: reflectance (..., 10).
            expected: noise-free reflectance (..., 10), of a shape that broadcasts.
        """
        there = observed.isfinite()
        residual = torch.where(there, observed - expected, 0.0)
        variance = self.add**2 + (self.multiply * expected).square()
        own = torch.where(there, residual.square() / variance, 0.0).sum(-1)
        log_det = torch.where(there, variance.log(), 0.0).sum(-1)
        if self.add_common or self.multiply_common:
            explained, more = self._common(residual, expected, variance, there)
            own, log_det = own - explained, log_det + more
        count = there.sum(-1).to(own.dtype)
        each = [-0.5 * (own / s**2 + log_det + count * (_LOG_2PI + 2 * math.log(s))) for s in self.scales]
        if len(each) == 1:
            return each[0]
        return torch.logsumexp(torch.stack(each, -1), -1) - math.log(len(each))

    def _common(
        self, residual: Tensor, expected: Tensor, variance: Tensor, there: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Return what the shared parts take off the squared misfit and add to the log determinant (...).

        Woodbury's identity on two columns, ones and the reflectance, written out.
        """
        weight = torch.where(there, 1 / variance, 0.0)
        a, b = self.add_common, self.multiply_common
        p = 1 + a * a * weight.sum(-1)
        q = a * b * (weight * expected).sum(-1)
        r = 1 + b * b * (weight * expected.square()).sum(-1)
        u, v = a * (weight * residual).sum(-1), b * (weight * residual * expected).sum(-1)
        det = p * r - q * q
        return (r * u * u - 2 * q * u * v + p * v * v) / det, det.log()


#: Noise of the simulated experiments of the room: each band its own.
NOISE = Noise()
#: Noise of ESA's SL2P.
ATBD_NOISE = Noise(0.01, 0.02, 0.01, 0.02)
#: Noise of real spectra: that of SL2P, from 0.7 to 5.6 times as large; of ten laws tried on 143 real spectra, the one
#: they gave the highest evidence.
FIELD_NOISE = Noise(0.01, 0.02, 0.01, 0.02, (0.7, 1.0, 1.4, 2.0, 2.8, 4.0, 5.6))
