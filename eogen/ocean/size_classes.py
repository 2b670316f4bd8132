"""Published relations from chlorophyll to size classes: micro (> 20 micrometres), nano (2 to 20), pico (< 2).

Each takes CHL (mg m-3, any shape) and returns the parts of CHL in the three classes, in this order, along a new first
axis: each in [0, 1], sum 1. What they give is *derived*, not observed.
"""

from __future__ import annotations

import numpy as np

CLASSES = ("micro", "nano", "pico")

#: CHL below this (mg m-3) is taken for it: the relations divide by it or take its logarithm.
LEAST = 1e-6


def brewin2010(chl: np.ndarray) -> np.ndarray:
    """Return fractions (3, …) of CHL (mg m-3): three-component model, Brewin et al. 2010, Ecol. Model. 221, 1472-1483.

    ``C_pn = 1.057 (1 - exp(-0.851 C))`` and ``C_p = 0.107 (1 - exp(-6.801 C))``: what pico- and nanoplankton together,
    and picoplankton alone, can reach; microplankton has the rest.
    """
    return _three_component(chl, 1.057, 0.851, 0.107, 6.801)


def brewin2015(chl: np.ndarray) -> np.ndarray:
    """Return fractions (3, …) of CHL (mg m-3): same model, Brewin et al. 2015, Remote Sens. Environ. 168, 437-450.

    Written there with the parts at low CHL, D_pn = 0.94 and D_p = 0.80, and the ceilings C_pn = 0.77 and C_p = 0.13
    mg m-3; the slope of the 2010 form is D / C.
    """
    return _three_component(chl, 0.77, 0.94 / 0.77, 0.13, 0.80 / 0.13)


def _three_component(
    chl: np.ndarray, top_pn: float, slope_pn: float, top_p: float, slope_p: float
) -> np.ndarray:
    chl = np.maximum(np.asarray(chl, np.float64), LEAST)
    small = -np.expm1(-slope_pn * chl) * top_pn / chl
    pico = np.minimum(-np.expm1(-slope_p * chl) * top_p / chl, small)
    return np.stack([1 - small, small - pico, pico])


def hirata2011(chl: np.ndarray) -> np.ndarray:
    """Return fractions (3, …) of CHL (mg m-3): Hirata et al. 2011, Biogeosciences 8, 311-327, Table 2.

    With x = log10 CHL: micro = 1 / (0.9117 + exp(-2.7330 x + 0.4003)); pico = -1 / (0.1529 + exp(1.0306 x - 1.5576))
    - 1.8597 x + 2.9954; nano = 1 - micro - pico. The fits are separate: outside about 0.02 to 5 mg m-3 they leave
    [0, 1], and nano takes negative values. They are closed here: micro and pico are cut to [0, 1], pico to what micro
    leaves, and nano is the rest.
    """
    x = np.log10(np.maximum(np.asarray(chl, np.float64), LEAST))
    micro = 1 / (0.9117 + np.exp(-2.7330 * x + 0.4003))
    pico = -1 / (0.1529 + np.exp(1.0306 * x - 1.5576)) - 1.8597 * x + 2.9954
    micro = np.clip(micro, 0, 1)
    pico = np.clip(pico, 0, 1 - micro)
    return np.stack([micro, 1 - micro - pico, pico])


RELATIONS = {"brewin2010": brewin2010, "brewin2015": brewin2015, "hirata2011": hirata2011}
