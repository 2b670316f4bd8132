"""Scores of a map against a label: curves, their areas, F1, and the false alarms that a limit really gives."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from eogen.change import scores

#: Nominal rates at which realised false alarms are read.
NOMINAL = (0.001, 0.005, 0.01, 0.05)


@dataclass(frozen=True)
class Curve:
    """How one map tells changed from unchanged pixels.

    Attributes:
        false, hits, precision: along the falling limit.
        ap, auroc, best_f1: areas under precision-recall and ROC, and the best F1 of any limit (an oracle's).
        f1: at the asked rate; ``mean_f1`` is the mean of the F1 of changed and of unchanged pixels there.
        realised: false-alarm rate at each of :data:`NOMINAL`.
        share: part of the known pixels that changed.
        n: known pixels.
    """

    false: np.ndarray
    hits: np.ndarray
    precision: np.ndarray
    ap: float
    auroc: float
    best_f1: float
    f1: float
    mean_f1: float
    realised: tuple[float, ...]
    share: float
    n: int


def curve(nll: np.ndarray, p: np.ndarray, label: np.ndarray, rate: float) -> Curve | None:
    """Return the scores of a map (y, x) against a label (1, 0, -1 unknown); None where one of the two is absent."""
    known = np.isfinite(nll) & (label >= 0)
    truth = label[known] == 1
    if not truth.any() or truth.all():
        return None
    ranked = scores.curve(scores.sample(nll[known], truth))
    said = p[known] <= rate
    realised = tuple(float((p[known][~truth] <= r).mean()) for r in NOMINAL)
    own, other = f_one(said, truth), f_one(~said, ~truth)
    return Curve(
        ranked.false_alarms, ranked.recall, ranked.precision, scores.average_precision(ranked), scores.auroc(ranked),
        scores.best_f1(ranked)[0], own, (own + other) / 2, realised, float(truth.mean()), int(known.sum()),
    )  # fmt: skip


def f_one(said: np.ndarray, truth: np.ndarray) -> float:
    """Return F1 of a yes or no against the truth."""
    return float(2 * (said & truth).sum() / max(said.sum() + truth.sum(), 1))


def everything(share: float) -> dict[str, float]:
    """Return the scores of calling every pixel changed, for a share of changed pixels."""
    f1 = 2 * share / (1 + share)
    return {"ap": share, "auroc": 0.5, "best_f1": f1, "f1": f1, "mean_f1": f1 / 2}


def interval(values: list[float], seed: int = 0, draws: int = 2000) -> tuple[float, float]:
    """Return the 95 % bootstrap interval of a mean over images; NaN with fewer than three."""
    held = np.array([v for v in values if np.isfinite(v)])
    if len(held) < 3:
        return float("nan"), float("nan")
    rng = np.random.default_rng(seed)
    means = held[rng.integers(0, len(held), (draws, len(held)))].mean(1)
    low, high = np.quantile(means, [0.025, 0.975])
    return float(low), float(high)
