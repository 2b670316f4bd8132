"""Gaussian random fields over frames with the covariance of :mod:`eogen.ocean.covariance`, without end."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy import fft

from eogen.ocean.covariance import Covariance


def random_fields(
    covariance: Covariance,
    days: np.ndarray,
    shape: tuple[int, int],
    pixel: tuple[float, float],
    rng: np.random.Generator,
) -> Iterator[np.ndarray]:
    """Yield fields (time, lat, lon) float32, one draw each, noise-free.

    Space by circulant embedding (Dietrich & Newsam 1997, SIAM J. Sci. Comput. 18, 1088) on a grid of twice the size,
    where small negative eigenvalues of very long scales are set to nought; time by a first-order autoregression, exact
    for exponentials at any spacing of ``days``.
    """
    filters = [_filter(shape, pixel, length) for length in covariance.length]
    while True:
        total = np.zeros((len(days), *shape), np.float32)
        for root, variance, duration in zip(filters, covariance.variance, covariance.duration, strict=True):
            now = _white(root, shape, rng)
            total[0] += np.sqrt(variance) * now
            for k in range(1, len(days)):
                kept = np.exp(-(days[k] - days[k - 1]) / duration)
                now = kept * now + np.sqrt(1 - kept**2) * _white(root, shape, rng)
                total[k] += np.sqrt(variance) * now
        yield total


def _filter(shape: tuple[int, int], pixel: tuple[float, float], length: float) -> np.ndarray:
    padded = [fft.next_fast_len(2 * s, real=True) for s in shape]
    axes = [np.minimum(np.arange(p), p - np.arange(p)) * size for p, size in zip(padded, pixel, strict=True)]
    kernel = np.exp(-np.hypot(axes[0][:, None], axes[1]) / length).astype(np.float32)
    return np.sqrt(np.maximum(fft.rfft2(kernel).real, 0))


def _white(root: np.ndarray, shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    padded = (root.shape[0], [fft.next_fast_len(2 * s, real=True) for s in shape][1])
    noise = rng.standard_normal(padded, dtype=np.float32)
    return fft.irfft2(fft.rfft2(noise) * root, padded)[: shape[0], : shape[1]].astype(np.float32)
