"""What a model of the room is: it may tell clusters, it may tell scores; committed or fitted on the spot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
import pandas as pd

from eogen.rain.examples import Examples


@dataclass(frozen=True)
class Prediction:
    """What a model says of n maps, without any radar.

    Attributes:
        scores: (n, score) predicted, columns of :data:`eogen.rain.examples.TARGETS` (NaN where it has no opinion):
            the score head's where the model has one, else the mean of the map's cluster.
        cluster: (n,) int, or None for a model that has no clusters.
        cluster_scores: (n, score) mean true score of the training maps of the map's cluster, or None.
        distance: (n,) how far the map lies from its cluster's centre (or from what was learnt from), or None.
        latent: (n, d) float32 where the model places maps, or None.
    """

    scores: pd.DataFrame
    cluster: np.ndarray | None = None
    cluster_scores: pd.DataFrame | None = None
    distance: np.ndarray | None = None
    latent: np.ndarray | None = None


@runtime_checkable
class Model(Protocol):
    """A fitted model."""

    #: Number of clusters, 0 where it has none.
    clusters: int
    #: Rows and columns of a map of cells, or None.
    grid: tuple[int, int] | None

    def predict(self, examples: Examples) -> Prediction:
        """Return what it says of maps it has not seen; the examples' scores are never read."""
        ...

    def prototypes(self) -> np.ndarray | None:
        """Return (cluster, side, side) mm h-1, the map that stands for each cluster, north up, or None."""
        ...
