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


def chance(p: np.ndarray) -> np.ndarray:
    """Return for each pixel the chance that one as unusual as it, or more, has changed; NaN where p is.

    One less the q-value of Storey (2002, J. R. Stat. Soc. B 64, 479) with all pixels taken for unchanged: of the
    ``n p`` unchanged pixels that are expected up to a p-value, how many were found there? It is as good as the
    p-values are, and rises with surprise.
    """
    found = np.full(p.shape, np.nan)
    good = np.isfinite(p)
    values = p[good].astype(np.float64)
    order = np.argsort(values, kind="stable")
    ranked = values[order]
    up_to = np.searchsorted(ranked, ranked, side="right")
    q = np.minimum.accumulate((len(ranked) * ranked / up_to)[::-1])[::-1]
    told = np.empty(len(values))
    told[order] = 1 - np.clip(q, 0, 1)
    found[good] = told
    return found
