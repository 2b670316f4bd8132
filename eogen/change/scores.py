"""How well a map of scores finds what has changed, and how sure one can be of that.

Everywhere: ``scores`` float (n,), higher is less usual; ``labels`` bool or 0/1 (n,), 1 is changed; no NaN.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

#: Bins that curves are thinned to for the bootstrap, and rows of a table for plotting.
BINS, ROWS = 1500, 120


@dataclass(frozen=True)
class Sample:
    """The scores of some pixels, apart by label.

    Attributes:
        changed, unchanged: increasing scores.
    """

    changed: np.ndarray
    unchanged: np.ndarray


def sample(scores: np.ndarray, labels: np.ndarray) -> Sample:
    """Return scores (n,) apart by label (n,) and sorted."""
    y = np.asarray(labels, bool)
    return Sample(np.sort(scores[y]), np.sort(scores[~y]))


def pooled(parts: Sequence[Sample]) -> Sample:
    """Return the pixels of several images as one sample."""
    joined = (np.sort(np.concatenate([getattr(p, f) for p in parts])) for f in ("changed", "unchanged"))
    return Sample(*joined)


@dataclass(frozen=True)
class Curve:
    """Counts at thresholds, greatest first.

    Attributes:
        threshold: (k,) decreasing; a pixel is called changed when its score is at least that.
        hits: (k,) changed pixels so called.
        alarms: (k,) unchanged pixels so called.
        positives, negatives: in all.
    """

    threshold: np.ndarray
    hits: np.ndarray
    alarms: np.ndarray
    positives: float
    negatives: float

    @property
    def recall(self) -> np.ndarray:
        """Return the share (k,) of changed pixels that are found."""
        return self.hits / max(self.positives, 1)

    @property
    def precision(self) -> np.ndarray:
        """Return the share (k,) of called pixels that have changed."""
        return self.hits / np.maximum(self.hits + self.alarms, 1e-300)

    @property
    def false_alarms(self) -> np.ndarray:
        """Return the share (k,) of unchanged pixels that are called."""
        return self.alarms / max(self.negatives, 1)


def curve(of: Sample) -> Curve:
    """Return the counts at every threshold that matters: at and just above each score of a changed pixel, and at the
    least score of all.

    Between those only false alarms grow, and no figure here can gain from it.
    """
    at = np.unique(of.changed)
    least = [x[:1] for x in (of.changed, of.unchanged) if len(x)]
    some = np.concatenate([at, np.nextafter(at, np.inf, dtype=at.dtype), *least])
    return on_grid(of, np.unique(some)[::-1])


def on_grid(of: Sample, thresholds: np.ndarray) -> Curve:
    """Return the counts at or above each of some thresholds (k,), decreasing."""
    above = lambda x: (len(x) - np.searchsorted(x, thresholds, side="left")).astype(float)
    return Curve(
        thresholds, above(of.changed), above(of.unchanged), float(len(of.changed)), float(len(of.unchanged))
    )


def average_precision(found: Curve) -> float:
    """Return the sum of precision times gain of recall, 0..1; NaN without a changed pixel.

    The step form (no interpolation), the definition of the VOC challenge since 2010 and of scikit-learn.
    """
    if not found.positives:
        return float("nan")
    return float((np.diff(found.recall, prepend=0) * found.precision).sum())


def auroc(found: Curve) -> float:
    """Return the chance that a changed pixel scores above an unchanged one, ties counting half; NaN without both.

    The Mann-Whitney statistic (Hanley & McNeil 1982, Radiology 143, 29).
    """
    if not found.positives or not found.negatives:
        return float("nan")
    new = np.diff(found.alarms, prepend=0)
    before = found.hits - np.diff(found.hits, prepend=0)
    return float((new * (before + found.hits) / 2).sum() / (found.positives * found.negatives))


def best_f1(found: Curve) -> tuple[float, float]:
    """Return the greatest F1 of the change class over all thresholds, and that threshold: an oracle, optimistic."""
    if not found.positives:
        return float("nan"), float("nan")
    f1 = 2 * found.hits / (found.hits + found.alarms + found.positives)
    at = int(f1.argmax())
    return float(f1[at]), float(found.threshold[at])


def tpr_at_fpr(found: Curve, rate: float) -> float:
    """Return the greatest share of changed pixels found with at most this share of false alarms; 0 when none."""
    if not found.positives:
        return float("nan")
    allowed = found.false_alarms <= rate
    return float(found.recall[allowed].max()) if allowed.any() else 0.0


def fpr_at_tpr(found: Curve, recall: float) -> float:
    """Return the least share of false alarms at which this share of changed pixels is found."""
    return (
        float(found.false_alarms[found.recall >= recall - 1e-12].min()) if found.positives else float("nan")
    )


def precision_at_full_recall(found: Curve) -> float:
    """Return the precision when every changed pixel is found (Ruzicka et al. 2022, RaVAEn)."""
    return float(found.precision[found.recall >= 1 - 1e-12].max()) if found.positives else float("nan")


def grid(pooled: Curve, bins: int = BINS) -> np.ndarray:
    """Return thresholds (k,) decreasing, dense where alarms are few: half by rank, half by its logarithm."""
    last = len(pooled.threshold) - 1
    called = pooled.hits + pooled.alarms
    wanted = np.concatenate([np.linspace(1, called[-1], bins // 2), np.geomspace(1, called[-1], bins // 2)])
    at = np.unique(np.clip(np.searchsorted(called, wanted), 0, last))
    return pooled.threshold[at]


def curve_table(of: Sample, rows: int = ROWS) -> pd.DataFrame:
    """Return precision, recall and false alarms by threshold, thinned for plotting to at most ``rows`` rows."""
    thin = on_grid(of, grid(curve(of), rows))
    return pd.DataFrame(
        {"recall": thin.recall, "precision": thin.precision, "false_alarms": thin.false_alarms},
        index=pd.Index(thin.threshold, name="threshold"),
    )


def reliability(p: np.ndarray, labels: np.ndarray, rates: Sequence[float]) -> pd.DataFrame:
    """Return the realised false alarms at nominal rates: ``realised``, its ratio to nominal, and ``n`` unchanged."""
    usual = np.sort(p[~np.asarray(labels, bool)])
    realised = np.searchsorted(usual, rates, side="right") / max(len(usual), 1)
    return pd.DataFrame(
        {"realised": realised, "ratio": realised / np.asarray(rates), "n": len(usual)},
        index=pd.Index(rates, name="nominal"),
    )
