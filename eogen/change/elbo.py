"""Denoising terms of the evidence bound: how badly a network that is shown a noisy image finds the image.

At noise level t the error of the velocity is (x - x^) / (1 - t). Two weightings of its square:

* ``clean``: (1 - t)², the squared error of the image itself, averaged over the levels: blunt, and steady;
* ``likelihood``: t / (1 - t) dt, which makes the sum the negative log-density up to a constant that does not depend on
  the condition (Kingma et al. 2021, arXiv 2107.00630; Guo, Shamai & Verdú 2005). The difference told - untold is then
  minus the pointwise mutual information (Kong et al. 2023, arXiv 2302.03792).

Told and untold are asked with the same noise (common random numbers), and each noise also with its sign turned, which
takes away what the error owes to it at first order (antithetic pairs). What it owes at second order is taken away
afterwards, as a control variate (:mod:`eogen.change.steady`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from eogen.change.protocol import Flow, at, path
from eogen.progress import Progress, silent

#: Times asked: mostly noise to mostly image.
LEVELS = (0.3, 0.6, 0.85)
WEIGHTINGS = ("clean", "likelihood")


def weights(levels: Sequence[float], weighting: str = "clean") -> list[float]:
    """Return the weight of the squared velocity error at each level.

    ``likelihood`` is the trapezoidal rule over the logarithm of the signal-to-noise ratio, 2 log(t / (1 - t)), for at
    least two levels in increasing order.

    Raises:
        ValueError: another weighting.
    """
    if weighting not in WEIGHTINGS:
        raise ValueError(f"weighting is {weighting}, expected one of {WEIGHTINGS}")
    if weighting == "clean":
        return [(1 - t) ** 2 / len(levels) for t in levels]
    snr = [2 * math.log(t / (1 - t)) for t in levels]
    ends = [snr[0], *snr, snr[-1]]
    return [t**2 / 2 * (ends[k + 2] - ends[k]) / 2 for k, t in enumerate(levels)]


@torch.inference_mode()
def terms(
    flow: Flow,
    images: Tensor,
    conditions: Sequence[Tensor],
    draw: Callable[[int], Tensor],
    *,
    levels: Sequence[float] = LEVELS,
    draws: int = 1,
    weighting: str = "clean",
    progress: Progress = silent,
) -> Tensor:
    """Return the weighted squared errors (condition, level, n, y, x), summed over bands.

    Args:
        flow: see :class:`eogen.change.protocol.Flow`.
        images: (n, band, y, x).
        conditions: each (n, band + 1, y, x); all are asked with the same noise.
        draw: number -> N(0, 1) noise (band, y, x), shared by the images of the batch.
        levels: times.
        draws: antithetic pairs of noise at each level.
        weighting: see the module's text.
        progress: may raise ``Cancelled``.
    """
    out = images.new_zeros((len(conditions), len(levels), len(images), *images.shape[2:]))
    for i, (t, weight) in enumerate(zip(levels, weights(levels, weighting), strict=True)):
        for k in range(draws):
            progress(i * draws + k, len(levels) * draws, "likelihood")
            one = draw(i * draws + k).expand_as(images)
            for e in (one, -one):
                x = path(images, e, t)
                for c, condition in enumerate(conditions):
                    error = images - e - at(flow, x, t, condition)
                    out[c, i] += weight / (2 * draws) * error.square().sum(1)
    return out
