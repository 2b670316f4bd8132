"""What the likelihoods ask of a network, and the straight path between noise and images.

A flow is told ``t`` (0 noise, 1 image) and where the path x_t = (1 - t) e + t x has got to, e being N(0, 1); it answers
the mean velocity x - e of all the paths that pass there (flow matching, Lipman et al. 2023, arXiv 2210.02747; rectified
flow, Liu et al. 2023, arXiv 2209.03003). The path is Gaussian, so the same answer is also a denoiser, a guess of the
noise and a score (:func:`clean`, :func:`noise`, :func:`score`): one network, many likelihoods.
"""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor


class Flow(Protocol):
    """A velocity that may be told the other date."""

    def velocity(self, x: Tensor, t: Tensor, condition: Tensor) -> Tensor:
        """Return the velocity (n, band, y, x) at ``x`` (n, band, y, x) and ``t`` (n,) in [0, 1].

        ``condition`` is (n, band + 1, y, x), see :func:`told` and :func:`untold`.
        """


class Masked(Protocol):
    """A law of hidden pixels."""

    def predict(self, x: Tensor, condition: Tensor, hidden: Tensor) -> tuple[Tensor, Tensor]:
        """Return location and log scale, both (n, band, y, x).

        Args:
            x: (n, band, y, x) the date asked about, 0 where hidden.
            condition: (n, band + 1, y, x), see :func:`told` and :func:`untold`.
            hidden: (n, 1, y, x), 1 where hidden, 0 where shown.
        """


def told(other: Tensor) -> Tensor:
    """Return the condition (n, band + 1, y, x) that tells the other date (n, band, y, x): its bands and a flag of 1."""
    return torch.cat([other, torch.ones_like(other[:, :1])], 1)


def untold(other: Tensor) -> Tensor:
    """Return the condition that tells nothing: noughts and a flag of 0."""
    return torch.zeros_like(told(other))


def at(flow: Flow, x: Tensor, t: float, condition: Tensor) -> Tensor:
    """Return the velocity at one time for the whole batch."""
    return flow.velocity(x, x.new_full((len(x),), t), condition)


def path(image: Tensor, e: Tensor, t: float) -> Tensor:
    """Return where the path from noise ``e`` to ``image`` is at ``t``."""
    return (1 - t) * e + t * image


def clean(x: Tensor, velocity: Tensor, t: float) -> Tensor:
    """Return the mean image that ``x`` at ``t`` may come to."""
    return x + (1 - t) * velocity


def noise(x: Tensor, velocity: Tensor, t: float) -> Tensor:
    """Return the mean noise that ``x`` at ``t`` may come from."""
    return x - t * velocity


def score(x: Tensor, velocity: Tensor, t: float) -> Tensor:
    """Return the gradient of the log-density of x_t, (t v - x) / (1 - t): minus the mean noise over 1 - t (Tweedie)."""
    return (t * velocity - x) / (1 - t)
