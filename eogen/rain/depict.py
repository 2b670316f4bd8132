"""Clustering with balanced sizes and a noisy encoder, after DEPICT (Ghasedi Dizaji et al. 2017).

What clean points are assigned to, corrected for the sizes of clusters, is what noisy points must be assigned to.
The correction is the minimum of a relative entropy towards a prior of equal sizes: one cluster cannot swallow the others.
The softmax layer of the paper is tied to centres here, so that the label of a point is its nearest centre, as with the
other methods; noise is put on the input instead of into each layer.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from eogen.rain.deep_losses import balanced_distribution, cross_entropy, softmax_assignment, spread
from eogen.rain.refine import Task


@dataclass
class BalancedNoisy:
    """Cross-entropy between the balanced assignment of clean points and the assignment of noisy ones, + what is kept.

    Args:
        weight: of the clustering loss.
        sharpness: of the softmax, per mean squared distance of points to their own centre.
        keep: of what is kept.
    """

    weight: float = 0.1
    sharpness: float = 2.0
    keep: float = 1.0
    scale: float = 0.0

    def refresh(self, latent: Tensor, centres: Tensor, done: float) -> Tensor:
        """Return the balanced assignment of all clean points."""
        if not done or not self.scale:
            self.scale = spread(latent, centres)
        return balanced_distribution(self._assign(latent, centres))

    def loss(self, task: Task, centres: Tensor, batch: tuple[Tensor, ...], aim: Tensor | None) -> Tensor:
        """Return the loss of a batch drawn towards ``aim`` (n, cluster): what is decoded from noisy points is clean."""
        latent = task.encode(*task.corrupt(*batch))
        clustering = self.weight * cross_entropy(aim, self._assign(latent, centres))
        return clustering + self.keep * task.keep(latent, *batch) if self.keep else clustering

    def _assign(self, latent: Tensor, centres: Tensor) -> Tensor:
        return softmax_assignment(latent, centres, self.sharpness / self.scale)
