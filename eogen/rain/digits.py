"""The clustering algorithms of the room on images of digits, where everybody can check them against published figures.

The same code that clusters rain clusters digits here; only the small encoders are of their own. Every algorithm is
``(images, clusters, seed) -> labels``; :data:`ALGORITHMS` names them.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import torch
from scipy.optimize import linear_sum_assignment
from sklearn import metrics
from torch import Tensor, nn
from torch.nn import functional

from eogen.nn.fit import Settings, fit
from eogen.rain import digits_som
from eogen.rain.depict import BalancedNoisy
from eogen.rain.dkm import SmoothKMeans
from eogen.rain.idec import ClusterByTarget
from eogen.rain.refine import Objective, Pace, Refined, Task, joined, kmeans, nearest, refine

Algorithm = Callable[[Tensor, int, int], np.ndarray]
LATENT = 10
_BATCH = 128
#: Passes before there are clusters; then at most 20, fewer once under 0.1 % of labels change in one.
EPOCHS, PACE = 40, Pace(epochs=20, batch=128, settled=1e-3)
#: Weight of the clustering loss beside a reconstruction in units of the pixels' variance. The papers' 0.1 stands beside
#: pixels in 0-1, whose variance is about 0.1.
WEIGHT = 1.0
#: Share of pixels that a noisy encoder does not see.
NOISE = 0.2


def agreement(truth: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    """Return ``acc``, ``nmi``, ``ari`` and ``purity`` (0-1; ARI may be negative) of labels (n,) against classes (n,).

    ``acc`` is that of the best one-to-one naming of clusters by classes (Hungarian algorithm); ``purity`` names each
    cluster by its most frequent class.
    """
    table = metrics.cluster.contingency_matrix(truth, labels)
    rows, columns = linear_sum_assignment(table, maximize=True)
    return {
        "acc": float(table[rows, columns].sum() / table.sum()),
        "nmi": float(metrics.normalized_mutual_info_score(truth, labels)),
        "ari": float(metrics.adjusted_rand_score(truth, labels)),
        "purity": float(table.max(0).sum() / table.sum()),
    }


class Coder(nn.Module):
    """An encoder and a decoder of images (n, 1, side, side)."""

    def __init__(self, encoder: nn.Module, decoder: nn.Module) -> None:
        super().__init__()
        self.encoder, self.decoder = encoder, decoder

    def kept(self, latent: Tensor, images: Tensor) -> Tensor:
        """Return the mean squared error of what is decoded."""
        return (self.decoder(latent) - images).square().mean()


def dense(side: int, hidden: tuple[int, ...] = (256, 128, 256)) -> Coder:
    """Return a fully connected coder with ReLU, as IDEC's, for images of a side."""
    sizes = (side * side, *hidden, LATENT)

    def chain(widths: tuple[int, ...]) -> list[nn.Module]:
        layers: list[nn.Module] = []
        for before, after in pairwise(widths):
            layers += [nn.Linear(before, after), nn.ReLU()]
        return layers[:-1]

    return Coder(
        nn.Sequential(nn.Flatten(), *chain(sizes)),
        nn.Sequential(*chain(sizes[::-1]), nn.Unflatten(1, (1, side, side))),
    )


def convolutional(side: int, widths: tuple[int, int] = (32, 64)) -> Coder:
    """Return a convolutional coder, as DCEC's, for images whose side is a multiple of four."""
    one, two = widths
    small = side // 4
    return Coder(
        nn.Sequential(
            nn.Conv2d(1, one, 4, 2, 1), nn.ReLU(), nn.Conv2d(one, two, 4, 2, 1), nn.ReLU(),
            nn.Flatten(), nn.Linear(two * small**2, LATENT),
        ),
        nn.Sequential(
            nn.Linear(LATENT, two * small**2), nn.ReLU(), nn.Unflatten(1, (two, small, small)),
            nn.ConvTranspose2d(two, one, 4, 2, 1), nn.ReLU(), nn.ConvTranspose2d(one, 1, 4, 2, 1),
        ),
    )  # fmt: skip


