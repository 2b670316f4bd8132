"""The neural spline flow: a triangular map with rational-quadratic splines, conditioned on the spectrum.

Durkan et al. (2019, arXiv 1906.04032) after one affine layer (Papamakarios et al. 2017, arXiv 1705.07057), with the
transforms of `zuko`. It lives where the prior is a standard normal, so that a variable of which the spectrum says
nothing needs no map at all. Every layer has the same order, leaf area first: the law of leaf area is then known
exactly, without draws, from the spectrum alone, and a map of it takes one pass.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional
from zuko.distributions import DiagNormal
from zuko.flows import Flow, UnconditionalDistribution
from zuko.flows.autoregressive import MaskedAutoregressiveTransform
from zuko.transforms import MonotonicAffineTransform, Transform
from zuko.utils import unpack

from eogen.canopy.posteriors.base import DrawnMarginal, InNormal, Marginal
from eogen.canopy.posteriors.spline import Spline
from eogen.canopy.priors import JointPrior
from eogen.canopy.space import INFERRED

#: From the best to the least identified by a spectrum; chlorophyll second, for their product.
ORDER = ("lai", "cab", "ala", "cbrown", "cw", "cm", "rsoil", "psoil", "n", "car", "hspot")
#: Place of each variable of ``INFERRED`` in that order.
SEAT = [ORDER.index(name) for name in INFERRED]
_LAI, _CAB = INFERRED.index("lai"), INFERRED.index("cab")
_LOG_2PI = math.log(2 * math.pi)
#: Quantiles that stand for the exact law of leaf area.
LEVELS = 64
#: Pixels whose quantiles are computed at once, so that tensors stay small.
PIECE = 2048


def build(context: int, *, splines: int = 2, bins: int = 12, hidden: tuple[int, ...] = (192, 192)) -> Flow:
    """Return an untrained flow over the eleven variables given a context vector (context)."""
    common = {
        "features": len(INFERRED),
        "context": context,
        "order": torch.tensor(SEAT),
        "hidden_features": hidden,
        "activation": nn.SiLU,
    }
    layers = [MaskedAutoregressiveTransform(univariate=MonotonicAffineTransform, shapes=[(), ()], **common)]
    layers += [
        MaskedAutoregressiveTransform(univariate=Spline, shapes=[(bins,), (bins,), (bins - 1,)], **common)
        for _ in range(splines)
    ]
    base = UnconditionalDistribution(
        DiagNormal, torch.zeros(len(INFERRED)), torch.ones(len(INFERRED)), buffer=True
    )
    return Flow(layers, base)


class SplineFlow(InNormal):
    """Posteriors of a trained flow.

    Args:
        prior: whose normal coordinates the flow lives in.
        flow: from :func:`build`.
        context: (m, c).
    """

    def __init__(self, prior: JointPrior, flow: Flow, context: Tensor) -> None:
        super().__init__(prior)
        self.flow, self.context = flow, context

    def __len__(self) -> int:
        return len(self.context)

    def sample_normal(self, draws: int, generator: torch.Generator | None = None) -> Tensor:
        """Return draws (draws, m, 11) in normal coordinates, differentiable in the flow's parameters."""
        found = torch.randn(draws, len(self), len(INFERRED), generator=generator)
        for layer in reversed(self.flow.transform.transforms):
            found = _inverse(layer, found, self.context)
        return found

    def sample(self, draws: int, generator: torch.Generator | None = None) -> Tensor:
        """See :class:`Posterior`."""
        return self.prior.from_normal(self.sample_normal(draws, generator))

    def log_density(self, normal: Tensor) -> Tensor:
        """See :class:`InNormal`."""
        context = self.context.expand(*normal.shape[:-1], -1)
        slopes = torch.zeros(normal.shape[:-1])
        for layer in self.flow.transform.transforms:
            parameters = layer.hyper(torch.cat([normal, context], -1)).unflatten(-1, (-1, layer.total))
            normal, slope = layer.univariate(*unpack(parameters, layer.shapes)).call_and_ladj(normal)
            slopes = slopes + slope.sum(-1)
        return slopes - 0.5 * (normal.square() + _LOG_2PI).sum(-1)

    def marginal(self, name: str) -> Marginal:
        """See :class:`Posterior`; exact for leaf area, as its quantiles at evenly spaced levels."""
        if name != "lai":
            return super().marginal(name)
        levels = torch.special.ndtri((torch.arange(LEVELS) + 0.5) / LEVELS)[:, None, None]
        lai = self.first(levels.expand(-1, len(self), 1))[..., 0]
        space = self.prior.space
        return DrawnMarginal(lai, float(space.low[_LAI]), float(space.high[_LAI]))

    def sample_first(self, draws: int, known: int, generator: torch.Generator | None = None) -> Tensor:
        """Return draws (draws, m, known) of the first variables of ``ORDER`` only, in their units.

        They follow the same law as those of :meth:`sample`, for the price of ``known`` variables instead of eleven.
        """
        return self.first(torch.randn(draws, len(self), known, generator=generator))

    def first(self, base: Tensor) -> Tensor:
        """Return the first variables of ``ORDER`` (draws, m, k), in their units.

        Args:
            base: (draws, m, k), what the flow makes them of: standard normal numbers, in the flow's order.
        """
        pieces = zip(base.split(PIECE, 1), self.context.split(PIECE), strict=True)
        return torch.cat([self._first(*piece) for piece in pieces], 1)

    def pair(self, first: Tensor, second: Tensor) -> tuple[Tensor, Tensor]:
        """Return leaf area (a, m) and, at each, chlorophyll (a, b, m), at levels of the flow's base.

        The networks are asked once per level of leaf area: what follows of chlorophyll is splines only. So a product
        of both has its law from ``a b`` points at the price of ``a`` draws.

        Args:
            first: (a), standard normal quantiles.
            second: (a, b), the same, for chlorophyll at each of them.
        """
        found = [self._pair(first, second, part) for part in self.context.split(PIECE)]
        lai, cab = zip(*found, strict=True)
        return torch.cat(lai, 1), torch.cat(cab, 2)

    def _first(self, base: Tensor, context: Tensor) -> Tensor:
        names = ORDER[: base.shape[-1]]
        seats = [INFERRED.index(name) for name in names]
        found = torch.zeros(*base.shape[:-1], len(INFERRED))
        found[..., seats] = base
        for layer in reversed(self.flow.transform.transforms):
            found = _inverse(layer, found, context, names)
        return self.prior.from_normal(found, names)  # the other variables are placeholders

    def _pair(self, first: Tensor, second: Tensor, context: Tensor) -> tuple[Tensor, Tensor]:
        lai = first[:, None].expand(-1, len(context))
        cab = second[..., None].expand(-1, -1, len(context))
        for layer in reversed(self.flow.transform.transforms):
            conditionals = _Conditionals(layer, context)
            lai = conditionals.map(context.new_zeros(len(context), len(INFERRED)), _LAI).inv(lai)
            known = lai.new_zeros(*lai.shape, len(INFERRED))
            known[..., _LAI] = lai
            cab = conditionals.map(known, _CAB, levels=True).inv(cab)
        normal = torch.zeros(*cab.shape, len(INFERRED))
        normal[..., _LAI], normal[..., _CAB] = lai[:, None], cab
        theta = self.prior.from_normal(normal, ("lai", "cab"))
        return theta[:, 0, :, 0], theta[..., 1]


