"""Explanations by gradients of a network of series: Grad-CAM over time, integrated gradients.

Both explain the logit of the target less the mean logit of the other classes: what all classes gain together moves no
answer.
"""

from __future__ import annotations

import threading
from typing import Any, Protocol, runtime_checkable

import numpy as np
import torch
from torch import Tensor, nn

from eogen.errors import InputError
from eogen.landcover.series.coalitions import checked


@runtime_checkable
class Differentiable(Protocol):
    """A fitted network of series; ``module.members`` are its parts where it is an ensemble of equals."""

    #: (standardised series (n, month, band), seen (n, month)) -> (n, class) logits, in evaluation mode.
    module: nn.Module

    def inputs(self, series: np.ndarray) -> tuple[Tensor, Tensor]:
        """Return filled, standardised series (n, month, band) and which months were seen (n, month)."""
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
    x, seen = model.inputs(series)
    known = np.isfinite(background)
    count = known.sum(0, keepdims=True)
    middle = np.where(known, background, 0).sum(0, keepdims=True) / np.maximum(count, 1)
    difference = x - model.inputs(np.where(count > 0, middle, np.nan))[0]
    node, weight = np.polynomial.legendre.leggauss(steps)
    at = torch.tensor((node + 1) / 2, dtype=torch.float32)[:, None, None, None]
    way = (x - difference + at * difference).flatten(0, 1).requires_grad_()
    wanted = torch.from_numpy(target).repeat(steps)
    logits = model.module(way, seen.repeat(steps, 1))
    (slope,) = torch.autograd.grad(contrast(logits, wanted).sum(), way)
    mean_slope = np.einsum("s,snmb->nmb", weight / 2, slope.view(steps, *x.shape).double().numpy())
    return difference.double().numpy() * mean_slope


def grad_cam(
    model: Any, series: np.ndarray, target: np.ndarray, *, background: np.ndarray, seed: int = 0
) -> np.ndarray:
    """Return Grad-CAM over time (n, month), 0 or more (Selvaraju et al. 2017, with months for pixels).

    The layer is the last convolution over time with the normalisation and activation layers that follow it. Coarser
    layers are interpolated to months. A network may fold its bands into the rows (one convolution shared by bands, rows
    of one series together): they are unfolded as channels. An ensemble's map is the mean of its members'.

    Raises:
        InputError: ``series_when_needs`` for a model without gradients or without a convolution over time.
    """
    if not isinstance(model, Differentiable):
        raise needs("grad_cam", "gradients")
    series, target, _ = checked(model, series, target, background)
    x, seen = model.inputs(series)
    ensemble = hasattr(model.module, "members")
    members = list(model.module.members) if ensemble else [model.module]
    wanted = torch.from_numpy(target)
    total = np.zeros(series.shape[:2])
    for member in members:
        held, logits = _last_convolution(member, x.clone().requires_grad_(), seen)
        (slope,) = torch.autograd.grad(contrast(logits, wanted).sum(), held)
        # (n, channel, time): rows that hold the bands of one series become its channels.
        activation, slope = (p.detach().reshape(len(x), -1, p.shape[2]).double() for p in (held, slope))
        cam = (slope.mean(2, keepdim=True) * activation).sum(1, keepdim=True).relu()
        if cam.shape[2] != series.shape[1]:
            cam = nn.functional.interpolate(cam, size=series.shape[1], mode="linear", align_corners=False)
        total += cam[:, 0].numpy()
    return total / len(members)


def _last_convolution(member: nn.Module, x: Tensor, seen: Tensor) -> tuple[Tensor, Tensor]:
    """Run a network; return what its last convolution over time made, and the logits."""
    held: list[Tensor] = []
    # A network is shared by all visitors of a server: what it makes for another one meanwhile is not this one's.
    mine = threading.get_ident()

    def keep(part: nn.Module, _given: Any, found: Any) -> None:
        if threading.get_ident() != mine:
            return
        if isinstance(part, nn.Conv1d):
            if found.ndim == 3 and found.shape[2] > 1 and found.shape[0] % len(x) == 0:
                held[:] = [found]
        elif held and isinstance(found, Tensor) and found.shape == held[0].shape:
            held[:] = [found]

    follow = (nn.Conv1d, nn.BatchNorm1d, nn.GroupNorm, nn.ReLU, nn.GELU, nn.SiLU, nn.Dropout)
    hooks = [p.register_forward_hook(keep) for p in member.modules() if isinstance(p, follow)]
    try:
        logits = member(x, seen)
    finally:
        for hook in hooks:
            hook.remove()
    if not held:
        raise needs("grad_cam", "convolution")
    return held[0], logits
