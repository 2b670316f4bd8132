"""Gradients of the score by the pixels, in five ways; and occlusion, the same idea without gradients."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from eogen.landcover.question import Question


def _spread(question: Question) -> Tensor:
    """Return the per-band standard deviation of the image, (1, bands, 1, 1): puts the bands on one scale."""
    return question.x.std((2, 3), keepdim=True).clamp_min(1e-6)


def saliency(question: Question) -> np.ndarray:
    """Size of the gradient (Simonyan et al. 2014), each band times its spread, summed over the bands."""
    return (question.gradient(question.x).abs() * _spread(question)).sum(1)[0].numpy()


def input_x_gradient(question: Question) -> np.ndarray:
    """Gradient times the difference to the baseline (Shrikumar et al. 2017), summed over the bands."""
    return (question.gradient(question.x) * (question.x - question.baseline)).sum(1)[0].numpy()


def smooth_grad(question: Question, *, samples: int = 20, noise: float = 0.5, batch: int = 10) -> np.ndarray:
    """Mean saliency of noisy copies (Smilkov et al. 2017); ``noise`` in standard deviations of each band."""
    generator, spread = question.generator(), _spread(question)
    total = torch.zeros(question.x.shape[-2:])
    for start in range(0, samples, batch):
        count = min(batch, samples - start)
        shift = torch.randn(count, *question.x.shape[1:], generator=generator) * (noise * spread)
        total += (question.gradient(question.x + shift).abs() * spread).sum((0, 1))
    return (total / samples).numpy()


def integrated_gradients(question: Question, *, steps: int = 20, batch: int = 10) -> np.ndarray:
    """Gradients along the straight way from the baseline (Sundararajan et al. 2017), through captum.

    Adds up to ``score(x) - score(baseline)`` as ``steps`` grows.
    """
    from captum.attr import IntegratedGradients

    x = question.x.clone().requires_grad_(True)
    with torch.enable_grad():
        attribution = IntegratedGradients(question.score).attribute(
            x, question.baseline, n_steps=steps, internal_batch_size=min(batch, steps)
        )
    return attribution.sum(1)[0].detach().numpy().astype(np.float32)


def occlusion(question: Question, *, size: int = 12, stride: int = 6, batch: int = 8) -> np.ndarray:
    """Fall of the score when a sliding square becomes the baseline (Zeiler & Fergus 2014), through captum."""
    from captum.attr import Occlusion

    bands, height, width = question.x.shape[1:]
    window = (bands, min(size, height), min(size, width))
    with torch.no_grad():
        attribution = Occlusion(question.score).attribute(
            question.x,
            sliding_window_shapes=window,
            strides=(bands, min(stride, window[1]), min(stride, window[2])),
            baselines=question.baseline,
            perturbations_per_eval=batch,
        )
    return attribution[0, 0].numpy().astype(np.float32)
