"""Denoising terms of the evidence bound: how badly a network that is shown a noisy image finds the image.

At noise level t the error of the velocity is (x - x^) / (1 - t). Two weightings of its square:

* ``clean``: (1 - t)², the squared error of the image itself, averaged over the levels: blunt, and steady;
* ``likelihood``: t / (1 - t) dt, which makes the sum the negative log-density up to a constant that does not depend on
  the condition (Kingma et al. 2021, arXiv 2107.00630; Guo, Shamai & Verdú 2005). The difference told - untold is then
  minus the pointwise mutual information (Kong et al. 2023, arXiv 2302.03792).

Told and untold are asked with the same noise (common random numbers), and each noise also with its sign turned, which
takes away what the error owes to it at first order (antithetic pairs). What it owes at second order is taken away
afterwards, as a control variate (:func:`steadied`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

from eogen.change.protocol import Flow, at, path
from eogen.progress import Progress, silent

#: Times asked: mostly noise to mostly image.
LEVELS = (0.2, 0.4, 0.6, 0.8)
WEIGHTINGS = ("clean", "likelihood")
#: Valid pixels for each coefficient below which none is fitted.
ENOUGH = 50


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


def steadied(maps: np.ndarray, e: np.ndarray, valid: np.ndarray) -> np.ndarray:
    """Return the maps of one level without what they owe to the noise of their own pixel at second order.

    The products e_i e_j of the bands have known means, so a multiple of their excess can be taken away without moving
    the mean of a map; the multiples are those of least squares over the scene. With fewer than ``ENOUGH`` valid pixels
    for each, the maps stay as they are.

    Args:
        maps: (..., y, x) of one antithetic pair.
        e: (band, y, x) its noise.
        valid: (y, x).
    """
    i, j = np.triu_indices(len(e))
    if valid.sum() < ENOUGH * len(i):
        return maps
    excess = e[i] * e[j] - (i == j)[:, None, None].astype(e.dtype)
    rows = excess[:, valid].astype(np.float64)
    rows = np.concatenate([rows, np.ones_like(rows[:1])])
    seen = maps[..., valid].reshape(-1, rows.shape[1]).astype(np.float64)
    fitted = np.linalg.solve(rows @ rows.T, rows @ seen.T)[:-1].T
    return (maps - np.einsum("mk,kyx->myx", fitted, excess).reshape(maps.shape)).astype(maps.dtype)
