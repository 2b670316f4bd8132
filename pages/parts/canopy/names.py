"""Variables and families in the reader's language, with units; and which variables a spectrum tells nothing of."""

from __future__ import annotations

from eogen.canopy.space import unit_of
from pages.kit.words import Words

#: What the spectrum of ten bands hardly tells, whatever the method (posterior spread ≥ 0.95 of the prior's).
HIDDEN = ("n", "car", "hspot", "psoil", "rsoil")
#: Below this ratio of spreads a variable of ``HIDDEN`` was told after all, at this pixel (bare soil, for example).
TOLD = 0.7
#: Hidden on real data only: against field measurements no method found leaf chlorophyll (see the results).
HIDDEN_IN_THE_FIELD = ("cab",)

_UNITS = {"1": "", "µg/cm2": "µg/cm²", "g/cm2": "g/cm²", "m2/m2": "m²/m²", "degree": "°", "cm": "cm"}
#: Decimals with which a value is written.
DIGITS = {"cw": 4, "cm": 4, "cwc": 3, "cab": 0, "ccc": 0, "ala": 0, "car": 0}


def unit(name: str) -> str:
    """Return the unit of a quantity as written on the page."""
    return _UNITS[unit_of(name)]


def value(t: Words, name: str, number: float) -> str:
    """Write a value without its unit."""
    return t.number(number, DIGITS.get(name, 2))


def with_unit(t: Words, name: str, number: float) -> str:
    """Write a value with its unit."""
    return t.number(number, DIGITS.get(name, 2), unit=unit(name) or None)


def title(t: Words, name: str) -> str:
    """Return ``Leaf area index (m²/m²)``."""
    said = t(f"canopy.variables.{name}.name")
    return f"{said} ({unit(name)})" if unit(name) else said


def hidden(name: str, ratio: float, real: bool) -> bool:
    """Return whether a variable is to be shown as not told by the spectrum.

    Args:
        name: of the variable.
        ratio: spread of the posterior over that of the prior.
        real: whether the spectrum was measured.
    """
    return (name in HIDDEN and ratio > TOLD) or (real and name in HIDDEN_IN_THE_FIELD)
