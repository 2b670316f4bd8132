"""What every network of series shares: inputs that are filled and standardised, a fit, probabilities, attention.

A network is fitted on few series (hundreds), so it is an ensemble of small members that start differently, fitted on
augmented series; explanations ask the ensemble as one differentiable module.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from eogen.errors import InputError
from eogen.landcover.series.augment import Augmentation, augment
from eogen.landcover.series.months import filled
from eogen.nn.fit import Settings, fit
from eogen.progress import Progress, silent

SETTINGS = Settings(epochs=60, learning_rate=5e-3, weight_decay=0.05, ema=None)
BATCH = 32
#: Steps of an epoch at most: more series make larger batches.
STEPS = 20
MEMBERS = 3
#: Series asked at once.
CHUNK = 1024


class Front(nn.Module):
    """From standardised series to what a member reads: the bands, their contrasts, and which months were seen.

    A contrast is a normalised difference (a - b) / (a + b) of two reflectances, as in vegetation and water indices; it
    spares the network learning a quotient from few series. It is computed from the standardised bands, so gradients
    reach the bands through it.

    Args:
        mean, std: (band,) of the reflectances of the training series.
        bands: their names.

    Members of several fits can answer together: each is given series on one common scale (:meth:`given_in`) and brings
    them to its own, which is the same numbers written otherwise.
    """

    PAIRS = (("B08", "B04"), ("B08", "B11"), ("B11", "B12"), ("B08", "B05"), ("B03", "B11"), ("B04", "B03"))

    def __init__(self, mean: Tensor, std: Tensor, bands: tuple[str, ...]) -> None:
        super().__init__()
        self.register_buffer("mean", mean)
        self.register_buffer("std", std)
        self.register_buffer("given_mean", mean.clone())
        self.register_buffer("given_std", std.clone())
        self.pairs = [(bands.index(a), bands.index(b)) for a, b in self.PAIRS if a in bands and b in bands]
        self.channels = len(bands) + len(self.pairs) + 1

    def given_in(self, mean: np.ndarray, std: np.ndarray) -> None:
        """Expect series standardised by these (band,) from now on."""
        self.given_mean.copy_(torch.as_tensor(mean))
        self.given_std.copy_(torch.as_tensor(std))

    def forward(self, x: Tensor, seen: Tensor | None = None) -> Tensor:
        """Return (n, month, channels) from standardised series (n, month, band) and ``seen`` (n, month)."""
        seen = torch.ones_like(x[..., 0]) if seen is None else seen.to(x.dtype)
        own = x * (self.given_std / self.std) + (self.given_mean - self.mean) / self.std
        return torch.cat([own, *self.contrasts(x), seen[..., None]], 2)

    def contrasts(self, x: Tensor) -> list[Tensor]:
        """Return the contrasts, each (n, month, 1), about -1.5..1.5 after scaling by 3 (0 where it is dark)."""
        light = (x * self.given_std + self.given_mean).clamp(min=0.0)
        return [
            3 * ((light[..., a] - light[..., b]) / (light[..., a] + light[..., b] + 0.02))[..., None]
            for a, b in self.pairs
        ]


class Ensemble(nn.Module):
    """Members that answer together: the mean of their logits."""

    def __init__(self, members: Iterable[nn.Module]) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)

    def forward(self, x: Tensor, seen: Tensor | None = None) -> Tensor:
        """Return (n, class) logits of standardised series (n, month, band)."""
        return torch.stack([member(x, seen) for member in self.members]).mean(0)

    def weigh(self, x: Tensor, seen: Tensor | None = None) -> Tensor:
        """Return the mean attention of the members, (n, month) or (n, month, band)."""
        return torch.stack([member.weigh(x, seen) for member in self.members]).mean(0)


class Network:
    """A fitted network of series (:class:`eogen.landcover.series.protocol.SeriesModel`).

    Attributes:
        module: logits (n, class) of standardised, filled series (n, month, band), with ``seen`` (n, month) beside or,
            left out, every month seen; differentiable in the series, in eval mode.
        mean, std: (band,) reflectances: ``standardised = (reflectance - mean) / std``.
        classes, bands, months: as of the protocol.
    """

    def __init__(
        self, module: nn.Module, mean: np.ndarray, std: np.ndarray, classes: tuple[str, ...],
        bands: tuple[str, ...], months: int,
    ) -> None:  # fmt: skip
        self.module, self.mean, self.std = module.eval(), mean, std
        self.classes, self.bands, self.months = classes, bands, months

    def inputs(self, series: np.ndarray) -> tuple[Tensor, Tensor]:
        """Return standardised, filled series (n, month, band) and ``seen`` (n, month) bool of series with NaN.

        Raises:
            InputError: ``series_model_shape`` when months or bands are not those of the fit.
        """
        check(series, self.months, len(self.bands))
        return standardise(series, self.mean, self.std)

    @torch.no_grad()
    def predict_proba(self, series: np.ndarray) -> np.ndarray:
        """Return (n, class) float32 probabilities of series (n, month, band), NaN where nothing was seen.

        Raises:
            InputError: ``series_model_shape`` when months or bands are not those of the fit.
        """
        x, seen = self.inputs(series)
        parts = [self.module(a, b) for a, b in zip(x.split(CHUNK), seen.split(CHUNK), strict=True)]
        return torch.cat(parts).softmax(1).numpy() if len(x) else np.zeros((0, len(self.classes)), np.float32)


class AttentiveNetwork(Network):
    """A network that says what it attended to (:class:`eogen.landcover.series.protocol.Attentive`)."""

    @torch.no_grad()
    def attention(self, series: np.ndarray) -> np.ndarray:
        """Return (n, month) or (n, month, band) weights that sum to 1, means over heads and members.

        Raises:
            InputError: ``series_model_shape`` when months or bands are not those of the fit.
        """
        return self.module.weigh(*self.inputs(series)).numpy()


def together(networks: Sequence[Network]) -> tuple[Network, tuple[Network, ...]]:
    """Return one network of all members of several, and those several on the same scale.

    Args:
        networks: of one kind and of the same classes, bands and months; they are only read. Each answers as before: the
            common scale (the mean of theirs) is another way of writing the same series.
    """
    first = networks[0]
    mean, std = (np.mean([getattr(n, name) for n in networks], 0) for name in ("mean", "std"))
    parts = []
    for each in networks:
        module = copy.deepcopy(each.module)
        for member in module.members:
            member.front.given_in(mean, std)
        parts.append(type(each)(module, mean, std, first.classes, first.bands, first.months))
    every = Ensemble(member for part in parts for member in part.module.members)
    return type(first)(every, mean, std, first.classes, first.bands, first.months), tuple(parts)


def scales_of(module: Ensemble) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean and standard deviation (band,) of the series that an ensemble's members expect."""
    front = module.members[0].front
    return front.given_mean.numpy(), front.given_std.numpy()


