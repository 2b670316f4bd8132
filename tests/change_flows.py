"""Networks whose law is known: the exact velocity and the exact hidden pixels of Gaussian images."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from eogen.nn.unet import UNet


@dataclass
class DenseFlow:
    """The exact velocity to N(mean, covariance) over all d numbers of an image; deaf to the condition."""

    mean: Tensor
    covariance: Tensor

    def velocity(self, x: Tensor, t: Tensor, condition: Tensor) -> Tensor:
        now, eye = float(t[0]), torch.eye(len(self.mean), dtype=x.dtype)
        spread = (1 - now) ** 2 * eye + now**2 * self.covariance
        gain = torch.linalg.solve(spread, now * self.covariance - (1 - now) * eye).T
        return (self.mean + (x.flatten(1) - now * self.mean) @ gain.T).view_as(x)

    def log_p(self, x: Tensor) -> Tensor:
        return torch.distributions.MultivariateNormal(self.mean, self.covariance).log_prob(x.flatten(1))


@dataclass
class PixelFlow:
    """The exact velocity of pixels (after, before) drawn from one joint Gaussian of 2 b numbers, told or not.

    Both dates have the same law, so that one network serves both directions.
    """

    covariance: Tensor  # (2b, 2b)

    def law(self, told: bool) -> tuple[Tensor, Tensor]:
        """Gain (b, b) of the other date's bands and covariance (b, b)."""
        b = len(self.covariance) // 2
        s = self.covariance
        if not told:
            return torch.zeros(b, b, dtype=s.dtype), s[:b, :b]
        gain = s[:b, b:] @ torch.linalg.inv(s[b:, b:])
        return gain, s[:b, :b] - gain @ s[b:, :b]

    def velocity(self, x: Tensor, t: Tensor, condition: Tensor) -> Tensor:
        now = float(t[0])
        gain, spread = self.law(bool(condition[:, -1].all()))
        eye = torch.eye(len(gain), dtype=gain.dtype)
        slope = (now * spread - (1 - now) * eye) @ torch.linalg.inv((1 - now) ** 2 * eye + now**2 * spread)
        mean = torch.einsum("ij,njyx->niyx", gain, condition[:, :-1].to(gain.dtype))
        return (mean + torch.einsum("ij,njyx->niyx", slope, x - now * mean)).to(x.dtype)

    def nll(self, x: Tensor, other: Tensor, told: bool) -> Tensor:
        """(n, y, x) exact."""
        gain, spread = self.law(told)
        away = x - torch.einsum("ij,njyx->niyx", gain, other.to(gain.dtype))
        law = torch.distributions.MultivariateNormal(torch.zeros(len(gain), dtype=gain.dtype), spread)
        return -law.log_prob(away.movedim(1, -1))

    def draw(self, seed: int, rows: int, columns: int) -> tuple[np.ndarray, np.ndarray]:
        """A pair of images (b, y, x)."""
        b = len(self.covariance) // 2
        both = np.random.default_rng(seed).multivariate_normal(
            np.zeros(2 * b), self.covariance.numpy(), (rows, columns)
        )
        one, two = np.moveaxis(both, -1, 0).reshape(2, b, rows, columns).astype(np.float32)
        return one, two


class Net(nn.Module):
    """An untrained U-Net of the size the lead trains, as a flow of finite reach."""

    def __init__(self, widths: tuple[int, ...] = (24, 48, 72), bands: int = 3) -> None:
        super().__init__()
        self.net = UNet(2 * bands + 1, bands, widths, timed=True, local=True)
        nn.init.normal_(self.net.last.weight, std=0.1)

    def velocity(self, x: Tensor, t: Tensor, condition: Tensor) -> Tensor:
        return self.net(torch.cat([x, condition], 1), t)


class MaskedNet(nn.Module):
    """An untrained U-Net as a masked model."""

    def __init__(self, widths: tuple[int, ...] = (24, 48, 72), bands: int = 3) -> None:
        super().__init__()
        self.bands = bands
        self.net = UNet(2 * bands + 2, 2 * bands, widths)
        nn.init.normal_(self.net.last.weight, std=0.1)

    def predict(self, x: Tensor, condition: Tensor, hidden: Tensor) -> tuple[Tensor, Tensor]:
        location, log_scale = self.net(torch.cat([x, condition, hidden], 1)).chunk(2, 1)
        return location, log_scale
