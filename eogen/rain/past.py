"""The maps that a model with clusters learnt from: where it places each, and the seed that makes it again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch

from eogen.rain.archive import FILES, archive
from eogen.rain.basis import Basis
from eogen.rain.examples import TARGETS
from eogen.rain.methods import METHODS
from eogen.rain.models import FOLDER
from eogen.rain.score_model import ScoreModel

_ORIGIN = np.datetime64("2000-01-01", "ns")


@dataclass(frozen=True)
class Past:
    """Maps that a model with clusters learnt from, each of a simulated day that its seed makes again.

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


def run_of(name: str) -> str:
    """Return ``"early"`` for a method that never sees the map after, else ``"late"``."""
    return "early" if METHODS[name].real_time else "late"


def committed(name: str) -> bool:
    """Return whether the weights of a method are on this machine."""
    return bool(METHODS[name].model) and (FOLDER / f"{name}.safetensors").is_file()


def ready(name: str) -> bool:
    """Return whether a method can be asked here: its weights are there, or the past maps that it is fitted on."""
    if not (FOLDER / f"{FILES[run_of(name)]}.safetensors").is_file():
        return False
    return not METHODS[name].model or committed(name)


def past(of: Basis) -> Past:
    """Return the maps that a model with clusters learnt from (some of them, where it learnt from very many)."""
    if isinstance(of.model, ScoreModel):
        with torch.no_grad():
            cluster, distance = (v.numpy() for v in of.model.assign(of.model.past_latent))
        latent = of.latent
    else:
        said = of.model.predict(archive(run_of(of.name)).train)
        cluster, distance, latent = said.cluster, said.distance, said.latent
    table = of.past
    return Past(
        cluster, distance, latent, table["seed"].to_numpy(int), table["step"].to_numpy(int),
        table[list(TARGETS)].reset_index(drop=True),
    )  # fmt: skip
