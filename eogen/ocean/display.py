"""How a quantity is drawn: colours and the ends of the scale. Of a logarithm, the number itself is read."""

from __future__ import annotations

import numpy as np

from eogen.colour import Scale
from eogen.ocean.size_classes import CLASSES
from eogen.ocean.variables import VARIABLES

#: Colours of a variable.
COLOURS = {"log10_chl": "algae", "sst": "thermal", "sea_level": "balance", "wind_speed": "tempo"}
#: Share of the values at each end that may fall outside the scale.
CUT = 0.01


def shown(name: str, values: np.ndarray) -> np.ndarray:
    """Return values as they are read: powers of ten of logarithms, percents of fractions, others as they are."""
    return np.power(10.0, values) if is_log(name) else np.asarray(values) * (100 if name in CLASSES else 1)


def is_log(name: str) -> bool:
    """Return whether a variable or size class is filled as a logarithm."""
    return name in VARIABLES and VARIABLES[name].is_log


def scale(name: str, *fields: np.ndarray) -> Scale:
    """Return the one scale on which all ``fields`` (in the variable's own units) are drawn."""
    values = np.concatenate([np.ravel(f)[np.isfinite(np.ravel(f))] for f in fields] or [np.array([])])
    if name in CLASSES:
        return Scale("cividis", 0.0, 100.0)
    colours, log = COLOURS.get(name, "PuOr"), is_log(name)
    if not len(values):
        return Scale(colours, 0.1, 10.0, True) if log else Scale(colours, 0.0, 1.0)
    low, high = np.quantile(values, [CUT, 1 - CUT])
    if high - low < 0.02:
        low, high = low - 0.05, high + 0.05
    return Scale(colours, 10**low, 10**high, True) if log else Scale(colours, float(low), float(high))
