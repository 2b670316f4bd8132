"""Spectral angle (Kruse et al. 1993): how far the two spectra of a pixel point apart, whatever their brightness.

Water takes the infrared out of a spectrum and leaves little light: a difference of values hardly sees it on dark
ground, an angle does.
"""

from __future__ import annotations

import numpy as np

from eogen.change.problem import Answer, Problem
from eogen.progress import Progress, silent

#: Added to every band, as a share of the scene's mean value: black pixels have no direction.
FLOOR = 0.06


def spectral_angle(question: Problem, seed: int = 0, progress: Progress = silent) -> Answer:
    """Return the angle between the spectra as they were read, radians; needs two bands of values from 0 up."""
    raw = question.before[None], question.after[None]
    one, two = (question.raw if question.raw is not None else np.concatenate(raw)).astype(np.float64)
    seen = np.stack([one, two])[:, :, question.valid]
    low = np.minimum(seen.min(), 0.0)
    floor = FLOOR * max(float(seen.mean() - low), 1e-12)
    one, two = one - low + floor, two - low + floor
    # the half-angle formula of Kahan keeps its digits where the spectra are nearly alike
    a, b = np.sqrt((one**2).sum(0)), np.sqrt((two**2).sum(0))
    u, v = one / a, two / b
    angle = 2 * np.arctan2(np.sqrt(((u - v) ** 2).sum(0)), np.sqrt(((u + v) ** 2).sum(0)))
    return Answer(np.where(question.valid, angle, 0).astype(np.float32))
