"""Whether a posterior is as sure as it should be: ranks, joint coverage, coverage and width.

Three tests that see different things. Ranks (Talts et al. 2018, arXiv 1804.06788) and coverage look at one quantity
at a time; TARP (Lemos et al. 2023, arXiv 2302.03026) looks at all variables together. Any of them is passed by a
posterior that always answers the prior, so that width is told beside coverage, always.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from scipy import stats
from torch import Tensor


def sbc_ranks(draws: Tensor, truth: Tensor) -> np.ndarray:
    """Return how many draws (n, m, k) lie below the truth (m, k): integers (m, k) from 0 to n, uniform if calibrated.

    Ties are shared out by a half, rounded down: they happen where draws sit on a bound.
    """
    below = (draws < truth).sum(0)
    equal = (draws == truth).sum(0)
    return (below + equal // 2).numpy()


def ks_uniform(ranks: np.ndarray, draws: int, seed: int = 0) -> np.ndarray:
    """Return the Kolmogorov-Smirnov distance (k) of ranks (m, k) among ``draws`` draws from the uniform law.

    A rank is set at random within its cell, which makes it exactly uniform where the posterior is right.
    """
    share = (ranks + np.random.default_rng(seed).random(ranks.shape)) / (draws + 1)
    return np.array([stats.kstest(column, "uniform").statistic for column in share.T])


def ks_critical(count: int, level: float = 0.05) -> float:
    """Return the distance that ``count`` uniform numbers exceed with probability ``level``."""
    return float(stats.kstwo.isf(level, count))


def ecdf_band(count: int, level: float = 0.05) -> float:
    """Return the half-width of a band that holds the whole empirical distribution with probability 1 - ``level``.

    Dvoretzky, Kiefer & Wolfowitz (1956), with the constant of Massart (1990).
    """
    return math.sqrt(math.log(2 / level) / (2 * count))


def tarp(draws: Tensor, truth: Tensor, seed: int = 0, levels: int = 51) -> tuple[np.ndarray, np.ndarray]:
    """Return credibility levels and the joint coverage at each.

    For every spectrum a point of the cube is drawn at random; the share of draws nearer to it than the truth is
    uniform if, and only if, the posterior is right.

    Args:
        draws: (n, m, k), on the unit cube.
        truth: (m, k), on the unit cube.
        seed: of the points.
        levels: how many.
    """
    points = torch.rand(truth.shape, generator=torch.Generator().manual_seed(seed))
    share = ((draws - points).norm(dim=-1) < (truth - points).norm(dim=-1)).float().mean(0).numpy()
    at = np.linspace(0, 1, levels)
    return at, np.array([np.mean(share <= level) for level in at])


def tarp_deviation(levels: np.ndarray, coverage: np.ndarray) -> float:
    """Return the largest distance of joint coverage from nominal."""
    return float(np.abs(coverage - levels).max())


def coverage(draws: Tensor, truth: Tensor, level: float) -> tuple[float, float]:
    """Return the share of truths (m) within the central interval of their draws (n, m), and its mean width.

    The ends are the draws of rank ``p (n + 1)``, between which a further draw falls with exactly the nominal
    probability (Weibull's rule); the usual quantiles would cover too little, by 1 % at 199 draws.
    """
    ordered, count = draws.sort(0).values, len(draws)

    def end(p: float) -> Tensor:
        place = min(max(p * (count + 1) - 1, 0.0), count - 1.0)
        below = int(place)
        above = min(below + 1, count - 1)
        return ordered[below] + (place - below) * (ordered[above] - ordered[below])

    low, high = end(0.5 - level / 2), end(0.5 + level / 2)
    return float(((truth >= low) & (truth <= high)).float().mean()), float((high - low).mean())


def crps(draws: Tensor, truth: Tensor) -> Tensor:
    """Return the continuous ranked probability score (m) of draws (n, m), in the quantity's unit; lower is better.

    ``E|X - y| - E|X - X'| / 2`` (Gneiting & Raftery 2007, doi:10.1198/016214506000001437), the fair form.
    """
    count = len(draws)
    ordered = draws.sort(0).values
    weight = 2 * torch.arange(1, count + 1, dtype=draws.dtype) - count - 1
    spread = (weight[:, None] * ordered).sum(0) * 2 / (count * (count - 1))
    return (draws - truth).abs().mean(0) - spread / 2
