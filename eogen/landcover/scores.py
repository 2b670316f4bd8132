"""How good classifications are, how sure one can be of that, and whether the probabilities mean anything.

Everywhere: ``labels`` int (n,) class numbers, ``predicted`` int (n,), ``probability`` float (n, classes) rows that
add up to one, ``logits`` float (n, classes).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np
import pandas as pd
from scipy.special import log_softmax, softmax

from eogen.intervals import wilson

Interval = tuple[float, float]


def accuracy(labels: np.ndarray, predicted: np.ndarray) -> float:
    """Return the share of right answers, 0..1 (NaN when there is nothing to score)."""
    return float(np.mean(labels == predicted)) if len(labels) else float("nan")


def bootstrap(
    statistic: Callable[..., float],
    *columns: np.ndarray,
    seed: int = 0,
    draws: int = 1000,
    level: float = 0.95,
) -> Interval:
    """Return the percentile bootstrap interval of ``statistic(*columns)``, rows drawn together (Efron 1979)."""
    rng = np.random.default_rng(seed)
    n = len(columns[0])
    values = [statistic(*(c[rows] for c in columns)) for rows in rng.integers(0, n, (draws, n))]
    low, high = np.nanquantile(values, [0.5 - level / 2, 0.5 + level / 2])
    return (float(low), float(high))


def confusion(labels: np.ndarray, predicted: np.ndarray, classes: Sequence[str]) -> pd.DataFrame:
    """Return counts, true classes in rows (index ``true``), answers in columns (``predicted``)."""
    size = len(classes)
    counts = np.bincount(labels * size + predicted, minlength=size**2).reshape(size, size)
    return pd.DataFrame(counts, pd.Index(classes, name="true"), pd.Index(classes, name="predicted"))


def per_class(counts: pd.DataFrame) -> pd.DataFrame:
    """Return precision, recall (with its Wilson interval), F1 and n of every class from its confusion counts.

    A class that was never predicted has precision 0; a class without samples has recall NaN and F1 NaN.
    """
    matrix = counts.to_numpy()
    hit, n, said = np.diag(matrix), matrix.sum(1), matrix.sum(0)
    with np.errstate(invalid="ignore", divide="ignore"):
        recall = np.where(n > 0, hit / n, np.nan)
        precision = np.where(said > 0, hit / said, 0.0)
        f1 = np.where(n > 0, 2 * hit / (n + said), np.nan)
    low, high = wilson(hit, n)
    return pd.DataFrame(
        {
            "precision": precision,
            "recall": recall,
            "recall_low": low,
            "recall_high": high,
            "f1": f1,
            "n": n,
        },
        index=counts.index,
    )


def macro_f1(labels: np.ndarray, predicted: np.ndarray, classes: int = 10) -> float:
    """Return the mean F1 over the classes that have samples, 0..1."""
    n, said = np.bincount(labels, minlength=classes), np.bincount(predicted, minlength=classes)
    hit = np.bincount(labels[labels == predicted], minlength=classes)
    here = n > 0
    return float(np.mean(2 * hit[here] / (n + said)[here]))


def probabilities(logits: np.ndarray, temperature: float = 1.0) -> np.ndarray:
    """Return softmax(logits / temperature), rows that add up to one."""
    return softmax(np.asarray(logits, dtype=np.float64) / temperature, axis=1)


def calibration_error(
    probability: np.ndarray, labels: np.ndarray, *, bins: int = 15, kind: Literal["mass", "width"] = "mass"
) -> float:
    """Return the expected calibration error of the top class, 0..1.

    Mean over bins of |share right − mean confidence|, weighted by the bins' counts. ``width``: equal-width bins of
    confidence (Guo et al. 2017, arXiv 1706.04599); ``mass``: bins of equal counts (Nguyen & O'Connor 2015), which
    do not leave most of the samples of a good model in one bin.
    """
    table = reliability(probability, labels, bins=bins, kind=kind)
    return float((table["n"] * (table["right"] - table["confidence"]).abs()).sum() / table["n"].sum())


def reliability(
    probability: np.ndarray, labels: np.ndarray, *, bins: int = 15, kind: Literal["mass", "width"] = "mass"
) -> pd.DataFrame:
    """Return the reliability curve: per non-empty bin the mean ``confidence``, the share ``right`` and ``n``."""
    confidence = probability.max(1)
    right = probability.argmax(1) == labels
    if kind == "width":
        number = np.clip(np.ceil(confidence * bins).astype(int) - 1, 0, bins - 1)
        groups = [np.flatnonzero(number == b) for b in range(bins)]
    else:
        groups = np.array_split(np.argsort(confidence, kind="stable"), bins)
    rows = [(confidence[g].mean(), right[g].mean(), len(g)) for g in groups if len(g)]
    return pd.DataFrame(rows, columns=["confidence", "right", "n"])


def brier(probability: np.ndarray, labels: np.ndarray) -> float:
    """Return the Brier score, 0 (perfect) to 2: mean squared distance to the one-hot truth (Brier 1950)."""
    return float(np.mean(((probability - np.eye(probability.shape[1])[labels]) ** 2).sum(1)))


def log_loss(logits: np.ndarray, labels: np.ndarray, temperature: float = 1.0) -> float:
    """Return the mean negative log probability of the true class, nats."""
    logp = log_softmax(np.asarray(logits, dtype=np.float64) / temperature, axis=1)
    return float(-logp[np.arange(len(labels)), labels].mean())


def fit_temperature(logits: np.ndarray, labels: np.ndarray) -> float:
    """Return the temperature in 0.05..20 that minimises the log loss (Guo et al. 2017, arXiv 1706.04599)."""
    from scipy.optimize import minimize_scalar

    found = minimize_scalar(
        lambda t: log_loss(logits, labels, np.exp(t)), bounds=np.log([0.05, 20.0]), method="bounded"
    )
    return float(np.exp(found.x))
