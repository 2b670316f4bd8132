"""Lightweight temporal attention (Garnot & Landrieu 2020, arXiv 2007.00586).

Every head has one master query and its own channels: it asks the months once, and the months it weighs are what its
channels are averaged over. Before it, each month is embedded together with its neighbours (a convolution of 3 months;
the paper embeds each date alone), which tells rising from falling greenness.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor, nn

from eogen.landcover.series.network import Front, Network, fit_network
from eogen.progress import Progress, silent


def positions(months: int, width: int, period: float = 1000.0) -> Tensor:
    """Return (months, width) sines and cosines of the month's number, as of Vaswani et al. 2017."""
    rate = torch.exp(-math.log(period) * torch.arange(0, width, 2) / width)
    angle = torch.arange(months)[:, None] * rate
    return torch.cat([angle.sin(), angle.cos()], 1)[:, :width]


class LTAE(nn.Module):
    """Embedding, attention of ``heads`` master queries over months, and a small dense network.

    Args:
        front: what it reads.
        months: length of the series.
        classes: number of them.
        width: channels of the embedding, a multiple of ``heads``.
        heads: of the attention.
        key: length of keys and queries.
        dropout: before the dense layers.
    """

    def __init__(
        self, front: Front, months: int, classes: int, width: int = 64, heads: int = 16, key: int = 8,
        dropout: float = 0.3,
    ) -> None:  # fmt: skip
        super().__init__()
        self.front, self.heads = front, heads
        self.embed = nn.Conv1d(front.channels, width, 3, padding=1)
        self.norm = nn.BatchNorm1d(width)
        self.register_buffer("position", positions(months, width), persistent=False)
        self.key = nn.Linear(width, heads * key)
        self.query = nn.Parameter(torch.randn(heads, key) * math.sqrt(2 / key))
        self.head = nn.Sequential(
            nn.BatchNorm1d(width), nn.Dropout(dropout), nn.Linear(width, width), nn.BatchNorm1d(width), nn.ReLU(),
            nn.Dropout(dropout), nn.Linear(width, classes),
        )  # fmt: skip

    def forward(self, x: Tensor, seen: Tensor | None = None) -> Tensor:
        """Return (n, class) logits of standardised series (n, month, band)."""
        held, weight = self._attend(x, seen)
        n, months, width = held.shape
        parts = held.view(n, months, self.heads, width // self.heads)
        return self.head(torch.einsum("nthc,nth->nhc", parts, weight).reshape(n, width))

    def weigh(self, x: Tensor, seen: Tensor | None = None) -> Tensor:
        """Return (n, month) attention, the mean of the heads."""
        return self._attend(x, seen)[1].mean(2)

    def _attend(self, x: Tensor, seen: Tensor | None) -> tuple[Tensor, Tensor]:
        """Return the embedding (n, month, width) and the weights (n, month, head)."""
        held = torch.relu(self.norm(self.embed(self.front(x, seen).transpose(1, 2)))).transpose(1, 2)
        keys = self.key(held + self.position).unflatten(2, self.query.shape)
        score = (keys * self.query).sum(3) / math.sqrt(keys.shape[3])
        if seen is not None:
            # Finite, so that a series without any month gets equal weights rather than NaN.
            score = score.masked_fill(~seen.bool()[..., None], -1e4)
        return held, score.softmax(1)


def fit_ltae(
    series: np.ndarray, label: np.ndarray, classes: tuple[str, ...], bands: tuple[str, ...], *,
    seed: int = 0, progress: Progress = silent,
) -> Network:  # fmt: skip
    """Return the fitted network (arguments as of :class:`eogen.landcover.series.methods.Model`)."""
    months = np.shape(series)[1]
    return fit_network(
        lambda front: LTAE(front, months, len(classes)), series, label, classes, bands, attentive=True, seed=seed,
        progress=progress,
    )  # fmt: skip
