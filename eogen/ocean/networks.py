"""The networks of the room: what each is told, what it answers, and the loss it learns from.

Everything is in standardised anomalies. A batch is an :class:`Examples`: the channels of a frame after some observed
cells were hidden, and the truth of the cells that were seen before. Losses are taken on known cells only, so that
gappy scenes teach as they are (Barth et al. 2024, Ocean Science 20, 1567, train a diffusion so).
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import torch
from torch import Tensor, nn
from torch.nn import functional

from eogen.nn.unet import Block, UNet
from eogen.ocean.context import CHANNELS, DRIVERS

WIDTHS = (16, 32, 64)
LOG_VARIANCE = (-6.0, 4.0)


@dataclass(frozen=True)
class Examples:
    """Windows of frames; every tensor is (n, channels, y, x) float32.

    Attributes:
        channels: of :mod:`eogen.ocean.context`.
        oi: mean and logarithm of the s.d. of the optimal interpolation.
        drivers: three drivers; nought where the scene has none.
        truth: anomaly of the cells that were seen; elsewhere a draw of the OI, which no loss reads.
        known: 1 where ``truth`` was seen.
        held: 1 where it was seen but hidden from the channels.
    """

    channels: Tensor
    oi: Tensor
    drivers: Tensor
    truth: Tensor
    known: Tensor
    held: Tensor

    @property
    def rough(self) -> Tensor:
        """Return the normalised convolution, (n, 1, y, x)."""
        return self.channels[:, -3:-2]

    def __len__(self) -> int:
        return len(self.channels)

    def some(self, rows: Tensor) -> Examples:
        """Return the rows as float32."""
        return Examples(*(getattr(self, f.name)[rows].float() for f in fields(self)))

    def turned(self, up_down: bool, left_right: bool) -> Examples:
        """Return the examples mirrored."""
        axes = [axis for axis, turn in ((-2, up_down), (-1, left_right)) if turn]
        return Examples(*(getattr(self, f.name).flip(axes) for f in fields(self))) if axes else self


def masked_mean(values: Tensor, weight: Tensor) -> Tensor:
    """Return the mean of the values where the weight is not nought."""
    return (values * weight).sum() / weight.sum().clamp_min(1.0)


def gaussian_nll(truth: Tensor, mean: Tensor, log_variance: Tensor) -> Tensor:
    """Return the negative log density, cell by cell, without its constant."""
    return 0.5 * (log_variance + (truth - mean).square() * torch.exp(-log_variance))


class Regressor(nn.Module):
    """Mean and variance beside a first guess (DINCAE, Barth et al. 2020, Geosci. Model Dev. 13, 1609).

    ``told``: ``"context"`` or ``"drivers"`` (Roussillon et al. 2023: physics beside colour).
    """

    def __init__(self, told: str = "context") -> None:
        super().__init__()
        self.told = told
        self.net = UNet(CHANNELS + (len(DRIVERS) if told == "drivers" else 0), 2, WIDTHS)

    def forward(
        self, channels: Tensor, rough: Tensor, drivers: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Return mean and log variance, (n, 1, y, x)."""
        x = channels if self.told == "context" else torch.cat([channels, drivers], 1)
        change, log_variance = self.net(x).chunk(2, 1)
        return rough + change, log_variance.clamp(*LOG_VARIANCE)

    def loss(self, batch: Examples) -> Tensor:
        """Return the Gaussian NLL of the hidden cells."""
        mean, log_variance = self(batch.channels, batch.rough, batch.drivers)
        return masked_mean(gaussian_nll(batch.truth, mean, log_variance), batch.held)


class GappyVAE(nn.Module):
    """A variational auto-encoder of gappy frames.

    ``frames`` 1: the frame alone (VConstruct, Kuo et al. 2020, arXiv 2101.10260: several reconstructions, no time);
    5: the frames around too, and a decoder of the missingness itself (Collier et al. 2020, arXiv 2006.05301).

    Args:
        frames: how many frames the encoder sees.
        missingness: whether the decoder also tells which cells are seen.
    """

    latent = 12

    def __init__(self, frames: int, missingness: bool) -> None:
        super().__init__()
        self.inside, self.missingness = 2 * frames, missingness
        widths = (24, 48, 64)
        self.down = nn.ModuleList(
            Block(a, b) for a, b in zip((self.inside + 1, *widths[:-1]), widths, strict=True)
        )
        self.head = nn.Conv2d(widths[-1], 2 * self.latent, 1)
        self.up = nn.ModuleList(
            Block(a, b) for a, b in zip((self.latent, *widths[:0:-1]), widths[::-1], strict=True)
        )
        self.last = nn.Conv2d(widths[0], 3 if missingness else 2, 1)

    def encode(self, channels: Tensor) -> tuple[Tensor, Tensor]:
        """Return mean and log variance of the code, (n, latent, y/8, x/8)."""
        x = torch.cat([channels[:, : self.inside], channels[:, -1:]], 1)
        height, width = x.shape[-2:]
        x = functional.pad(x, (0, -width % 8, 0, -height % 8))
        for block in self.down:
            x = functional.avg_pool2d(block(x), 2)
        mean, log_variance = self.head(x).chunk(2, 1)
        return mean, log_variance.clamp(*LOG_VARIANCE)

    def decode(self, code: Tensor, size: tuple[int, int]) -> tuple[Tensor, Tensor, Tensor | None]:
        """Return mean, log variance and, where it is learnt, the logit of being seen, (n, 1, y, x)."""
        for block in self.up:
            code = functional.interpolate(block(code), scale_factor=2, mode="bilinear", align_corners=False)
        out = self.last(code)[..., : size[0], : size[1]]
        return out[:, :1], out[:, 1:2].clamp(*LOG_VARIANCE), out[:, 2:] if self.missingness else None

    def loss(self, batch: Examples) -> Tensor:
        """Return minus the evidence lower bound per known cell: hidden and seen cells are both to be told."""
        mean, log_variance = self.encode(batch.channels)
        code = mean + torch.exp(0.5 * log_variance) * torch.randn_like(mean)
        told, spread, logit = self.decode(code, batch.truth.shape[-2:])
        cells = batch.known.sum().clamp_min(1.0)
        kl = 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).sum() / cells
        total = masked_mean(gaussian_nll(batch.truth, told, spread), batch.known) + kl
        if logit is not None:
            seen = batch.channels[:, 1:2]
            sea = batch.channels[:, -1:]
            total = total + 0.1 * masked_mean(
                functional.binary_cross_entropy_with_logits(logit, seen, reduction="none"), sea
            )
        return total


