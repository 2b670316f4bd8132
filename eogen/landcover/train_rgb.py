"""Fit of the RGB network on the official EuroSAT JPEGs."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from eogen.landcover.arrays import CEILING, Images, to_reflectance
from eogen.landcover.augment import hidden, shifted, turned
from eogen.landcover.cnn import CompactCNN
from eogen.nn.fit import Fitted, Settings, fit
from eogen.progress import Progress, silent

#: Chosen before any fit, from the speed of one core; none was compared with another on the test part.
SETTINGS = Settings(epochs=30, learning_rate=3e-3, weight_decay=0.05, ema=0.998, bfloat16=True)
BATCH = 128
SMOOTHING = 0.05
#: Tenths of the set, by content hash: 0-7 train, 8 validation and calibration, 9 test.
VALIDATION, TEST = 8, 9
#: What stays in float32 on disk: rounded too, the early stages would move a probability by 0.004; the last stage alone,
#: three quarters of the numbers, moves none by more than 0.0004, and no answer, on 21,600 JPEGs.
EXACT = (*(f"features.{number}." for number in range(6)), "head.")


def build() -> CompactCNN:
    """Return the untrained RGB network (about 297k parameters)."""
    network = CompactCNN(3, (32, 64, 128), stem=24, residual=True, dropout=0.2, ceiling=CEILING)
    network.EXACT = EXACT
    return network


def reserved_names(root: Path) -> frozenset[str]:
    """Return the stems of all 13-band patches: RGB fits leave them out so that 13-band models may borrow.

    From ``provenance.csv`` (which lists those kept apart too) and from the GeoTIFFs themselves.
    """
    names = {path.stem for path in root.glob("eurosat_ms/*/*.tif")}
    if (listing := root / "provenance.csv").exists():
        with listing.open(newline="", encoding="utf-8") as lines:
            names |= {
                Path(row["file"]).stem
                for row in csv.DictReader(lines)
                if row["file"].startswith("eurosat_ms/")
            }
    return frozenset(names)


def split(images: Images, root: Path) -> tuple[Images, Images, Images]:
    """Return train, validation and test images: by content hash, without the reserved names."""
    reserved = reserved_names(root)
    free = np.array([name not in reserved for name in images.names])
    part = images.part()
    return (
        images.take(free & (part < VALIDATION)),
        images.take(free & (part == VALIDATION)),
        images.take(free & (part == TEST)),
    )


def logits(module: nn.Module, images: Images, batch: int = 256) -> Tensor:
    """Return the logits (n, classes) of RGB images, in eval mode, without gradients."""
    module.eval()
    with torch.no_grad():
        return torch.cat(
            [
                module(torch.from_numpy(to_reflectance(images.pixels[i : i + batch])))
                for i in range(0, len(images), batch)
            ]
        )


def fit_rgb(
    module: CompactCNN,
    train: Images,
    validation: Images,
    settings: Settings,
    *,
    checkpoint: Path | None = None,
    resume: bool = True,
    progress: Progress = silent,
) -> Fitted:
    """Fit ``module`` on ``train``; the validation accuracy is only recorded, it chooses nothing."""
    seen = to_reflectance(train.pixels[:: max(1, len(train) // 2000)])
    module.mean.copy_(torch.from_numpy(seen.mean((0, 2, 3), keepdims=True)))
    module.std.copy_(torch.from_numpy(seen.std((0, 2, 3), keepdims=True)))
    module.to(memory_format=torch.channels_last)
    labels = torch.from_numpy(train.labels)
    steps = len(train) // BATCH

    def batches(generator: torch.Generator) -> Iterator[tuple[Tensor, Tensor]]:
        order = torch.randperm(len(train), generator=generator)
        for chosen in order[: steps * BATCH].split(BATCH):
            x = torch.from_numpy(to_reflectance(train.pixels[chosen.numpy()]))
            x = hidden(shifted(turned(x), 4, generator), module.mean, generator)
            yield x.contiguous(memory_format=torch.channels_last), labels[chosen]

    def loss(network: nn.Module, batch: tuple[Tensor, Tensor]) -> Tensor:
        x, y = batch
        return nn.functional.cross_entropy(network(x), y, label_smoothing=SMOOTHING)

    def accuracy(network: nn.Module) -> float:
        return (logits(network, validation).argmax(1).numpy() == validation.labels).mean()

    fitted = fit(
        module, batches, steps, loss, settings,
        score=accuracy, checkpoint=checkpoint, resume=resume, progress=progress,
    )  # fmt: skip
    module.to(memory_format=torch.contiguous_format)
    return fitted
