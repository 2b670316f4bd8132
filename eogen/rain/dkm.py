"""Deep k-means (Moradi Fard, Thonet & Gaussier 2020): the k-means loss itself, made smooth and learnt jointly.

The nearest centre is replaced by a softmax over distances whose sharpness grows while the fit goes on; at its end it is
k-means' own assignment, yet every step had a gradient for encoder and centres alike.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from eogen.rain.deep_losses import softmax_assignment, spread, squared_distances
from eogen.rain.refine import Task


@dataclass
class SmoothKMeans:
    """Mean over points of sum_k softmax_k x |z - c_k|^2, x ``weight``, + what is kept.

    Args:
        weight: of the clustering loss.
        first, last: sharpness at both ends of the fit, per mean squared distance of points to their own centre; it
            grows geometrically.
    """

    weight: float = 0.1
    first: float = 0.5
    last: float = 50.0
    scale: float = 0.0
    sharpness: float = 0.0

    def refresh(self, latent: Tensor, centres: Tensor, done: float) -> None:
        """Set the sharpness of this epoch; points are drawn to centres, not to a distribution."""
        if not done or not self.scale:
            self.scale = spread(latent, centres)
        self.sharpness = self.first * (self.last / self.first) ** done / self.scale

    def loss(self, task: Task, centres: Tensor, batch: tuple[Tensor, ...], aim: Tensor | None) -> Tensor:
        """Return the loss of a batch."""
        latent = task.encode(*batch)
        return self.weight / self.scale * smooth_kmeans(latent, centres, self.sharpness) + task.keep(latent, *batch)


def smooth_kmeans(latent: Tensor, centres: Tensor, sharpness: float) -> Tensor:
    """Return the mean over points (n, latent) of their squared distances to the centres, weighted by a softmax."""
    distance = squared_distances(latent, centres)
    return (softmax_assignment(latent, centres, sharpness) * distance).sum(1).mean()
