"""Each pixel told from its distant neighbours (after SiROC, Kondmann et al. 2021).

What links the two dates around a pixel (light, season, atmosphere) is learned from a ring of neighbours, near enough to
have seen the same sky and too far to belong to the same object; what that link does not explain of the pixel itself is
its change. The paper writes the pixel as a linear combination of the ring before and applies it to the ring after; here
the link is the ring's own regression of after on before, band by band, and several rings vote as in the paper.
"""

from __future__ import annotations

import numpy as np

from eogen.change.problem import Answer, Problem, symmetric
from eogen.change.windows import box_sum
from eogen.progress import Progress, silent

#: (inner, outer) radii of the rings in pixels: the inner square is left out.
RINGS = ((2, 8), (4, 16), (8, 32))
#: Ridge on the variance of a ring, in units of the band's own variance over the scene.
RIDGE = 0.05


def siroc(question: Problem, seed: int = 0, progress: Progress = silent) -> Answer:
    """Return the length over the bands of what the rings leave unexplained, averaged over rings and both directions."""
    return symmetric(_forwards, question)


def _forwards(question: Problem) -> Answer:
    squares = np.zeros(question.before.shape)
    total = np.zeros(question.valid.shape)
    for inner, outer in RINGS:
        left = [
            unexplained(one, two, question.valid, inner, outer)
            for one, two in zip(question.before, question.after, strict=True)
        ]
        squares += np.square(left) / len(RINGS)
        total += np.sqrt(np.square(left).sum(0)) / len(RINGS)
    parts = dict(zip(question.bands, squares.astype(np.float32), strict=True))
    return Answer(total.astype(np.float32), parts)


def unexplained(one: np.ndarray, two: np.ndarray, valid: np.ndarray, inner: int, outer: int) -> np.ndarray:
    """Return ``two`` minus its prediction from ``one`` (y, x) by the regression fitted on a ring around each pixel."""
    one, two = (np.where(valid, d, 0).astype(np.float64) for d in (one, two))
    c1, c2 = one[valid].mean(), two[valid].mean()  # centred: the sums of squares keep their digits
    one, two = np.where(valid, one - c1, 0), np.where(valid, two - c2, 0)
    count = _ring(valid.astype(np.float64), inner, outer)
    some = np.maximum(count, 1)
    m1, m2 = _ring(one, inner, outer) / some, _ring(two, inner, outer) / some
    variance = np.maximum(_ring(one**2, inner, outer) / some - m1**2, 0)
    together = _ring(one * two, inner, outer) / some - m1 * m2
    slope = together / (variance + (RIDGE * one[valid].var() or 1.0))
    return np.where(count >= 1, two - m2 - slope * (one - m1), two - one)


def _ring(values: np.ndarray, inner: int, outer: int) -> np.ndarray:
    return box_sum(values, outer) - box_sum(values, inner)
