"""A hierarchical prior of two levels: what grows there, then the canopy.

``p(theta) = Σ_c p(c) p(theta | c)``. The six covers and their laws are this project's reading of the ranges that the
literature gives for them (Weiss & Baret 2020, ATBD of SL2P; Danner et al. 2021, doi:10.1016/j.isprsjprs.2021.01.017,
for cereals; Verhoef & Bach 2007, doi:10.1016/j.rse.2006.12.013); they are meant to be edited, not believed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from eogen.canopy.priors import JointPrior
from eogen.canopy.space import INFERRED, Space
from eogen.canopy.variables import LEGACY, Prior

#: Centre and spread of the variables each cover says something about; the others keep the broad prior.
COVERS: dict[str, dict[str, tuple[float, float]]] = {
    "sparse": {"lai": (0.2, 0.4), "cab": (40, 15), "cbrown": (0.2, 0.4), "hspot": (0.2, 0.15)},
    "green_cereal": {"lai": (3.5, 1.6), "cab": (50, 10), "ala": (62, 7), "cbrown": (0, 0.1), "cw": (0.020, 0.006)},
    "ripe_cereal": {"lai": (1.8, 1.2), "cab": (22, 8), "ala": (60, 9), "cbrown": (1.1, 0.45), "cw": (0.010, 0.004)},
    "grassland": {"lai": (2.5, 1.5), "cab": (40, 10), "ala": (66, 8), "cbrown": (0.2, 0.2), "cm": (0.006, 0.0015)},
    "broadleaf_crop": {"lai": (3.0, 1.6), "cab": (45, 10), "ala": (45, 8), "cbrown": (0, 0.1), "cw": (0.028, 0.009)},
    "forest": {"lai": (4.5, 1.3), "cab": (48, 10), "ala": (48, 8), "hspot": (0.1, 0.06), "cm": (0.008, 0.0015)},
}  # fmt: skip


@dataclass(frozen=True)
class HierarchicalPrior(JointPrior):
    """A mixture of joint priors, one per cover; its normal coordinates are those of the broad prior.

    Attributes:
        covers: cover -> (share, prior); shares sum to one.
    """

    covers: Mapping[str, tuple[float, JointPrior]] | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """Return the covers, in order."""
        return tuple(self.covers or ())

    @property
    def shares(self) -> Tensor:
        """Return the probabilities (c) of the covers before anything is seen."""
        return torch.tensor([share for share, _ in (self.covers or {}).values()], dtype=torch.float64)

    def sample_covers(self, count: int, generator: torch.Generator | None = None) -> tuple[Tensor, Tensor]:
        """Return covers (count), as numbers in the order of ``names``, and canopies (count, 11)."""
        cover = torch.multinomial(self.shares, count, replacement=True, generator=generator)
        theta = torch.empty(count, len(INFERRED))
        for number, (_, prior) in enumerate((self.covers or {}).values()):
            here = cover == number
            theta[here] = prior.sample(int(here.sum()), generator)
        return cover, theta

    def sample(self, count: int, generator: torch.Generator | None = None) -> Tensor:
        """See :class:`JointPrior`."""
        return self.sample_covers(count, generator)[1]

    def log_prob(self, theta: Tensor) -> Tensor:
        """See :class:`JointPrior`."""
        each = [prior.log_prob(theta) for _, prior in (self.covers or {}).values()]
        return torch.logsumexp(torch.stack(each, -1) + self.shares.log().to(theta.dtype), -1)


def cover_prior(name: str, laws: Mapping[str, tuple[float, float]], space: Space | None = None) -> JointPrior:
    """Return the broad prior with normal laws of centre and spread ``laws`` for some variables, bounds unchanged."""
    rows: dict[str, Prior] = {n: LEGACY[n] for n in INFERRED}
    for variable, (loc, scale) in laws.items():
        rows[variable] = replace(rows[variable], law="normal", loc=loc, scale=scale)
    return JointPrior(name, rows, space)


def hierarchical(
    shares: Mapping[str, float] | None = None,
    covers: Mapping[str, Mapping[str, tuple[float, float]]] = COVERS,
) -> HierarchicalPrior:
    """Return the prior of two levels; equal shares unless they are given (any positive numbers)."""
    weights = {name: (shares or {}).get(name, 0.0 if shares else 1.0) for name in covers}
    total = sum(weights.values())
    kept = {
        name: (weight / total, cover_prior(name, covers[name]))
        for name, weight in weights.items()
        if weight > 0
    }
    return HierarchicalPrior("crops", {n: LEGACY[n] for n in INFERRED}, covers=kept)
