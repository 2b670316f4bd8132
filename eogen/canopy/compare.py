"""How far two sets of draws are from each other, and how draws of variables go together."""

from __future__ import annotations

import warnings

import numpy as np
import torch
from scipy import stats
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import StratifiedKFold
from sklearn.neural_network import MLPClassifier
from torch import Tensor

#: Draws of each set that the classifier sees, at most.
CLASSIFIED = 1000
#: Lines along which sets are compared.
LINES = 200


def c2st(first: np.ndarray, second: np.ndarray, seed: int = 0) -> float:
    """Return the accuracy with which a small network tells draws (n, k) of one set from the other's, 0.5-1.

    Lopez-Paz & Oquab (2017, arXiv 1610.06545), on five folds it was not fitted on; both sets are standardised by the
    second, the reference.
    """
    random = np.random.default_rng(seed)
    size = min(len(first), len(second), CLASSIFIED)
    a, b = (x[random.permutation(len(x))[:size]] for x in (first, second))
    centre, spread = b.mean(0), b.std(0) + 1e-9
    x = np.clip((np.concatenate([a, b]) - centre) / spread, -20, 20)
    y = np.repeat([0, 1], size)
    right = 0
    for train, test in StratifiedKFold(5, shuffle=True, random_state=seed).split(x, y):
        network = MLPClassifier((48, 48), max_iter=60, early_stopping=True, random_state=seed)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # sixty passes are what it gets
            network.fit(x[train], y[train])
        right += int((network.predict(x[test]) == y[test]).sum())
    return max(right / len(y), 0.5)


def sliced_wasserstein(first: np.ndarray, second: np.ndarray, seed: int = 0, lines: int = LINES) -> float:
    """Return the mean distance to move draws (n, k) of one set onto the other's along random lines.

    Bonneel et al. (2015, doi:10.1007/s10851-014-0506-3); order one, in the coordinates' unit.
    """
    directions = np.random.default_rng(seed).standard_normal((lines, first.shape[1]))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    levels = (np.arange(200) + 0.5) / 200
    a, b = (np.quantile(x @ directions.T, levels, axis=0) for x in (first, second))
    return float(np.abs(a - b).mean())


def correlations(draws: Tensor) -> np.ndarray:
    """Return the rank correlations (k, k) of draws (n, k), as those of a Gaussian copula."""
    ranks = stats.rankdata(draws.numpy(), axis=0) / (len(draws) + 1)
    return np.corrcoef(stats.norm.ppf(ranks).T)


def total_correlation(draws: Tensor) -> float:
    """Return by how many nats draws (n, k) of variables go together, under a Gaussian copula: ``-log|R| / 2``.

    A lower bound on what any posterior of independent variables must lose; small samples add about k²/(4n).
    """
    sign, log_det = np.linalg.slogdet(correlations(draws))
    return float(-0.5 * log_det) if sign > 0 else float("inf")


def nats_to_reference(log_family: Tensor, log_reference: Tensor) -> float:
    """Return ``KL(reference || family)``, nats, from both log densities (n) at draws of the reference."""
    return float(torch.mean(log_reference - log_family))
