"""Trained models of series: those that are committed, each parcel answered by one that did not learn from it.

A model of ``france`` is five, one a fold; of a parcel it learnt from, only the fold that left it out can honestly be
asked. Parcels are recognised by their numbers, wherever their file lies.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
import xarray as xr

from eogen.errors import InputError
from eogen.landcover.models import FOLDER
from eogen.landcover.series.baselines import Forest
from eogen.landcover.series.channel_attention import ChannelAttention
from eogen.landcover.series.cube import USUAL
from eogen.landcover.series.folds import deal
from eogen.landcover.series.ltae import LTAE
from eogen.landcover.series.methods import MODELS
from eogen.landcover.series.months import calendar_year
from eogen.landcover.series.network import AttentiveNetwork, Ensemble, Front, Network, check, scales_of
from eogen.landcover.series.protocol import SeriesModel
from eogen.landcover.series.shapelets import ShapeletNetwork, Shapelets
from eogen.landcover.series.tempcnn import TempCNN
from eogen.landcover.series.unet import Segmenter, SeriesUNet
from eogen.nn import weights
from eogen.nn.weights import Card
from eogen.progress import Progress, silent

#: What a model was learnt from: WorldCereal's French parcels of the shared data; the simulated territory.
SETS = ("france", "territory")
#: How many folds the models of real parcels come from, and the seed by which parcels are dealt to them.
FOLDS, SEED = 5, 0
#: Seeds of the territory that models learn from (each has its own weather), and those they never see.
TRAIN_SEEDS, TEST_SEEDS = tuple(range(1, 11)), (101, 102, 103)
#: The member of each method, and what a network of them is.
BUILT: dict[str, tuple[Any, type[Network]]] = {
    "tempcnn": (TempCNN, Network),
    "ltae": (LTAE, AttentiveNetwork),
    "channel_attention": (ChannelAttention, AttentiveNetwork),
    "shapelets": (Shapelets, ShapeletNetwork),
}
#: The segmentation of image series; it is learnt from the territory alone.
UNET = "unet"


@dataclass(frozen=True)
class Kept:
    """A trained model of series.

    Attributes:
        name: ``france_tempcnn``.
        learnt_from: of :data:`SETS`.
        method: row of :data:`eogen.landcover.series.methods.MODELS`.
        models: one a fold for ``france``, one for ``territory``; all read the same standardised series.
        whole: answers for all of them: the mean of their logits (networks) or probabilities (forest).
        fold_of: fingerprint of each parcel learnt from -> the model that did not; empty where there is only one.
        card: what it was learnt from and how good it is; None for a forest fitted just now.
    """

    name: str
    learnt_from: str
    method: str
    models: tuple[SeriesModel, ...]
    whole: SeriesModel
    fold_of: Mapping[int, int] = field(default_factory=dict)
    card: Card | None = None

    def fold(self, series: np.ndarray) -> int | None:
        """Return which of the models did not learn from a series (month, band); None where none of them did.

        Raises:
            InputError: ``series_model_shape`` when months or bands are not those of the model.
        """
        check(np.asarray(series)[None], self.whole.months, len(self.whole.bands))
        return self.fold_of.get(int(fingerprints(np.asarray(series)[None])[0]))

    def unseen_by(self, series: np.ndarray) -> tuple[SeriesModel, bool]:
        """Return whom to ask about one series (month, band), and whether it is one of those learnt from.

        One of those is answered by the fold that left it out; any other by the whole. (The territory's one model has no
        fold to offer: ask it about :data:`TEST_SEEDS`.)

        Raises:
            InputError: as :meth:`fold`.
        """
        fold = self.fold(series)
        return (self.whole, False) if fold is None else (self.models[fold], True)

    def predict_unseen(self, series: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return probabilities (n, class) of series (n, month, band), each as :meth:`unseen_by` says, and which of
        them (n,) were learnt from by the other folds.

        Raises:
            InputError: as :meth:`fold`.
        """
        probability = np.array(self.whole.predict_proba(series))
        if not self.fold_of:
            return probability, np.zeros(len(series), bool)
        fold = np.array([self.fold_of.get(int(p), -1) for p in fingerprints(series)], int)
        for k in np.unique(fold[fold >= 0]):
            probability[fold == k] = self.models[k].predict_proba(series[fold == k])
        return probability, fold >= 0


def prepared(held: xr.Dataset) -> xr.Dataset:
    """Return parcels through twelve calendar months, with the nine bands that every model reads, in their order.

    Raises:
        InputError: ``series_model_bands`` when one is missing.
    """
    if missing := [b for b in USUAL if b not in held["band"].values]:
        raise InputError("series_model_bands", "The series lack the band {given} that this model reads.",
                         given=missing[0])  # fmt: skip
    made = calendar_year(held).sel(band=list(USUAL))
    return made.transpose("parcel", "time", "band", ...)


def fingerprints(series: np.ndarray) -> np.ndarray:
    """Return a number (n,) int64 by which each series (n, month, band) is recognised.

    The first 64 bits of the SHA-256 of its reflectances as int32 ten-thousandths, little-endian; NaN counts as -1.
    """
    series = np.asarray(series, np.float64)
    whole = np.rint(np.where(np.isfinite(series), series, -1.0) * 10_000).astype("<i4")
    prints = [hashlib.sha256(row.tobytes()).digest()[:8] for row in whole]
    return np.array([int.from_bytes(p, "big", signed=True) for p in prints], np.int64)


