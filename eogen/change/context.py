"""Gaussian likelihoods that know the neighbourhood: what is the pixel's value now, given the 3 x 3 pixels before?

Chronochrome (Schaum & Stocker 1998) with the neighbours as further regressors: an edge that moved by a pixel can still
be explained from the pixel beside it, so a small error of registration costs little. The law is a multivariate t with
the mean and the covariance of the scene, as in :mod:`eogen.change.gaussian`.
"""

from __future__ import annotations

import numpy as np
from scipy.linalg import cholesky, solve_triangular
from scipy.special import gammaln

from eogen.change.gaussian import FREEDOM
from eogen.change.problem import Answer, Problem, symmetric
from eogen.change.windows import patches, thinned
from eogen.progress import Progress, silent

#: The context is the square of side 2 RADIUS + 1; pixels the law is fitted on; ridge on the correlations.
RADIUS, SAMPLE, RIDGE = 1, 100_000, 1e-4


def conditional(question: Problem, seed: int = 0, progress: Progress = silent) -> Answer:
    """Return -log p(after | 3 x 3 before), averaged with the same backwards in time."""
    return symmetric(_forwards, question)


def pmi(question: Problem, seed: int = 0, progress: Progress = silent) -> Answer:
    """Return -log p(after | 3 x 3 before) + log p(after), averaged with the same backwards in time."""
    return symmetric(_information, question)


def _forwards(question: Problem) -> Answer:
    return Answer(_asked(question)[0])


def _information(question: Problem) -> Answer:
    given, alone = _asked(question)
    return Answer(given - alone)


def _asked(question: Problem) -> tuple[np.ndarray, np.ndarray]:
    """Return -log p(after | context) and -log p(after), maps."""
    valid = question.valid
    context = patches(question.before, valid, RADIUS)[:, valid].T
    after = question.after[:, valid].T
    some = thinned(valid, SAMPLE)
    law = Law(context[some], after[some])
    out = np.full((2, *valid.shape), np.nan, np.float32)
    out[:, valid] = law.nll(context, after)
    return out[0], out[1]


class Law:
    """The t law of (context, after) with the moments of its rows.

    Args:
        context: (n, c); after: (n, b).
        freedom: degrees of freedom.
    """

    def __init__(self, context: np.ndarray, after: np.ndarray, freedom: float = FREEDOM) -> None:
        both = np.c_[context, after].astype(np.float64)
        self.freedom, self.width = freedom, context.shape[1]
        self.mean = both.mean(0)
        covariance = np.cov(both, rowvar=False, bias=True).reshape(both.shape[1], -1)
        scale = np.where(np.diag(covariance) > 0, np.diag(covariance), 1.0)
        # as many pixels as numbers to estimate: half of each correlation is believed
        shrink = both.shape[1] / (both.shape[1] + len(both))
        covariance = (1 - shrink) * covariance + np.diag((shrink + RIDGE) * scale)
        self.covariance = covariance

    def nll(self, context: np.ndarray, after: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return -log p(after | context) and -log p(after), (n,) each."""
        c, b, v = self.width, after.shape[1], self.freedom
        factor = cholesky(self.covariance, lower=True)
        away = np.c_[context, after].astype(np.float64) - self.mean
        white = solve_triangular(factor, away.T, lower=True)
        first, second = (white[:c] ** 2).sum(0), (white[c:] ** 2).sum(0)
        log_det = 2 * np.log(np.diag(factor)[c:]).sum() + b * np.log(np.pi * (v - 2))
        given = (
            gammaln((v + c) / 2) - gammaln((v + c + b) / 2) + 0.5 * log_det
            + (v + c + b) / 2 * np.log1p((first + second) / (v - 2)) - (v + c) / 2 * np.log1p(first / (v - 2))
        )  # fmt: skip
        own = cholesky(self.covariance[c:, c:], lower=True)
        squared = (solve_triangular(own, away[:, c:].T, lower=True) ** 2).sum(0)
        log_det = 2 * np.log(np.diag(own)).sum() + b * np.log(np.pi * (v - 2))
        alone = gammaln(v / 2) - gammaln((v + b) / 2) + 0.5 * log_det
        return given, alone + (v + b) / 2 * np.log1p(squared / (v - 2))
