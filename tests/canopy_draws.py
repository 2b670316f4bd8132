"""Random canopies for the tests of the physics."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import torch
from torch import Tensor

from eogen.canopy.variables import VARIABLES

#: Narrower than the variables' bounds where the model's users are: soils stay below a reflectance of one.
USUAL = {
    "n": (1, 3),
    "cbrown": (0, 2),
    "ala": (5, 85),
    "hspot": (0.001, 1),
    "rsoil": (0, 1.9),
    "solar_zenith": (0, 75),
    "view_zenith": (0, 60),
    "relative_azimuth": (0, 180),
    "lidfa": (-0.5, 0.5),
    "lidfb": (-0.4, 0.4),
}


def ranges(names: Iterable[str]) -> dict[str, tuple[float, float]]:
    return {n: USUAL.get(n, (VARIABLES[n].low, VARIABLES[n].high)) for n in names}


def draw(
    count: int, names: Iterable[str], seed: int = 0, dtype: torch.dtype = torch.float64
) -> dict[str, Tensor]:
    """Return ``count`` canopies, uniform over the usual ranges."""
    random = np.random.default_rng(seed)
    return {n: torch.from_numpy(random.uniform(*r, count)).to(dtype) for n, r in ranges(names).items()}


def one(**values: float) -> dict[str, Tensor]:
    return {name: torch.tensor(float(value), dtype=torch.float64) for name, value in values.items()}
