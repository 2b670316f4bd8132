"""The networks of deep clustering on rain: the room's convolutional one, and a fully connected one as IDEC's."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from eogen.rain.frames import CHANNELS, SIDE
from eogen.rain.nets import LATENT, ConvModel
from eogen.rain.score_model import FEATURES

#: Side of the coarse maps that a fully connected network looks at: 40 x 40 pixels would cost it 25 MB of weights.
COARSE = 10


class _Widen(nn.Module):
    """Frames (n, channel, side, side) drawn from flat coarse ones."""

    def forward(self, flat: Tensor) -> Tensor:
        coarse = flat.view(-1, len(CHANNELS), COARSE, COARSE)
        return functional.interpolate(coarse, SIDE, mode="bilinear", align_corners=False)


class _DenseTrunk(nn.Module):
    """Coarse frames and features -> latent."""

    def __init__(self, latent: int, widths: tuple[int, int]) -> None:
        super().__init__()
        first, second = widths
        self.net = nn.Sequential(
            nn.Linear(len(CHANNELS) * COARSE**2 + len(FEATURES), first), nn.SiLU(), nn.Linear(first, second), nn.SiLU(),
            nn.Linear(second, latent),
        )  # fmt: skip

    def forward(self, frames: Tensor, features: Tensor) -> Tensor:
        coarse = functional.avg_pool2d(frames, SIDE // COARSE).flatten(1)
        return self.net(torch.cat([coarse, features], 1))


class DenseModel(ConvModel):
    """A fully connected auto-encoder of coarse maps (10 x 10) and features, as IDEC's.

    Args:
        latent, clusters, aware, past, calibration: see :class:`eogen.rain.nets.ConvModel`.
        widths: of the two hidden layers.
    """

    def __init__(
        self, latent: int = LATENT, clusters: int = 16, aware: bool = False, past: int = 0, calibration: int = 0,
        widths: tuple[int, int] = (128, 64),
    ) -> None:  # fmt: skip
        super().__init__(latent, clusters, None, aware, past, calibration)
        first, second = widths
        self.trunk = _DenseTrunk(latent, widths)
        self.decoder = nn.Sequential(
            nn.Linear(latent, second), nn.SiLU(), nn.Linear(second, first), nn.SiLU(),
            nn.Linear(first, len(CHANNELS) * COARSE**2), _Widen(),
        )  # fmt: skip
