"""The common part of every trained model: encode, find the cluster, read the scores, know what was learnt from.

A subclass says how maps are encoded and decoded. What a page needs beside it lies in buffers, so that one file of
weights holds all of it: the mean true score of each cluster, past maps with their scores and the seed that makes them
again, and the errors on days kept apart from which intervals come.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from eogen.errors import InputError
from eogen.rain.examples import TARGETS, Examples
from eogen.rain.frames import CHANNELS, NOW, SIDE, rain_of
from eogen.rain.protocol import Prediction

#: Hand features that models may read beside the frames, in this order; what a file does not tell is NaN.
FEATURES = (
    "known", "wet", "heavy", "mean", "wet_mean", "wet_q50", "wet_q90", "wet_q99", "peak", "spread", "texture_1",
    "texture_3", "stretch", "rough", "cells", "cell_area", "largest", "change_before", "growth_before", "change_after",
    "growth_after", "age", "age_wet", "old", "seen", "quality", "quality_wet", "infrared", "infrared_wet",
)  # fmt: skip
#: Of them, what only IMERG's own fields tell; and what is spread over decades and is taken as log(1 + x).
TOLD = FEATURES.index("age")
_LOG = ("wet_mean", "mean", "wet_q50", "wet_q90", "wet_q99", "peak", "cells", "cell_area", "age", "age_wet")
#: Fewest maps a model can learn from; most past maps and calibration maps that are kept.
FEWEST, PAST, CALIBRATION = 32, 1500, 1380
_BATCH = 256


class ScoreModel(nn.Module):
    """A model with clusters in a latent space, and with a score head where it is aware of scores.

    Args:
        latent: dimensions of the latent space.
        clusters: number of them.
        grid: rows and columns, of a map of cells.
        aware: whether ``head`` is used; a subclass that is aware sets ``self.head`` (latent -> standardised scores).
        past, calibration: how many rows the buffers have.
    """

    #: Buffers that may lie in float16 on disk.
    HALVED = ("past_latent", "past_scores", "calibration_predicted", "calibration_true")

    features_mean: Tensor
    features_std: Tensor
    target_mean: Tensor
    target_std: Tensor
    centres: Tensor
    cluster_mean: Tensor
    cluster_count: Tensor
    limit: Tensor
    past_latent: Tensor
    past_scores: Tensor
    past_seed: Tensor
    past_step: Tensor
    calibration_predicted: Tensor
    calibration_true: Tensor
    calibration_block: Tensor

    def __init__(
        self, latent: int, clusters: int, grid: tuple[int, int] | None = None, aware: bool = False,
        past: int = 0, calibration: int = 0,
    ) -> None:  # fmt: skip
        super().__init__()
        self.latent, self.clusters, self.grid, self.aware = latent, clusters, grid, aware
        self.head: nn.Module | None = None
        count, targets = len(FEATURES), len(TARGETS)
        shapes = {
            "features_mean": (count,), "features_std": (count,), "target_mean": (targets,), "target_std": (targets,),
            "centres": (clusters, latent), "cluster_mean": (clusters, targets), "cluster_count": (clusters,),
            "limit": (), "past_latent": (past, latent), "past_scores": (past, targets),
            "calibration_predicted": (calibration, targets), "calibration_true": (calibration, targets),
        }  # fmt: skip
        for name, shape in shapes.items():
            self.register_buffer(name, torch.ones(shape) if name.endswith("std") else torch.zeros(shape))
        for name, size in {"past_seed": past, "past_step": past, "calibration_block": calibration}.items():
            self.register_buffer(name, torch.zeros(size, dtype=torch.int32))

    # --- what a subclass says ---

    def encode(self, frames: Tensor, features: Tensor) -> Tensor:
        """Return (n, latent) of frames (n, channel, side, side) float32 and standardised features (n, feature)."""
        raise NotImplementedError

    def decode(self, latent: Tensor) -> Tensor:
        """Return (n, channel, side, side), channels as the frames', of points (n, latent)."""
        raise NotImplementedError

    # --- inputs ---

    def learn_scales(self, train: Examples) -> None:
        """Set the means and spreads of features and scores from examples.

        Raises:
            InputError: ``rain_few_examples``.
        """
        enough(train)
        values = _features(train)
        for name, table in (("features", values), ("target", targets(train))):
            known = ~torch.isnan(table)
            count = known.sum(0).clamp(min=1)
            mean = torch.where(known, table, 0).sum(0) / count
            std = (torch.where(known, table - mean, 0).square().sum(0) / count).sqrt()
            getattr(self, f"{name}_mean").copy_(mean)
            getattr(self, f"{name}_std").copy_(torch.where(std > 1e-6, std, 1))

    def inputs(self, examples: Examples) -> tuple[Tensor, Tensor]:
        """Return frames (n, channel, side, side) and standardised features, 0 where a map does not tell one."""
        features = (_features(examples) - self.features_mean) / self.features_std
        return torch.from_numpy(examples.frames.astype(np.float32)), features.clamp(-5, 5).nan_to_num(0.0)

    # --- answers ---

    @torch.no_grad()
    def encoded(self, examples: Examples) -> Tensor:
        """Return the latent points (n, latent) of examples, in eval mode and in batches."""
        was = self.training
        self.eval()
        parts = []
        for start in range(0, len(examples), _BATCH):
            parts.append(self.encode(*self.inputs(examples.some(slice(start, start + _BATCH)))))
        self.train(was)
        return torch.cat(parts) if parts else torch.zeros(0, self.latent)

    @torch.no_grad()
    def assign(self, latent: Tensor) -> tuple[Tensor, Tensor]:
        """Return the nearest centre (n,) of points (n, latent), and the distance to it (n,)."""
        distance, cluster = torch.cdist(latent, self.centres).min(1)
        return cluster, distance

    @torch.no_grad()
    def predict(self, examples: Examples) -> Prediction:
        """See :class:`eogen.rain.protocol.Model`."""
        latent = self.encoded(examples)
        cluster, distance = self.assign(latent)
        table = lambda values: pd.DataFrame(values.numpy(), columns=list(TARGETS))
        means = table(self.cluster_mean[cluster])
        scores = means
        if self.head is not None:
            scores = table(self.head(latent) * self.target_std + self.target_mean)
        return Prediction(scores, cluster.numpy(), means, distance.numpy(), latent.numpy())

    @torch.no_grad()
    def prototypes(self) -> np.ndarray:
        """Return (cluster, side, side) mm h-1 of the decoded centres."""
        return rain_of(self.decode(self.centres)[:, NOW].numpy())

    # --- what is remembered ---

    def remember(self, train: Examples, calibration: Examples, seed: int = 0) -> None:
        """Fill the buffers that depend on the finished model: cluster scores, past maps, errors on days kept apart.

        Args:
            train: what it learnt from; cluster means, the limit of what is usual (99th percentile of the distance) and
                past maps come from these.
            calibration: blocks it never saw.
            seed: of the choice of past maps.
        """
        latent = self.encoded(train)
        cluster, distance = self.assign(latent)
        truth = targets(train)
        known = ~torch.isnan(truth)
        belongs = torch.nn.functional.one_hot(cluster, self.clusters).float()
        count = belongs.T @ known.float()
        total = belongs.T @ torch.where(known, truth, 0)
        everywhere = torch.where(known, truth, 0).sum(0) / known.sum(0).clamp(min=1)
        self.cluster_mean.copy_(torch.where(count > 0, total / count.clamp(min=1), everywhere))
        self.cluster_count.copy_(belongs.sum(0))
        self.limit.copy_(distance.quantile(0.99))
        rows = torch.randperm(len(train), generator=torch.Generator().manual_seed(seed))[:PAST].sort().values
        picked = rows.numpy()
        step = (
            (train.time[picked] - train.time[picked].astype("datetime64[D]")) / np.timedelta64(30, "m")
        ).astype(int)
        # Spread over all its days: what makes an interval is the number of days, not of maps.
        spread = np.linspace(0, len(calibration) - 1, min(len(calibration), CALIBRATION)).round().astype(int)
        kept = calibration.some(spread)
        self.register_buffer("past_latent", latent[rows].clone())
        self.register_buffer("past_scores", truth[rows].clone())
        self.register_buffer("past_seed", torch.from_numpy(train.block[picked].astype(np.int32)))
        self.register_buffer("past_step", torch.from_numpy(step.astype(np.int32)))
        predicted = self.predict(kept).scores
        self.register_buffer("calibration_predicted", torch.tensor(predicted.values, dtype=torch.float32))
        self.register_buffer("calibration_true", targets(kept))
        self.register_buffer("calibration_block", torch.from_numpy(kept.block.astype(np.int32)))


