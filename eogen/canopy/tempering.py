"""From one temperature to the next: how far, and which particles go on (sequential Monte Carlo)."""

from __future__ import annotations

import torch
from torch import Tensor


def following(log_likelihood: Tensor, beta: Tensor, keep: float) -> Tensor:
    """Return the next inverse temperatures (p), one at most, that leave a share ``keep`` of the particles effective.

    Args:
        log_likelihood: (p, n), of the particles of p populations.
        beta: (p), the present inverse temperatures.
        keep: 0-1; effective are 1 / Σ w² particles (Kong, Liu & Wong 1994).
    """

    def effective(to: Tensor) -> Tensor:
        weight = ((to - beta)[:, None] * log_likelihood).log_softmax(1)
        return torch.exp(-(2 * weight).logsumexp(1)) / weight.shape[1]

    low, high = beta, torch.ones_like(beta)
    done = effective(high) >= keep
    for _ in range(50):
        middle = (low + high) / 2
        good = effective(middle) >= keep
        low, high = torch.where(good, middle, low), torch.where(good, high, middle)
    return torch.where(done, torch.ones_like(beta), low)


def resample(log_weight: Tensor, count: int, generator: torch.Generator) -> Tensor:
    """Return particle numbers (p, count), sorted, in proportion to weights (p, n): systematically (Kitagawa 1996)."""
    weight = log_weight.softmax(1)
    start = torch.rand(len(weight), 1, generator=generator, dtype=weight.dtype)
    chosen = torch.searchsorted(weight.cumsum(1), (start + torch.arange(count)) / count)
    return chosen.clamp_max(weight.shape[1] - 1)
