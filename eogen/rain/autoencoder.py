"""k-means on what a network learnt: on the latent of a convolutional auto-encoder, and on the bottleneck of a U-Net.

The network learns to draw its frames again (and, where aware, the scores of each map); then the clusters are found in
its latent space by k-means, which the network never knows of (Lloyd 1982; starts of Arthur & Vassilvitskii 2007).
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import torch
from sklearn.cluster import KMeans
from torch import Tensor, nn
from torch.nn import functional

from eogen.nn.fit import Settings
from eogen.progress import Progress, silent
from eogen.rain.examples import Examples
from eogen.rain.frames import CHANNELS, SIDE
from eogen.rain.methods import CLUSTERS
from eogen.rain.nets import LATENT, WIDTHS, Batch, ConvModel, apart, convolution, learn, reconstruction

EPOCHS = 20
SETTINGS = Settings(epochs=EPOCHS, learning_rate=2e-3, weight_decay=1e-2, warmup=0.2, ema=0.99, clip=1.0)
STARTS = 10
#: How often a batch of the U-Net is drawn without what its skips carry.
CLOSED = 0.5


class UNetDecoder(nn.Module):
    """Latent and what each scale of the trunk saw -> frames.

    Args:
        latent: dimensions of the latent.
        widths: channels of the trunk's scales, finest first, each half the size of the one before.
    """

    def __init__(self, latent: int = LATENT, widths: tuple[int, ...] = WIDTHS) -> None:
        super().__init__()
        self.widths, self.side = widths, SIDE // 2 ** len(widths)
        self.spread = nn.Linear(latent, 24 * self.side**2)
        self.scales = nn.ModuleList([convolution(24 + widths[2], 24), convolution(24 + widths[1], 16)])
        self.last = nn.Conv2d(16 + widths[0], 4 * len(CHANNELS), 3, padding=1)
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def forward(self, latent: Tensor, seen: list[Tensor] | None = None) -> Tensor:
        """Return (n, channel, side, side); without ``seen``, what the latent alone tells."""
        x = (
            self.spread(latent)
            .view(-1, 24, self.side, self.side)
            .contiguous(memory_format=torch.channels_last)
        )
        for depth, scale in zip((2, 1), self.scales, strict=True):
            x = functional.interpolate(scale(self._beside(x, seen, depth)), scale_factor=2, mode="nearest")
        return functional.pixel_shuffle(self.last(self._beside(x, seen, 0)), 2)

    def _beside(self, x: Tensor, seen: list[Tensor] | None, depth: int) -> Tensor:
        carried = x.new_zeros(len(x), self.widths[depth], *x.shape[2:]) if seen is None else seen[depth]
        return torch.cat([x, carried], 1)


class UNetModel(ConvModel):
    """An auto-encoder with skip connections (Ronneberger et al. 2015, arXiv 1505.04597); the latent is its bottleneck.

    What skips do to a latent: where things are and how they look passes beside the bottleneck, so that drawing well
    asks little of it, and left to itself it keeps next to nothing. Half of the batches are therefore drawn with the
    skips closed. That is also what makes a prototype possible: a centre has no skips.
    """

    def __init__(
        self, latent: int = LATENT, clusters: int = CLUSTERS, aware: bool = False, past: int = 0, calibration: int = 0
    ) -> None:  # fmt: skip
        super().__init__(latent, clusters, None, aware, past, calibration)
        self.decoder = UNetDecoder(latent)

    def loss(self, batch: Batch) -> Tensor:
        """Return the reconstruction, with the skips open or closed, and the scores where it is aware."""
        latent, seen = self.trunk.look(
            batch.frames.contiguous(memory_format=torch.channels_last), batch.features
        )
        latent = self.place(latent)
        closed = bool(torch.rand(()) < CLOSED)
        lost = reconstruction(self.decoder(latent, None if closed else seen), batch.frames)
        return lost + self.scores_loss(latent, batch)

    @torch.no_grad()
    def drawn(self, frames: Tensor, features: Tensor) -> Tensor:
        """Return frames (n, channel, side, side) drawn again with the skips open."""
        latent, seen = self.trunk.look(frames, features)
        return self.decoder(self.place(latent), seen)


def build(name: str, *, past: int = 0, calibration: int = 0) -> ConvModel:
    """Return the untrained model of a name: ``autoencoder`` or ``unet``, ``_aware`` behind it or not."""
    kind, _, aware = name.partition("_")
    made = UNetModel if kind == "unet" else ConvModel
    return made(clusters=CLUSTERS, aware=bool(aware), past=past, calibration=calibration)


def kmeans_on_latent(
    train: Examples,
    *,
    aware: bool = False,
    seed: int = 0,
    progress: Progress = silent,
    calibration: Examples | None = None,
    epochs: int = EPOCHS,
    checkpoint: Path | None = None,
    resume: bool = True,
) -> ConvModel:
    """Return a convolutional auto-encoder with the clusters of its latent.

    Args:
        train: what it learns from.
        aware: whether it learns their scores too.
        seed: of everything random.
        progress: stage ``fit``.
        calibration: blocks it does not learn from, whose errors make intervals; None keeps the last fifth of the
            blocks of ``train`` apart.
        epochs: passes over all maps.
        checkpoint: file a killed run goes on from, or None.
        resume: whether it does.

    Raises:
        InputError: ``rain_few_examples``.
    """
    return _fitted("autoencoder", train, aware, seed, progress, calibration, epochs, checkpoint, resume)


def kmeans_on_unet(
    train: Examples,
    *,
    aware: bool = False,
    seed: int = 0,
    progress: Progress = silent,
    calibration: Examples | None = None,
    epochs: int = EPOCHS,
    checkpoint: Path | None = None,
    resume: bool = True,
) -> ConvModel:
    """Return a U-Net with the clusters of its bottleneck; arguments and errors as of :func:`kmeans_on_latent`."""
    return _fitted("unet", train, aware, seed, progress, calibration, epochs, checkpoint, resume)


def centre(model: ConvModel, train: Examples, seed: int = 0) -> None:
    """Set a model's centres to those of k-means on the latent points of examples."""
    points = model.encoded(train).numpy()
    found = KMeans(model.clusters, n_init=STARTS, random_state=seed).fit(points)
    model.centres.copy_(torch.from_numpy(found.cluster_centers_))


def _fitted(
    kind: str, train: Examples, aware: bool, seed: int, progress: Progress, calibration: Examples | None,
    epochs: int, checkpoint: Path | None, resume: bool,
) -> ConvModel:  # fmt: skip
    if calibration is None:
        train, calibration = apart(train)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = build(f"{kind}_aware" if aware else kind)
    model.learn_scales(train)
    settings = replace(SETTINGS, epochs=epochs, seed=seed)
    learn(
        model, train, lambda module, batch: module.loss(batch), settings,
        checkpoint=checkpoint, resume=resume, progress=progress,
    )  # fmt: skip
    centre(model, train, seed)
    model.remember(train, calibration, seed)
    return model
