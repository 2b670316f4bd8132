"""Special functions of the leaf and canopy equations: stable in float32 and float64, with exact slopes.

Both are autograd functions whose slope is known in closed form: it costs one product on the way back, and
cannot cancel to noise (or to NaN) where the textbook quotient is 0/0.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

#: Below it quotients that cancel are summed as power series instead, with enough terms for the precision.
_SMALL = 0.01
_TERMS = {torch.float32: 4, torch.float64: 8}
_EXPREL_SLOPE = [n / math.factorial(n + 1) for n in range(1, 9)]
#: atan(√z)/√z = 1 - z/3 + z²/5 - …
_ARC = [(-1) ** n / (2 * n + 1) for n in range(9)]
_ARC_SLOPE = [n * (-1) ** n / (2 * n + 1) for n in range(1, 9)]
#: Optical depth below which a plate counts as (almost) lossless: its leaf absorbs less than 1e-6.
_CLEAR = 1e-7
#: Ein(k) = k - k²/4 + k³/18 - …: the entire part of the exponential integral (Abramowitz & Stegun 5.1.11).
_EIN = [0.0, *((-1) ** (n + 1) / (n * math.factorial(n)) for n in range(1, 25))]
#: Abramowitz & Stegun (1964) 5.1.56: k e^k E1(k) for k >= 1, absolute error below 2e-8.
_ABOVE = (0.2677737343, 8.6347608925, 18.0590169730, 8.5733287401, 1.0)
_BELOW = (3.9584969228, 21.0996530827, 25.6329561486, 9.5733223454, 1.0)
_EULER = 0.57721566490153286061
#: Levels of the continued fraction of E1 that leave less than 1e-15 for k >= 2.
_LEVELS = 40


def polynomial(x: Tensor, coefficients: Sequence[float]) -> Tensor:
    """Return ``c0 + c1 x + c2 x² + …`` by Horner's rule, in place: for use where no gradient is recorded."""
    total = coefficients[-1] * x
    for coefficient in reversed(coefficients[1:-1]):
        total.add_(coefficient).mul_(x)
    return total.add_(coefficients[0])


class _WithSlope(torch.autograd.Function):
    """An elementwise function that knows its slope: ``apply(x, f)`` with ``f(x) -> (value, slope)``."""

    @staticmethod
    def forward(x: Tensor, function: Callable[[Tensor], tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor]:
        return function(x)

    @staticmethod
    def setup_context(ctx, inputs, output) -> None:  # noqa: ANN001 - torch's own types
        ctx.mark_non_differentiable(output[1])
        ctx.save_for_backward(output[1])

    @staticmethod
    def backward(ctx, gradient: Tensor, _slope: Tensor) -> tuple[Tensor, None]:  # noqa: ANN001
        if torch.is_grad_enabled():
            raise RuntimeError(
                "PROSAIL has first derivatives only: create_graph=True would make wrong second ones"
            )
        (slope,) = ctx.saved_tensors
        return gradient * slope, None


def exprel(x: Tensor) -> Tensor:
    """Return ``(exp(x) - 1) / x``, one at ``x = 0``; any shape."""
    return _WithSlope.apply(x, _exprel)[0]


def _exprel(x: Tensor) -> tuple[Tensor, Tensor]:
    grown = torch.expm1(x)
    value = torch.where(x == 0, 1.0, grown / x)
    slope = grown.add_(1).sub_(value).div_(x)
    small = x.abs() < _SMALL
    return value, torch.where(small, polynomial(x, _EXPREL_SLOPE[: _TERMS[x.dtype]]), slope)


def arc(z: Tensor) -> Tensor:
    """Return ``atan(√z)/√z``, continued to ``atanh(√-z)/√-z`` below zero; ``z`` > -1, any shape."""
    return _WithSlope.apply(z, _arc)[0]


def _arc(z: Tensor) -> tuple[Tensor, Tensor]:
    near = z.abs() < _SMALL
    root = torch.where(near, 1.0, z.abs()).sqrt()
    far = torch.where(z > 0, torch.atan(root), torch.atanh(root.clamp_max(1 - 1e-7))) / root
    terms = _TERMS[z.dtype]
    value = torch.where(near, polynomial(z, _ARC[: terms + 1]), far)
    slope = torch.where(near, polynomial(z, _ARC_SLOPE[:terms]), (1 / (1 + z) - value) / (2 * z))
    return value, slope


def absorbed(k: Tensor) -> Tensor:
    """Return the share of isotropic light that a plate of optical depth ``k`` > 0 absorbs, ``1 - 2 E3(k)``.

    Equal to ``1 - (1 - k) exp(-k) - k² E1(k)`` (Jacquemoud & Baret 1990, eq. 15), of which PROSPECT's
    transmission is the rest. Written for the *absorbed* share because that is what a thin plate loses to
    rounding. Slope: ``2 E2(k)``.
    """
    return _WithSlope.apply(k, _absorbed)[0]


def _absorbed(k: Tensor) -> tuple[Tensor, Tensor]:
    k = k.clamp_min(_CLEAR)
    lost = torch.expm1(-k).neg_()
    left = 1 - lost
    if k.dtype == torch.float64:
        split, series = 2.0, _EIN
        deep = k.clamp_min(split)
        fraction = torch.zeros_like(k)
        for level in range(_LEVELS, 0, -1):
            fraction = level**2 / (deep + (2 * level + 1) - fraction)
        far = left / (deep + 1 - fraction)
    else:
        split, series = 1.0, _EIN[:10]
        deep = k.clamp_min(split)
        far = polynomial(deep, _ABOVE).mul_(left).div_(polynomial(deep, _BELOW).mul_(deep))
    near = polynomial(k.clamp_max(split), series).sub_(_EULER).sub_(torch.log(k))
    first = torch.where(k < split, near, far)  # the exponential integral E1(k)
    second = left.sub_(first.mul_(k))  # E2(k)
    return torch.addcmul(lost, k, second), second.mul_(2)
