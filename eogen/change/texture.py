"""Change vector analysis on values and textures at two scales: for images whose objects are many pixels wide.

On aerial images a pixel is a piece of roof, a car, a shadow: its value alone says little. Each band is smoothed at two
scales, and the local roughness of the brightness (the logarithm of its standard deviation, so that shadows count as
much as roofs) is added at the same scales, in the manner of deep change vector analysis (Saha et al. 2019) with
features that need no training.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter

from eogen.change.problem import Answer, Problem
from eogen.progress import Progress, silent

#: Standard deviations of the Gaussian windows, pixels; least roughness that is told from none (robust deviations).
SCALES, LEAST = (2.0, 4.0), 0.05


def texture_cva(question: Problem, seed: int = 0, progress: Progress = silent) -> Answer:
    """Return the root of the summed mean squared differences of the features; parts: values and roughness by scale."""
    parts = {}
    for scale in SCALES:
        values, rough = zip(
            *(_features(d, question.valid, scale) for d in (question.before, question.after)), strict=True
        )
        parts[f"value_{scale:g}px"] = ((values[1] - values[0]) ** 2).mean(0)
        parts[f"roughness_{scale:g}px"] = (rough[1] - rough[0]) ** 2
    nll = np.sqrt(sum(parts.values()))
    return Answer(nll.astype(np.float32), {k: v.astype(np.float32) for k, v in parts.items()})


def _features(image: np.ndarray, valid: np.ndarray, scale: float) -> tuple[np.ndarray, np.ndarray]:
    """Return smoothed bands (band, y, x) and the log roughness (y, x) of the brightness, among valid pixels."""
    weight = np.maximum(gaussian_filter(valid.astype(np.float32), scale), 1e-6)
    mean = lambda field: gaussian_filter(np.where(valid, field, 0).astype(np.float32), scale) / weight
    light = image.mean(0)
    variance = np.maximum(mean(light**2) - mean(light) ** 2, 0)
    return np.stack([mean(band) for band in image]), np.log(LEAST + np.sqrt(variance))
