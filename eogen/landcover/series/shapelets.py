"""Learned shapelets (Grabocka et al. 2014, KDD): short pieces of a season, and how near a series comes to each.

A shapelet is ``length`` months of all bands and contrasts. Its distance to a series is the soft minimum, over the
places it can lie, of the weighted mean square difference; a linear classifier reads the distances, so what each
shapelet adds to an answer, and where it lay, can be said exactly. Two things are ours: each shapelet weighs the bands,
and it may prefer a season (a squared penalty in months away from its home, with a learned strength), for a crop is told
by when it is green as well as by how.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from eogen.landcover.series.network import Front, Network, fit_network
from eogen.nn.fit import Settings
from eogen.progress import Progress, silent

SETTINGS = Settings(epochs=80, learning_rate=2e-2, weight_decay=1e-3, ema=None)
LENGTHS = (2, 3, 5)
PER_LENGTH = 20
#: Sharpness of the soft minimum, per unit of mean square difference of standardised values.
SHARP = 8.0


class Shapelets(nn.Module):
    """Shapelets of several lengths and a linear classifier of distances.

    Args:
        front: what it reads.
        months: length of the series.
        classes: number of them.
        lengths: of shapelets, months.
        each: shapelets per length.
    """

    def __init__(
        self,
        front: Front,
        months: int,
        classes: int,
        lengths: tuple[int, ...] = LENGTHS,
        each: int = PER_LENGTH,
    ) -> None:
        super().__init__()
        self.front = front
        channels = front.channels - 1
        self.lengths = [min(length, months) for length in lengths for _ in range(each)]
        self.groups = [min(length, months) for length in lengths]
        self.shapes = nn.ParameterList(torch.randn(each, channels, length) for length in self.groups)
        self.weigh_bands = nn.ParameterList(torch.zeros(each, channels) for _ in self.groups)
        self.home = nn.ParameterList(torch.rand(each) * (months - length) for length in self.groups)
        self.hold = nn.ParameterList(torch.full((each,), -2.0) for _ in self.groups)
        self.norm = nn.BatchNorm1d(len(self.lengths), affine=False)
        self.dropout = nn.Dropout(0.2)
        self.last = nn.Linear(len(self.lengths), classes)

    def forward(self, x: Tensor, seen: Tensor | None = None) -> Tensor:
        """Return (n, class) logits of standardised series (n, month, band)."""
        return self.last(self.dropout(self.norm(self.nearness(x))))

    def nearness(self, x: Tensor) -> Tensor:
        """Return (n, shapelet) soft-minimum distances."""
        found = []
        for away in self.distances(x):
            share = (-SHARP * away).softmax(2)
            found.append((share * away).sum(2))
        return torch.cat(found, 1)

    def distances(self, x: Tensor) -> list[Tensor]:
        """Return, for each length, distances (n, shapelet, place): weighted mean squares, and the penalty of place."""
        read = self.front(x)[..., :-1].transpose(1, 2)
        found = []
        for shape, bands, home, hold in zip(self.shapes, self.weigh_bands, self.home, self.hold, strict=True):
            weight = bands.softmax(1)[..., None] / shape.shape[2]
            wide = weight.expand_as(shape)
            away = functional.conv1d(read**2, wide) - 2 * functional.conv1d(read, wide * shape)
            away = (away + (wide * shape**2).sum((1, 2))[:, None]).clamp(min=0)
            place = torch.arange(away.shape[2], dtype=away.dtype)
            penalty = functional.softplus(hold)[:, None] * (place - home[:, None]) ** 2
            found.append(away + penalty)
        return found

    @torch.no_grad()
    def start(self, x: Tensor, y: Tensor) -> None:
        """Start from pieces of real series, classes in turn, each at home where it was cut."""
        read = self.front(x)[..., :-1].transpose(1, 2)
        present = y.unique()
        for shape, home in zip(self.shapes, self.home, strict=True):
            for k in range(len(shape)):
                rows = torch.nonzero(y == present[k % len(present)])[:, 0]
                at = int(torch.randint(read.shape[2] - shape.shape[2] + 1, (1,)))
                # The mean of a few: one series is noisy, the class's mean has no variety.
                few = rows[torch.randint(len(rows), (5,))]
                shape[k] = read[few, :, at : at + shape.shape[2]].mean(0)
                home[k] = at


class ShapeletNetwork(Network):
    """A fitted shapelet classifier: what each shapelet is, where it lay, and what it added.

    Members' shapelets stand one member after the other.
    """

    @property
    def lengths(self) -> np.ndarray:
        """Length of each shapelet (shapelet,), months."""
        return np.array([length for net in self.module.members for length in net.lengths])

    def shapelets(self) -> list[np.ndarray]:
        """Return each shapelet (length, band), reflectance."""
        bands = len(self.bands)
        return [
            one[:bands].T.numpy() * net.front.std.numpy() + net.front.mean.numpy()
            for net in self.module.members
            for shape in net.shapes
            for one in shape.detach()
        ]

    @torch.no_grad()
    def places(self, series: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return where each shapelet lies best (n, shapelet), number of its first month, and its distance there.

        Raises:
            InputError: ``series_model_shape`` when months or bands are not those of the fit.
        """
        x = self.inputs(series)[0]
        found = [away.min(2) for net in self.module.members for away in net.distances(x)]
        return (
            torch.cat([f.indices for f in found], 1).numpy(),
            torch.cat([f.values for f in found], 1).numpy(),
        )

    @torch.no_grad()
    def evidence(self, series: np.ndarray, target: np.ndarray) -> np.ndarray:
        """Return what each shapelet adds to the logit of ``target`` (n,), (n, shapelet), against the mean training
        series; with :meth:`bias` they sum to the logit.

        Raises:
            InputError: ``series_model_shape`` when months or bands are not those of the fit.
        """
        x, rows = self.inputs(series)[0], torch.as_tensor(np.asarray(target, np.int64))
        parts = [net.norm(net.nearness(x)) * net.last.weight[rows] for net in self.module.members]
        return (torch.cat(parts, 1) / len(parts)).numpy()

    @torch.no_grad()
    def bias(self) -> np.ndarray:
        """Return what each class gets whatever the series, (class,)."""
        return torch.stack([net.last.bias for net in self.module.members]).mean(0).numpy()


def fit_shapelets(
    series: np.ndarray, label: np.ndarray, classes: tuple[str, ...], bands: tuple[str, ...], *,
    seed: int = 0, progress: Progress = silent,
) -> ShapeletNetwork:  # fmt: skip
    """Return the fitted shapelets (arguments as of :class:`eogen.landcover.series.methods.Model`)."""
    months = np.shape(series)[1]
    found = fit_network(
        lambda front: Shapelets(front, months, len(classes)), series, label, classes, bands, members=1,
        settings=SETTINGS, prepare=lambda member, x, y: member.start(x, y), seed=seed, progress=progress,
    )  # fmt: skip
    return ShapeletNetwork(found.module, found.mean, found.std, found.classes, found.bands, found.months)
