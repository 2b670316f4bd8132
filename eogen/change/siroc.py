"""Each pixel told from its distant neighbours (after SiROC, Kondmann et al. 2021).

What links the two dates around a pixel (light, season, atmosphere) is learned from a ring of neighbours, near enough to
have seen the same sky and too far to belong to the same object; what that link does not explain of the pixel itself is
its change. The paper writes the pixel as a linear combination of the ring before and applies it to the ring after; here
the link is the ring's own regression of after on before, band by band, and several rings vote as in the paper.
"""

from __future__ import annotations

import numpy as np

from eogen.change.problem import Answer, Problem
from eogen.change.windows import Sums
from eogen.progress import Progress, silent

#: (inner, outer) radii of the rings in pixels: the inner square is left out.
RINGS = ((2, 8), (4, 16), (8, 32))
#: Ridge on the variance of a ring, in units of the band's own variance over the scene.
RIDGE = 0.05


def siroc(question: Problem, seed: int = 0, progress: Progress = silent) -> Answer:
    """Return the length over the bands of what the rings leave unexplained, averaged over rings and both directions.

    Parts: each band's mean square of it.
    """
    lengths = np.zeros((len(RINGS), 2, *question.valid.shape))
    parts = {}
    for k, (band, one, two) in enumerate(zip(question.bands, question.before, question.after, strict=True)):
        progress(k, len(question.bands), "compare")
        squares = np.square(unexplained(one, two, question.valid))
        lengths += squares
        parts[band] = squares.mean((0, 1)).astype(np.float32)
    return Answer(np.sqrt(lengths, out=lengths).mean((0, 1)).astype(np.float32), parts)


def unexplained(
    one: np.ndarray, two: np.ndarray, valid: np.ndarray, rings: tuple[tuple[int, int], ...] = RINGS
) -> np.ndarray:
    """Return (ring, 2, y, x): ``two`` minus its prediction from ``one`` (y, x) by each ring's regression, and back.

    Where a ring holds no valid pixel, the plain difference stands.
    """
    # centred: the sums of squares keep their digits
    one, two = (np.where(valid, d - d[valid].mean(dtype=np.float64), 0) for d in (one, two))
    away = [RIDGE * d[valid].var() or 1.0 for d in (one, two)]
    most = max(outer for _, outer in rings)
    sums = [Sums(d, most) for d in (valid, one, two, one**2, two**2, one * two)]
    out = np.empty((len(rings), 2, *valid.shape))
    for k, (inner, outer) in enumerate(rings):
        count, s1, s2, s11, s22, s12 = (s.ring(inner, outer) for s in sums)
        some = np.maximum(count, 1)
        m1, m2 = s1 / some, s2 / some
        together = s12 / some - m1 * m2
        for way, (x, y, mx, my, sxx, ridge) in enumerate(
            ((one, two, m1, m2, s11, away[0]), (two, one, m2, m1, s22, away[1]))
        ):
            slope = together / (np.maximum(sxx / some - mx**2, 0) + ridge)
            out[k, way] = np.where(count >= 1, y - my - slope * (x - mx), y - x)
    return out