def targets(examples: Examples) -> Tensor:
    """Return the true scores (n, target) float32, NaN where a map has none."""
    return torch.tensor(examples.scores[list(TARGETS)].values, dtype=torch.float32)


def head_loss(predicted: Tensor, truth: Tensor) -> Tensor:
    """Return the mean squared error of standardised scores over those that maps have."""
    known = ~torch.isnan(truth)
    return torch.where(known, predicted - truth.nan_to_num(0.0), 0.0).square().sum() / known.sum().clamp(
        min=1
    )


def enough(train: Examples) -> None:
    """Refuse to learn from next to nothing.

    Raises:
        InputError: ``rain_few_examples``.
    """
    if len(train) < FEWEST:
        raise InputError(
            "rain_few_examples",
            "There are {n} maps to learn from; {fewest} or more are needed.",
            n=len(train),
            fewest=FEWEST,
        )


def _features(examples: Examples) -> Tensor:
    """Return (n, feature) in the order of :data:`FEATURES`."""
    table = examples.features.reindex(columns=list(FEATURES))
    for name in _LOG:
        table[name] = np.log1p(table[name].clip(lower=0))
    return torch.tensor(table.values, dtype=torch.float32)


__all__ = ["CHANNELS", "FEATURES", "SIDE", "TOLD", "ScoreModel", "enough", "head_loss", "targets"]
