"""A compact convolutional network for Sentinel-2 patches of any size from 32 pixels up."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn


def _block(inside: int, outside: int, kernel: int = 3, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inside, outside, kernel, stride, kernel // 2, bias=False),
        nn.BatchNorm2d(outside),
        nn.ReLU(),
    )


class _Residual(nn.Module):
    """``x + block(x)`` (He et al. 2016, arXiv 1512.03385)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.block = _block(width, width)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.block(x)


class CompactCNN(nn.Module):
    """Stages of two 3x3 convolutions with halvings between them, then the mean over the image and one layer.

    Args:
        channels: number of input bands.
        widths: channels of the stages; each stage halves the size of the previous one.
        stem: width of a 5x5 convolution of stride 2 before the first stage; 0 means none (stages start at native
            resolution).
        residual: whether the second convolution of a stage is added to its input.
        dropout: on the pooled features.
        classes: number of classes.
        ceiling: reflectance above which the rendering the network was trained on is saturated; inputs are clipped
            to ``[0, ceiling]``. ``None``: no clipping.

    Input: reflectance, 1, float32, shape (n, channels, H, W), H and W at least 32. Output: logits (n, classes).
    The bands are standardised by the buffers ``mean`` and ``std`` (set them from the training data).
    """

    def __init__(
        self,
        channels: int,
        widths: Sequence[int],
        *,
        stem: int = 0,
        residual: bool = False,
        dropout: float = 0.0,
        classes: int = 10,
        ceiling: float | None = None,
    ) -> None:
        super().__init__()
        self.ceiling = ceiling
        self.register_buffer("mean", torch.zeros(1, channels, 1, 1))
        self.register_buffer("std", torch.ones(1, channels, 1, 1))
        layers: list[nn.Module] = [_block(channels, stem, 5, 2)] if stem else []
        inside = stem or channels
        for number, width in enumerate(widths):
            if number:
                layers.append(nn.MaxPool2d(2))
            layers += [_block(inside, width), _Residual(width) if residual else _block(width, width)]
            inside = width
        self.features = nn.Sequential(*layers)
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(inside, classes)

    def forward(self, x: Tensor) -> Tensor:
        """Return logits (n, classes) for reflectance (n, channels, H, W)."""
        if self.ceiling is not None:
            x = x.clamp(0.0, self.ceiling)
        x = self.features((x - self.mean) / self.std)
        return self.head(self.dropout(x.mean((2, 3))))

    def baseline(self, x: Tensor) -> Tensor:
        """Return an image of ``x``'s shape that says nothing: every pixel is the training mean of its band."""
        return self.mean.expand_as(x).contiguous()

    @property
    def cam_layer(self) -> nn.Module:
        """Last feature block: the layer whose output class-activation maps weigh."""
        return self.features[-1]
