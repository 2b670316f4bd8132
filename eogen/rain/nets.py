"""The blocks every network of the room shares: what looks at maps, what draws them again, what tells their scores.

A map is told twice: as frames, and as hand features. The features go into the trunk, not only beside it, so that what
they say of age and change shapes the latent space, and clusters in it are clusters of scores where a score is learnt.
Some maps of a batch lose what IMERG says of itself (age, quality, share of infrared), so that files without it are
served too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from eogen.nn.fit import Fitted, Settings, fit
from eogen.progress import Progress, silent
from eogen.rain.examples import TARGETS, Examples
from eogen.rain.frames import CHANNELS, SIDE, UNTOLD
from eogen.rain.score_model import FEATURES, TOLD, ScoreModel, enough, head_loss, targets

LATENT = 16
WIDTHS = (16, 32, 48)
#: What a channel weighs in the reconstruction: rain most, then how rough it is, then what is said beside it.
WEIGHTS = dict(zip(CHANNELS, (1.0, 2.0, 1.0, 0.5, 0.2, 0.2, 0.2, 0.1), strict=True))
#: Weight of the scores beside the reconstruction in a loss that is aware of them.
AWARE = 1.0
#: Spread of the dimensions of an aware latent that hold no score, beside 1 of those that do.
BESIDE = 0.3
#: How often a map of a batch loses what IMERG says of itself.
DROP = 0.15
BATCH = 64
_TOLD_CHANNELS = [CHANNELS.index(name) for name in ("age", "quality", "infrared")]


@dataclass(frozen=True)
class Batch:
    """Maps as a network takes them.

    Attributes:
        frames: (n, channel, side, side) of :data:`eogen.rain.frames.CHANNELS`; float16 at rest, float32 in a batch.
        features: (n, feature) standardised, 0 where a map does not tell one.
        truth: (n, target) standardised scores, NaN where a map has none.
    """

    frames: Tensor
    features: Tensor
    truth: Tensor

    def __len__(self) -> int:
        return len(self.frames)


class Trunk(nn.Module):
    """Frames and features -> latent: three convolutions that halve, pooled, beside a small network of the features.

    Args:
        latent: dimensions of what is returned.
        widths: channels of the three scales.
    """

    def __init__(self, latent: int = LATENT, widths: tuple[int, ...] = WIDTHS) -> None:
        super().__init__()
        self.scales = nn.ModuleList(
            convolution(a, b, stride=2) for a, b in zip((len(CHANNELS), *widths[:-1]), widths, strict=True)
        )
        self.narrow = nn.Conv2d(widths[-1], 8, 1)
        self.features = nn.Sequential(nn.Linear(len(FEATURES), 64), nn.SiLU(), nn.Linear(64, 64), nn.SiLU())
        places = (SIDE // 2 ** len(widths)) ** 2
        self.join = nn.Sequential(
            nn.Linear(8 * places + 2 * widths[-1] + 64, 64), nn.SiLU(), nn.Linear(64, latent)
        )

    def forward(self, frames: Tensor, features: Tensor) -> Tensor:
        """Return (n, latent)."""
        return self.look(frames, features)[0]

    def look(self, frames: Tensor, features: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Return (n, latent), and what each scale saw, finest first: what skip connections carry."""
        seen = [frames.contiguous(memory_format=torch.channels_last)]
        for scale in self.scales:
            seen.append(scale(seen[-1]))
        last = seen[-1]
        pooled = torch.cat(
            [self.narrow(last).flatten(1), last.mean((2, 3)), last.amax((2, 3)), self.features(features)], 1
        )
        return self.join(pooled), seen[1:]