class Velocity(nn.Module):
    """Flow matching along straight lines from noise to the residual beside a first guess.

    Lipman et al. 2023 (arXiv 2210.02747), Liu et al. 2023 (arXiv 2209.03003). At time 0 the velocity from a noise
    ``e`` is the conditional mean minus ``e``: one call gives the mean. ``hybrid``: the first guess is the OI, in
    units of its spread.
    """

    def __init__(self, hybrid: bool = False) -> None:
        super().__init__()
        self.hybrid = hybrid
        self.net = UNet(1 + CHANNELS + (2 if hybrid else 0), 1, WIDTHS, timed=True)

    def forward(self, x: Tensor, time: Tensor, channels: Tensor) -> Tensor:
        """Return the velocity at ``x`` (n, 1, y, x) and ``time`` (n,); ``channels`` as :meth:`told` gives them."""
        return self.net(torch.cat([x, channels], 1), time)

    def told(self, channels: Tensor, oi: Tensor) -> Tensor:
        """Return the conditioning channels."""
        return torch.cat([channels, oi], 1) if self.hybrid else channels

    def loss(self, batch: Examples) -> Tensor:
        """Return the squared error of the velocity on known cells; a quarter of the batch stands at time 0."""
        residual = residual_of(self.hybrid, batch.truth, batch.rough, batch.oi)
        noise = torch.randn_like(residual)
        time = torch.rand(len(residual))
        time[: len(time) // 4] = 0.0
        at = time[:, None, None, None]
        x = (1 - at) * noise + at * residual
        error = (self(x, time, self.told(batch.channels, batch.oi)) - (residual - noise)).square()
        # Seen cells are told as well, but it is the hidden ones that matter.
        return masked_mean(error, batch.held + 0.1 * (batch.known - batch.held))


def residual_of(hybrid: bool, truth: Tensor, rough: Tensor, oi: Tensor) -> Tensor:
    """Return what is left beside the first guess: of the OI in units of its spread, of the convolution as it is."""
    if not hybrid:
        return truth - rough
    return ((truth - oi[:, :1]) * torch.exp(-oi[:, 1:])).clamp(-8, 8)


class Denoiser(nn.Module):
    """A denoising diffusion (Ho et al. 2020, arXiv 2006.11239) with the cosine schedule (Nichol & Dhariwal 2021).

    ``conditional``: it sees the channels, and tells the residual beside the convolution. Otherwise it knows only what
    seas look like (and the coast), and RePaint asks it.
    """

    def __init__(self, conditional: bool) -> None:
        super().__init__()
        self.conditional = conditional
        self.net = UNet(1 + (CHANNELS if conditional else 1), 1, WIDTHS, timed=True)

    def forward(self, x: Tensor, time: Tensor, channels: Tensor) -> Tensor:
        """Return the clean field (n, 1, y, x) told from ``x`` at ``time`` (n,; 0 clean, 1 noise)."""
        told = channels if self.conditional else channels[:, -1:]
        keep, noise = signal(time)
        # The network tells the velocity (Salimans & Ho 2022, arXiv 2202.00512), good at both ends.
        return keep * x - noise * self.net(torch.cat([x, told], 1), time)

    def loss(self, batch: Examples) -> Tensor:
        """Return the squared error of the clean field, weighted as the velocity's, on known cells."""
        clean = residual_of(False, batch.truth, batch.rough, batch.oi) if self.conditional else batch.truth
        time = torch.rand(len(clean))
        keep, noise = signal(time)
        x = keep * clean + noise * torch.randn_like(clean)
        error = (self(x, time, batch.channels) - clean).square() / noise.square().clamp_min(0.02)
        weight = batch.held + 0.1 * (batch.known - batch.held) if self.conditional else batch.known
        return masked_mean(error, weight)


def signal(time: Tensor) -> tuple[Tensor, Tensor]:
    """Return how much of the clean field and of the noise is there, (n, 1, 1, 1) each; their squares sum to 1."""
    angle = (time * (torch.pi / 2) * 0.998)[:, None, None, None]
    return angle.cos(), angle.sin()
