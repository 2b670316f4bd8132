"""How well a map of classes agrees with another: accuracy, intersection over union, with intervals by parcel."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class MapScores:
    """Agreement of two maps where both have a class.

    Attributes:
        accuracy, accuracy_low, accuracy_high: share of pixels that agree, 0..1, and its 95 % interval (NaN without
            groups).
        mean_iou, mean_iou_low, mean_iou_high: mean over the classes of the first map of intersection over union.
        table: by class name: ``iou``, ``recall``, ``precision`` (0..1, NaN where nothing is to be found), ``n``, pixels
            of it in the first map.
        n: pixels compared.
    """

    accuracy: float
    accuracy_low: float
    accuracy_high: float
    mean_iou: float
    mean_iou_low: float
    mean_iou_high: float
    table: pd.DataFrame
    n: int


def score_map(
    truth: np.ndarray, said: np.ndarray, classes: tuple[str, ...], *, group: np.ndarray | None = None,
    draws: int = 400, seed: int = 0,
) -> MapScores:  # fmt: skip
    """Compare two maps.

    Args:
        truth, said: (y, x) int into ``classes``; -1, unknown, is left out.
        classes: their names.
        group: (y, x) int, parcels: pixels of one are right or wrong together, so the interval is a percentile bootstrap
            (Efron 1979) that draws whole parcels.
        draws, seed: of the bootstrap.
    """
    known = (truth >= 0) & (said >= 0)
    size = len(classes)
    cell = truth[known].astype(np.int64) * size + said[known]
    whole = np.bincount(cell, minlength=size * size).reshape(size, size)
    ends = np.full((2, 2), np.nan)
    if group is not None and known.any():
        _, which = np.unique(group[known], return_inverse=True)
        each = np.zeros((which.max() + 1, size * size))
        np.add.at(each, (which, cell), 1)
        rows = np.random.default_rng(seed).multinomial(len(each), np.full(len(each), 1 / len(each)), draws)
        drawn = [_figures(one.reshape(size, size)) for one in rows @ each]
        ends = np.nanquantile(np.array(drawn), [0.025, 0.975], axis=0)
    right, mean = _figures(whole)
    hit, true, answered = np.diag(whole), whole.sum(1), whole.sum(0)
    with np.errstate(invalid="ignore", divide="ignore"):
        table = pd.DataFrame(
            {
                "iou": hit / (true + answered - hit),
                "recall": hit / true,
                "precision": hit / answered,
                "n": true,
            },
            index=list(classes),
        )
    return MapScores(right, ends[0, 0], ends[1, 0], mean, ends[0, 1], ends[1, 1], table, int(known.sum()))


def _figures(counts: np.ndarray) -> tuple[float, float]:
    """Return accuracy and mean intersection over union of a confusion matrix; NaN where there is nothing."""
    hit, true = np.diag(counts), counts.sum(1)
    there = true > 0
    if not there.any():
        return np.nan, np.nan
    union = true + counts.sum(0) - hit
    return float(hit.sum() / counts.sum()), float((hit[there] / union[there]).mean())
