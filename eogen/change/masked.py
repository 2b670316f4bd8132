"""The likelihood of pixels that were hidden, given what is around them and the other date.

A masked auto-encoder (He et al. 2022, arXiv 2111.06377) fills squares that were taken out; asked for a law instead of a
value, it tells how usual the hidden pixel is: a pseudo-likelihood (Besag 1975). Squares are dealt into groups; each
group is hidden in turn, so that every pixel is foretold without being seen. Small squares ask about details, large ones
about objects.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from eogen.change.protocol import Masked
from eogen.progress import Progress, silent

#: Sides of the squares, pixels; groups they are dealt into (each pass hides 1 / GROUPS of the image).
SCALES, GROUPS = (4, 8, 16), 2


def density(x: Tensor, location: Tensor, log_scale: Tensor, law: str = "laplace") -> Tensor:
    """Return -log density of ``x``; the scale is the standard deviation of ``"gaussian"``, the b of ``"laplace"``.

    Raises:
        ValueError: another law.
    """
    away = (x - location) * torch.exp(-log_scale)
    if law == "laplace":
        return away.abs() + log_scale + math.log(2)
    if law == "gaussian":
        return 0.5 * away.square() + log_scale + 0.5 * math.log(2 * math.pi)
    raise ValueError(f"law is {law}, expected laplace or gaussian")


@torch.inference_mode()
def hidden_nll(
    network: Masked,
    images: Tensor,
    condition: Tensor,
    deal: Callable[[int, int, int], Tensor],
    *,
    scales: Sequence[int] = SCALES,
    groups: int = GROUPS,
    law: str = "laplace",
    progress: Progress = silent,
) -> Tensor:
    """Return (scale, n, y, x) nats of each pixel, hidden in turn, summed over bands.

    Args:
        network: see :class:`eogen.change.protocol.Masked`.
        images: (n, band, y, x).
        condition: (n, band + 1, y, x).
        deal: ``deal(draw, groups, side)`` returns the group (y, x) of each pixel, squares of ``side`` alike.
        scales: sides of the squares.
        groups: each is hidden once; with one everything is hidden, and only the other date is left to tell.
        law: of the network's answer, see :func:`density`.
        progress: may raise ``Cancelled``.
    """
    out = images.new_zeros((len(scales), len(images), *images.shape[2:]))
    for i, side in enumerate(scales):
        group = deal(i, groups, side)
        for g in range(groups):
            progress(i * groups + g, len(scales) * groups, "likelihood")
            hidden = (group == g).to(images.dtype).expand(len(images), 1, *images.shape[2:])
            location, log_scale = network.predict(images * (1 - hidden), condition, hidden)
            out[i] += hidden[:, 0] * density(images, location, log_scale, law).sum(1)
    return out