class Decoder(nn.Module):
    """Latent -> frames: a coarse map, then three convolutions that double (the last by shuffling channels into pixels).

    Args:
        latent: dimensions of what it is given.
        widths: channels of the three scales, finest first.
    """

    def __init__(self, latent: int = LATENT, widths: tuple[int, ...] = (16, 24, 32)) -> None:
        super().__init__()
        self.coarse, self.side = widths[-1], SIDE // 2 ** len(widths)
        self.spread = nn.Linear(latent, self.coarse * self.side**2)
        inside = widths[::-1]
        self.scales = nn.ModuleList(convolution(a, b) for a, b in pairwise(inside))
        self.last = nn.Conv2d(inside[-1], 4 * len(CHANNELS), 3, padding=1)
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def forward(self, latent: Tensor) -> Tensor:
        """Return (n, channel, side, side)."""
        x = self.spread(latent).view(-1, self.coarse, self.side, self.side)
        x = x.contiguous(memory_format=torch.channels_last)
        for scale in self.scales:
            x = functional.interpolate(scale(x), scale_factor=2, mode="nearest")
        return functional.pixel_shuffle(self.last(x), 2)


class Head(nn.Module):
    """Latent -> standardised scores (n, target)."""

    def __init__(self, latent: int = LATENT, width: int = 64) -> None:
        super().__init__()
        self.net = nn.Sequential(nn.Linear(latent, width), nn.SiLU(), nn.Linear(width, len(TARGETS)))

    def forward(self, latent: Tensor) -> Tensor:
        """Return (n, target)."""
        return self.net(latent)


class ScoresFirst(nn.Module):
    """The head of a latent whose first dimensions are the standardised scores themselves: it reads them off."""

    def forward(self, latent: Tensor) -> Tensor:
        """Return (n, target)."""
        return latent[:, : len(TARGETS)]


class Place(nn.Module):
    """Gives the trunk's answer its scales, so that distances in the latent mean what clusters should follow.

    Every dimension has the spread 1 (batch normalisation without a slope): none can shrink or swell to please a
    clustering loss. Where scores are learnt, the first dimensions *are* the standardised scores and the others have the
    spread :data:`BESIDE`: k-means then cuts the space of scores, and looks decide between maps of equal score. Chosen
    on days of calibration seeds (1,840 maps learnt, 920 judged): against a head behind an ordinary latent, the cluster
    means gained 0.02 to 0.03 in R2 of CC(log), and the head itself 0.01.
    """

    def __init__(self, latent: int, aware: bool) -> None:
        super().__init__()
        self.kept = len(TARGETS) if aware else 0
        self.scale = nn.BatchNorm1d(latent - self.kept, affine=False)
        self.spread = BESIDE if aware else 1.0

    def forward(self, latent: Tensor) -> Tensor:
        """Return (n, latent)."""
        return torch.cat([latent[:, : self.kept], self.spread * self.scale(latent[:, self.kept :])], 1)


class ConvModel(ScoreModel):
    """A convolutional auto-encoder whose latent may learn scores; its clusters are for others to find.

    Args:
        latent: dimensions of the latent space, more than there are targets.
        clusters, grid, aware, past, calibration: see :class:`ScoreModel`.
    """

    def __init__(
        self, latent: int = LATENT, clusters: int = 16, grid: tuple[int, int] | None = None, aware: bool = False,
        past: int = 0, calibration: int = 0,
    ) -> None:  # fmt: skip
        super().__init__(latent, clusters, grid, aware, past, calibration)
        self.trunk, self.place, self.decoder = Trunk(latent), Place(latent, aware), Decoder(latent)
        self.head = ScoresFirst() if aware else None

    def encode(self, frames: Tensor, features: Tensor) -> Tensor:
        """Return (n, latent); of an aware model, the first dimensions are the standardised scores."""
        return self.place(self.trunk(frames, features))

    def decode(self, latent: Tensor) -> Tensor:
        """Return (n, channel, side, side)."""
        return self.decoder(latent)

    def loss(self, batch: Batch) -> Tensor:
        """Return the loss before any clusters: the reconstruction, and the scores where it is aware."""
        latent = self.encode(batch.frames, batch.features)
        return self.loss_of(latent, batch)

    def loss_of(self, latent: Tensor, batch: Batch) -> Tensor:
        """Return the same from latent points (n, latent) that were encoded already."""
        return reconstruction(self.decode(latent), batch.frames) + self.scores_loss(latent, batch)

    def scores_loss(self, latent: Tensor, batch: Batch) -> Tensor:
        """Return the weighted error of the scores; 0 for a model that learns none."""
        if self.head is None:
            return latent.new_zeros(())
        return AWARE * head_loss(self.head(latent), batch.truth)


