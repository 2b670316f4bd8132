"""Structural dissimilarity (Wang, Bovik, Sheikh & Simoncelli 2004): do brightness, contrast and pattern still agree?"""

from __future__ import annotations

import numpy as np

from eogen.change.problem import Answer, Problem
from eogen.change.windows import local_mean
from eogen.progress import Progress, silent

#: Width of the Gaussian window in pixels and the two stabilising constants of the paper.
WIDTH, K1, K2 = 1.5, 0.01, 0.03
#: Percentiles between which an image's values are taken to range.
RANGE = (0.1, 99.9)


def ssim(question: Problem, seed: int = 0, progress: Progress = silent) -> Answer:
    """Return 1 - SSIM, 0 (same) to 2, averaged over the bands; parts are the bands and their mean, ``luminance``."""
    valid = question.valid
    one, two = question.before, question.after
    low, high = np.percentile(np.stack([one, two])[..., valid], RANGE)
    parts = {}
    for k, band in enumerate(question.bands):
        progress(k, len(one) + 1, "compare")
        parts[band] = dissimilarity(one[k] - low, two[k] - low, valid, high - low)
    nll = np.mean(list(parts.values()), axis=0)
    parts["luminance"] = dissimilarity(one.mean(0) - low, two.mean(0) - low, valid, high - low)
    return Answer(nll.astype(np.float32), {k: v.astype(np.float32) for k, v in parts.items()})


def dissimilarity(one: np.ndarray, two: np.ndarray, valid: np.ndarray, span: float) -> np.ndarray:
    """Return 1 - SSIM (y, x) of two images (y, x) whose values range over ``span``, among valid pixels."""
    c1, c2 = (K1 * (span or 1.0)) ** 2, (K2 * (span or 1.0)) ** 2
    one, two = one.astype(np.float64), two.astype(np.float64)
    m1, m2 = local_mean(one, valid, WIDTH), local_mean(two, valid, WIDTH)
    v1 = local_mean(one**2, valid, WIDTH) - m1**2
    v2 = local_mean(two**2, valid, WIDTH) - m2**2
    v12 = local_mean(one * two, valid, WIDTH) - m1 * m2
    return 1 - (2 * m1 * m2 + c1) * (2 * v12 + c2) / ((m1**2 + m2**2 + c1) * (v1 + v2 + c2))