def path_of(learnt_from: str, method: str) -> Path:
    """Return where the weights of a model lie.

    Raises:
        InputError: ``series_model_unknown``.
    """
    methods = [*BUILT, *([UNET] if learnt_from == "territory" else [])]
    if learnt_from not in SETS or method not in methods:
        raise InputError(
            "series_model_unknown",
            "There is no committed model {method} learnt from {given}; there are {known}, learnt from {sets}.",
            method=method, given=learnt_from, known=", ".join(BUILT), sets=", ".join(SETS),
        )  # fmt: skip
    return FOLDER / f"series_{learnt_from}_{method}.safetensors"


def offered(learnt_from: str) -> list[str]:
    """Return the methods with committed weights, in the order of the registry.

    Raises:
        InputError: ``series_model_unknown`` when nothing is learnt from such a set.
    """
    return [name for name in MODELS if name in BUILT and path_of(learnt_from, name).is_file()]


def load(learnt_from: str, method: str) -> Kept:
    """Return a committed model.

    Raises:
        InputError: ``series_model_unknown``; what :func:`eogen.nn.weights.load` says of a damaged file.
        Unavailable: ``no_weights`` when the file or its card is not there.
    """
    path = path_of(learnt_from, method)
    return loaded(path, learnt_from, method, weights.read_card(path).sha256)


@lru_cache(maxsize=16)
def loaded(path: Path, learnt_from: str, method: str, sha256: str = "") -> Kept:
    """Return the model whose weights lie at ``path``; ``sha256`` renews the cache when they change."""
    about = weights.read_card(path).extra
    bands, classes, months = tuple(about["bands"]), tuple(about["classes"]), int(about["months"])
    parts, members = int(about["folds"]), int(about["members"])
    build, kind = BUILT[method]
    fronts = [Front(torch.zeros(len(bands)), torch.ones(len(bands)), bands) for _ in range(parts * members)]
    every = Ensemble(build(front, months, len(classes)) for front in fronts)
    card = weights.load(every, path)
    mean, std = scales_of(every)
    every.requires_grad_(False)

    def network(module: Ensemble) -> Network:
        return kind(module, mean, std, classes, bands, months)

    folds = [Ensemble(every.members[k * members : (k + 1) * members]) for k in range(parts)]
    beside = weights.beside(path)
    prints, fold = beside["fingerprints"].tolist(), beside["fold"].tolist()
    return Kept(
        f"{learnt_from}_{method}", learnt_from, method, tuple(map(network, folds)), network(every),
        dict(zip(prints, fold, strict=True)) if parts > 1 else {}, card,
    )  # fmt: skip


def segmenter() -> Segmenter:
    """Return the committed segmentation of image series, learnt from the territory.

    Raises:
        Unavailable, InputError: as :func:`load`.
    """
    path = path_of("territory", UNET)
    return _segmenter(path, weights.read_card(path).sha256)


@lru_cache(maxsize=2)
def _segmenter(path: Path, sha256: str) -> Segmenter:
    about = weights.read_card(path).extra
    bands, classes, months = tuple(about["bands"]), tuple(about["classes"]), int(about["months"])
    module = SeriesUNet(months, len(bands), len(classes))
    weights.load(module, path)
    module.requires_grad_(False)
    return Segmenter(module, np.float32(about["mean"]), np.float32(about["std"]), classes, bands, months)


class Together:
    """Several models' mean probability (a ``SeriesModel``)."""

    def __init__(self, models: tuple[SeriesModel, ...]) -> None:
        self.parts = models
        self.classes, self.bands, self.months = models[0].classes, models[0].bands, models[0].months

    def predict_proba(self, series: np.ndarray) -> np.ndarray:
        """Return (n, class) probabilities of series (n, month, band), NaN where nothing was seen.

        Raises:
            InputError: ``series_model_shape`` when months or bands are not those of the fit.
        """
        return np.mean([model.predict_proba(series) for model in self.parts], 0)


def forest(learnt_from: str, held: xr.Dataset | None = None, *, progress: Progress = silent) -> Kept:
    """Fit the random forest now, for its trees are too many to commit: some 5 s.

    Args:
        learnt_from: of :data:`SETS`.
        held: the parcels to learn from, with ``label`` and, where parcels belong together, ``group``. The territory's
            forest learns from :data:`TRAIN_SEEDS` whatever is given here.
        progress: told of each fold.

    Raises:
        InputError: ``series_model_unknown``, ``series_groups``, ``series_few_labels``, ``series_model_bands``.
    """
    from eogen.landcover.series import train

    if learnt_from not in SETS:
        path_of(learnt_from, "random_forest")
    if learnt_from == "territory":
        held = train.simulated(train.TRAIN_SEEDS, progress=progress)
    held = prepared(held.isel(parcel=np.flatnonzero(held["label"].values >= 0)))
    series, label = held["reflectance"].values, held["label"].values.astype(np.int64)
    classes, fit, name = (
        tuple(held.attrs["classes"]),
        MODELS["random_forest"].fit,
        f"{learnt_from}_random_forest",
    )
    if learnt_from == "territory":
        one: Forest = fit(series, label, classes, USUAL, seed=SEED, progress=progress)
        return Kept(name, learnt_from, "random_forest", (one,), one)
    fold = deal(label, held["group"].values if "group" in held else None, count=FOLDS, seed=SEED)
    models = []
    for k in range(FOLDS):
        progress(k, FOLDS, "folds")
        models.append(fit(series[fold != k], label[fold != k], classes, USUAL, seed=SEED))
    progress(FOLDS, FOLDS, "folds")
    of = dict(zip(fingerprints(series).tolist(), fold.tolist(), strict=True))
    return Kept(name, learnt_from, "random_forest", tuple(models), Together(tuple(models)), of)
