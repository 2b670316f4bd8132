"""The norm of the score at many noise levels, and a Gaussian of their vectors (MSMA, Mahmood et al. 2021, 2010.13132).

The score points to where images are more usual; where it is long, the image is far from them. The image itself is
asked, no noise being added: at level t its score is that of images blurred with noise of deviation s = (1 - t) / t, and
s times its norm is a distance in units of that noise. Pixels whose vector of norms is rare in the scene stand out.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from eogen.change.protocol import Flow, at, score
from eogen.progress import Progress, silent

#: Times asked.
LEVELS = (0.3, 0.5, 0.7, 0.85, 0.95)
#: Ridge on the covariance of the norms: a share of their mean variance, and what is left when they are all equal.
RIDGE, TINY = 1e-3, 1e-12


@torch.inference_mode()
def norms(
    flow: Flow,
    images: Tensor,
    condition: Tensor,
    levels: Sequence[float] = LEVELS,
    progress: Progress = silent,
) -> Tensor:
    """Return (level, n, y, x): the length over bands of the score of each image, times the noise of the level."""
    out = []
    for k, t in enumerate(levels):
        progress(k, len(levels), "likelihood")
        x = t * images
        # y = x_t / t is the image with noise s = (1 - t) / t; its score is t times that of x_t, and s t = 1 - t
        out.append((1 - t) * score(x, at(flow, x, t, condition), t).square().sum(1).sqrt())
    return torch.stack(out)


def rarity(values: np.ndarray, valid: np.ndarray) -> np.ndarray:
    """Return (y, x) -log density of each pixel's vector of norms (level, y, x), under one Gaussian a scene."""
    values = values.astype(np.float64)
    seen = values[:, valid]
    covariance = np.cov(seen, bias=True).reshape(len(seen), -1)
    covariance += (RIDGE * np.trace(covariance) / len(seen) + TINY) * np.eye(len(seen))
    factor = np.linalg.cholesky(covariance)
    away = np.linalg.solve(factor, (values - seen.mean(1)[:, None, None]).reshape(len(values), -1))
    constant = np.log(np.diag(factor)).sum() + len(values) / 2 * np.log(2 * np.pi)
    return ((away**2).sum(0).reshape(valid.shape) / 2 + constant).astype(np.float32)
