"""Gaussian random fields with a power-law spectrum, slow where they are large: the raw material of simulated oceans."""

from __future__ import annotations

import numpy as np
from scipy.fft import irfft2, next_fast_len, rfft2

#: The fields are drawn on a larger torus and cut, so that opposite sides know nothing of each other.
MARGIN = 1.3


def evolving(
    rng: np.random.Generator,
    frames: int,
    shape: tuple[int, int],
    slope: float,
    outer: float,
    memory: tuple[float, float] = (0.0, 0.0),
    *,
    stretch: float = 1.0,
    drift: tuple[float, float] = (0.0, 0.0),
) -> np.ndarray:
    """Return (frames, lat, lon) float32: draws of mean 0 and unit variance, each a continuation of the one before.

    Args:
        rng: draws everything.
        frames: how many.
        shape: (lat, lon).
        slope: b of the power spectrum (k^2 + k0^2)^(-b/2) in two dimensions; 2 + 2H for a Hurst exponent H.
        outer: wavelength (cells) of k0: beyond, the field is white.
        memory: frames after which the largest waves and those of 4 cells are forgotten (to 1/e); 0 = at once. Between
            the two, a power law of the wavenumber.
        stretch: how much longer structures are east-west than north-south.
        drift: cells per frame (north, east) that the whole field moves.
    """
    tall, wide = (next_fast_len(int(np.ceil(n * MARGIN)), real=True) for n in shape)
    ky = np.fft.fftfreq(tall)[:, None] / np.sqrt(stretch)
    kx = np.fft.rfftfreq(wide)[None] * np.sqrt(stretch)
    k2 = ky * ky + kx * kx
    amplitude = (k2 + outer**-2.0) ** (-slope / 4)
    amplitude[0, 0] = 0.0
    both = np.where((np.arange(kx.size) == 0) | (2 * np.arange(kx.size) == wide), 1.0, 2.0)
    amplitude *= np.sqrt(tall * wide / (amplitude**2 * both).sum())
    keep = _memory(np.sqrt(k2), outer, memory)
    turn = np.exp(-2j * np.pi * (np.fft.fftfreq(tall)[:, None] * drift[0] + np.fft.rfftfreq(wide) * drift[1]))
    state = np.zeros(k2.shape, complex)
    drawn = np.empty((frames, *shape), np.float32)
    for t in range(frames):
        new = rfft2(rng.standard_normal((tall, wide)))
        state = new if t == 0 else keep * turn * state + np.sqrt(1 - keep * keep) * new
        drawn[t] = irfft2(state * amplitude, (tall, wide))[: shape[0], : shape[1]]
    return drawn


def _memory(k: np.ndarray, outer: float, memory: tuple[float, float]) -> np.ndarray:
    """Return what a frame keeps of the one before, 0 to 1, for each wavenumber (cycles per cell)."""
    slow, quick = memory
    if slow <= 0 or quick <= 0:
        return np.zeros_like(k)
    k = np.clip(k, 1 / outer, 0.25)
    share = np.log(k * outer) / max(np.log(0.25 * outer), 1e-9)
    return np.exp(-1 / (slow ** (1 - share) * quick**share))