def reconstruction(decoded: Tensor, frames: Tensor) -> Tensor:
    """Return the weighted mean squared error of decoded frames; what a file does not tell teaches nothing."""
    weight = torch.tensor([WEIGHTS[name] for name in CHANNELS]).view(1, -1, 1, 1) * (frames != UNTOLD)
    return (weight * (decoded - frames).square()).sum() / weight.sum().clamp(min=1)


def prepared(model: ScoreModel, examples: Examples) -> Batch:
    """Return all examples as a network takes them, frames still float16 (standardised by the model's scales)."""
    features = model.inputs(replace(examples, frames=examples.frames[:, :0]))[1]
    truth = (targets(examples) - model.target_mean) / model.target_std
    return Batch(torch.from_numpy(examples.frames), features, truth)


def batches(
    data: Batch, size: int, generator: torch.Generator, *, drop: float = DROP, turn: bool = True
) -> Iterator[Batch]:
    """Yield shuffled batches of one pass (the last, smaller one is left out), augmented.

    Args:
        data: from :func:`prepared`.
        size: maps a batch; fewer where there are fewer.
        generator: of everything random.
        drop: how often a map loses what IMERG says of itself.
        turn: mirror half of the batches in each direction; no feature or score depends on it.
    """
    size = min(size, len(data))
    order = torch.randperm(len(data), generator=generator)
    for start in range(0, len(data) - size + 1, size):
        rows = order[start : start + size]
        batch = Batch(data.frames[rows].float(), data.features[rows].clone(), data.truth[rows])
        if turn:
            flips = (torch.rand(2, generator=generator) < 0.5).tolist()
            axes = [axis for axis, flip in zip((2, 3), flips, strict=True) if flip]
            batch = replace(batch, frames=batch.frames.flip(axes)) if axes else batch
        if drop:
            untell(batch, torch.rand(size, generator=generator) < drop)
        yield batch


def apart(examples: Examples, share: float = 0.2) -> tuple[Examples, Examples]:
    """Return examples without their last blocks, and those: days kept apart to judge by where none are given.

    Args:
        examples: of several blocks; of a single one, both answers are all of it.
        share: of the blocks that are kept apart, at least one.
    """
    blocks = np.unique(examples.block)
    if len(blocks) < 2:
        return examples, examples
    kept = np.isin(examples.block, blocks[-max(1, round(share * len(blocks))) :])
    return examples.some(~kept), examples.some(kept)


def steps_of(data: Batch, size: int = BATCH) -> int:
    """Return how many batches one pass has."""
    return len(data) // min(size, len(data))


def untell(batch: Batch, which: Tensor) -> None:
    """Take from maps ``which`` (n,) bool of a batch, in place, what IMERG says of itself."""
    rows = which.nonzero()[:, 0]
    batch.frames[rows[:, None], torch.tensor(_TOLD_CHANNELS)] = UNTOLD
    batch.features[rows, TOLD:] = 0.0


def learn(
    model: ScoreModel,
    train: Examples,
    loss: Callable[[nn.Module, Batch], Tensor],
    settings: Settings,
    *,
    checkpoint: Path | None = None,
    resume: bool = True,
    progress: Progress = silent,
) -> Fitted:
    """Fit a model's parameters by :func:`eogen.nn.fit.fit`; scales must have been learnt before.

    Args:
        model: left in eval mode.
        train: what it learns from.
        loss: ``loss(model, batch)``.
        settings: how; epochs are passes over all maps.
        checkpoint: file a killed run goes on from, or None.
        resume: whether it does.
        progress: stage ``fit``.

    Raises:
        InputError: ``rain_few_examples``.
    """
    enough(train)
    data = prepared(model, train)
    return fit(
        model, lambda generator: batches(data, BATCH, generator), steps_of(data), loss, settings,
        checkpoint=checkpoint, resume=resume, progress=progress,
    )  # fmt: skip


def convolution(inside: int, outside: int, stride: int = 1) -> nn.Sequential:
    """Return a 3 x 3 convolution, normalised, with a smooth bend."""
    return nn.Sequential(
        nn.Conv2d(inside, outside, 3, stride, 1, bias=False), nn.BatchNorm2d(outside), nn.SiLU()
    )
