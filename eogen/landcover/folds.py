"""Five stratified folds on the few 13-band patches: every patch is answered by a network that never saw it."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from time import perf_counter

import numpy as np
import torch

from eogen.landcover import train_index, train_ms
from eogen.landcover.arrays import Images
from eogen.landcover.bands import ALL, CLASSES
from eogen.landcover.index_network import IndexNetwork
from eogen.nn.fit import Settings
from eogen.progress import Progress, silent

#: ``fold(train numbers, test numbers, seed) -> logits of the test patches``.
Fold = Callable[[np.ndarray, np.ndarray, int], np.ndarray]


@dataclass
class OutOfFold:
    """Answers to every patch by networks that did not see it.

    Attributes:
        logits: (seeds, n, classes).
        labels: (n,).
        fold: number of the fold of each patch, (seeds, n): seeds differ in folds and in the networks' start.
        seconds: of all fits.
    """

    logits: np.ndarray
    labels: np.ndarray
    fold: np.ndarray
    seconds: float

    @property
    def right(self) -> np.ndarray:
        """Share of the seeds that answered each patch rightly, (n,)."""
        return (self.logits.argmax(2) == self.labels).mean(0)

    @property
    def fold_accuracies(self) -> np.ndarray:
        """Accuracy of every fold of every seed."""
        right = self.logits.argmax(2) == self.labels
        return np.array(
            [right[s][self.fold[s] == f].mean() for s in range(len(right)) for f in np.unique(self.fold[s])]
        )


def stratified(labels: np.ndarray, seed: int, count: int = 5) -> np.ndarray:
    """Return the fold 0..count-1 of every sample: shuffled, each class dealt out in turn."""
    generator = np.random.default_rng(seed)
    fold = np.empty(len(labels), dtype=np.int64)
    dealt = 0
    for label in np.unique(labels):
        where = generator.permutation(np.flatnonzero(labels == label))
        fold[where] = (dealt + np.arange(len(where))) % count
        dealt += len(where)
    return fold


def cross_validate(
    labels: np.ndarray,
    fold: Fold,
    *,
    seed: int = 0,
    seeds: int = 1,
    count: int = 5,
    progress: Progress = silent,
) -> OutOfFold:
    """Fit and ask ``count`` times a seed, so that every patch is asked once a seed."""
    logits = np.empty((seeds, len(labels), len(CLASSES)))
    numbers = np.stack([stratified(labels, seed + s, count) for s in range(seeds)])
    began = perf_counter()
    for s in range(seeds):
        for k in range(count):
            progress(s * count + k, seeds * count, "folds")
            test = numbers[s] == k
            logits[s, test] = fold(np.flatnonzero(~test), np.flatnonzero(test), seed + s)
    return OutOfFold(logits, labels, numbers, perf_counter() - began)


def index_fold(
    images: Images, network: IndexNetwork, *, borrow: bool = True, settings: Settings | None = None
) -> Fold:
    """Return the fold of the index network: its colour branch stays as it is, the spectral one is fitted anew.

    Args:
        images: the 13-band patches.
        network: with a fitted colour branch, which has seen none of these patches; changed in place.
        borrow: whether the colour branch counts; without it the spectral branch stands alone.
        settings: of the spectral branch.
    """
    settings = settings or train_index.SPECTRUM_SETTINGS
    x, labels = torch.from_numpy(images.pixels), torch.from_numpy(images.labels)
    colour, spectrum = network.branches
    maps = train_index.raw_maps(spectrum, x)
    with torch.no_grad():
        offset = torch.cat([colour(part).mean((2, 3)) for part in x.split(8)])
    if not borrow:
        offset = torch.zeros_like(offset)

    def fold(train: np.ndarray, test: np.ndarray, seed: int) -> np.ndarray:
        train_index.fit_spectrum(spectrum, maps[train], offset[train], labels[train], seed, settings)
        with torch.no_grad():
            scaled = (maps[test] - spectrum.measurements.mean) / spectrum.measurements.std
            return (offset[test] + spectrum.head(scaled).mean((2, 3))).numpy()

    return fold


def ms_fold(
    images: Images, shortcut: list[dict[str, float]] | None = None, settings: Settings | None = None
) -> Fold:
    """Return the fold of the plain network; measure its B10 shortcut into ``shortcut`` as it goes."""
    x, labels = torch.from_numpy(images.pixels), torch.from_numpy(images.labels)

    def fold(train: np.ndarray, test: np.ndarray, seed: int) -> np.ndarray:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            module = train_ms.build()
        train_ms.fit_ms(module, x[train], labels[train], replace(settings or train_ms.SETTINGS, seed=seed))
        if shortcut is not None:
            shortcut.append(
                {
                    f"{part}_{what}": float((_ask(module, x[rows], without) == labels[rows]).float().mean())
                    for part, rows in (("train", train), ("test", test))
                    for what, without in (("plain", None), ("no_b10", "B10"))
                }
            )
        with torch.no_grad():
            return module(x[test]).numpy()

    return fold


def _ask(module: torch.nn.Module, x: torch.Tensor, without: str | None) -> torch.Tensor:
    if without:
        band = ALL.index(without)
        x = x.clone()
        x[:, band] = module.mean[0, band]
    with torch.no_grad():
        return module(x).argmax(1)


def statistics(pixels: np.ndarray) -> np.ndarray:
    """Return mean, standard deviation, lowest and highest value of each band, (n, 4C): the simplest description."""
    flat = pixels.reshape(*pixels.shape[:2], -1)
    return np.concatenate([flat.mean(2), flat.std(2), flat.min(2), flat.max(2)], 1)


def logistic_fold(images: Images) -> Fold:
    """Return the baseline: logistic regression (C = 1) on standardised :func:`statistics`."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    table, labels = statistics(images.pixels), images.labels

    def fold(train: np.ndarray, test: np.ndarray, seed: int) -> np.ndarray:
        model = make_pipeline(StandardScaler(), LogisticRegression(C=1.0, max_iter=2000))
        model.fit(table[train], labels[train])
        logits = np.full((len(test), len(CLASSES)), -30.0)
        with warnings.catch_warnings():
            # log(0) for a class that is impossible in double precision: -inf is then clipped.
            warnings.simplefilter("ignore", RuntimeWarning)
            logits[:, model.classes_] = np.maximum(model.predict_log_proba(table[test]), -30.0)
        return logits

    return fold
