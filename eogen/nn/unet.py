"""A small U-Net, with or without a time: the network of every method that maps an image to an image.

Ronneberger et al. 2015 (arXiv 1505.04597), with residual blocks, group norm and SiLU; the time of a diffusion or a flow
enters every block as a scale and a shift (Nichol & Dhariwal 2021, arXiv 2102.09672). Any image size works: it is
padded to a multiple of the coarsest step and cut back.
"""

from __future__ import annotations

import math
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn import functional


class Block(nn.Module):
    """Two 3 x 3 convolutions beside a shortcut."""

    def __init__(self, inside: int, outside: int, moment: int = 0, local: bool = False) -> None:
        super().__init__()
        self.first = nn.Conv2d(inside, outside, 3, padding=1)
        self.second = nn.Conv2d(outside, outside, 3, padding=1)
        norm = partial(PixelNorm, outside) if local else partial(nn.GroupNorm, 8, outside)
        self.norms = nn.ModuleList([norm(), norm()])
        self.shortcut = nn.Conv2d(inside, outside, 1) if inside != outside else nn.Identity()
        self.moment = nn.Linear(moment, 2 * outside) if moment else None

    def forward(self, x: Tensor, moment: Tensor | None = None) -> Tensor:
        """Return (n, outside, y, x) from (n, inside, y, x) and, for a network with a time, (n, moment)."""
        h = self.norms[0](self.first(x))
        if self.moment is not None:
            scale, shift = self.moment(moment)[:, :, None, None].chunk(2, 1)
            h = h * (1 + scale) + shift
        h = self.norms[1](self.second(functional.silu(h)))
        return functional.silu(h + self.shortcut(x))


class PixelNorm(nn.Module):
    """The channels of each pixel to mean 0 and variance 1: nothing far away is read, so tiles agree where they meet."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.ones(channels)), nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor) -> Tensor:
        """Return (n, channels, y, x) from the same."""
        away = x - x.mean(1, keepdim=True)
        away = away * torch.rsqrt((away**2).mean(1, keepdim=True) + 1e-5)
        return away * self.weight[:, None, None] + self.bias[:, None, None]


class UNet(nn.Module):
    """An encoder and a decoder with shortcuts between equal scales.

    Args:
        inside: channels of the input.
        outside: channels of the output.
        widths: channels at each scale; every scale halves the side.
        timed: whether it is asked at a time in [0, 1].
        local: normalise each pixel by itself, so that the answer depends on a finite neighbourhood only
            (:attr:`reach` pixels) and an image can be asked in tiles that start at multiples of :attr:`step`.
    """

    def __init__(
        self,
        inside: int,
        outside: int,
        widths: tuple[int, ...] = (24, 48, 72),
        timed: bool = False,
        local: bool = False,
    ) -> None:
        super().__init__()
        moment = 4 * widths[0] if timed else 0
        self.frequencies = 16
        self.embed = (
            nn.Sequential(nn.Linear(2 * self.frequencies, moment), nn.SiLU(), nn.Linear(moment, moment))
            if timed
            else None
        )
        self.step = 2 ** (len(widths) - 1)
        self.down = nn.ModuleList(
            Block(a, b, moment, local) for a, b in zip((inside, *widths[:-1]), widths, strict=True)
        )
        self.middle = Block(widths[-1], widths[-1], moment, local)
        self.up = nn.ModuleList(
            Block(a + b, a, moment, local) for a, b in zip(widths[-2::-1], widths[:0:-1], strict=True)
        )
        self.last = nn.Conv2d(widths[0], outside, 1)
        nn.init.zeros_(self.last.weight)
        nn.init.zeros_(self.last.bias)

    @property
    def reach(self) -> int:
        """Return how far a pixel's answer looks, for a local network (pixels; an upper bound, a multiple of step)."""
        scales = len(self.down)
        side = sum(2 * 2**k for k in range(scales)) + 2 * 2 ** (scales - 1)
        side += sum(2 * 2**k + 2**k for k in range(scales - 1)) + 2 * self.step
        return -(-side // self.step) * self.step

    def forward(self, x: Tensor, time: Tensor | None = None) -> Tensor:
        """Return (n, outside, y, x) from (n, inside, y, x) and, for a network with a time, (n,) in [0, 1]."""
        moment = None if self.embed is None else self.embed(waves(time, self.frequencies))
        height, width = x.shape[-2:]
        x = functional.pad(x, (0, -width % self.step, 0, -height % self.step))
        kept = []
        for k, block in enumerate(self.down):
            x = block(x if k == 0 else functional.avg_pool2d(x, 2), moment)
            kept.append(x)
        x = self.middle(kept.pop(), moment)
        for block in self.up:
            x = functional.interpolate(x, scale_factor=2, mode="nearest")
            x = block(torch.cat([kept.pop(), x], 1), moment)
        return self.last(x)[..., :height, :width]


def waves(time: Tensor, count: int) -> Tensor:
    """Return (n, 2 count) sines and cosines of (n,) times, periods from 6 to 0.006 of the unit interval."""
    rate = torch.exp(torch.linspace(0.0, math.log(1000.0), count))
    angle = time[:, None] * rate
    return torch.cat([angle.sin(), angle.cos()], 1)
