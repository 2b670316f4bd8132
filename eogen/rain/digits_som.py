"""The maps of cells of the room on images of digits, where their published figures can be checked.

DESOM's authors judge 8 x 8 cells by the purity and the mutual information with the ten classes; where as many clusters
as classes are wanted, neighbouring cells are joined by Ward's rule (Vesanto & Alhoniemi 2000, IEEE Trans. Neural Netw.
11, 586).
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import torch
from scipy.cluster.hierarchy import fcluster, linkage
from torch import Tensor, nn

from eogen.nn.fit import Settings, fit
from eogen.rain import som_batch
from eogen.rain.desom import cells_loss

GRID = (8, 8)
#: Sizes of the layers of the encoder, the latent last; weight of the map beside the reconstruction.
HIDDEN, GAMMA = (256, 128, 10), 0.01
_BATCH, _EPOCHS = 128, 40


class _Joint(nn.Module):
    """A dense auto-encoder with prototypes."""

    def __init__(self, pixels: int, grid: tuple[int, int]) -> None:
        super().__init__()
        sizes = (pixels, *HIDDEN)
        self.encoder, self.decoder = _chain(sizes), _chain(sizes[::-1])
        self.prototypes = nn.Parameter(torch.zeros(grid[0] * grid[1], HIDDEN[-1]))
        self.between = torch.from_numpy(som_batch.apart(grid)).float()
        self.radius = som_batch.first_radius(grid)

    def loss(self, images: Tensor) -> Tensor:
        latent = self.encoder(images)
        kept = (self.decoder(latent) - images).square().mean()
        return kept + GAMMA * cells_loss(latent, self.prototypes, self.between, self.radius)


def som_cells(images: Tensor, seed: int = 0, grid: tuple[int, int] = GRID) -> tuple[np.ndarray, np.ndarray]:
    """Return cells (n,) and prototypes (cell, pixels) of the batch map on images; the seed changes nothing."""
    flat = images.flatten(1).double().numpy()
    prototypes = som_batch.fit(flat, grid)
    return som_batch.nearest(flat, prototypes)[0][:, 0], prototypes


def desom_cells(
    images: Tensor, seed: int = 0, grid: tuple[int, int] = GRID, epochs: int = _EPOCHS
) -> tuple[np.ndarray, np.ndarray]:
    """Return cells (n,) and prototypes (cell, latent) of DESOM on images (n, 1, side, side) in 0-1."""
    flat = images.flatten(1)
    flat = (flat - flat.mean()) / flat.std()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = _Joint(flat.shape[1], grid)
    with torch.no_grad():
        start = som_batch.plane(model.encoder(flat).double().numpy(), grid)
        model.prototypes.copy_(torch.from_numpy(start))
    first = model.radius

    def annealed(step: int, every: int, what: str = "") -> None:
        model.radius = first * (som_batch.LAST / first) ** (step / max(every - 1, 1))

    fit(
        model, lambda order: (flat[rows] for rows in torch.randperm(len(flat), generator=order).split(_BATCH)),
        -(-len(flat) // _BATCH), lambda module, batch: module.loss(batch),
        Settings(epochs=epochs, learning_rate=2e-3, weight_decay=0.0, ema=None, seed=seed), progress=annealed,
    )  # fmt: skip
    with torch.no_grad():
        latent, prototypes = model.encoder(flat).numpy(), model.prototypes.numpy()
    return som_batch.nearest(latent, prototypes)[0][:, 0], prototypes


def som(images: Tensor, clusters: int, seed: int = 0) -> np.ndarray:
    """Return labels (n,) of images (n, 1, side, side): cells of the batch map, joined into clusters."""
    return joined(*som_cells(images, seed), clusters)


def desom(images: Tensor, clusters: int, seed: int = 0) -> np.ndarray:
    """Return labels (n,) of images (n, 1, side, side): DESOM's cells, joined into clusters."""
    return joined(*desom_cells(images, seed), clusters)


def joined(cell: np.ndarray, prototypes: np.ndarray, clusters: int) -> np.ndarray:
    """Return labels (n,) 0 to clusters - 1 from cells (n,): prototypes (cell, d) joined by Ward's rule.

    Cells that hold nothing are left out; with as many clusters as cells or more, each cell is a label.
    """
    held, label = np.unique(cell, return_inverse=True)
    if clusters >= len(held):
        return label.reshape(-1)
    return fcluster(linkage(prototypes[held], "ward"), clusters, "maxclust")[label.reshape(-1)] - 1


def _chain(sizes: tuple[int, ...]) -> nn.Sequential:
    layers: list[nn.Module] = []
    for before, after in pairwise(sizes):
        layers += [nn.Linear(before, after), nn.ReLU()]
    return nn.Sequential(*layers[:-1])