def check(series: np.ndarray, months: int, bands: int) -> None:
    """Raise ``series_model_shape`` unless series are (n, months, bands)."""
    if np.ndim(series) != 3 or np.shape(series)[1:] != (months, bands):
        raise InputError(
            "series_model_shape",
            "The series have the shape {found}; this model was fitted on {months} months and {bands} bands.",
            found=str(np.shape(series)), months=months, bands=bands,
        )  # fmt: skip


def standardise(series: np.ndarray, mean: np.ndarray, std: np.ndarray) -> tuple[Tensor, Tensor]:
    """Return standardised, filled series (n, month, band) and which months were seen in all bands (n, month).

    A series without a single month is the mean series, not the black one.
    """
    series = np.asarray(series, np.float32)
    known = np.isfinite(series)
    x = (filled(series) - mean) / std
    x[~known.any((1, 2))] = 0.0
    return torch.from_numpy(x.astype(np.float32)), torch.from_numpy(known.all(2))


def scale(series: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and standard deviation (band,) float32 of what was seen in series (n, month, band)."""
    flat = np.asarray(series, np.float64).reshape(-1, np.shape(series)[-1])
    flat = flat[np.isfinite(flat).all(1)]
    if not len(flat):
        flat = np.zeros((1, np.shape(series)[-1]))
    return flat.mean(0).astype(np.float32), np.maximum(flat.std(0), 1e-3).astype(np.float32)


def known_only(series: np.ndarray, label: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the series with a known label (>= 0) and those labels.

    Raises:
        InputError: ``series_few_labels`` when there are fewer than two.
    """
    label = np.asarray(label, np.int64)
    if (count := int((label >= 0).sum())) < 2:
        raise InputError(
            "series_few_labels", "{count} series have a known class; a model needs at least two.", count=count
        )
    return np.asarray(series, np.float32)[label >= 0], label[label >= 0]


def fit_network(
    build: Callable[[Front], nn.Module],
    series: np.ndarray,
    label: np.ndarray,
    classes: tuple[str, ...],
    bands: tuple[str, ...],
    *,
    members: int | None = None,
    attentive: bool = False,
    settings: Settings | None = None,
    how: Augmentation | None = None,
    smoothing: float = 0.05,
    prepare: Callable[[nn.Module, Tensor, Tensor], None] | None = None,
    seed: int = 0,
    progress: Progress = silent,
) -> Network:
    """Fit an ensemble.

    Args:
        build: a member from its front; called under a seeded generator.
        series: (n, month, band) reflectance, NaN where nothing was seen.
        label: (n,) int into ``classes``; -1 is left out.
        classes, bands: names.
        members: of the ensemble, :data:`MEMBERS` by default.
        attentive: whether members have ``weigh``.
        settings: of the fit, :data:`SETTINGS` by default; its seed is replaced.
        how: augmentation.
        smoothing: of the labels.
        prepare: called with each member, the standardised series and their labels before its fit.
        seed: rebuilds the same bits (same machine, same threads).
        progress: told of all members as one task.

    Raises:
        InputError: ``series_few_labels``.
    """
    series, label = known_only(series, label)
    mean, std = scale(series)
    x, seen = standardise(series, mean, std)
    y = torch.from_numpy(label)
    how, settings, members = how or Augmentation(), settings or SETTINGS, members or MEMBERS
    grown = []
    for k in range(members):
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed * 1_009 + k)
            member = build(Front(torch.from_numpy(mean), torch.from_numpy(std), bands))
            if prepare is not None:
                prepare(member, x, y)
        _fit_member(
            member, x, seen, y, replace(settings, seed=seed * 1_009 + k), how, smoothing,
            lambda done, total, what="", k=k: progress(k * total + done, members * total, what),
        )  # fmt: skip
        grown.append(member)
    kind = AttentiveNetwork if attentive else Network
    return kind(Ensemble(grown), mean, std, tuple(classes), tuple(bands), series.shape[1])


def _fit_member(
    member: nn.Module, x: Tensor, seen: Tensor, y: Tensor, settings: Settings, how: Augmentation,
    smoothing: float, progress: Progress,
) -> None:  # fmt: skip
    steps = min(max(1, len(x) // BATCH), STEPS)

    def batches(generator: torch.Generator) -> Iterable[tuple[Tensor, Tensor, Tensor]]:
        order = torch.randperm(len(x), generator=generator)
        for rows in order.tensor_split(steps):
            yield *augment(x[rows], seen[rows], how, generator), y[rows]

    def loss(module: nn.Module, batch: tuple[Tensor, Tensor, Tensor]) -> Tensor:
        return functional.cross_entropy(module(batch[0], batch[1]), batch[2], label_smoothing=smoothing)

    fit(member, batches, steps, loss, settings, progress=progress)
