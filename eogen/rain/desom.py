"""DESOM: an auto-encoder and its map of cells learnt together, from the first step and without pre-training.

Forest, Lebbah, Azzag & Lacaille (2019, ESANN; 2021, Neural Comput. Appl. 33, 17439): the loss is the reconstruction
and gamma sum_k K_T(d(b, k)) |z - m_k|^2 for a map at z whose nearest prototype is b; the neighbourhood
K_T = exp(-d^2 / T^2) shrinks as T falls from the size of the grid to less than a cell. Here the distance is the model's
metric, the scores' loss is added where it is aware of them, and at the very end the prototypes settle by a few passes
of the batch rule with the encoder left alone, since averaged weights are what is kept.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor, nn

from eogen.nn.fit import fit
from eogen.progress import Progress, silent
from eogen.rain import som_batch
from eogen.rain.autoencoder import EPOCHS, SETTINGS
from eogen.rain.examples import TARGETS, Examples
from eogen.rain.nets import BATCH, Batch, batches, prepared, steps_of
from eogen.rain.som import GRID, CellModel, started

#: Weight of the map of cells beside the reconstruction; passes of the batch rule at the end.
GAMMA, SETTLE = 0.01, 10


class DesomModel(CellModel):
    """An auto-encoder that learns its cells too; arguments as of :class:`eogen.rain.som.CellModel`.

    Attributes:
        radius: of the neighbourhood at this step of the fit, in cells; T = sqrt(2) radius.
    """

    between: Tensor

    def __init__(
        self, grid: tuple[int, int] = GRID, aware: bool = False, past: int = 0, calibration: int = 0
    ) -> None:
        super().__init__(grid, aware, past, calibration)
        # A buffer of every model, but learnt by this one.
        centres = self.centres
        del self.centres
        self.centres = nn.Parameter(centres)
        self.register_buffer("between", torch.from_numpy(som_batch.apart(grid)).float(), persistent=False)
        self.radius = som_batch.first_radius(grid)

    def loss(self, batch: Batch) -> Tensor:
        """Return the loss of a batch: reconstruction, scores, and the map of cells."""
        latent = self.encode(batch.frames, batch.features)
        return self.loss_of(latent, batch) + GAMMA * self.cells_loss(latent)

    def cells_loss(self, latent: Tensor) -> Tensor:
        """Return the mean over points (n, latent) of sum_k K_T(d(b, k)) |z - m_k|^2; choosing b has no gradient."""
        squares = torch.cdist(latent @ self.metric, self.centres @ self.metric).square()
        weight = torch.exp(-self.between[squares.argmin(1)].square() / (2 * self.radius**2))
        return (weight * squares).sum(1).mean()


@torch.no_grad()
def start_cells(model: DesomModel, train: Examples) -> None:
    """Spread the cells over the plane in which points vary most before anything is learnt.

    Where the model is aware, the first dimensions are going to be the standardised scores: there the plane is that of
    the true scores, so that every seed starts from one order.
    """
    points = model.placed(train)
    if model.aware:
        truth = prepared(model, train).truth.nan_to_num(0.0)
        points = torch.zeros_like(points)
        points[:, : len(TARGETS)] = truth * model.metric.diagonal()[: len(TARGETS)]
    model.set_cells(torch.from_numpy(som_batch.plane(points.double().numpy(), model.grid)))


def desom(
    train: Examples,
    *,
    aware: bool = False,
    seed: int = 0,
    progress: Progress = silent,
    calibration: Examples | None = None,
    grid: tuple[int, int] = GRID,
    epochs: int = EPOCHS,
    checkpoint: Path | None = None,
    resume: bool = True,
) -> DesomModel:
    """Return an auto-encoder and a map of cells fitted together to examples; arguments and errors as of the SOM's.

    See :func:`eogen.rain.som.som_on_latent`. Real time or not is the examples' own: nothing else differs.
    """
    model, train, calibration = started(DesomModel, train, calibration, grid, aware, seed)
    start_cells(model, train)
    data = prepared(model, train)
    steps = steps_of(data)
    first = som_batch.first_radius(grid)

    def annealed(step: int, every: int, what: str = "") -> None:
        model.radius = first * (som_batch.LAST / first) ** (step / max(every - 1, 1))
        progress(step, every, what)

    fit(
        model, lambda generator: batches(data, BATCH, generator), steps, lambda module, batch: module.loss(batch),
        replace(SETTINGS, epochs=epochs, seed=seed), checkpoint=checkpoint, resume=resume, progress=annealed,
    )  # fmt: skip
    model.radius = som_batch.LAST
    points = model.placed(train).numpy()
    start = (model.centres @ model.metric).detach().numpy()
    settled = som_batch.fit(points, grid, start=start, passes=SETTLE, first=som_batch.LAST)
    model.set_cells(torch.from_numpy(settled))
    model.remember(train, calibration, seed)
    return model


def build(name: str, *, past: int = 0, calibration: int = 0) -> DesomModel:
    """Return the untrained model of a name: ``desom``, ``desom_aware`` or ``desom_early`` (which is aware)."""
    return DesomModel(aware=name != "desom", past=past, calibration=calibration)
