"""What a network with three bands is shown of images that have one to thirteen."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from eogen.change.normalise import deviation
from eogen.change.problem import Problem
from eogen.change.sensors import SENSORS

COLOURS = ("red", "green", "blue")
#: Robust deviations beyond which a value is cut: networks know nothing of what lies there.
LIMIT = 8.0


def three_bands(question: Problem) -> Problem:
    """Return the question in three bands, on the scale the networks learn on.

    Red, green and blue where they are known; three bands of any kind as they are; one band three times; two bands and
    their mean; of more, the first three principal components of both dates together. Each band is then shifted and
    scaled by one robust z-score for both dates (the mean of their medians, the mean of their deviations), which leaves
    dates that are z-scored already alone and keeps what another normalisation has kept, and cut at ``LIMIT``.
    Swapping the dates swaps the results. ``raw`` stays as it was.
    """
    names, before, after = _chosen(question)
    valid = question.valid
    dates = []
    for one, two in zip(before, after, strict=True):
        a, b = one[valid], two[valid]
        middle = (np.median(a) + np.median(b)) / 2
        spread = (deviation(a) + deviation(b)) / 2 or 1.0
        dates.append([np.where(valid, np.clip((d - middle) / spread, -LIMIT, LIMIT), 0) for d in (one, two)])
    one, two = (np.stack([d[k] for d in dates]).astype(np.float32) for k in (0, 1))
    return replace(question, before=one, after=two, bands=names)


def _chosen(question: Problem) -> tuple[tuple[str, ...], np.ndarray, np.ndarray]:
    """Return names and both dates (3, y, x) float64."""
    known = SENSORS.get(question.sensor, {})
    names = [known.get(band, band) for band in question.bands]
    one, two = question.before.astype(np.float64), question.after.astype(np.float64)
    if set(COLOURS) <= set(names):
        rows = [names.index(colour) for colour in COLOURS]
        return COLOURS, one[rows], two[rows]
    if len(names) == 3:
        return question.bands, one, two
    if len(names) == 1:
        return (question.bands[0],) * 3, one[[0, 0, 0]], two[[0, 0, 0]]
    if len(names) == 2:
        return (*question.bands, "mean"), *(np.concatenate([d, d.mean(0)[None]]) for d in (one, two))
    return ("pc1", "pc2", "pc3"), *_components(one, two, question.valid)


def _components(one: np.ndarray, two: np.ndarray, valid: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return both dates (3, y, x) along the leading axes of their mean covariance, the largest loading positive."""
    mean = (one[:, valid].mean(1) + two[:, valid].mean(1))[:, None, None] / 2
    one, two = one - mean, two - mean
    rows = [d[:, valid] for d in (one, two)]
    _, axes = np.linalg.eigh(sum(r @ r.T for r in rows))
    axes = axes[:, :-4:-1].T
    largest = np.take_along_axis(axes, np.abs(axes).argmax(1)[:, None], 1)
    axes = axes * np.sign(largest)
    return np.einsum("kb,byx->kyx", axes, one), np.einsum("kb,byx->kyx", axes, two)
