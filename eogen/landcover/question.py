"""What an explanation is asked: this network, this image, this class, compared with this baseline."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
import xarray as xr
from torch import Tensor, nn

from eogen.errors import InputError

#: The numbers of the model that an explanation may explain, and their units.
OUTPUTS: dict[str, str] = {"logit": "logit", "log_odds": "log-odds", "probability": "1"}


class Explainable(Protocol):
    """The part of :class:`eogen.landcover.classifier.Classifier` that explanations use."""

    name: str
    bands: tuple[str, ...]
    classes: tuple[str, ...]
    temperature: float
    sha256: str

    def tensor(self, image: xr.DataArray) -> Tensor:
        """Return the image as reflectance of shape (1, bands, y, x)."""

    def exclusive(self) -> AbstractContextManager[nn.Module]:
        """Lend the network to one caller at a time, and check that it comes back without hooks."""


@dataclass(frozen=True)
class Question:
    """A network, an image without gaps, a class, and what "nothing there" means.

    Attributes:
        module: logits (n, classes) from reflectance (n, bands, y, x); in eval mode.
        x: the image, (1, bands, y, x), missing values replaced by the baseline.
        baseline: per-band training mean, same shape as ``x``.
        target: index of the class.
        bands: names of the bands of ``x``.
        temperature: calibration of the probabilities.
        output: which number is explained, a key of :data:`OUTPUTS`.
        seed: of everything random in the answer.
    """

    module: nn.Module
    x: Tensor
    baseline: Tensor
    target: int
    bands: tuple[str, ...]
    temperature: float = 1.0
    output: str = "logit"
    seed: int = 0

    def score(self, x: Tensor) -> Tensor:
        """Return the explained number of each image of a batch, shape (n,)."""
        return self.read(self.module(x))

    def read(self, logits: Tensor) -> Tensor:
        """Return the explained number from logits (n, classes), shape (n,)."""
        if self.output == "logit":
            return logits[:, self.target]
        calibrated = logits / self.temperature
        if self.output == "probability":
            return calibrated.softmax(1)[:, self.target]
        others = torch.arange(logits.shape[1]) != self.target
        return calibrated[:, self.target] - calibrated[:, others].logsumexp(1)

    def values(self, count: int, build: Callable[[slice], Tensor], *, batch: int | None = None) -> np.ndarray:
        """Score ``count`` perturbed images, built a batch at a time so that memory stays small.

        Args:
            count: number of images.
            build: returns the images of a slice of ``range(count)``, shape (m, bands, y, x).
            batch: images per forward pass; default: as many as hold 8 patches of 64 x 64,
                which fit the cache (32 at once cost a third more time).

        Returns:
            float64 array of shape (count,).
        """
        height, width = self.x.shape[-2:]
        batch = batch or min(max(1, 8 * 64 * 64 // (height * width)), 1024)
        with torch.no_grad():
            slices = [slice(i, min(i + batch, count)) for i in range(0, count, batch)]
            # Convolutions with few channels are a quarter faster on channels-last tensors.
            parts = [self.score(build(s).contiguous(memory_format=torch.channels_last)) for s in slices]
        return torch.cat(parts).double().numpy()

    def masked(self, keep: Tensor, *, batch: int | None = None) -> np.ndarray:
        """Score the image with the baseline wherever ``keep`` (n, 1 or bands, y, x) is False."""
        return self.values(len(keep), lambda s: torch.where(keep[s], self.x, self.baseline), batch=batch)

    def gradient(self, x: Tensor) -> Tensor:
        """Return the gradient of each image's score by its own pixels, shape of ``x``."""
        x = x.detach().requires_grad_(True)
        with torch.enable_grad():
            return torch.autograd.grad(self.score(x).sum(), x)[0]

    def generator(self) -> torch.Generator:
        """Return a fresh source of random numbers, the same for the same seed."""
        return torch.Generator().manual_seed(self.seed)


def class_index(classes: tuple[str, ...], target: str | int) -> int:
    """Return the index of a class given by name or by index.

    Raises:
        InputError: ``unknown_class``.
    """
    if isinstance(target, str) and target in classes:
        return classes.index(target)
    if isinstance(target, int | np.integer) and 0 <= target < len(classes):
        return int(target)
    raise InputError(
        "unknown_class",
        "The model knows no class {given!r}; it knows {known}.",
        given=target,
        known=", ".join(classes),
    )


def missing(image: xr.DataArray, bands: tuple[str, ...]) -> np.ndarray:
    """Return where (y, x) at least one of ``bands`` has no value."""
    here = [b for b in bands if b in image["band"].values]
    return image.sel(band=here).isnull().any("band").values


def ask(
    classifier: Explainable,
    module: nn.Module,
    image: xr.DataArray,
    target: str | int,
    *,
    output: str = "logit",
    seed: int = 0,
) -> Question:
    """Build the question; ``module`` is what ``classifier.exclusive()`` lends, or a copy of it.

    Raises:
        InputError: ``unknown_class``, ``unknown_output``, ``no_valid_pixels``, or ``missing_bands`` by the
            classifier.
    """
    index = class_index(tuple(classifier.classes), target)
    if output not in OUTPUTS:
        raise InputError(
            "unknown_output",
            "No output {given!r} can be explained; choose one of {known}.",
            given=output,
            known=", ".join(OUTPUTS),
        )
    x = classifier.tensor(image).detach()
    if missing(image, classifier.bands).all():
        raise InputError(
            "no_valid_pixels", "The image has no pixel with a value in every band the model needs."
        )
    with torch.no_grad():
        baseline = module.baseline(x).expand_as(x)
    gaps = torch.from_numpy(image.sel(band=list(classifier.bands)).isnull().values)[None]
    return Question(
        module=module,
        x=torch.where(gaps | x.isnan(), baseline, x),
        baseline=baseline,
        target=index,
        bands=tuple(classifier.bands),
        temperature=float(classifier.temperature),
        output=output,
        seed=seed,
    )
