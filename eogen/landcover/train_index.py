"""Fit of the self-explaining index network on a few 13-band patches, borrowing from the RGB JPEGs.

Two additive branches. *Colour* sees B04, B03, B02 as the official JPEGs show them and is fitted on thousands of
JPEGs (without any patch that exists with 13 bands). *Spectrum* sees ten bands (not the 60 m ones) and is fitted on
the 13-band patches, with part of the frozen colour branch's logits as an offset.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from eogen.landcover.arrays import CEILING, Images, to_reflectance
from eogen.landcover.bands import ALL, RGB
from eogen.landcover.index_network import Branch, BranchSpec, IndexNetwork
from eogen.landcover.measurements import Measurements
from eogen.nn.fit import Settings, fit
from eogen.progress import Progress, silent

#: Without B01, B09, B10 (60 m, made for the atmosphere): they carry no land cover, only shortcuts.
TEN = tuple(band for band in ALL if band not in ("B01", "B09", "B10"))
COLOUR = BranchSpec(use=RGB, hidden=(80, 64), ceiling=CEILING, smooth=5)
SPECTRUM = BranchSpec(use=TEN, hidden=(16,), dropout=0.1, texture=False)
#: Part of the colour logits that the spectral branch may lean on while it is fitted (all of them count when the
#: network answers): with everything it would learn little, with nothing only what colour knows already.
LEANING = 0.3

COLOUR_SETTINGS = Settings(epochs=12, learning_rate=4e-3, weight_decay=0.01, ema=None)
SPECTRUM_SETTINGS = Settings(epochs=60, learning_rate=4e-3, weight_decay=1.0, ema=None)
#: The strongest found of those that borrow nothing: the spectral branch must then see texture too, and fit longer.
ALONE = BranchSpec(use=TEN, hidden=(32,), dropout=0.1)
ALONE_SETTINGS = Settings(epochs=150, learning_rate=4e-3, weight_decay=0.05, ema=None)
#: Pixels of each JPEG that are measured: a random sample has the same mean as the image, at a tenth of the cost.
PIXELS = 384
DRAWN = 128
BATCH = 64
SMOOTHING = 0.05


#: What was tried on the folds, with its figures (choosing among them on the same folds is optimistic).
VARIANTS: tuple[str, ...] = (
    "Variants tried on the 74 patches (five folds, twice; accuracy / log loss): nothing borrowed, textured h32 "
    "0.682 / 1.04; colour branch alone with unsmoothed colour texture 0.811 / 0.59, with smoothed colour 0.892 / 0.38; "
    "colour + spectrum: textured h32 150 steps 0.858 / 0.44, 60 steps 0.865 / 0.46, slow 0.892 / 0.38; textured "
    "linear slow 0.892 / 0.37; without texture h16 150 steps 0.872 / 0.43, linear 0.892 / 0.39; without texture h16, "
    "60 steps, decay 1, leaning 1.0 0.899 / 0.39, 0.6 0.905 / 0.37, 0.3 0.892 / 0.36 (chosen, by log loss), "
    "0 0.892 / 0.37. Logistic regression on band statistics 0.568 / 1.41.",
)


def build() -> IndexNetwork:
    """Return the untrained index network: branch 0 is colour, branch 1 spectrum."""
    return IndexNetwork(ALL, (COLOUR, SPECTRUM))


def colour_measurements(images: Images, seed: int, *, progress: Progress = silent) -> Tensor:
    """Return raw colour measurements at ``PIXELS`` random pixels of every JPEG: float16 (n, M, PIXELS)."""
    measure = Measurements(RGB, RGB, COLOUR.ceiling, COLOUR.smooth)
    generator = torch.Generator().manual_seed(seed)
    found = []
    with torch.no_grad():
        for start in range(0, len(images), 32):
            progress(start, len(images), "measure")
            x = torch.from_numpy(to_reflectance(images.pixels[start : start + 32]))
            maps = measure.raw(x).flatten(2)
            chosen = torch.randperm(maps.shape[2], generator=generator)[:PIXELS]
            found.append(maps[:, :, chosen].half())
    return torch.cat(found)


def fit_colour(
    branch: Branch,
    measured: Tensor,
    labels: np.ndarray,
    seed: int,
    *,
    checkpoint: Path | None = None,
    resume: bool = True,
    progress: Progress = silent,
) -> float:
    """Fit the colour branch on measurements of JPEGs; return seconds."""
    standardise(branch, measured[:: max(1, len(measured) // 2000)].float())
    mean, std = branch.measurements.mean[..., 0], branch.measurements.std[..., 0]
    target, steps = torch.from_numpy(labels), len(labels) // BATCH

    def batches(generator: torch.Generator) -> Iterator[tuple[Tensor, Tensor]]:
        for chosen in torch.randperm(len(labels), generator=generator)[: steps * BATCH].split(BATCH):
            start = int(torch.randint(0, measured.shape[2] - DRAWN + 1, (1,), generator=generator))
            x = measured[chosen, :, start : start + DRAWN].float()
            yield ((x - mean) / std)[..., None], target[chosen]

    settings = Settings(**{**COLOUR_SETTINGS.__dict__, "seed": seed})
    done = fit(
        branch.head, batches, steps, _loss, settings, checkpoint=checkpoint, resume=resume, progress=progress
    )
    branch.requires_grad_(False)
    return done.seconds


def colour_logits(branch: Branch, images: Images) -> np.ndarray:
    """Return the logits (n, classes) of the colour branch alone on RGB JPEGs."""
    alone = IndexNetwork(RGB, (COLOUR,))
    alone.branches[0].load_state_dict(branch.state_dict())
    alone.eval()
    with torch.no_grad():
        return np.concatenate(
            [
                alone(torch.from_numpy(to_reflectance(images.pixels[i : i + 32]))).numpy()
                for i in range(0, len(images), 32)
            ]
        )


def standardise(branch: Branch, raw: Tensor) -> None:
    """Set the branch's ``mean`` and ``std`` from raw measurements (n, M, …)."""
    flat = raw.transpose(0, 1).flatten(1)
    branch.measurements.mean.copy_(flat.mean(1)[None, :, None, None])
    branch.measurements.std.copy_(flat.std(1).clamp_min(1e-4)[None, :, None, None])


