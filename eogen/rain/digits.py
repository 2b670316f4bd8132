"""The clustering algorithms of the room on images of digits, where everybody can check them against published figures.

The same code that clusters rain clusters digits here; only the small encoders are of their own. Every algorithm is
``(images, clusters, seed) -> labels``; :data:`ALGORITHMS` names them.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from scipy.optimize import linear_sum_assignment
from sklearn import metrics
from torch import Tensor, nn
from torch.nn import functional

from eogen.nn.fit import Settings, fit
from eogen.rain.depict import BalancedNoisy
from eogen.rain.dkm import SmoothKMeans
from eogen.rain.idec import ClusterByTarget
from eogen.rain.refine import Objective, Pace, Refined, Task, kmeans, nearest, refine

Algorithm = Callable[[Tensor, int, int], np.ndarray]
LATENT = 10
_BATCH = 128


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
        for before, after in zip(widths, widths[1:], strict=False):
            layers += [nn.Linear(before, after), nn.ReLU()]
        return layers[:-1]

    return Coder(
        nn.Sequential(nn.Flatten(), *chain(sizes)),
        nn.Sequential(*chain(sizes[::-1]), nn.Unflatten(1, (1, side, side))),
    )


def convolutional(side: int, widths: tuple[int, int, int] = (16, 32, 64)) -> Coder:
    """Return a convolutional coder, as DCEC's, for images whose side is a multiple of four."""
    one, two, three = widths
    small = side // 4
    return Coder(
        nn.Sequential(
            nn.Conv2d(1, one, 3, padding=1), nn.ReLU(),
            nn.Conv2d(one, two, 4, 2, 1), nn.ReLU(), nn.Conv2d(two, three, 4, 2, 1), nn.ReLU(),
            nn.Flatten(), nn.Linear(three * small**2, LATENT),
        ),
        nn.Sequential(
            nn.Linear(LATENT, three * small**2), nn.ReLU(), nn.Unflatten(1, (three, small, small)),
            nn.ConvTranspose2d(three, two, 4, 2, 1), nn.ReLU(), nn.ConvTranspose2d(two, one, 4, 2, 1), nn.ReLU(),
            nn.Conv2d(one, 1, 3, padding=1),
        ),
    )  # fmt: skip


def moved(images: Tensor, turn: float = 0.17, shift: float = 0.2) -> Tensor:
    """Return images (n, 1, side, side), each turned by up to ``turn`` radians and shifted by up to ``shift`` half sides.

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


def pretrained(images: Tensor, build: Callable[[int], Coder], seed: int, epochs: int, noise: float = 0.2) -> Task:
    """Return the task of images (n, 1, side, side), scaled to unit variance, with a coder fitted to them, moved."""
    scaled = (images - images.mean()) / images.std()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        coder = build(images.shape[-1])
    mask = lambda x: (x * (torch.rand_like(x) > noise),)

    vary = lambda x: (moved(x),)

    def batches(order: torch.Generator) -> list[Tensor]:
        return [moved(scaled[rows]) for rows in torch.randperm(len(scaled), generator=order).split(_BATCH)]

    fit(
        coder, batches, -(-len(scaled) // _BATCH),
        lambda module, batch: module.kept(module.encoder(batch), batch),
        Settings(epochs=epochs, learning_rate=3e-3, weight_decay=0.0, ema=None, seed=seed),
    )  # fmt: skip
    return Task(coder, (scaled,), coder.encoder, coder.kept, vary, mask)


def _deep(build: Callable[[int], Coder], objective: Callable[[], Objective], epochs: int = 60) -> Algorithm:
    def run(images: Tensor, clusters: int, seed: int) -> np.ndarray:
        return fitted(images, clusters, seed, build, objective(), epochs).labels.numpy()

    return run


def fitted(
    images: Tensor, clusters: int, seed: int, build: Callable[[int], Coder], objective: Objective, epochs: int = 60
) -> Refined:
    """Return a deep clustering of images (n, 1, side, side): pre-trained, then refined by the objective."""
    return refine(pretrained(images, build, seed, epochs), objective, clusters, Pace(epochs=40), seed)


def _kmeans(images: Tensor, clusters: int, seed: int) -> np.ndarray:
    flat = images.flatten(1)
    return nearest(flat, kmeans(flat, clusters, seed)).numpy()


def _latent(images: Tensor, clusters: int, seed: int) -> np.ndarray:
    latent = pretrained(images, convolutional, seed, 60).encoded()
    return nearest(latent, kmeans(latent, clusters, seed)).numpy()


#: Name -> ``(images (n, 1, side, side) float32 in 0-1, clusters, seed) -> labels (n,)``; k-means is the baseline.
ALGORITHMS: dict[str, Algorithm] = {
    "kmeans": _kmeans,
    "autoencoder": _latent,
    "idec": _deep(dense, ClusterByTarget),
    "dcec": _deep(convolutional, ClusterByTarget),
    "dkm": _deep(convolutional, SmoothKMeans),
    "depict": _deep(convolutional, BalancedNoisy),
}
