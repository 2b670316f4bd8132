"""The predictive law of a cell, mean + s.d. x shape, against what was seen: score, place in the law, widths.

A shape is 99 quantiles of the standardised error (:mod:`eogen.ocean.calibrate`); beyond them the law goes on straight,
as members are drawn; without a shape it is Gaussian.
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri
from scipy.stats import norm

from eogen.ocean.calibrate import LEVELS, quantile, reshaped

#: Points that stand for a law when its score is integrated.
POINTS = 2000


def crps_gaussian(truth: np.ndarray, mean: np.ndarray, sd: np.ndarray) -> np.ndarray:
    """Return the continuous ranked probability score of normal forecasts, in the unit of ``truth``; lower is better.

    Closed form of Gneiting et al. 2005 (Monthly Weather Review 133, 1098, equation 5); the absolute error at ``sd`` 0.
    """
    truth, mean, sd = (np.asarray(a, float) for a in (truth, mean, sd))
    error = truth - mean
    z = np.divide(error, sd, out=np.zeros(np.broadcast(error, sd).shape), where=sd > 0)
    score = sd * (z * (2 * norm.cdf(z) - 1) + 2 * norm.pdf(z) - 1 / np.sqrt(np.pi))
    return np.where(sd == 0, np.abs(error), score)


def crps(truth: np.ndarray, mean: np.ndarray, sd: np.ndarray, shape: np.ndarray | None = None) -> np.ndarray:
    """Return the continuous ranked probability score of a law with a shape (99,), as :func:`crps_gaussian`."""
    if shape is None:
        return crps_gaussian(truth, mean, sd)
    truth, mean, sd = (np.asarray(a, float) for a in (truth, mean, sd))
    points = reshaped(ndtri((np.arange(POINTS) + 0.5) / POINTS), shape).astype(float)
    rank = np.arange(1, POINTS + 1)
    apart = 2 * ((2 * rank - POINTS - 1) * points).sum() / POINTS**2  # E|X - X'|
    total = np.concatenate([[0.0], points.cumsum()])
    z = (truth - mean) / np.where(sd > 0, sd, np.nan)
    below = np.searchsorted(points, z)
    from_z = (z * (2 * below - POINTS) - 2 * total[below] + total[-1]) / POINTS  # E|X - z|
    return np.where(sd > 0, sd * (from_z - apart / 2), np.where(sd == 0, np.abs(truth - mean), np.nan))


def pit(truth: np.ndarray, mean: np.ndarray, sd: np.ndarray, shape: np.ndarray | None = None) -> np.ndarray:
    """Return the probability integral transform: uniform on [0, 1] when the law is right; NaN without an s.d.

    Dawid 1984 (J. R. Statist. Soc. A 147, 278).
    """
    truth, mean, sd = (np.asarray(a, float) for a in (truth, mean, sd))
    z = (truth - mean) / np.where(sd > 0, sd, np.nan)
    if shape is None:
        return norm.cdf(z)
    ends = np.concatenate([[1.5 * shape[0]], shape, [1.5 * shape[-1]]])
    levels = np.concatenate([[0.001], LEVELS, [0.999]])
    return np.where(np.isfinite(z), np.interp(z, ends, levels), np.nan)


def width(sd: np.ndarray, level: float, shape: np.ndarray | None = None) -> np.ndarray:
    """Return the width of the central interval of probability ``level``, in the unit of ``sd``."""
    sd = np.asarray(sd, float)
    nought = np.zeros_like(sd)
    low, high = (quantile(nought, sd, shape, 0.5 + side * level / 2) for side in (-1, 1))
    return high - low
