"""How many alarms at once are too many: control of the share of false ones among them."""

from __future__ import annotations

import numpy as np
import xarray as xr

from eogen.errors import InputError


def benjamini_hochberg(p: np.ndarray | xr.DataArray, rate: float) -> float:
    """Return the p-value up to which alarms are raised so that the expected share of false ones is at most ``rate``.

    Benjamini & Hochberg 1995 (J. R. Stat. Soc. B 57, 289), valid under positive dependence too (Benjamini & Yekutieli
    2001). 0 when nothing may alarm; NaN is left out.

    Raises:
        InputError: ``change_rate``.
    """
    check_rate(rate)
    values = np.asarray(p, np.float64).ravel()
    values = np.sort(values[np.isfinite(values)])
    below = np.flatnonzero(values <= rate * np.arange(1, len(values) + 1) / max(len(values), 1))
    return float(values[below[-1]]) if len(below) else 0.0


def check_rate(rate: float) -> None:
    """Raise ``change_rate`` unless a rate lies between 0 and 1."""
    if not 0 < rate < 1:
        raise InputError(
            "change_rate",
            "The rate of false alarms is {rate}; a number between 0 and 1 was expected.",
            rate=rate,
        )
