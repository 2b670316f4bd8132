"""The neural spline flow: a triangular map with rational-quadratic splines, conditioned on the spectrum.

Durkan et al. (2019, arXiv 1906.04032) after one affine layer (Papamakarios et al. 2017, arXiv 1705.07057), with the
transforms of `zuko`. It lives where the prior is a standard normal, so that a variable of which the spectrum says
nothing needs no map at all. Every layer has the same order, leaf area first: the law of leaf area is then known
exactly, without draws, from the spectrum alone, and a map of it takes one pass.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional
from zuko.distributions import DiagNormal
from zuko.flows import Flow, UnconditionalDistribution
from zuko.flows.autoregressive import MaskedAutoregressiveTransform
from zuko.transforms import MonotonicAffineTransform, MonotonicRQSTransform, Transform
from zuko.utils import unpack

from eogen.canopy.posteriors.base import DrawnMarginal, InNormal, Marginal
from eogen.canopy.priors import JointPrior
from eogen.canopy.space import INFERRED, column

#: From the best to the least identified by a spectrum; chlorophyll second, for their product.
ORDER = ("lai", "cab", "ala", "cbrown", "cw", "cm", "rsoil", "psoil", "n", "car", "hspot")
#: Place of each variable of ``INFERRED`` in that order.
SEAT = [ORDER.index(name) for name in INFERRED]
_LAI = INFERRED.index("lai")
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
        MaskedAutoregressiveTransform(
            univariate=MonotonicRQSTransform, shapes=[(bins,), (bins,), (bins - 1,)], **common
        )
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
        return self.flow(self.context.expand(*normal.shape[:-1], -1)).log_prob(normal)

    def marginal(self, name: str) -> Marginal:
        """See :class:`Posterior`; exact for leaf area, as its quantiles at evenly spaced levels."""
        if name != "lai":
            return super().marginal(name)
        levels = torch.special.ndtri((torch.arange(LEVELS) + 0.5) / LEVELS)[:, None]
        lai = torch.cat([self._first(levels, part) for part in self.context.split(PIECE)], 1)
        space = self.prior.space
        return DrawnMarginal(lai, float(space.low[_LAI]), float(space.high[_LAI]))

    def _first(self, base: Tensor, context: Tensor) -> Tensor:
        """Return leaf area (levels, m) where the flow's first variable is ``base`` (levels, 1)."""
        found = base.expand(-1, len(context))
        unknown = torch.zeros(len(context), len(INFERRED))
        for layer in reversed(self.flow.transform.transforms):
            found = _Conditionals(layer, context).map(unknown, _LAI).inv(found)
        normal = torch.zeros(*found.shape, len(INFERRED))
        normal[..., _LAI] = found
        return column(self.prior.from_normal(normal), "lai")


class _Conditionals:
    """The one-dimensional maps of a layer, given some contexts (m, c): what the context adds is computed once."""

    def __init__(self, layer: MaskedAutoregressiveTransform, context: Tensor) -> None:
        self.layer = layer
        first, *self.middle, self.last = layer.hyper
        weight = first.mask * first.weight
        self.of_known = weight[:, : len(INFERRED)]
        self.of_context = functional.linear(context, weight[:, len(INFERRED) :], first.bias)

    def map(self, known: Tensor, i: int) -> Transform:
        """Return the map of variable ``i``, given those before it in the order; the others are not looked at."""
        given = functional.linear(known, self.of_known) + self.of_context
        for step in self.middle:
            given = step(given)
        total = self.layer.total
        rows = slice(i * total, (i + 1) * total)
        parameters = functional.linear(given, (self.last.mask * self.last.weight)[rows], self.last.bias[rows])
        return self.layer.univariate(*unpack(parameters, self.layer.shapes))


def _inverse(layer: MaskedAutoregressiveTransform, goal: Tensor, context: Tensor) -> Tensor:
    """Return what a layer maps to ``goal`` (draws, m, 11): one variable after the other, in the flow's order."""
    conditionals = _Conditionals(layer, context)
    found = torch.zeros_like(goal)
    for name in ORDER:
        i = INFERRED.index(name)
        settled = conditionals.map(found, i).inv(goal[..., i])
        found = torch.cat([found[..., :i], settled[..., None], found[..., i + 1 :]], -1)
    return found
