"""Models of the page: committed weights where they are, else what is fitted on the spot on simulated days."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st
import torch

from eogen.progress import Progress, silent, staged
from eogen.rain import models
from eogen.rain.cells import sensors_of
from eogen.rain.examples import TARGETS, Examples, join, of_maps
from eogen.rain.methods import METHODS
from eogen.rain.protocol import Model
from eogen.rain.score_model import ScoreModel
from pages.kit.words import Words
from pages.parts.rain import more_days, names

#: Seeds of the days that a quick method learns from, of those that calibrate it, and how many half-hours apart its
#: maps are. The seeds are among those that the committed models learnt from: no panel tests on them.
LEARN, CALIBRATE, STRIDE = tuple(range(10_000, 10_012)), tuple(range(20_000, 20_006)), 4
#: What is shown first, the first that can be had.
FIRST = ("desom_aware", "som_aware", "dcec_aware", "pca_kmeans")
_STEP = np.timedelta64(30, "m")
_ORIGIN = np.datetime64("2000-01-01", "ns")


@dataclass(frozen=True)
class Past:
    """Maps that a model learnt from, each of a simulated day that its seed makes again.

    Attributes:
        cluster: (n,) int.
        distance: (n,) to its centre.
        latent: (n, d).
        seed, step: (n,) day and half-hour.
        scores: (n, target) true scores.
    """

    cluster: np.ndarray
    distance: np.ndarray
    latent: np.ndarray
    seed: np.ndarray
    step: np.ndarray
    scores: pd.DataFrame

    @property
    def days(self) -> np.ndarray:
        """(n,) datetime64: one artificial day a seed, as :attr:`eogen.rain.examples.Examples.days`."""
        return _ORIGIN + self.seed.astype("timedelta64[D]")


@dataclass(frozen=True)
class Fitted:
    """A model that can be asked.

    Attributes:
        name: of :data:`eogen.rain.methods.METHODS`.
        model: itself.
        quick: whether it was fitted on the spot.
    """

    name: str
    model: Model
    quick: bool


def committed(name: str) -> bool:
    """Return whether the weights of a method are on this machine."""
    return bool(METHODS[name].model) and (models.FOLDER / f"{name}.safetensors").is_file()


def ready(name: str) -> bool:
    """Return whether a method can be asked here: its weights are there, or it needs none."""
    return not METHODS[name].model or committed(name)


def offered(clusters: bool | None = None) -> list[str]:
    """Return the methods, those that can be asked first; with or without clusters only, where told."""
    names = [n for n, row in METHODS.items() if clusters is None or row.clusters == clusters]
    return sorted(names, key=lambda n: not ready(n))


def first(names: Sequence[str]) -> str:
    """Return the method that is shown first."""
    return next((n for n in FIRST if n in names and ready(n)), names[0])


def label(t: Words, name: str) -> str:
    """Return a method's title, marked where it cannot be asked here."""
    return names.method(t, name) + ("" if ready(name) else f" · {t('rain.common.no_weights')}")


def card(name: str) -> dict[str, Any] | None:
    """Return the card beside a method's weights; None where there is none."""
    path = models.FOLDER / f"{name}.json"
    return json.loads(path.read_text("utf-8")) if committed(name) and path.is_file() else None


@st.cache_resource(show_spinner=False, max_entries=8)
def _examples(
    seeds: tuple[int, ...], stride: int, real_time: bool, cells: tuple[int, int], _progress: Progress
) -> tuple[Examples, pd.DataFrame]:
    parts, seen = [], []
    for k, seed in enumerate(seeds):
        _progress(k, len(seeds), "simulate")
        day = more_days.of_seed(seed, "early" if real_time else "late")
        rows = np.arange(1, day.sizes["time"] - 1, stride)
        parts.append(of_maps(day, real_time, seed).some(rows))
        seen.append(sensors_of(day.isel(time=rows)))
    return join(parts), pd.concat(seen, ignore_index=True).fillna(0.0)