def raw_maps(branch: Branch, reflectance: Tensor) -> Tensor:
    """Return the branch's raw measurements of 13-band patches (n, M, H, W)."""
    with torch.no_grad():
        return torch.cat([branch.measurements.raw(part) for part in reflectance.split(8)])


def fit_spectrum(
    branch: Branch, raw: Tensor, offset: Tensor, labels: Tensor, seed: int, settings: Settings
) -> None:
    """Fit the spectral branch so that ``LEANING * offset + branch`` tells the classes apart.

    Args:
        branch: fitted in place.
        raw: its raw measurements of the training patches (n, M, H, W).
        offset: logits of the colour branch (n, classes); zeros when nothing is borrowed.
        labels: class numbers (n,).
        seed: of the start and of the windows.
        settings: one epoch is one step on all patches.
    """
    standardise(branch, raw)
    # Every second pixel, in a random window of half the side: patches are few, their windows many.
    maps = ((raw - branch.measurements.mean) / branch.measurements.std)[:, :, ::2, ::2].contiguous()
    side = maps.shape[2] // 2
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        for layer in branch.head:
            if isinstance(layer, nn.Conv2d):
                layer.reset_parameters()
    nn.init.zeros_(branch.head[-1].weight)
    nn.init.zeros_(branch.head[-1].bias)

    def batches(generator: torch.Generator) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
        top, left = torch.randint(0, maps.shape[2] - side + 1, (2,), generator=generator).tolist()
        yield maps[:, :, top : top + side, left : left + side], labels, LEANING * offset

    fit(branch.head, batches, 1, _loss, Settings(**{**settings.__dict__, "seed": seed}))


def _loss(head: nn.Module, batch: tuple[Tensor, ...]) -> Tensor:
    x, labels, *offset = batch
    return nn.functional.cross_entropy(sum(offset, head(x).mean((2, 3))), labels, label_smoothing=SMOOTHING)
