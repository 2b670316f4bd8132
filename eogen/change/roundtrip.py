"""Encode, decode, compare: what the second image would be, had the first one stayed as usual.

Le Bellier & Audebert 2024 (ODEED): follow the flow from the image back to noise and forth again; a usual image comes
back. A perfectly solved flow brings *every* image back when both ways are told the same, so what is left then is only
the error of the solver. Here the way back is told nothing and the way forth is told the other date: the noise keeps
what makes this image differ from the mean image, and decoding carries it to the law of images that go with the other
date. For a Gaussian law with mean 0, deviation 1 and correlation r this gives r x1 + sqrt(1 - r²) x2: the more the
other date tells, the more of it comes back, and a change shows as the difference from x2.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from eogen.change.ode import follow
from eogen.change.protocol import Flow, told, untold
from eogen.progress import Progress, silent

#: Steps each way.
STEPS = 6


@torch.inference_mode()
def returned(
    flow: Flow, images: Tensor, others: Tensor, steps: int = STEPS, progress: Progress = silent
) -> Tensor:
    """Return images (n, band, y, x) encoded knowing nothing and decoded knowing the other date."""
    latent = follow(flow, images, untold(others), 1.0, 0.0, steps, progress, 0, 2 * steps)
    return follow(flow, latent, told(others), 0.0, 1.0, steps, progress, steps, 2 * steps)


def differences(images: Tensor, others: Tensor) -> Tensor:
    """Return (2, n, y, x): the length over bands of the difference of values, and of the difference of edges."""
    value = (images - others).square().sum(1).sqrt()
    edge = (slopes(images) - slopes(others)).square().sum((1, 2)).sqrt()
    return torch.stack([value, edge])


def slopes(images: Tensor) -> Tensor:
    """Return (n, 2, band, y, x) the central differences along rows and along columns; borders are repeated."""
    wide = functional.pad(images, (1, 1, 1, 1), "replicate")
    down = (wide[..., 2:, 1:-1] - wide[..., :-2, 1:-1]) / 2
    along = (wide[..., 1:-1, 2:] - wide[..., 1:-1, :-2]) / 2
    return torch.stack([down, along], 1)