def examples(
    seeds: Sequence[int], real_time: bool = False, progress: Progress = silent, stride: int = 2
) -> Examples:
    """Return the examples of simulated days, see :func:`eogen.rain.examples.simulated`."""
    return _examples(tuple(seeds), stride, real_time, more_days.CELLS, progress)[0]


def archive(real_time: bool = False, progress: Progress = silent) -> tuple[Examples, pd.DataFrame]:
    """Return the days that quick methods learn from, and the share of pixels that each sensor saw of each map."""
    return _examples(LEARN, STRIDE, real_time, more_days.CELLS, progress)


@st.cache_resource(show_spinner=False, max_entries=8)
def _quick(name: str, seeds: tuple[int, ...], cells: tuple[int, int], _progress: Progress) -> Fitted:
    row = METHODS[name]
    train = archive(row.real_time, staged(_progress, "simulate"))[0]
    return Fitted(name, row.fit(train, progress=staged(_progress, "fit")), True)


def fitted(name: str, progress: Progress = silent) -> Fitted:
    """Return a method that can be asked: its committed weights, or fitted here in seconds.

    Raises:
        InputError: ``rain_method``, ``rain_few_examples``.
        Unavailable: ``no_weights`` where it needs weights that are not on this machine.
    """
    if METHODS[name].model:
        return Fitted(name, models.load(name)[0], False)
    return _quick(name, LEARN, more_days.CELLS, progress)


def past(found: Fitted, progress: Progress = silent) -> Past:
    """Return the maps that a model with clusters learnt from (some of them, where it learnt from very many)."""
    if isinstance(found.model, ScoreModel):
        model = found.model
        with torch.no_grad():
            cluster, distance = model.assign(model.past_latent)
        return Past(
            cluster.numpy(), distance.numpy(), model.past_latent.numpy(), model.past_seed.numpy(),
            model.past_step.numpy(), pd.DataFrame(model.past_scores.numpy(), columns=list(TARGETS)),
        )  # fmt: skip
    train = archive(METHODS[found.name].real_time, progress)[0]
    said = found.model.predict(train)
    since = train.time - train.time.astype("datetime64[D]")
    return Past(
        said.cluster, said.distance, said.latent, train.block, (since / _STEP).astype(int),
        train.scores[list(TARGETS)].reset_index(drop=True),
    )  # fmt: skip


def calibration(found: Fitted, progress: Progress = silent) -> tuple[pd.DataFrame, pd.DataFrame, np.ndarray]:
    """Return predicted and true scores (n, target) of days kept apart, and the number of the day of each (n,)."""
    table = lambda values: pd.DataFrame(values.numpy(), columns=list(TARGETS))
    if isinstance(found.model, ScoreModel):
        model = found.model
        return (
            table(model.calibration_predicted),
            table(model.calibration_true),
            model.calibration_block.numpy(),
        )
    held = examples(CALIBRATE, METHODS[found.name].real_time, progress, STRIDE)
    return found.model.predict(held).scores, held.scores[list(TARGETS)].reset_index(drop=True), held.block


def centres(found: Fitted) -> np.ndarray:
    """Return (cluster, d) the centres of a model with clusters, where it places maps."""
    if isinstance(found.model, ScoreModel):
        return found.model.centres.detach().numpy()
    return np.asarray(found.model.means.cluster_centers_)


def counts(found: Fitted, held: Past) -> np.ndarray:
    """Return (cluster,) how many maps of all that it learnt from each cluster holds."""
    if isinstance(found.model, ScoreModel):
        return found.model.cluster_count.numpy()
    return np.bincount(held.cluster, minlength=found.model.clusters)


def limit(found: Fitted) -> float | None:
    """Return the distance under which 99 % of what was learnt from lies; None where a model keeps none."""
    held = getattr(found.model, "limit", None)
    return None if held is None else float(held)