def moved(images: Tensor, turn: float = 0.17, shift: float = 0.2) -> Tensor:
    """Return images (n, 1, side, side), each turned by up to ``turn`` radians and shifted by ``shift`` half sides.

    What a digit says does not depend on either: said to the network, it clusters by shape (Guo, Zhu, Liu & Yin 2018,
    "Deep Embedded Clustering with Data Augmentation"). The images' lowest value must be their ground.
    """
    n = len(images)
    angle = (2 * torch.rand(n) - 1) * turn
    where = (2 * torch.rand(n, 2, 1) - 1) * shift
    cos, sin = angle.cos(), angle.sin()
    affine = torch.cat([torch.stack([torch.stack([cos, -sin], 1), torch.stack([sin, cos], 1)], 1), where], 2)
    ground = images.amin()
    grid = functional.affine_grid(affine, list(images.shape), align_corners=False)
    return functional.grid_sample(images - ground, grid, align_corners=False) + ground


def pretrained(images: Tensor, build: Callable[[int], Coder], seed: int, epochs: int = EPOCHS) -> Task:
    """Return the task of images (n, 1, side, side), scaled to unit variance, with a coder fitted to them.

    Coders see moved images and draw the unmoved ones, as a denoising auto-encoder (Vincent et al. 2008): where an image
    lies then has no place in the latent.
    """
    scaled = (images - images.mean()) / images.std()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        coder = build(images.shape[-1])

    def batches(order: torch.Generator) -> list[tuple[Tensor, Tensor]]:
        parts = torch.randperm(len(scaled), generator=order).split(_BATCH)
        return [(moved(scaled[rows]), scaled[rows]) for rows in parts]

    fit(
        coder, batches, -(-len(scaled) // _BATCH),
        lambda module, batch: module.kept(module.encoder(batch[0]), batch[1]),
        Settings(epochs=epochs, learning_rate=3e-3, weight_decay=0.0, ema=None, seed=seed),
    )  # fmt: skip
    return Task(
        coder, (scaled, scaled),
        encode=lambda seen, _: coder.encoder(seen),
        keep=lambda latent, _, whole: coder.kept(latent, whole),
        vary=lambda seen, whole: (moved(seen), whole),
        corrupt=lambda seen, whole: (seen * (torch.rand_like(seen) > NOISE), whole),
    )  # fmt: skip


def fitted(
    images: Tensor, clusters: int, seed: int, build: Callable[[int], Coder], objective: Objective, epochs: int = EPOCHS,
    pace: Pace = PACE,
) -> Refined:  # fmt: skip
    """Return a deep clustering of images (n, 1, side, side): pre-trained, joined, then refined by the objective."""
    task = pretrained(images, build, seed, epochs)
    return refine(task, objective, clusters, pace, seed, start=joined(task.encoded(), clusters, seed))


def _deep(build: Callable[[int], Coder], objective: Callable[[], Objective]) -> Algorithm:
    return lambda images, clusters, seed: fitted(images, clusters, seed, build, objective()).labels.numpy()


def _flat(start: Callable[[Tensor, int, int], Tensor]) -> Algorithm:
    def run(images: Tensor, clusters: int, seed: int) -> np.ndarray:
        pixels = images.flatten(1)
        return nearest(pixels, start(pixels, clusters, seed)).numpy()

    return run


def _latent(images: Tensor, clusters: int, seed: int) -> np.ndarray:
    latent = pretrained(images, convolutional, seed).encoded()
    return nearest(latent, joined(latent, clusters, seed)).numpy()


#: Name -> ``(images (n, 1, side, side) float32 in 0-1, clusters, seed) -> labels (n,)``; k-means on pixels, and started
#: from Ward's clusters, are the baselines.
ALGORITHMS: dict[str, Algorithm] = {
    "kmeans": _flat(kmeans),
    "ward_kmeans": _flat(joined),
    "autoencoder": _latent,
    "idec": _deep(dense, lambda: ClusterByTarget(WEIGHT)),
    "dcec": _deep(convolutional, lambda: ClusterByTarget(WEIGHT)),
    "dkm": _deep(convolutional, lambda: SmoothKMeans(0.03)),
    "depict": _deep(convolutional, lambda: BalancedNoisy(1.0)),
    "som": digits_som.som,
    "desom": digits_som.desom,
}
