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
from eogen.change.windows import patches, pixels, thinned
from eogen.progress import Progress, silent

#: The context is the square of side 2 RADIUS + 1; pixels the law is fitted on; ridge on the correlations.
RADIUS, SAMPLE, RIDGE = 1, 50_000, 1e-4
#: Pixels whitened at a time: few enough to stay in the cache.
CHUNK = 4096


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
    around = pixels(patches(question.before, valid, RADIUS), valid)
    after = pixels(question.after, valid)
    some = thinned(valid, SAMPLE)
    law = Law(around[:, some].T, after[:, some].T)
    out = np.full((2, *valid.shape), np.nan, np.float32)
    out[:, valid] = law.nll(around, after)
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

    def nll(self, context: np.ndarray, after: np.ndarray) -> np.ndarray:
        """Return (2, n): -log p(after | context) and -log p(after), of context (c, n) and after (b, n)."""
        c, v = self.width, self.freedom
        factor, own = cholesky(self.covariance, lower=True), cholesky(self.covariance[c:, c:], lower=True)
        white, white_own = (solve_triangular(f, np.eye(len(f)), lower=True) for f in (factor, own))
        shifts = white @ self.mean, white_own @ self.mean[c:]
        out = np.empty((2, context.shape[1]))
        for k in range(0, context.shape[1], CHUNK):
            near, value = context[:, k : k + CHUNK], after[:, k : k + CHUNK]
            away = white @ np.concatenate([near, value], dtype=np.float64) - shifts[0][:, None]
            first, both = _square(away[:c]), _square(away)
            given = (v + c + len(after)) / 2 * np.log1p(both / (v - 2)) - (v + c) / 2 * np.log1p(
                first / (v - 2)
            )
            alone = _square(white_own @ value.astype(np.float64) - shifts[1][:, None])
            out[:, k : k + CHUNK] = given, (v + len(after)) / 2 * np.log1p(alone / (v - 2))
        out[0] += self._constant(c, factor[c:, c:])
        out[1] += self._constant(0, own)
        return out

    def _constant(self, known: int, factor: np.ndarray) -> float:
        """Return what -log p of numbers of this factor has beside its logarithms, ``known`` others given."""
        v, b = self.freedom + known, len(factor)
        log_det = 2 * np.log(np.diag(factor)).sum() + b * np.log(np.pi * (self.freedom - 2))
        return float(gammaln(v / 2) - gammaln((v + b) / 2) + 0.5 * log_det)


def _square(columns: np.ndarray) -> np.ndarray:
    return np.einsum("ij,ij->j", columns, columns)
