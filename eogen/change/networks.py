"""The networks of the room, all told the other date: a velocity, a painter of hidden pixels, a quick conditional one.

They read three bands, each at median 0 and robust deviation 1 (``zscore``), and nothing further than 40 pixels away.
The condition (n, 4, y, x) is the other date and a flag: 1 when it is told, 0 (and zeros) when it is not, so that one
network gives p(x2 | x1) and p(x2).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from eogen.nn.unet import UNet

BANDS, WIDTHS = 3, (24, 48, 72)
#: How often the other date is withheld while learning.
WITHHELD = 0.25


@dataclass(frozen=True)
class Batch:
    """Crops of pairs.

    Attributes:
        image: (n, 3, y, x) the date that is modelled.
        other: (n, 3, y, x) the date that is told.
        valid: (n, 1, y, x) 1 where both are.
    """

    image: Tensor
    other: Tensor
    valid: Tensor

    def condition(self) -> Tensor:
        """Return (n, 4, y, x), withheld for some of the crops at random."""
        told = (torch.rand(len(self.image), 1, 1, 1) >= WITHHELD).float()
        return told * with_flag(self.other)


def with_flag(other: Tensor) -> Tensor:
    """Return a condition (n, 4, y, x) that tells the other date (n, 3, y, x)."""
    return torch.cat([other, torch.ones_like(other[:, :1])], 1)


def untold(like: Tensor) -> Tensor:
    """Return the condition (n, 4, y, x) that tells nothing."""
    return like.new_zeros(len(like), BANDS + 1, *like.shape[-2:])


class Velocity(nn.Module):
    """The velocity of a straight flow from noise (t 0) to an image (t 1) (Lipman et al. 2023, arXiv 2210.02747)."""

    def __init__(self) -> None:
        super().__init__()
        self.network = UNet(2 * BANDS + 1, BANDS, WIDTHS, timed=True, local=True)

    @property
    def reach(self) -> int:
        """Return how far a pixel's answer looks, in pixels."""
        return self.network.reach

    def velocity(self, x: Tensor, t: Tensor, condition: Tensor) -> Tensor:
        """Return dx/dt (n, 3, y, x) at x (n, 3, y, x) and times t (n,) in [0, 1]."""
        return self.network(torch.cat([x, condition], 1), t)

    forward = velocity

    def loss(self, batch: Batch) -> Tensor:
        """Return the flow-matching loss; times near the image, where likelihoods are decided, are drawn more often."""
        t = torch.sigmoid(torch.randn(len(batch.image)) + 0.4)
        noise = torch.randn_like(batch.image)
        at = t[:, None, None, None]
        moved = self.velocity((1 - at) * noise + at * batch.image, t, batch.condition())
        error = (moved - (batch.image - noise)) ** 2
        return (error * batch.valid).sum() / (batch.valid.sum() * BANDS).clamp_min(1)


class Masked(nn.Module):
    """Paints hidden pixels: location and log-scale of a Laplace law of each, given the others and the other date.

    He et al. 2022 (arXiv 2111.06377), with a likelihood in place of the squared error. With everything hidden it is the
    conditional network p(x2 | x1).
    """

    #: Of each hidden value: ``laplace`` (location and scale) or ``gaussian`` (mean and standard deviation).
    law = "laplace"

    def __init__(self, widths: tuple[int, ...] = WIDTHS) -> None:
        super().__init__()
        self.network = UNet(2 * BANDS + 2, 2 * BANDS, widths, local=True)

    @property
    def reach(self) -> int:
        """Return how far a pixel's answer looks, in pixels."""
        return self.network.reach

    def predict(self, x: Tensor, condition: Tensor, hidden: Tensor) -> tuple[Tensor, Tensor]:
        """Return location and log-scale (n, 3, y, x) of the pixels of x that are hidden (n, 1, y, x; 1 hidden)."""
        told = self.network(torch.cat([x * (1 - hidden), hidden, condition], 1))
        location, log_scale = told.chunk(2, 1)
        return location, log_scale.clamp(-5, 4)

    forward = predict

    def loss(self, batch: Batch) -> Tensor:
        """Return the mean negative log-likelihood of hidden pixels."""
        hidden = self.hide(len(batch.image), batch.image.shape[-2:])
        location, log_scale = self.predict(batch.image, batch.condition(), hidden)
        away = (batch.image - location).abs() * torch.exp(-log_scale)
        nll = (away if self.law == "laplace" else away**2 / 2) + log_scale
        weight = hidden * batch.valid
        return (nll * weight).sum() / (weight.sum() * BANDS).clamp_min(1)

    def hide(self, count: int, size: tuple[int, int]) -> Tensor:
        """Return what is hidden while learning, (count, 1, y, x)."""
        return masks(count, size)


class Conditional(Masked):
    """A small network of p(x2 | x1): mean and standard deviation of every pixel, in one pass (Kendall & Gal 2017)."""

    law = "gaussian"

    def __init__(self) -> None:
        super().__init__((8, 24, 48))

    def hide(self, count: int, size: tuple[int, int]) -> Tensor:
        """Return all ones: nothing of the date itself is seen."""
        return torch.ones(count, 1, *size)


def masks(count: int, size: tuple[int, int]) -> Tensor:
    """Return random masks (count, 1, y, x; 1 hidden): a third hide everything, the others squares of 1 to 16 pixels."""
    made = []
    for _ in range(count):
        if torch.rand(()) < 1 / 3:
            made.append(torch.ones(1, *size))
            continue
        cell = int(2 ** torch.randint(0, 5, ()))
        share = 0.3 + 0.6 * torch.rand(())
        coarse = (torch.rand(1, 1, -(-size[0] // cell) + 1, -(-size[1] // cell) + 1) < share).float()
        fine = functional.interpolate(coarse, scale_factor=cell, mode="nearest")[0]
        y, x = (int(torch.randint(0, cell, ())) for _ in range(2))
        made.append(fine[:, y : y + size[0], x : x + size[1]])
    return torch.stack(made)
