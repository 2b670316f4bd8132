"""Class activation maps: what the last convolutions saw; and the exact evidence of the index network."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import interpolate

from eogen.landcover.question import Question


def _full_size(coarse: Tensor, question: Question) -> np.ndarray:
    """Bring a map (1, 1, y, x) to the size of the image, bilinearly; returns (y, x)."""
    fine = interpolate(coarse, question.x.shape[-2:], mode="bilinear", align_corners=False)
    return fine[0, 0].detach().numpy()


def grad_cam(question: Question, *, relu: bool = False) -> np.ndarray:
    """Activations weighted by their mean gradient (Selvaraju et al. 2017), through captum.

    Args:
        question: its module must have ``cam_layer``.
        relu: drop negative evidence, as the paper draws it; signed maps order the pixels better.
    """
    from captum.attr import LayerGradCam

    # The parameters are frozen, so the image must carry the gradient down to the layer.
    x = question.x.clone().requires_grad_(True)
    with torch.enable_grad():
        cam = LayerGradCam(question.score, question.module.cam_layer).attribute(x, relu_attributions=relu)
    return _full_size(cam, question)


def layer_cam(question: Question) -> np.ndarray:
    """Activations weighted pixel by pixel by their positive gradient (Jiang et al. 2021, LayerCAM)."""
    kept: list[Tensor] = []
    hook = question.module.cam_layer.register_forward_hook(
        lambda _module, _inputs, output: kept.append(output)
    )
    try:
        with torch.enable_grad():
            score = question.score(question.x.clone().requires_grad_(True))
    finally:
        hook.remove()
    (gradient,) = torch.autograd.grad(score.sum(), kept[0])
    return _full_size((gradient.relu() * kept[0]).sum(1, keepdim=True).relu(), question)


def exact_evidence(question: Question, *, contrast: bool = False) -> np.ndarray:
    """Evidence of the index network: its mean over the pixels *is* the logit, at native resolution.

    Args:
        question: its module must have ``evidence(x) -> (n, classes, y, x)``.
        contrast: subtract the evidence of the other classes, weighted by how probable they are among
            themselves: first order in the log-odds instead of exact in the logit.
    """
    with torch.no_grad():
        evidence = question.module.evidence(question.x)[0]
        if contrast:
            others = evidence.mean((1, 2)) / question.temperature
            others[question.target] = -torch.inf
            rival = (others.softmax(0)[:, None, None] * evidence).sum(0)
            return (evidence[question.target] - rival).numpy()
    return evidence[question.target].numpy()
