"""Closed-form likelihoods at two scales, heard together: unusual for one of them is unusual.

At each scale the images are smoothed and one joint t law of the scene gives two scores: minus the mutual information
of the two values, and the mean of the two conditional negative log-likelihoods. Each is brought to its own median and
robust deviation in the scene, and only what exceeds the usual is counted (softplus), so that a pixel that one of them
finds very unusual is not excused by the others. Smoothing before comparing also forgives a shift of half a pixel.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter

from eogen.change.consensus import excess
from eogen.change.gaussian import joint
from eogen.change.problem import Answer, Problem
from eogen.progress import Progress, silent

#: Standard deviations (pixels) of the smoothing before the law is fitted, and of the maps afterwards.
SCALES, AFTER = (0.7, 1.4), 1.5


def gaussian_scales(question: Problem, seed: int = 0, progress: Progress = silent) -> Answer:
    """Return the sum of the counted excesses; each is a part."""
    valid, parts = question.valid, {}
    weight = None
    for k, scale in enumerate(SCALES):
        progress(k, len(SCALES), "fit")
        weight = np.maximum(gaussian_filter(valid.astype(np.float32), scale), 1e-6)
        one, two = (
            np.stack([gaussian_filter(band, scale) / weight for band in image])[:, valid].T
            for image in (question.before, question.after)
        )
        law, b = joint(one, two), one.shape[1]
        both = law.nll(np.c_[one, two], slice(None))
        apart = law.nll(one, slice(0, b)) + law.nll(two, slice(b, None))
        for name, values in (("information", both - apart), ("conditional", both - apart / 2)):
            field = np.zeros(valid.shape, np.float32)
            field[valid] = values
            parts[f"{name}_{scale:g}px"] = excess(field, valid, AFTER)
    nll = np.sum(list(parts.values()), axis=0)
    return Answer(nll.astype(np.float32), parts)
