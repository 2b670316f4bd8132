"""Scores of one map on a scale that maps share: what makes the history of one place say something of another."""

from __future__ import annotations

from typing import Literal

import numpy as np
import xarray as xr

Standardise = Literal["none", "bulk", "rank"]
STANDARDISE = ("none", "bulk", "rank")
#: Quantiles of the map that its bulk is told by.
BULK = (0.5, 0.9)


def standardised(scores: xr.Dataset, how: Standardise) -> np.ndarray:
    """Return the scores (y, x; float64) on a scale that maps share, see :class:`eogen.change.calibrate.Usual`."""
    nll = scores.nll.values.astype(np.float64)
    if how == "none":
        return nll
    good = finite(scores)
    values = np.sort(nll[good])
    out = np.full(nll.shape, np.nan)
    if how == "bulk":
        middle, unit = bulk(values)
        out[good] = (nll[good] - middle) / unit
    else:
        below = np.searchsorted(values, nll[good], side="left")
        out[good] = -np.log((len(values) - below) / len(values))
    return out


def bulk(values: np.ndarray) -> tuple[float, float]:
    """Return the middle and the unit of some values: the median, and the 90 % quantile minus it."""
    middle, high = np.quantile(values, BULK)
    return float(middle), float(high - middle) or 1.0


def finite(scores: xr.Dataset) -> np.ndarray:
    """Return where (y, x) a map has a score."""
    return np.isfinite(scores.nll.values)
