"""A trained network behind one door: images in, calibrated probabilities out, one caller at a time."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import torch
import xarray as xr
from torch import Tensor, nn

from eogen.errors import InputError
from eogen.landcover import scores
from eogen.nn.weights import Card

#: Smallest side the networks were built for, pixels.
SMALLEST = 32


class Classifier:
    """A network with its bands, classes and card.

    Attributes:
        name: in the registry.
        bands: names of the bands it needs, in its order.
        classes: names of its answers, in order.
        card: where its weights come from.
        temperature: logits are divided by it before the softmax (fitted on held-out images).
        sha256: of the weights.
    """

    def __init__(
        self, name: str, module: nn.Module, bands: Sequence[str], classes: Sequence[str], card: Card
    ) -> None:
        self.name, self.bands, self.classes, self.card = name, tuple(bands), tuple(classes), card
        self.temperature, self.sha256 = card.temperature, card.sha256
        self._module = module.eval().requires_grad_(False)
        self._lock = threading.RLock()

    def predict(self, image: xr.DataArray | Sequence[xr.DataArray]) -> xr.Dataset:
        """Return what the network says of one image, or of several (then with a dimension ``sample``).

        Missing pixels count as the baseline (the mean of their band in training).

        Returns:
            ``probability`` (calibrated, adds up to 1 over ``class``) and ``logit`` (not yet divided by the
            temperature), float64, with coordinate ``class``; attrs ``model``, ``model_sha256``, ``temperature``.

        Raises:
            InputError: ``missing_bands``, ``too_small_for_model``, ``no_valid_pixels``.
        """
        images = [image] if isinstance(image, xr.DataArray) else list(image)
        with self.exclusive() as module, torch.no_grad():
            rows = []
            for one in images:
                x = self.tensor(one)
                if (gaps := x.isnan()).any():
                    if gaps.any(1).all():
                        raise InputError(
                            "no_valid_pixels",
                            "The image has no pixel with a value in every band the model needs.",
                        )
                    x = torch.where(gaps, module.baseline(x), x)
                rows.append(module(x)[0].double().numpy())
        logit = np.array(rows).reshape(len(rows), len(self.classes))
        found = xr.Dataset(
            {
                "probability": (("sample", "class"), scores.probabilities(logit, self.temperature)),
                "logit": (("sample", "class"), logit),
            },
            coords={"class": list(self.classes)},
            attrs={"model": self.name, "model_sha256": self.sha256, "temperature": self.temperature},
        )
        return found.isel(sample=0) if isinstance(image, xr.DataArray) else found

    def tensor(self, image: xr.DataArray) -> Tensor:
        """Return the image as reflectance (1, C, H, W), float32, its bands in the network's order.

        Raises:
            InputError: ``missing_bands`` when it has not all of them; ``too_small_for_model`` below 32 x 32 pixels.
        """
        present = [str(b) for b in image["band"].values]
        if absent := [b for b in self.bands if b not in present]:
            raise InputError(
                "missing_bands",
                "The model {model} needs the bands {missing}, which the image does not have (it has {present}).",
                model=self.name,
                missing=", ".join(absent),
                present=", ".join(present),
            )
        height, width = image.sizes["y"], image.sizes["x"]
        if min(height, width) < SMALLEST:
            raise InputError(
                "too_small_for_model",
                "The image has {width} x {height} pixels; the model needs at least {smallest} x {smallest}.",
                width=width, height=height, smallest=SMALLEST,
            )  # fmt: skip
        values = image.sel(band=list(self.bands)).transpose("band", "y", "x").values
        return torch.from_numpy(np.array(values, dtype=np.float32, order="C"))[None]

    @contextmanager
    def exclusive(self) -> Iterator[nn.Module]:
        """Lend the network to one caller: eval mode, parameters without gradients, all modes restored after.

        Raises:
            RuntimeError: when the caller brings the network back with a hook on it, also after the caller's own
                error (a network shared by visitors must not keep one visitor's hooks). The hooks are removed.
        """
        with self._lock:
            modes = {module: module.training for module in self._module.modules()}
            needs = [(p, p.requires_grad) for p in self._module.parameters()]
            self._module.eval().requires_grad_(False)
            try:
                yield self._module
            finally:
                for module, mode in modes.items():
                    module.training = mode
                for parameter, need in needs:
                    parameter.requires_grad_(need)
                    parameter.grad = None
                if left := _remove_hooks(self._module):
                    raise RuntimeError(f"{left} hooks were left on {self.name}")


def _remove_hooks(network: nn.Module) -> int:
    """Remove every hook of a network and return how many there were."""
    kinds = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")
    left = 0
    for module in network.modules():
        for kind in kinds:
            hooks = getattr(module, kind)
            left += len(hooks)
            hooks.clear()
    return left