class _Conditionals:
    """The one-dimensional maps of a layer, given some contexts (m, c): what the context adds is computed once."""

    def __init__(self, layer: MaskedAutoregressiveTransform, context: Tensor) -> None:
        self.layer = layer
        first, *self.middle, self.last = layer.hyper
        weight = first.mask * first.weight
        self.of_known = weight[:, : len(INFERRED)]
        self.of_context = functional.linear(context, weight[:, len(INFERRED) :], first.bias)

    def map(self, known: Tensor, i: int, *, levels: bool = False) -> Transform:
        """Return the map of variable ``i``, given those before it in the order; the others are not looked at.

        With ``levels`` the map takes numbers that have one more axis, just before the pixels.
        """
        given = functional.linear(known, self.of_known) + self.of_context
        for step in self.middle:
            given = step(given)
        total = self.layer.total
        rows = slice(i * total, (i + 1) * total)
        parameters = functional.linear(given, (self.last.mask * self.last.weight)[rows], self.last.bias[rows])
        if levels:
            parameters = parameters.unsqueeze(-3)
        return self.layer.univariate(*unpack(parameters, self.layer.shapes))


def _inverse(
    layer: MaskedAutoregressiveTransform, goal: Tensor, context: Tensor, names: tuple[str, ...] = ORDER
) -> Tensor:
    """Return what a layer maps to ``goal`` (draws, m, 11): one variable after the other, in the flow's order.

    Args:
        layer: of the flow.
        goal: (draws, m, 11).
        context: (m, c).
        names: the first variables of the order; the others stay zero.
    """
    conditionals = _Conditionals(layer, context)
    found = torch.zeros_like(goal)
    for place, name in enumerate(names):
        i = INFERRED.index(name)
        # The map of the first variable depends on the spectrum only: one pass serves every draw.
        known = found if place else goal.new_zeros(len(context), len(INFERRED))
        settled = conditionals.map(known, i).inv(goal[..., i])
        found = torch.cat([found[..., :i], settled[..., None], found[..., i + 1 :]], -1)
    return found
