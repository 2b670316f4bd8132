"""The variables of PROSAIL: names, units, bounds, and what is known of them beforehand.

Bounds are those within which the model means something (a leaf with cm = 10 is a mistake of units). Priors are
data for inference: ``LEGACY`` is what CESBIO's published simulations were drawn from, ``ATBD`` the sampling of
ESA's SL2P algorithm (Weiss & Baret, S2ToolBox Level 2 products ATBD, v2; VALSE2-TN-012-CCRS-LAI v2.0), where
the range of a variable narrows as leaf area grows; both as tabulated by Zérah et al. (2024,
doi:10.1016/j.rse.2024.114309) in prosailvae.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from eogen.errors import InputError


@dataclass(frozen=True)
class Variable:
    """One variable of the model.

    Attributes:
        name: short standard name.
        unit: UDUNITS text; ``"1"`` without dimension.
        low, high: bounds, both included.
        long_name: in English.
        part: what it describes.
    """

    name: str
    unit: str
    low: float
    high: float
    long_name: str
    part: Literal["leaf", "canopy", "soil", "geometry"]


VARIABLES: dict[str, Variable] = {
    v.name: v
    for v in (
        Variable("n", "1", 1, 4, "leaf structure: number of plates", "leaf"),
        Variable("cab", "µg/cm2", 0, 150, "leaf chlorophyll a+b", "leaf"),
        Variable("car", "µg/cm2", 0, 50, "leaf carotenoids", "leaf"),
        Variable("ant", "µg/cm2", 0, 50, "leaf anthocyanins", "leaf"),
        Variable("cbrown", "1", 0, 8, "leaf brown pigments", "leaf"),
        Variable("cw", "cm", 0, 0.15, "leaf water thickness", "leaf"),
        Variable("cm", "g/cm2", 0.0001, 0.05, "leaf dry matter", "leaf"),
        Variable("prot", "g/cm2", 0, 0.01, "leaf proteins", "leaf"),
        Variable("cbc", "g/cm2", 0.0001, 0.05, "leaf carbon-based constituents", "leaf"),
        Variable("lai", "m2/m2", 0, 15, "leaf area index", "canopy"),
        Variable("ala", "degree", 0, 90, "average leaf inclination (Campbell)", "canopy"),
        Variable("lidfa", "1", -1, 1, "mean leaf slope (Verhoef a)", "canopy"),
        Variable("lidfb", "1", -1, 1, "bimodality of leaf slopes (Verhoef b)", "canopy"),
        Variable("hspot", "1", 0, 2, "hot spot: leaf size over canopy height", "canopy"),
        Variable("psoil", "1", 0, 1, "soil dryness: share of the dry spectrum", "soil"),
        Variable("rsoil", "1", 0, 3.5, "soil brightness", "soil"),
        Variable("solar_zenith", "degree", 0, 85, "solar zenith angle", "geometry"),
        Variable("view_zenith", "degree", 0, 85, "view zenith angle", "geometry"),
        Variable("relative_azimuth", "degree", -360, 360, "azimuth between sun and view", "geometry"),
    )
}

#: What each version of PROSPECT is made of, after the number of plates ``n``.
CONTENTS: dict[str, tuple[str, ...]] = {
    "5": ("cab", "car", "cbrown", "cw", "cm"),
    "D": ("cab", "car", "ant", "cbrown", "cw", "cm"),
    "PRO": ("cab", "car", "ant", "cbrown", "cw", "prot", "cbc"),
}
#: The inclination variables of each distribution.
INCLINATION: dict[str, tuple[str, ...]] = {"campbell": ("ala",), "verhoef": ("lidfa", "lidfb")}
_REST = ("hspot", "psoil", "rsoil", "solar_zenith", "view_zenith", "relative_azimuth")


def names(version: str = "D", lidf: str = "campbell") -> tuple[str, ...]:
    """Return the variables of a model, in order; InputError ``canopy_choice`` for an unknown one."""
    choose("version", version, CONTENTS)
    choose("lidf", lidf, INCLINATION)
    return ("n", *CONTENTS[version], "lai", *INCLINATION[lidf], *_REST)


def choose(what: str, given: object, known: Iterable[object]) -> None:
    """Refuse what is not among ``known``: InputError ``canopy_choice``."""
    if given not in known:
        raise InputError(
            "canopy_choice",
            "{what} is {given}; the canopy model knows {known}.",
            what=what,
            given=str(given),
            known=", ".join(map(str, known)),
        )


def check(parameters: Mapping[str, Tensor], needed: Iterable[str]) -> int:
    """Refuse parameters the model cannot take; return the number of samples.

    Args:
        parameters: by name, each a scalar, (1) or (n), finite and within the variable's bounds.
        needed: the names, all and only.

    Raises:
        InputError: ``canopy_names``, ``canopy_shape``, ``canopy_bounds``, ``canopy_slopes``.
    """
    needed = tuple(needed)
    if set(parameters) != set(needed):
        raise InputError(
            "canopy_names",
            "The canopy model needs {needed}; missing: {missing}; unknown: {unknown}.",
            needed=", ".join(needed),
            missing=", ".join(n for n in needed if n not in parameters) or "-",
            unknown=", ".join(n for n in parameters if n not in needed) or "-",
        )
    sizes = {name: parameters[name].numel() for name in needed}
    count = max(sizes.values())
    for name, size in sizes.items():
        if size not in (1, count) or parameters[name].dim() > 1 or size == 0:
            raise InputError(
                "canopy_shape",
                "{name} has the shape {shape}; one value, or as many as the others ({count}), were expected.",
                name=name,
                shape=" × ".join(map(str, parameters[name].shape)),
                count=count,
            )
        _within(VARIABLES[name], parameters[name])
    if "lidfa" in parameters:
        spread = (parameters["lidfa"].abs() + parameters["lidfb"].abs()).max()
        if spread > 1 + 1e-6:
            raise InputError(
                "canopy_slopes",
                "|lidfa| + |lidfb| reaches {spread}; at most 1 describes a distribution of leaf slopes.",
                spread=float(spread),
            )
    return count


def _within(variable: Variable, values: Tensor) -> None:
    low, high = (float(end) for end in torch.aminmax(values.detach()))
    # A bound that float32 cannot write may be passed by half a unit in its last place.
    slack = 1e-6 * (variable.high - variable.low)
    if not (low >= variable.low - slack and high <= variable.high + slack):
        raise InputError(
            "canopy_bounds",
            "{name} goes from {least} to {most} {unit}; {low} to {high} {unit} was expected: check the unit.",
            name=variable.name,
            least=low,
            most=high,
            low=variable.low,
            high=variable.high,
            unit=variable.unit,
        )


@dataclass(frozen=True)
class Prior:
    """The distribution of one variable before anything is seen.

    Attributes:
        low, high: bounds, in the variable's unit.
        law: ``"uniform"``, or ``"normal"`` cut at the bounds.
        loc, scale: of the normal before cutting; None for a uniform.
        narrow: (low, high) at the greatest leaf area: a value is mapped linearly from the bounds to the range
            between them and these, in proportion to leaf area; None where the variable does not depend on it.
    """

    low: float
    high: float
    law: Literal["uniform", "normal"] = "normal"
    loc: float | None = None
    scale: float | None = None
    narrow: tuple[float, float] | None = None


#: CESBIO's first prior, independent variables (its page and the reference report call it "legacy").
LEGACY: dict[str, Prior] = {
    "n": Prior(1.2, 1.8, "normal", 1.3, 0.3),
    "cab": Prior(20, 90, "normal", 45, 30),
    "car": Prior(5, 23, "normal", 11, 5),
    "cbrown": Prior(0, 2, "normal", 0, 0.3),
    "cw": Prior(0.0075, 0.075, "normal", 0.025, 0.02),
    "cm": Prior(0.003, 0.011, "normal", 0.005, 0.005),
    "lai": Prior(0, 10, "normal", 2, 3),
    "ala": Prior(30, 80, "normal", 60, 20),
    "hspot": Prior(0, 0.5, "normal", 0.25, 0.5),
    "psoil": Prior(0, 1, "uniform"),
    "rsoil": Prior(0.3, 3.5, "uniform"),
    "solar_zenith": Prior(0, 60, "uniform"),
    "view_zenith": Prior(0, 10.452, "uniform"),  # Sentinel-2: atan(145 km / 786 km)
    "relative_azimuth": Prior(0, 360, "uniform"),
}

#: The sampling of ESA's SL2P, with ranges that narrow with leaf area.
ATBD: dict[str, Prior] = {
    "n": Prior(1.2, 2.2, "normal", 1.5, 0.3, (1.3, 1.8)),
    "cab": Prior(20, 90, "normal", 45, 30, (45, 90)),
    "car": Prior(5, 23, "normal", 11, 5, (5, 23)),
    "cbrown": Prior(0, 2, "normal", 0, 0.3, (0, 0.2)),
    "cw": Prior(0.0075, 0.075, "normal", 0.025, 0.02, (0.015, 0.055)),
    "cm": Prior(0.003, 0.011, "normal", 0.005, 0.005, (0.003, 0.011)),
    "lai": Prior(0, 15, "normal", 2, 3),
    "ala": Prior(30, 80, "normal", 60, 30, (55, 65)),
    "hspot": Prior(0.1, 0.5, "normal", 0.2, 0.5, (0.1, 0.5)),
    "psoil": Prior(0, 1, "uniform", narrow=(0, 1)),
    "rsoil": Prior(0.5, 3.5, "normal", 1.2, 2, (0.5, 1.2)),
}
