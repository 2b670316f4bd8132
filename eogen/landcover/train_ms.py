"""Fit of the plain 13-band network on the few 13-band patches.

It is kept plain on purpose: all 13 bands, no borrowing. Its shortcut through B10 (cirrus, which sees no ground) is
an exhibit and a regression test, not a fault to repair.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from eogen.landcover.augment import turned
from eogen.landcover.bands import ALL
from eogen.landcover.cnn import CompactCNN
from eogen.nn.fit import Settings, fit
from eogen.progress import Progress, silent

SETTINGS = Settings(epochs=60, learning_rate=1e-3, weight_decay=0.05, ema=None, bfloat16=True)
BATCH = 14
#: What was tried on the folds, with its figures.
VARIANTS = (
    "Variants tried on the 74 patches (five folds, once; accuracy / log loss): 50 epochs, batch 30, rate 3e-3 "
    "0.527 / 2.04; 40 epochs, rate 1e-3, label smoothing 0.500 / 1.80; 60 epochs, batch 14, rate 1e-3 0.554 / 1.63 "
    "(kept)."
)


def build() -> CompactCNN:
    """Return the untrained plain network (165,154 parameters)."""
    return CompactCNN(len(ALL), (24, 48, 96))


def fit_ms(
    module: CompactCNN, x: Tensor, labels: Tensor, settings: Settings, *, progress: Progress = silent
) -> float:
    """Fit ``module`` on reflectance x (n, 13, H, W) and labels (n,); return seconds."""
    with torch.no_grad():
        module.mean.copy_(x.mean((0, 2, 3), keepdim=True))
        module.std.copy_(x.std((0, 2, 3), keepdim=True))
    module.to(memory_format=torch.channels_last)
    steps = max(1, len(x) // BATCH)

    def batches(generator: torch.Generator) -> Iterator[tuple[Tensor, Tensor]]:
        for chosen in torch.randperm(len(x), generator=generator).tensor_split(steps):
            yield turned(x[chosen]).contiguous(memory_format=torch.channels_last), labels[chosen]

    def loss(network: nn.Module, batch: tuple[Tensor, Tensor]) -> Tensor:
        return nn.functional.cross_entropy(network(batch[0]), batch[1])

    done = fit(module, batches, steps, loss, settings, progress=progress)
    module.to(memory_format=torch.contiguous_format)
    return done.seconds
