"""Small networks with known answers behind the Classifier interface, so that explanations can be checked."""

from __future__ import annotations

from contextlib import contextmanager

import numpy as np
import torch
import xarray as xr
from torch import nn

from eogen.errors import InputError
from eogen.landcover.bands import ALL, CLASSES


class Net(nn.Module):
    """Common part: a constant baseline per band."""

    mean = 0.2

    def baseline(self, x):
        return torch.full_like(x, self.mean)


class LinearNet(Net):
    """``logit_k = sum w_k * x``: every attribution has a closed form, w * (x - b)."""

    def __init__(self, bands=13, size=(16, 16), classes=10, seed=77):
        super().__init__()
        generator = torch.Generator().manual_seed(seed)
        self.weight = nn.Parameter(torch.randn(classes, bands, *size, generator=generator) / np.prod(size))

    def forward(self, x):
        return torch.einsum("nbyx,kbyx->nk", x, self.weight)


class TinyCNN(Net):
    """Two convolutions, global mean, linear head: any size."""

    def __init__(self, bands=13, width=12, classes=10, seed=0):
        super().__init__()
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            self.first = nn.Sequential(
                nn.Conv2d(bands, width, 3, padding=1), nn.BatchNorm2d(width), nn.ReLU()
            )
            self.cam_layer = nn.Sequential(nn.Conv2d(width, width, 3, 2, padding=1), nn.ReLU())
            self.head = nn.Linear(width, classes)
            # Weights of a trained size, so that classes differ by more than rounding.
            self.head.weight.data *= 20

    def forward(self, x):
        return self.head(self.cam_layer(self.first((x - self.mean) * 5)).mean((2, 3)))


class AdditiveNet(Net):
    """Per-pixel evidence whose mean is the logit, like the index network."""

    def __init__(self, bands=13, classes=10, seed=0):
        super().__init__()
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            self.pixel = nn.Sequential(nn.Conv2d(bands, 16, 1), nn.ReLU(), nn.Conv2d(16, classes, 1))
            self.pixel[2].weight.data *= 20

    def evidence(self, x):
        return self.pixel((x - self.mean) * 5)

    def forward(self, x):
        return self.evidence(x).mean((2, 3))


class Stub:
    """The Classifier interface around any of the networks above."""

    def __init__(self, module, bands=ALL, name="stub"):
        self.module, self.bands, self.classes, self.name = module.eval(), tuple(bands), CLASSES, name
        self.temperature, self.sha256 = 1.0, "0" * 64

    def tensor(self, image):
        if absent := [b for b in self.bands if b not in image["band"].values]:
            raise InputError("missing_bands", "Missing {bands}.", bands=absent)
        return torch.from_numpy(image.sel(band=list(self.bands)).values.astype(np.float32))[None]

    @contextmanager
    def exclusive(self):
        frozen = [p.requires_grad for p in self.module.parameters()]
        self.module.requires_grad_(False)
        try:
            yield self.module
        finally:
            for p, needs in zip(self.module.parameters(), frozen, strict=True):
                p.requires_grad_(needs)
            assert hooks(self.module) == 0


def hooks(module):
    """Number of hooks anywhere in a module."""
    return sum(
        len(m._forward_hooks)
        + len(m._forward_pre_hooks)
        + len(m._backward_hooks)
        + len(m._backward_pre_hooks)
        for m in module.modules()
    )


def image(size=(16, 16), bands=ALL, seed=0, constant=None):
    """A random (or constant) reflectance image with coordinates."""
    values = np.random.default_rng(seed).uniform(0.02, 0.5, (len(bands), *size)).astype(np.float32)
    if constant is not None:
        values[:] = constant
    return xr.DataArray(
        values,
        {"band": list(bands), "y": np.arange(size[0]) * -10.0, "x": np.arange(size[1]) * 10.0},
        ("band", "y", "x"),
        name="reflectance",
        attrs={"units": "1", "sha256": "a" * 64, "origin": "simulated"},
    )
