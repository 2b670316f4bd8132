"""What is believed before anything is seen: joint priors of the eleven variables, as maps from a normal law.

Every prior is a triangular map from eleven standard normal numbers: leaf area first, then each other variable, whose
range may depend on leaf area (Weiss & Baret, S2ToolBox ATBD v2: "co-distributions"). The map gives samples, exact
densities, and coordinates in which the prior is a standard normal, where the posteriors are learnt.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from eogen.canopy.space import INFERRED, Space
from eogen.canopy.variables import ATBD, LEGACY, Prior, choose
from eogen.errors import InputError

_LAI = INFERRED.index("lai")
_LOG_2PI = math.log(2 * math.pi)
#: Normal coordinates are kept within this many standard deviations: float64 has no quantiles further out.
REACH = 8.0


@dataclass(frozen=True)
class JointPrior:
    """A joint prior of the inferred variables.

    Attributes:
        name: stable.
        priors: one per name of ``INFERRED``; ``narrow`` makes a range depend on leaf area.
        space: bounds that scale densities; by default the priors' own.
    """

    name: str
    priors: Mapping[str, Prior]
    bounds: Space | None = None

    def __post_init__(self) -> None:
        if missing := [n for n in INFERRED if n not in self.priors]:
            raise InputError(
                "prior_names", "The prior says nothing of {missing}; every inferred variable needs a law.",
                missing=", ".join(missing),
            )  # fmt: skip
        for name in INFERRED:
            _check(name, self.priors[name])

    @property
    def space(self) -> Space:
        """Bounds of the variables."""
        if self.bounds is not None:
            return self.bounds
        rows = [self.priors[n] for n in INFERRED]
        return Space(
            torch.tensor([r.low for r in rows], dtype=torch.float64),
            torch.tensor([r.high for r in rows], dtype=torch.float64),
        )

    def sample(self, count: int, generator: torch.Generator | None = None) -> Tensor:
        """Return draws (count, 11), float32, in the variables' units."""
        normal = torch.randn(count, len(INFERRED), generator=generator, dtype=torch.float64)
        return self.from_normal(normal).float()

    def from_normal(self, normal: Tensor, names: Sequence[str] = INFERRED) -> Tensor:
        """Return the variables (..., 11) that standard normal coordinates (..., 11) stand for.

        Args:
            normal: in the order of ``INFERRED``; where only some variables are asked for, those and ``"lai"`` are
                looked at.
            names: the variables to return, on the last axis.
        """
        wide = normal.double().clamp(-REACH, REACH)
        lai = self._quantile(self.priors["lai"], wide[..., _LAI])
        share = (lai / self.priors["lai"].high).clamp(0, 1)
        columns: list[Tensor] = []
        for name in names:
            prior = self.priors[name]
            value = lai if name == "lai" else self._quantile(prior, wide[..., INFERRED.index(name)])
            low, slope = _range(prior, share)
            columns.append(low + (value - prior.low) * slope)
        return torch.stack(columns, -1).to(normal.dtype)

    def to_normal(self, theta: Tensor) -> Tensor:
        """Return the standard normal coordinates (..., 11) of ``theta`` (..., 11); its inverse is ``from_normal``.

        Values outside the support end at ``REACH`` standard deviations.
        """
        return self._inverse(theta)[0].to(theta.dtype)

    def log_prob(self, theta: Tensor) -> Tensor:
        """Return the log density (...) per unit cube, nats; minus infinity outside the support."""
        normal, log_slope, inside = self._inverse(theta)
        log_normal = -0.5 * (normal.square() + _LOG_2PI).sum(-1)
        return torch.where(inside, log_normal + log_slope, -torch.inf).to(theta.dtype)

    def log_slope(self, theta: Tensor) -> Tensor:
        """Return log |d normal / d unit cube| (...): what turns a density of normal coordinates into one per cube."""
        return self._inverse(theta)[1].to(theta.dtype)

    def _inverse(self, theta: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        theta = theta.double()
        share = (theta[..., _LAI] / self.priors["lai"].high).clamp(0, 1)
        span = (self.space.high - self.space.low).to(theta)
        normals, log_slope = [], torch.zeros_like(share)
        inside = torch.ones_like(share, dtype=torch.bool)
        for i, name in enumerate(INFERRED):
            prior = self.priors[name]
            low, slope = _range(prior, share)
            raw = prior.low + (theta[..., i] - low) / slope
            slack = 1e-6 * (prior.high - prior.low)  # float32 rounds the ends
            inside &= (raw >= prior.low - slack) & (raw <= prior.high + slack)
            raw = raw.clamp(prior.low, prior.high)
            z = self._normal(prior, raw)
            normals.append(z)
            log_slope = log_slope + _log_density(prior, raw) + 0.5 * (z.square() + _LOG_2PI)
            log_slope = log_slope - torch.log(torch.as_tensor(slope)) + torch.log(span[i])
        return torch.stack(normals, -1), log_slope, inside

    @staticmethod
    def _quantile(prior: Prior, z: Tensor) -> Tensor:
        if prior.law == "uniform":
            return prior.low + torch.special.ndtr(z) * (prior.high - prior.low)
        a, b = _ends(prior)
        # From the nearer tail, where a double still tells probabilities apart.
        lower = a + torch.special.ndtr(z) * (b - a)
        upper = (1 - b) + torch.special.ndtr(-z) * (b - a)
        standard = torch.where(z < 0, torch.special.ndtri(lower), -torch.special.ndtri(upper))
        return (prior.loc + prior.scale * standard).clamp(prior.low, prior.high)

    @staticmethod
    def _normal(prior: Prior, value: Tensor) -> Tensor:
        if prior.law == "uniform":
            p = (value - prior.low) / (prior.high - prior.low)
            q = 1 - p
        else:
            a, b = _ends(prior)
            standard = (value - prior.loc) / prior.scale
            p = (torch.special.ndtr(standard) - a) / (b - a)
            q = (torch.special.ndtr(-standard) - (1 - b)) / (b - a)
        z = torch.where(p < 0.5, torch.special.ndtri(p.clamp_min(0)), -torch.special.ndtri(q.clamp_min(0)))
        return z.clamp(-REACH, REACH)


def _range(prior: Prior, share: Tensor) -> tuple[Tensor | float, Tensor | float]:
    """Return the lower bound and the relative width of a range, given leaf area as a share of its greatest."""
    if prior.narrow is None:
        return prior.low, 1.0
    least, most = prior.narrow
    low = prior.low + share * (least - prior.low)
    high = prior.high + share * (most - prior.high)
    return low, (high - low) / (prior.high - prior.low)


def _ends(prior: Prior) -> tuple[float, float]:
    """Return the normal's probabilities below both bounds."""
    return tuple(
        0.5 * math.erfc(-(end - prior.loc) / prior.scale / math.sqrt(2)) for end in (prior.low, prior.high)
    )


def _log_density(prior: Prior, value: Tensor) -> Tensor:
    """Return the log density (...) per unit of the variable."""
    if prior.law == "uniform":
        return torch.full_like(value, -math.log(prior.high - prior.low))
    a, b = _ends(prior)
    z = (value - prior.loc) / prior.scale
    return -0.5 * (z.square() + _LOG_2PI) - math.log(prior.scale * (b - a))


def _check(name: str, prior: Prior) -> None:
    if not prior.low < prior.high:
        raise InputError(
            "prior_bounds", "The prior of {name} goes from {low} to {high}; the first must be the smaller.",
            name=name, low=prior.low, high=prior.high,
        )  # fmt: skip
    if prior.law == "normal" and not (prior.scale is not None and prior.scale > 0):
        raise InputError(
            "prior_scale", "The prior of {name} has the spread {scale}; a positive number was expected.",
            name=name, scale=str(prior.scale),
        )  # fmt: skip
    if prior.narrow is not None and (
        name == "lai" or not prior.low <= prior.narrow[0] < prior.narrow[1] <= prior.high
    ):
        raise InputError(
            "prior_narrow",
            "The range of {name} at the greatest leaf area is {least} to {most}; one within {low} to {high} was "
            "expected, and none for leaf area itself.",
            name=name, least=prior.narrow[0], most=prior.narrow[1], low=prior.low, high=prior.high,
        )  # fmt: skip


PRIORS: dict[str, JointPrior] = {
    "legacy": JointPrior("legacy", {n: LEGACY[n] for n in INFERRED}),
    "atbd": JointPrior("atbd", {n: ATBD[n] for n in INFERRED}),
}


def prior(name: str) -> JointPrior:
    """Return a prior of the registry; InputError ``canopy_choice``."""
    from eogen.canopy.crops import hierarchical  # it is built from these

    choose("prior", name, (*PRIORS, "crops"))
    return hierarchical() if name == "crops" else PRIORS[name]
