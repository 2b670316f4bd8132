"""A map of cells on the latent of an auto-encoder (Kohonen 1982): like maps in one cell, like cells side by side.

Distances must mean something before cells can. Where the model is aware of scores, the latent holds them (see
:class:`eogen.rain.nets.Place`), and cells become levels of score, the same from seed to seed. Where it is not, points
are as far apart as their decoded maps are: a linear approximation of the decoder says how far, and that does not depend
on the seed, as the axes of a latent space do.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from eogen.progress import Progress, silent
from eogen.rain import som_batch
from eogen.rain.autoencoder import EPOCHS, SETTINGS
from eogen.rain.examples import TARGETS, Examples
from eogen.rain.frames import NOW
from eogen.rain.nets import LATENT, ConvModel, apart, learn
from eogen.rain.score_model import enough

GRID = (4, 4)
#: What each score weighs in the distance between maps, those two most that the cells are judged by.
SCORE_WEIGHTS = {"cc_log": 1.0, "fss": 0.3, "log_bias": 0.3, "csi": 1.0, "hss": 0.3, "rmse_log": 0.3}
#: Columns of the grid follow the first of these from left to right, rows the second upwards.
READ = ("csi", "cc_log")
_MAPS = 2000


class CellModel(ConvModel):
    """An auto-encoder with a map of cells, and a metric that says how far apart two points of its latent are.

    Args:
        grid: rows and columns of cells.
        aware, past, calibration: see :class:`eogen.rain.score_model.ScoreModel`.
        latent: dimensions of the latent.
    """

    metric: Tensor

    def __init__(
        self, grid: tuple[int, int] = GRID, aware: bool = False, past: int = 0, calibration: int = 0,
        latent: int = LATENT,
    ) -> None:  # fmt: skip
        super().__init__(latent, grid[0] * grid[1], grid, aware, past, calibration)
        weights = torch.ones(latent)
        if aware:
            weights[: len(TARGETS)] = torch.tensor([SCORE_WEIGHTS[name] for name in TARGETS])
        self.register_buffer("metric", weights.diag())

    @torch.no_grad()
    def assign(self, latent: Tensor) -> tuple[Tensor, Tensor]:
        """Return the nearest centre (n,) of points (n, latent) and the distance to it (n,), by the metric."""
        distance, cluster = torch.cdist(latent @ self.metric, self.centres @ self.metric).min(1)
        return cluster, distance

    @torch.no_grad()
    def placed(self, examples: Examples) -> Tensor:
        """Return points (n, latent) among which plain Euclidean distance is that of the metric."""
        return self.encoded(examples) @ self.metric

    @torch.no_grad()
    def set_cells(self, prototypes: Tensor) -> None:
        """Set the centres from prototypes (cell, latent) among placed points, with the grid turned the usual way."""
        centres = torch.linalg.solve(self.metric.double().T, prototypes.double().T).T.float()
        values = centres[:, [TARGETS.index(name) for name in READ]] if self.aware else self._looks(centres)
        turned = som_batch.turned(centres.numpy(), self.grid, values.double().numpy())
        self.centres.copy_(torch.from_numpy(turned))

    def _looks(self, centres: Tensor) -> Tensor:
        """Return (cell, 2) how much it rains on the decoded centres, and how much more in the north."""
        rain = self.decode(centres)[:, NOW]
        half = rain.shape[1] // 2
        return torch.stack([rain.mean((1, 2)), rain[:, :half].mean((1, 2)) - rain[:, half:].mean((1, 2))], 1)


@torch.no_grad()
def learn_metric(model: CellModel, train: Examples, seed: int = 0) -> None:
    """Set the metric of an unaware model so that distances are those of decoded maps (rain and its roughness).

    The decoder is approximated by a linear map B, found by least squares on some examples; the metric R has
    R R^T = B B^T, and mean square 1 along each of its principal axes together.
    """
    rows = torch.randperm(len(train), generator=torch.Generator().manual_seed(seed))[:_MAPS].sort().values
    points = model.encoded(train.some(rows.numpy()))
    drawn = torch.cat([model.decode(part)[:, : NOW + 3, ::2, ::2].flatten(1) for part in points.split(256)])
    about, drawn = (points - points.mean(0)).double(), (drawn - drawn.mean(0)).double()
    # Directions that change nothing drawn keep a little length, so that the metric can be undone.
    ridge = 1e-3 * torch.eye(model.latent, dtype=torch.float64)
    inner = about.T @ about / len(about)
    linear = torch.linalg.solve(inner + ridge * inner.trace() / model.latent, about.T @ drawn / len(about))
    squared = linear @ linear.T
    metric = torch.linalg.cholesky(squared + ridge * squared.trace() / model.latent)
    model.metric.copy_(metric / (about @ metric).square().mean().sqrt())


def som_on_latent(
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
) -> CellModel:
    """Return an auto-encoder fitted to examples, and a map of cells on its latent.

    Args:
        train: what it learns from.
        aware: whether it learns their scores too.
        seed: of the weights at the start and of the order of maps.
        progress: stage ``fit``.
        calibration: blocks it does not learn from, whose errors make intervals; None keeps the last fifth of the
            blocks of ``train`` apart.
        grid: rows and columns of cells.
        epochs: passes over all maps.
        checkpoint: file a killed run goes on from, or None.
        resume: whether it does.

    Raises:
        InputError: ``rain_few_examples``; ``rain_som_size``.
    """
    model, train, calibration = started(CellModel, train, calibration, grid, aware, seed)
    learn(
        model, train, lambda module, batch: module.loss(batch), replace(SETTINGS, epochs=epochs, seed=seed),
        checkpoint=checkpoint, resume=resume, progress=progress,
    )  # fmt: skip
    if not aware:
        learn_metric(model, train)
    model.set_cells(torch.from_numpy(som_batch.fit(model.placed(train).numpy(), grid)))
    model.remember(train, calibration, seed)
    return model


def started(
    kind: type[CellModel],
    train: Examples,
    calibration: Examples | None,
    grid: tuple[int, int],
    aware: bool,
    seed: int,
) -> tuple[CellModel, Examples, Examples]:
    """Return an untrained model with its scales, what it is to learn from, and what is kept apart.

    Raises:
        InputError: ``rain_few_examples``; ``rain_som_size``.
    """
    enough(train)
    if calibration is None:
        train, calibration = apart(train)
    som_batch.check(train.frames, grid)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = kind(grid, aware)
    model.learn_scales(train)
    return model, train, calibration


def build(name: str, *, past: int = 0, calibration: int = 0) -> CellModel:
    """Return the untrained model of a name: ``som`` or ``som_aware``."""
    return CellModel(aware=name.endswith("_aware"), past=past, calibration=calibration)
