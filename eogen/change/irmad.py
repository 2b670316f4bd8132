"""Iteratively reweighted multivariate alteration detection (Nielsen 2007).

Canonical correlation finds the pairs of combinations a'x1, b'x2 of the bands that agree best; their differences are the
MAD variates, independent of each other, of variance 2 (1 - rho). Where nothing changed, the sum of their standardised
squares follows a chi-squared law with as many degrees of freedom as bands; the probability of a larger value is the
weight of the pixel in the next round.
"""

from __future__ import annotations

import numpy as np
from scipy.linalg import cholesky, solve_triangular, svd
from scipy.special import erfcx, gammaln

from eogen.change.problem import Answer, Problem
from eogen.change.windows import thinned
from eogen.progress import Progress, silent

#: Rounds at most; change of the correlations that ends them; pixels the law is fitted on; ridge on the correlations.
ROUNDS, TOLERANCE, SAMPLE, RIDGE = 30, 1e-3, 200_000, 1e-6
#: The rounds end when fewer pixels than this for each band carry the law: it would settle on a few equal pixels.
PIXELS = 50


def irmad(question: Problem, seed: int = 0, progress: Progress = silent) -> Answer:
    """Return -log of the probability that a pixel without change is as far as this one; parts are the variates squared.

    The parts, standardised, add up to the chi-squared statistic. ``facts``: rounds, the canonical correlations.
    """
    valid = question.valid
    one, two = (d[:, valid].T.astype(np.float64) for d in (question.before, question.after))
    some = thinned(valid, SAMPLE)
    law, rounds = fit(one[some], two[some], progress)
    squares = law.variates(one, two) ** 2
    freedom = int(((one != one[:1]).any(0) | (two != two[:1]).any(0)).sum())
    nll = np.full(valid.shape, np.nan, np.float32)
    nll[valid] = minus_log_survival(squares.sum(1), freedom)
    parts = {}
    for k in range(squares.shape[1]):
        parts[f"mad_{k + 1}"] = np.full(valid.shape, np.nan, np.float32)
        parts[f"mad_{k + 1}"][valid] = squares[:, k]
    facts = {"rounds": rounds, "correlations": " ".join(f"{r:.4f}" for r in law.rho)}
    return Answer(nll, parts, facts)


class Variates:
    """The combinations of one round.

    Args:
        one, two: (n, b) pixels of the two dates.
        weight: (n,) of each pixel.

    Attributes:
        rho: (b,) canonical correlations, largest first.
    """

    def __init__(self, one: np.ndarray, two: np.ndarray, weight: np.ndarray) -> None:
        b = one.shape[1]
        both = np.c_[one, two]
        self.mean = weight @ both / weight.sum()
        away = both - self.mean
        covariance = (away * weight[:, None]).T @ away / weight.sum()
        scale = np.diag(covariance)
        covariance = covariance + np.diag(RIDGE * np.where(scale > 0, scale, 1.0))
        left, right = (cholesky(covariance[s, s], lower=True) for s in (slice(0, b), slice(b, None)))
        cross = solve_triangular(
            right, solve_triangular(left, covariance[:b, b:], lower=True).T, lower=True
        ).T
        u, self.rho, vt = svd(cross)
        self.a = solve_triangular(left.T, u)
        self.b = solve_triangular(right.T, vt.T)

    def variates(self, one: np.ndarray, two: np.ndarray) -> np.ndarray:
        """Return (n, b) the MAD variates in units of their standard deviation without change."""
        b = one.shape[1]
        difference = (one - self.mean[:b]) @ self.a - (two - self.mean[b:]) @ self.b
        return difference / np.sqrt(np.maximum(2 * (1 - self.rho), RIDGE))


def fit(
    one: np.ndarray, two: np.ndarray, progress: Progress = silent, rounds: int = ROUNDS
) -> tuple[Variates, int]:
    """Return the combinations after the last round, and how many rounds it took.

    Args:
        one, two: (n, b).
        progress: stage ``fit``.
        rounds: at most; 1 is the plain MAD transform.
    """
    law = Variates(one, two, np.ones(len(one)))
    freedom = max(int(((one != one[:1]).any(0) | (two != two[:1]).any(0)).sum()), 1)
    for k in range(1, rounds):
        progress(k, rounds, "fit")
        squared = (law.variates(one, two) ** 2).sum(1)
        weight = np.exp(-minus_log_survival(squared, freedom))
        if weight.sum() ** 2 < 2 * one.shape[1] * PIXELS * (weight**2).sum():
            return law, k
        newer = Variates(one, two, weight)
        moved = np.abs(newer.rho - law.rho).max()
        law = newer
        if moved < TOLERANCE:
            return law, k + 1
    return law, rounds


def minus_log_survival(squared: np.ndarray, freedom: int) -> np.ndarray:
    """Return -log P(chi² > squared) for an integer number of degrees of freedom, however far in the tail.

    A finite sum for an even number, erfc plus a finite sum for an odd one (Abramowitz & Stegun 26.4.4 and 26.4.5).
    """
    x = np.asarray(squared, np.float64) / 2
    if freedom == 0:
        return np.zeros_like(x)
    half = freedom % 2 / 2
    log_x = np.log(np.maximum(x, 1e-300))
    total = np.log(erfcx(np.sqrt(x))) if half else np.full_like(x, -np.inf)
    for k in range((freedom + 1) // 2 if not half else (freedom - 1) // 2):
        power = k + half
        total = np.logaddexp(total, (power * log_x if power else 0.0) - gammaln(power + 1))
    return np.maximum(x - total, 0.0)
