"""Convolutions through the year (Pelletier, Webb & Petitjean 2019, Remote Sensing 11:523).

Three temporal convolutions, then a dense layer that knows which month is which. Narrower than the published 64 filters,
as an ensemble: hundreds of series are few.
"""

from __future__ import annotations

import numpy as np
from torch import Tensor, nn

from eogen.landcover.series.network import Front, Network, fit_network
from eogen.progress import Progress, silent


class TempCNN(nn.Module):
    """Three blocks of convolution (5 months), batch norm, ReLU and dropout; then a dense layer.

    Args:
        front: what it reads.
        months: length of the series.
        classes: number of them.
        width: filters.
        dense: units of the dense layer.
        dropout: of every block.
    """

    def __init__(
        self, front: Front, months: int, classes: int, width: int = 32, dense: int = 24, dropout: float = 0.3
    ) -> None:
        super().__init__()
        self.front = front
        blocks: list[nn.Module] = []
        for inside in (front.channels, width, width):
            blocks += [
                nn.Conv1d(inside, width, 5, padding=2),
                nn.BatchNorm1d(width),
                nn.ReLU(),
                nn.Dropout(dropout),
            ]
        #: Months stay apart up to here: Grad-CAM reads its output, (n, filter, month).
        self.body = nn.Sequential(*blocks)
        self.head = nn.Sequential(
            nn.Flatten(), nn.Linear(width * months, dense), nn.BatchNorm1d(dense), nn.ReLU(), nn.Dropout(dropout),
            nn.Linear(dense, classes),
        )  # fmt: skip

    def forward(self, x: Tensor, seen: Tensor | None = None) -> Tensor:
        """Return (n, class) logits of standardised series (n, month, band)."""
        return self.head(self.body(self.front(x, seen).transpose(1, 2)))


def fit_tempcnn(
    series: np.ndarray, label: np.ndarray, classes: tuple[str, ...], bands: tuple[str, ...], *,
    seed: int = 0, progress: Progress = silent,
) -> Network:  # fmt: skip
    """Return the fitted network (arguments as of :class:`eogen.landcover.series.methods.Model`)."""
    months = np.shape(series)[1]
    return fit_network(
        lambda front: TempCNN(front, months, len(classes)),
        series,
        label,
        classes,
        bands,
        seed=seed,
        progress=progress,
    )
