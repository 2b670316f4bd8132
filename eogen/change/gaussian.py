"""Likelihoods under one joint law of (before, after) per scene, in closed form.

The pixels of a pair are draws of a multivariate t law (Gaussian for infinite degrees of freedom) of dimension 2 b whose
mean and covariance are those of the pair. Then, up to constants,

* ``pmi``: -log p(x1, x2) + log p(x1) + log p(x2), minus the pointwise mutual information: how much less often these two
  values meet than each alone would say. For the Gaussian it is hyperbolic anomalous change detection, for the t law its
  elliptical form (Theiler & Perkins 2006; Theiler, Scovel, Wohlberg & Foy 2010);
* ``conditional``: -log p(x2 | x1), chronochrome (Schaum & Stocker 1998) for the Gaussian;
* ``unconditional``: -log p(x2), the RX detector (Reed & Yu 1990): is this value rare, whatever was there before?
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln

from eogen.change.problem import Answer, Problem, symmetric
from eogen.progress import Progress, silent

#: Degrees of freedom of the t law; ridge on the correlation matrix (identical images have a singular one).
FREEDOM, RIDGE = 20.0, 1e-6


@dataclass(frozen=True)
class Joint:
    """A joint law of b + b numbers.

    Attributes:
        mean: (2b,).
        covariance: (2b, 2b).
        freedom: degrees of freedom; infinite for the Gaussian.
    """

    mean: np.ndarray
    covariance: np.ndarray
    freedom: float = np.inf

    def nll(self, x: np.ndarray, which: slice) -> np.ndarray:
        """Return -log density (n,) of some of the coordinates, x (n, d) being those coordinates."""
        covariance = self.covariance[which, which]
        d = len(covariance)
        factor = np.linalg.cholesky(covariance)
        away = np.linalg.solve(factor, (x - self.mean[which]).T)
        squared = (away**2).sum(0)
        log_det = 2 * np.log(np.diag(factor)).sum()
        if np.isinf(self.freedom):
            return 0.5 * (squared + log_det + d * np.log(2 * np.pi))
        v = self.freedom  # the covariance is kept: the scale matrix is (v - 2) / v times it
        log_det += d * np.log((v - 2) / v)
        constant = gammaln(v / 2) - gammaln((v + d) / 2) + d / 2 * np.log(v * np.pi) + 0.5 * log_det
        return constant + (v + d) / 2 * np.log1p(squared / (v - 2))

    def pmi(self, one: np.ndarray, two: np.ndarray) -> np.ndarray:
        """Return the pointwise mutual information (n,) of rows of ``one`` and ``two`` (n, b)."""
        b = one.shape[1]
        return (
            self.nll(one, slice(0, b))
            + self.nll(two, slice(b, None))
            - self.nll(np.c_[one, two], slice(None))
        )


def joint(one: np.ndarray, two: np.ndarray, freedom: float = FREEDOM) -> Joint:
    """Return the law with the mean and the covariance of rows (n, b) of two dates."""
    both = np.c_[one, two].astype(np.float64)
    covariance = np.cov(both, rowvar=False, bias=True).reshape(both.shape[1], -1)
    scale = np.diag(covariance)
    covariance = covariance + np.diag(RIDGE * np.where(scale > 0, scale, 1.0))
    return Joint(both.mean(0), covariance, freedom)


def _rows(question: Problem) -> tuple[np.ndarray, np.ndarray]:
    return question.before[:, question.valid].T, question.after[:, question.valid].T


def _map(question: Problem, values: np.ndarray) -> np.ndarray:
    out = np.full(question.valid.shape, np.nan, np.float32)
    out[question.valid] = values
    return out


def pmi(question: Problem, seed: int = 0, progress: Progress = silent) -> Answer:
    """Return minus the pointwise mutual information of each pixel's two values."""
    one, two = _rows(question)
    law = joint(one, two)
    b = one.shape[1]
    terms = {
        "joint": law.nll(np.c_[one, two], slice(None)),
        "before": law.nll(one, slice(0, b)),
        "after": law.nll(two, slice(b, None)),
    }
    nll = terms["joint"] - terms["before"] - terms["after"]
    return Answer(_map(question, nll), {k: _map(question, v) for k, v in terms.items()})


def conditional(question: Problem, seed: int = 0, progress: Progress = silent) -> Answer:
    """Return -log p(after | before), averaged with the same backwards in time."""
    return symmetric(_forwards, question)


def _forwards(question: Problem) -> Answer:
    one, two = _rows(question)
    law = joint(one, two)
    b = one.shape[1]
    return Answer(_map(question, law.nll(np.c_[one, two], slice(None)) - law.nll(one, slice(0, b))))


def unconditional(question: Problem, seed: int = 0, progress: Progress = silent) -> Answer:
    """Return -log p(after), averaged with -log p(before): unusual values, changed or not (a control)."""
    return symmetric(_marginal, question)


def _marginal(question: Problem) -> Answer:
    one, two = _rows(question)
    law = joint(one, two)
    return Answer(_map(question, law.nll(two, slice(len(question.before), None))))
