"""Explanations by gradients of a network of series: Grad-CAM over time, integrated gradients.

Both explain the logit of the target less the mean logit of the other classes: what all classes gain together moves no
answer.
"""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

import numpy as np
import torch
from torch import Tensor, nn

from eogen.errors import InputError
from eogen.landcover.series.coalitions import checked


@runtime_checkable
class Differentiable(Protocol):
    """A fitted network of series. ``cam_layer`` may name the submodule Grad-CAM looks at."""

    #: (n, month, band) standardised float32 -> (n, class) logits, in evaluation mode.
    module: nn.Module

    def standardised(self, series: np.ndarray) -> np.ndarray:
        """Return series (n, month, band) filled and standardised, as the module takes them."""
        ...


def needs(method: str, what: str) -> InputError:
    """Return the error of a method that asks for what a model does not have."""
    return InputError(
        "series_when_needs",
        "{method} needs a model with {needs}; choose another model or another explanation.",
        method=method,
        needs=what,
    )


def contrast(logits: Tensor, target: Tensor) -> Tensor:
    """Return the logit of each row's target less the mean of the others, (n,)."""
    own = logits.gather(1, target[:, None])[:, 0]
    return own - (logits.sum(1) - own) / max(logits.shape[1] - 1, 1)


def integrated_gradients(
    model: Any,
    series: np.ndarray,
    target: np.ndarray,
    *,
    background: np.ndarray,
    seed: int = 0,
    steps: int = 16,
) -> np.ndarray:
    """Return integrated gradients (n, month, band) from the mean background (Sundararajan et al. 2017).

    They add up to the contrast of the series less that of the baseline, as the steps (Gauss-Legendre nodes, exact for
    polynomials of degree ``2 steps - 1`` along the way) grow. What a filled month gets is what the network read there.

    Raises:
        InputError: ``series_when_needs`` for a model without gradients.
    """
    if not isinstance(model, Differentiable):
        raise needs("integrated_gradients", "gradients")
    series, target, background = checked(model, series, target, background)
    x = torch.from_numpy(np.asarray(model.standardised(series), np.float32))
    mean = np.nanmean(background, 0, keepdims=True)
    difference = x - torch.from_numpy(np.asarray(model.standardised(mean), np.float32))
    node, weight = np.polynomial.legendre.leggauss(steps)
    at = torch.tensor((node + 1) / 2, dtype=torch.float32)[:, None, None, None]
    way = (x - difference + at * difference).flatten(0, 1).requires_grad_()
    wanted = torch.from_numpy(target.copy()).repeat(steps)
    (slope,) = torch.autograd.grad(contrast(model.module(way), wanted).sum(), way)
    mean_slope = np.einsum("s,snmb->nmb", weight / 2, slope.view(steps, *x.shape).double().numpy())
    return difference.double().numpy() * mean_slope


def grad_cam(
    model: Any, series: np.ndarray, target: np.ndarray, *, background: np.ndarray, seed: int = 0
) -> np.ndarray:
    """Return Grad-CAM over time (n, month), 0 or more (Selvaraju et al. 2017, with months for pixels).

    The layer is the submodule ``model.cam_layer`` names, else the last convolution over time, else the last layer that
    still has an axis of months. Coarser layers are interpolated to months. A network may fold its bands into the rows
    (one convolution shared by bands, rows of one series together): they are unfolded as channels.

    Raises:
        InputError: ``series_when_needs`` for a model without gradients or without such a layer.
    """
    if not isinstance(model, Differentiable):
        raise needs("grad_cam", "gradients")
    series, target, _ = checked(model, series, target, background)
    x = torch.from_numpy(np.asarray(model.standardised(series), np.float32)).requires_grad_()
    held, logits = _outputs(model, x)
    layer, over_time = _layer(model, held, series.shape[1])
    wanted = torch.from_numpy(target.copy())
    (slope,) = torch.autograd.grad(contrast(logits, wanted).sum(), held[layer])
    # (n, channel, time): rows that hold the bands of one series become its channels.
    parts = [held[layer].detach(), slope]
    parts = [(p if over_time else p.transpose(1, 2)) for p in parts]
    activation, slope = (p.reshape(len(series), -1, p.shape[2]).double() for p in parts)
    cam = (slope.mean(2, keepdim=True) * activation).sum(1, keepdim=True).relu()
    if cam.shape[2] != series.shape[1]:
        cam = nn.functional.interpolate(cam, size=series.shape[1], mode="linear", align_corners=False)
    return cam[:, 0].numpy()


def _outputs(model: Any, x: Tensor) -> tuple[dict[str, Tensor], Tensor]:
    """Run the module; return the three-dimensional outputs of its parts, in the order they were made, and logits."""
    held: dict[str, Tensor] = {}

    def keep(name: str) -> Any:
        def hook(_part: nn.Module, _given: Any, found: Any) -> None:
            if isinstance(found, Tensor) and found.ndim == 3 and found.requires_grad:
                held.pop(name, None)
                held[name] = found

        return hook

    hooks = [p.register_forward_hook(keep(n)) for n, p in model.module.named_modules() if n]
    try:
        return held, model.module(x)
    finally:
        for hook in hooks:
            hook.remove()


def _layer(model: Any, held: dict[str, Tensor], months: int) -> tuple[str, bool]:
    """Return the name of the layer Grad-CAM looks at, and whether its last axis is time."""
    wanted = getattr(model, "cam_layer", None)
    if wanted in held:
        return wanted, held[wanted].shape[2] == months or held[wanted].shape[1] != months
    parts = dict(model.module.named_modules())
    convolutions = [n for n in held if isinstance(parts[n], nn.Conv1d) and held[n].shape[2] > 1]
    if convolutions:
        return convolutions[-1], True
    sequences = [n for n in held if held[n].shape[1] == months]
    if sequences:
        return sequences[-1], False
    raise needs("grad_cam", "convolution")
