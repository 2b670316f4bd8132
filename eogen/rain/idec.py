"""DEC's clustering loss with the reconstruction kept: IDEC with any encoder, DCEC with a convolutional one.

Xie, Girshick & Farhadi 2016 (DEC): soft assignments by a Student t kernel are drawn towards their own squared and
size-corrected form. Alone it may fold the latent space into anything. Guo, Gao, Liu & Yin 2017 (IDEC, IJCAI) and Guo,
Liu, Zhu & Yin 2017 (DCEC, ICONIP) keep the decoder and its error in the loss, which holds the space in shape.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from eogen.rain.deep_losses import kl, spread, student_t, target_distribution
from eogen.rain.refine import Task


@dataclass
class ClusterByTarget:
    """KL(target | assignment) x ``weight`` + what is kept.

    Args:
        weight: of the clustering loss (both papers: 0.1 beside a reconstruction of 1).
        keep: of what is kept; 0 is DEC.
    """

    weight: float = 0.1
    keep: float = 1.0
    scale: float = 0.0

    def refresh(self, latent: Tensor, centres: Tensor, done: float) -> Tensor:
        """Return the target distribution of all points.

        The unit of distance is set once, by the clusters that k-means found: the papers' unit of 1 means something
        else in every latent space.
        """
        if not done or not self.scale:
            self.scale = spread(latent, centres)
        return target_distribution(student_t(latent, centres, self.scale))

    def loss(self, task: Task, centres: Tensor, batch: tuple[Tensor, ...], aim: Tensor | None) -> Tensor:
        """Return the loss of a batch drawn towards ``aim`` (n, cluster)."""
        latent = task.encode(*batch)
        clustering = self.weight * kl(aim, student_t(latent, centres, self.scale))
        return clustering + self.keep * task.keep(latent, *batch) if self.keep else clustering
