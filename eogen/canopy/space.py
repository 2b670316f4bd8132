"""The eleven variables that are inferred, their unit cube, and what is derived from them.

Probability densities of the room are per unit cube: each variable is scaled to [0, 1] by the prior's bounds, so that
the nats of two families compare, whatever the units.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from eogen.canopy.variables import VARIABLES, choose

#: Inferred from a spectrum, in the order of the last axis of every ``theta``.
INFERRED = ("n", "cab", "car", "cbrown", "cw", "cm", "lai", "ala", "hspot", "psoil", "rsoil")
#: Known for every observation, in the order of the last axis of every ``geometry``, degrees.
GEOMETRY = ("solar_zenith", "view_zenith", "relative_azimuth")


@dataclass(frozen=True)
class Derived:
    """A quantity computed from the inferred ones: their product times ``factor``."""

    name: str
    unit: str
    long_name: str
    factors: tuple[str, ...]
    factor: float = 1.0


#: Canopy totals, per area of ground (Weiss & Baret, S2ToolBox ATBD v2, 2020).
DERIVED: dict[str, Derived] = {
    "ccc": Derived("ccc", "µg/cm2", "canopy chlorophyll content", ("lai", "cab")),
    "cwc": Derived("cwc", "g/cm2", "canopy water content", ("lai", "cw")),
}


def unit_of(name: str) -> str:
    """Return the unit of an inferred or derived quantity; InputError ``canopy_choice`` for another name."""
    choose("variable", name, (*INFERRED, *DERIVED))
    return DERIVED[name].unit if name in DERIVED else VARIABLES[name].unit


def column(theta: Tensor, name: str) -> Tensor:
    """Return one inferred or derived quantity of ``theta`` (..., 11), in its unit (...).

    Raises:
        InputError: ``canopy_choice``.
    """
    choose("variable", name, (*INFERRED, *DERIVED))
    if name not in DERIVED:
        return theta[..., INFERRED.index(name)]
    derived = DERIVED[name]
    found = torch.full_like(theta[..., 0], derived.factor)
    for factor in derived.factors:
        found = found * column(theta, factor)
    return found


@dataclass(frozen=True)
class Space:
    """Bounds of the inferred variables, and the way to the unit cube and back.

    Attributes:
        low, high: (11), in the variables' units.
    """

    low: Tensor
    high: Tensor

    def unit(self, theta: Tensor) -> Tensor:
        """Return ``theta`` (..., 11) on the unit cube."""
        return (theta - self.low.to(theta)) / (self.high - self.low).to(theta)

    def physical(self, u: Tensor) -> Tensor:
        """Return a point of the unit cube (..., 11) in the variables' units."""
        return self.low.to(u) + u * (self.high - self.low).to(u)
