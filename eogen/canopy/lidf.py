"""How leaves are inclined: the shares of leaf area in classes of inclination.

Campbell (1990, doi:10.1016/0168-1923(90)90030-A), one mean angle; Verhoef (1998, thesis, library.wur.nl/
WebQuery/clc/945481), two parameters. Both return (class, sample), each sample summing to one.
"""

from __future__ import annotations

import math
from itertools import pairwise

import torch
from torch import Tensor

from eogen.canopy.numerics import arc

#: Edges of the classes, degrees. 18 equal ones as in the Python `prosail`; 13, finer near the vertical, as in the
#: Fortran and Matlab codes (Verhoef et al. 2007).
EDGES: dict[int, tuple[float, ...]] = {
    18: tuple(range(0, 91, 5)),
    13: (0, 10, 20, 30, 40, 50, 60, 70, 80, 82, 84, 86, 88, 90),
}
#: Campbell's fit of the axis ratio of the ellipsoid to the mean angle in degrees, highest power last.
_RATIO = (3.2491, -1.2390e-1, 2.1145e-3, -1.6184e-5)
_HALVINGS = {torch.float32: 24, torch.float64: 44}


def centres(classes: int) -> list[float]:
    """Return the middle of each class, degrees."""
    edges = EDGES[classes]
    return [(low + high) / 2 for low, high in pairwise(edges)]


def campbell(ala: Tensor, classes: int = 18) -> Tensor:
    """Return the ellipsoidal distribution of mean inclination ``ala`` degrees (sample).

    The density ``sin θ / (cos² θ + χ² sin² θ)²`` integrates to ``c/(1 + e c²) + c T(e c²)`` with c = cos θ,
    e = 1/χ² - 1 and T(z) = atan(√z)/√z, which, unlike the usual pair of formulas with a logarithm and an arc
    sine, passes through the sphere (χ = 1) without dividing by zero.
    """
    cosine = _column([math.cos(math.radians(edge)) for edge in EDGES[classes]], ala)
    zero, one, two, three = _RATIO
    excess = torch.expm1(-2 * (zero + ala * (one + ala * (two + ala * three))))
    z = excess * cosine**2
    area = cosine / (1 + z) + cosine * arc(z)
    area = area[:-1] - area[1:]
    return area / area.sum(0)


def verhoef(lidfa: Tensor, lidfb: Tensor, classes: int = 18) -> Tensor:
    """Return Verhoef's distribution of mean slope ``lidfa`` and bimodality ``lidfb``, |a| + |b| <= 1.

    The cumulated share is F(θ) = 2(x - θ)/π, where ``x = 2θ + a sin x + b/2 sin 2x``, whose left side
    less its right grows with x, which is found by halving, then one Newton step carries the gradient.
    """
    twice = _column([2 * math.radians(edge) for edge in EDGES[classes]], lidfa)

    def bend(x: Tensor) -> Tensor:
        return lidfa * torch.sin(x) + lidfb / 2 * torch.sin(2 * x)

    with torch.no_grad():
        low = twice + torch.zeros_like(lidfa) - 1.5
        high = low + 3
        for _ in range(_HALVINGS[lidfa.dtype]):
            middle = (low + high) / 2
            above = middle - twice > bend(middle)
            low, high = torch.where(above, low, middle), torch.where(above, middle, high)
        x = (low + high) / 2
        slope = (1 - lidfa * torch.cos(x) - lidfb * torch.cos(2 * x)).clamp_min(1e-6)
    x = x - (x - twice - bend(x)) / slope
    cumulated = (2 * x - twice) / math.pi
    inner = cumulated[1:-1]
    ends = torch.zeros_like(inner[:1])
    return torch.diff(torch.cat([ends, inner, ends + 1]), dim=0)


def _column(values: list[float], like: Tensor) -> Tensor:
    return torch.tensor(values, dtype=like.dtype, device=like.device)[:, None]
