"""Two estimators of different minds, heard together.

``consensus``: the closed-form conditional law with its neighbourhood and the masked network, both asked how likely each
date is given the other. Each map is brought to its own median and robust deviation in the scene and only what exceeds
the usual is counted (softplus): very unusual for one of them is unusual, usual for both is nothing.

``texture_blocks``: on fine images, the distance of values and textures plus Celik's blocks, whose score spreads about
seven times as wide: the weight makes the two speak equally loud.
"""

from __future__ import annotations

import numpy as np

from eogen.change import celik, context, likelihoods, texture
from eogen.change.methods import smoothed
from eogen.change.problem import Answer, Problem
from eogen.progress import Progress, silent

#: Standard deviation (pixels) of the smoothing of both maps before their excess is counted; Celik's weight.
AFTER, WEIGHT = 1.5, 0.15


def consensus(question: Problem, seed: int = 0, progress: Progress = silent) -> Answer:
    """Return the summed excesses of the closed-form and of the learnt conditional likelihood; each is a part.

    Raises:
        Unavailable: ``no_model_weights``. InputError: ``change_diverged``.
    """
    closed = context.conditional(question, seed=seed).nll
    learnt = likelihoods.masked_quick(question, seed=seed, progress=progress).nll
    parts = {
        "closed_form": excess(closed, question.valid, AFTER),
        "network": excess(learnt, question.valid, AFTER),
    }
    return Answer(parts["closed_form"] + parts["network"], parts)


def texture_blocks(question: Problem, seed: int = 0, progress: Progress = silent) -> Answer:
    """Return the distance of values and textures plus ``WEIGHT`` times the score of blocks; each is a part."""
    parts = {
        "texture": texture.texture_cva(question, seed, progress).nll,
        "blocks": np.float32(WEIGHT) * celik.celik(question, seed, progress).nll,
    }
    return Answer(parts["texture"] + parts["blocks"], parts)


def excess(field: np.ndarray, valid: np.ndarray, width: float) -> np.ndarray:
    """Return (y, x) float32 softplus of the robust z-score of a map smoothed by ``width`` pixels; 0 where not valid."""
    seen = smoothed(field, valid, width)[valid]
    middle = np.median(seen)
    spread = 1.4826 * np.median(np.abs(seen - middle)) or 1.0
    out = np.zeros(valid.shape, np.float32)
    out[valid] = np.logaddexp(0, (seen - middle) / spread)
    return out
