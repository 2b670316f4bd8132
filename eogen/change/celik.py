"""PCA of the blocks of the difference, then two clusters (Celik 2009).

The blocks around each pixel of the difference image are written in the principal components of that image's own blocks
that hold 90 % of their variance; two means cut the pixels into changed and unchanged.
"""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy.ndimage import correlate

from eogen.change.problem import Answer, Problem
from eogen.change.windows import nearest_filled, thinned
from eogen.progress import Progress, silent

#: Side of a block is 2 RADIUS + 1 (odd, so that a block has a centre); share of the variance kept; pixels fitted on.
RADIUS, KEPT, SAMPLE, ROUNDS = 2, 0.9, 50_000, 100
#: Where along the first component's range the clusters are first cut.
STARTS = (0.25, 0.5, 0.75)


def celik(question: Problem, seed: int = 0, progress: Progress = silent) -> Answer:
    """Return how far each block lies from half-way between the two clusters, towards the changed one.

    Positive where the method says changed. The paper has one band; of several, the difference image is the length of
    the difference. Parts: ``changed``, the method's own answer (1 or 0), and ``difference``. ``facts``: the distance
    between the centres and the number of components.
    """
    valid, side = question.valid, 2 * RADIUS + 1
    length = np.sqrt(((question.after - question.before).astype(np.float64) ** 2).sum(0))
    whole = np.pad(nearest_filled(length, valid), RADIUS, mode="edge")
    rows, columns = (where[thinned(valid, SAMPLE)] for where in np.nonzero(valid))
    some = sliding_window_view(whole, (side, side))[rows, columns].reshape(-1, side * side)
    axes, mean = components(some)
    low, high = two_means((some - mean) @ axes)
    gap = float(np.linalg.norm(high - low))
    # the line between the centres, seen as a block: the score of every pixel is one correlation with it
    kernel = axes @ (high - low) / (gap or 1.0)
    score = correlate(whole, kernel.reshape(side, side))[RADIUS:-RADIUS, RADIUS:-RADIUS]
    nll = np.where(valid, score - kernel @ mean - (low + high) @ (high - low) / 2 / (gap or 1.0), np.nan)
    nll = nll.astype(np.float32)
    parts = {"changed": (nll > 0).astype(np.float32), "difference": length.astype(np.float32)}
    return Answer(nll, parts, {"between_centres": round(gap, 4), "components": axes.shape[1]})


def components(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the leading principal axes (d, k) of rows (n, d) and their mean (d,); one axis at least."""
    mean = rows.mean(0)
    values, vectors = np.linalg.eigh((rows - mean).T @ (rows - mean) / len(rows))
    values, vectors = values[::-1].clip(0), vectors[:, ::-1]
    share = np.cumsum(values) / (values.sum() or 1.0)
    axes = vectors[:, : int(np.searchsorted(share, KEPT)) + 1 if values.sum() else 1]
    # the sign of an axis is free: all point the way their block gets brighter
    return axes * np.where(axes.sum(0) < 0, -1.0, 1.0), mean


def two_means(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the centres of two clusters of rows (n, k), the one lower along the first column first.

    Lloyd's rounds from cuts of the first column at its mean and at shares of its range; the tightest clusters win. No
    random start, so the answer has no seed.
    """
    first = rows[:, 0]
    low, high = first.min(), first.max()
    found = [_lloyd(rows, first > cut) for cut in (first.mean(), *(low + (high - low) * np.array(STARTS)))]
    _, one, two = min(found, key=lambda made: made[0])
    return (one, two) if one[0] <= two[0] else (two, one)


def _lloyd(rows: np.ndarray, upper: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
    """Return the mean square to the nearer centre, and both centres; one and the same when a cluster runs empty."""
    for _ in range(ROUNDS):
        if upper.all() or not upper.any():
            return float(rows.var(0).sum()), rows.mean(0), rows.mean(0)
        low, high = rows[~upper].mean(0), rows[upper].mean(0)
        now = (rows - (low + high) / 2) @ (high - low) > 0
        if (now == upper).all():
            break
        upper = now
    spread = ((rows - np.where(upper[:, None], high, low)) ** 2).sum(1).mean()
    return float(spread), low, high
