"""Attention over channels, after Courteille et al. 2021 (IGARSS, arXiv 2103.16836), and over months beside.

Every channel (a band, or the contrast of two) goes through the same temporal kernels, so that they learn shapes of a
season and not of a band; attention then weighs channel and month. No code of the paper is public: heads with their own
channels of the features, preferences for months and channels, and the contrasts are ours.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor, nn

from eogen.landcover.series.network import Front, Network, fit_network
from eogen.progress import Progress, silent


class ChannelAttention(nn.Module):
    """Shared kernels, attention of ``heads`` over channels and months, and a small dense network.

    Args:
        front: what it reads.
        months: length of the series.
        classes: number of them.
        width: features of each channel and month.
        heads: of the attention.
        part: features a head reads of what it attends to.
        dropout: before the dense layers.
    """

    def __init__(
        self, front: Front, months: int, classes: int, width: int = 24, heads: int = 24, part: int = 4,
        dropout: float = 0.3,
    ) -> None:  # fmt: skip
        super().__init__()
        self.front = front
        channels = front.channels - 1
        # Beside the channel's values the kernels read which months were seen.
        self.first = nn.Conv1d(2, width, 5, padding=2)
        self.name = nn.Parameter(torch.randn(channels, width, 1) * 0.5)
        self.second = nn.Conv1d(width, width, 3, padding=1)
        self.norms = nn.ModuleList([nn.BatchNorm1d(width), nn.BatchNorm1d(width)])
        self.score = nn.Linear(width, heads)
        self.value = nn.Parameter(torch.randn(heads, width, part) / math.sqrt(width))
        # Preferences differ from the start, or all heads would begin as the same mean of everything.
        self.month = nn.Parameter(torch.randn(heads, months) * 1.5)
        self.channel = nn.Parameter(torch.randn(heads, channels) * 1.5)
        self.head = nn.Sequential(
            nn.BatchNorm1d(heads * part), nn.Dropout(dropout), nn.Linear(heads * part, 64), nn.BatchNorm1d(64),
            nn.ReLU(), nn.Dropout(dropout), nn.Linear(64, classes),
        )  # fmt: skip

    def forward(self, x: Tensor, seen: Tensor | None = None) -> Tensor:
        """Return (n, class) logits of standardised series (n, month, band)."""
        held, weight = self._attend(x, seen)
        # Each head pools first and projects then: the same sum, with far fewer products.
        pooled = weight.flatten(1, 2).transpose(1, 2) @ held.flatten(1, 2)
        return self.head(torch.einsum("nhf,hfp->nhp", pooled, self.value).flatten(1))

    def weigh(self, x: Tensor, seen: Tensor | None = None) -> Tensor:
        """Return (n, month, band) attention, the mean of the heads; a contrast's goes half to each of its bands."""
        weight = self._attend(x, seen)[1].mean(3).transpose(1, 2)
        bands = x.shape[2]
        found = weight[..., :bands].clone()
        for k, pair in enumerate(self.front.pairs):
            for band in pair:
                found[..., band] += weight[..., bands + k] / 2
        return found

    def _attend(self, x: Tensor, seen: Tensor | None) -> tuple[Tensor, Tensor]:
        """Return features (n, channel, month, width) and weights (n, channel, month, head)."""
        read = self.front(x, seen).transpose(1, 2)
        n, channels, months = read.shape
        channels -= 1
        pairs = torch.stack([read[:, :-1], read[:, -1:].expand(-1, channels, -1)], 2)
        held = self.norms[0](self.first(pairs.flatten(0, 1))).unflatten(0, (n, channels))
        held = torch.relu(held + self.name)
        held = (
            torch.relu(self.norms[1](self.second(held.flatten(0, 1))))
            .unflatten(0, (n, channels))
            .transpose(2, 3)
        )
        score = self.score(held) / math.sqrt(held.shape[3])
        score = score + (self.channel[:, :, None] + self.month[:, None, :]).permute(1, 2, 0)
        if seen is not None:
            # Finite, so that a series without any month gets weights rather than NaN.
            score = score.masked_fill(~seen.bool()[:, None, :, None], -1e4)
        weight = score.flatten(1, 2).softmax(1).unflatten(1, (channels, months))
        return held, weight


def fit_channel_attention(
    series: np.ndarray, label: np.ndarray, classes: tuple[str, ...], bands: tuple[str, ...], *,
    seed: int = 0, progress: Progress = silent,
) -> Network:  # fmt: skip
    """Return the fitted network (arguments as of :class:`eogen.landcover.series.methods.Model`)."""
    months = np.shape(series)[1]
    return fit_network(
        lambda front: ChannelAttention(front, months, len(classes)), series, label, classes, bands, attentive=True,
        seed=seed, progress=progress,
    )  # fmt: skip
