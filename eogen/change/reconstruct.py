"""Reconstruction from many noise levels (Graham et al. 2023, arXiv 2211.07740): what is usual is found again.

The image is carried into noise to a level, and the flow, told the other date, carries it from there to an image again.
Faint noise asks whether details are usual, strong noise whether the place is. At each level the squared errors of
values and of slopes are put on one scale (a robust z-score over the image), and the map is their mean.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

from eogen.change.ode import follow
from eogen.change.protocol import Flow, path
from eogen.change.roundtrip import slopes
from eogen.progress import Progress, silent

#: Times the image is carried back to; steps from there to an image.
LEVELS, STEPS = (0.1, 0.3, 0.5, 0.7), 3


@torch.inference_mode()
def errors(
    flow: Flow,
    images: Tensor,
    condition: Tensor,
    draw: Callable[[int], Tensor],
    *,
    levels: Sequence[float] = LEVELS,
    steps: int = STEPS,
    progress: Progress = silent,
) -> Tensor:
    """Return (level, 2, n, y, x): squared errors, summed over bands, of values and of slopes.

    ``draw`` is as in :func:`eogen.change.elbo.terms`.
    """
    out = []
    for k, t in enumerate(levels):
        start = path(images, draw(k).expand_as(images), t)
        made = follow(flow, start, condition, t, 1.0, steps, progress, k * steps, len(levels) * steps)
        value = (made - images).square().sum(1)
        edge = (slopes(made) - slopes(images)).square().sum((1, 2))
        out.append(torch.stack([value, edge]))
    return torch.stack(out)


def robust(values: np.ndarray, valid: np.ndarray) -> np.ndarray:
    """Return (..., y, x) less the median of valid pixels, over their robust deviation (1.4826 MAD) unless 0."""
    seen = values[..., valid]
    middle = np.median(seen, -1)[..., None, None]
    spread = 1.4826 * np.median(np.abs(seen - middle[..., 0]), -1)[..., None, None]
    return (values - middle) / np.where(spread > 0, spread, 1)
