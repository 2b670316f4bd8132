"""Deep clustering of rain maps: an auto-encoder of the room, pre-trained, then moved together with its clusters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor, nn

from eogen.nn.fit import Settings
from eogen.progress import Progress, silent
from eogen.rain.deep_models import DenseModel
from eogen.rain.depict import BalancedNoisy
from eogen.rain.dkm import SmoothKMeans
from eogen.rain.examples import Examples
from eogen.rain.idec import ClusterByTarget
from eogen.rain.methods import CLUSTERS
from eogen.rain.nets import DROP, LATENT, Batch, ConvModel, apart, batches, learn, prepared, untell
from eogen.rain.refine import Objective, Pace, Refined, Task, refine

SETTINGS = Settings(epochs=20, learning_rate=2e-3, weight_decay=1e-2, warmup=0.2, ema=0.99, clip=1.0)
PACE = Pace(epochs=10, batch=64, rate=3e-4, settled=2e-3)
#: Share of pixels that a noisy encoder does not see.
NOISE = 0.2


@dataclass(frozen=True)
class _Kind:
    model: Callable[..., ConvModel]
    objective: Callable[[], Objective]


KINDS = {
    "idec": _Kind(DenseModel, ClusterByTarget),
    "dcec": _Kind(ConvModel, ClusterByTarget),
    "dkm": _Kind(ConvModel, SmoothKMeans),
    "depict": _Kind(ConvModel, BalancedNoisy),
}


def build(
    name: str, *, past: int = 0, calibration: int = 0, clusters: int = CLUSTERS, latent: int = LATENT
) -> ConvModel:
    """Return the untrained model of a name: ``idec``, ``dcec``, ``dkm`` or ``depict``, ``_aware`` behind it or not."""
    kind, _, aware = name.partition("_")
    return KINDS[kind].model(
        latent=latent, clusters=clusters, aware=bool(aware), past=past, calibration=calibration
    )


def deep_clusters(
    kind: str,
    train: Examples,
    *,
    aware: bool = False,
    seed: int = 0,
    progress: Progress = silent,
    calibration: Examples | None = None,
    epochs: int = SETTINGS.epochs,
    pace: Pace = PACE,
    clusters: int = CLUSTERS,
    checkpoint: Path | None = None,
    resume: bool = True,
) -> ConvModel:
    """Return a network and clusters that were learnt together.

    Args:
        kind: of :data:`KINDS`.
        train: what it learns from.
        aware: whether it learns their scores too.
        seed: of everything random.
        progress: stages ``fit`` and ``cluster``.
        calibration: blocks it does not learn from, whose errors make intervals; None keeps the last fifth of the
            blocks of ``train`` apart.
        epochs: passes over all maps before there are clusters.
        pace: of what follows.
        clusters: how many.
        checkpoint: file a run killed before there are clusters goes on from, or None.
        resume: whether it does.

    Returns:
        The model; ``model.course`` tells what happened to the clusters (:class:`eogen.rain.refine.Course`).

    Raises:
        InputError: ``rain_few_examples``; ``not_finite``.
    """
    if calibration is None:
        train, calibration = apart(train)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = build(f"{kind}_aware" if aware else kind, clusters=clusters)
    model.learn_scales(train)
    learn(
        model, train, lambda module, batch: module.loss(batch), replace(SETTINGS, epochs=epochs, seed=seed),
        checkpoint=checkpoint, resume=resume, progress=progress,
    )  # fmt: skip
    settle(model, train, seed)
    found = refined(model, train, KINDS[kind].objective(), pace, seed, progress)
    model.course = found.course
    model.remember(train, calibration, seed)
    return model


def refined(
    model: ConvModel, train: Examples, objective: Objective, pace: Pace = PACE, seed: int = 0,
    progress: Progress = silent,
) -> Refined:  # fmt: skip
    """Move a pre-trained model and its clusters by an objective, in place; see :func:`eogen.rain.refine.refine`."""
    found = refine(_task(model, train), objective, model.clusters, pace, seed, progress)
    model.centres.copy_(found.centres)
    return found


@torch.no_grad()
def settle(model: ConvModel, train: Examples, seed: int = 0) -> None:
    """Set the statistics of every normalisation to those of examples: what averaged weights carry lags behind them."""
    data = prepared(model, train)
    norms = [m for m in model.modules() if isinstance(m, nn.modules.batchnorm._BatchNorm)]
    momenta = [m.momentum for m in norms]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # the plain mean over batches
    model.train()
    for batch in batches(data, 256, torch.Generator().manual_seed(seed)):
        model.loss(batch)
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
    model.eval()


def _task(model: ConvModel, train: Examples) -> Task:
    data = prepared(model, train)

    def encode(frames: Tensor, features: Tensor, _truth: Tensor) -> Tensor:
        return model.encode(frames.float(), features)

    def keep(latent: Tensor, frames: Tensor, features: Tensor, truth: Tensor) -> Tensor:
        return model.loss_of(latent, Batch(frames.float(), features, truth))

    def vary(frames: Tensor, features: Tensor, truth: Tensor) -> tuple[Tensor, ...]:
        batch = Batch(frames.float(), features.clone(), truth)
        untell(batch, torch.rand(len(frames)) < DROP)
        return batch.frames, batch.features, truth

    def corrupt(frames: Tensor, features: Tensor, truth: Tensor) -> tuple[Tensor, ...]:
        seen = torch.rand(len(frames), 1, *frames.shape[2:]) >= NOISE
        return frames * seen, nn.functional.dropout(features, NOISE), truth

    return Task(model, (data.frames, data.features, data.truth), encode, keep, vary, corrupt)
