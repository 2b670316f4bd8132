"""A network that explains itself: fixed measurements, 1x1 convolutions, and the mean over the image.

With M(x) the measurements of a pixel (``measurements.py``) and h a small perceptron applied to every pixel alone,
the evidence of a pixel for a class is e(x) = Σ_branches h_b(M_b(x)), and the logit is its mean over the image. The
evidence map therefore *adds up* to the answer, at native resolution: nothing is approximated or upsampled (class
activation mapping, Zhou et al. 2016, arXiv 1512.04150, with nothing spatial after the measurements).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from eogen.landcover.measurements import Measurements


@dataclass(frozen=True)
class BranchSpec:
    """One additive part of an index network.

    Attributes:
        use: bands it measures.
        hidden: widths of its 1x1 layers.
        ceiling, smooth, texture: see :class:`~eogen.landcover.measurements.Measurements`.
        dropout: on the hidden channels.
    """

    use: tuple[str, ...]
    hidden: tuple[int, ...]
    ceiling: float | None = None
    smooth: int = 1
    texture: bool = True
    dropout: float = 0.0


class Branch(nn.Module):
    """Measurements and the pixel-wise perceptron on them; input (n, C, H, W), output (n, classes, H, W)."""

    def __init__(self, bands: Sequence[str], spec: BranchSpec, classes: int) -> None:
        super().__init__()
        self.measurements = Measurements(bands, spec.use, spec.ceiling, spec.smooth, spec.texture)
        layers: list[nn.Module] = []
        inside = len(self.measurements.names)
        for width in spec.hidden:
            layers += [nn.Conv2d(inside, width, 1), nn.GELU(), nn.Dropout2d(spec.dropout)]
            inside = width
        self.head = nn.Sequential(*layers, nn.Conv2d(inside, classes, 1))

    def forward(self, x: Tensor) -> Tensor:
        """Return this branch's evidence (n, classes, H, W)."""
        return self.head(self.measurements(x))


class IndexNetwork(nn.Module):
    """Sum of branches, averaged over the image.

    Args:
        bands: names of the input channels.
        specs: one per branch.
        classes: number of classes.

    Input: reflectance, 1, float32 (n, C, H, W), H and W at least 32. ``forward`` returns logits (n, classes),
    ``evidence`` the maps (n, classes, H, W) whose mean over pixels is the logit.
    """

    def __init__(self, bands: Sequence[str], specs: Sequence[BranchSpec], classes: int = 10) -> None:
        super().__init__()
        self.branches = nn.ModuleList(Branch(bands, spec, classes) for spec in specs)
        #: Mean reflectance of each band in training, for :meth:`baseline`.
        self.register_buffer("mean", torch.zeros(1, len(bands), 1, 1))

    def evidence(self, x: Tensor) -> Tensor:
        """Return how much every pixel speaks for every class (n, classes, H, W), in logits."""
        return torch.stack([branch(x) for branch in self.branches]).sum(0)

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits (n, classes)."""
        return self.evidence(x).mean((2, 3))

    def baseline(self, x: Tensor) -> Tensor:
        """Return an image of ``x``'s shape that says nothing: every pixel is the training mean of its band."""
        return self.mean.expand_as(x).contiguous()
