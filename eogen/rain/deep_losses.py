"""Soft assignments of points to centres, what they are drawn towards, and how far they are from it.

All take points z (n, latent) or assignments (n, cluster), rows summing to 1. ``scale`` is a variance: distances are
measured in its unit, so that a loss means the same whatever the spread of the latent space.
"""

from __future__ import annotations

import torch
from torch import Tensor

_LEAST = 1e-8


def squared_distances(latent: Tensor, centres: Tensor) -> Tensor:
    """Return (n, cluster) squared distances; unlike those of :func:`torch.cdist` their gradient at 0 is 0."""
    return (
        latent.square().sum(1, keepdim=True) - 2 * latent @ centres.T + centres.square().sum(1)
    ).clamp(min=0)


def spread(latent: Tensor, centres: Tensor) -> float:
    """Return the mean squared distance of points to their nearest centre: the unit that ``scale`` is given in."""
    return float(squared_distances(latent, centres).min(1).values.mean().clamp(min=1e-6))


def student_t(latent: Tensor, centres: Tensor, scale: Tensor | float = 1.0) -> Tensor:
    """Return q (n, cluster) of a Student t kernel of one degree of freedom (Xie et al. 2016, eq. 1).

    q_ik is proportional to 1 / (1 + |z_i - c_k|^2 / scale).
    """
    kernel = 1 / (1 + squared_distances(latent, centres) / scale)
    return kernel / kernel.sum(1, keepdim=True)


def softmax_assignment(latent: Tensor, centres: Tensor, sharpness: Tensor | float) -> Tensor:
    """Return (n, cluster) softmax of -sharpness x squared distance: k-means' own assignment as it goes to infinity.

    It is also a linear softmax layer, weights 2 x sharpness x c_k and bias -sharpness x |c_k|^2.
    """
    return torch.softmax(-sharpness * squared_distances(latent, centres), 1)


def target_distribution(assignment: Tensor) -> Tensor:
    """Return p (n, cluster), p_ik proportional to q_ik^2 / sum_j q_jk (Xie et al. 2016, eq. 3).

    Squaring sharpens what is nearly sure; dividing by the size keeps large clusters from growing for their size alone.
    """
    weight = assignment.square() / assignment.sum(0).clamp(min=_LEAST)
    return weight / weight.sum(1, keepdim=True)


def balanced_distribution(assignment: Tensor) -> Tensor:
    """Return q (n, cluster), q_ik proportional to p_ik / sqrt(sum_j p_jk) (Ghasedi Dizaji et al. 2017, eq. 7).

    The closed-form minimum of KL(q | p) + KL(mean of q | uniform) given p: the second term is what holds clusters
    of equal size, and what a collapse would have to pay for.
    """
    weight = assignment / assignment.sum(0).clamp(min=_LEAST).sqrt()
    return weight / weight.sum(1, keepdim=True)


def kl(aim: Tensor, assignment: Tensor) -> Tensor:
    """Return the mean over rows of KL(aim | assignment), in nats; 0 only where they are equal."""
    return (aim * ((aim + _LEAST).log() - (assignment + _LEAST).log())).sum(1).mean()


def cross_entropy(aim: Tensor, assignment: Tensor) -> Tensor:
    """Return the mean over rows of -sum aim log(assignment), in nats."""
    return -(aim * (assignment + _LEAST).log()).sum(1).mean()
