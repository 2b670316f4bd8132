"""What a model of series is: months in, probabilities out; and what one that explains itself says beside."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import numpy as np


@runtime_checkable
class SeriesModel(Protocol):
    """A fitted classifier of monthly series (see :mod:`eogen.landcover.series.months`)."""

    #: Names of the classes, in the order of the columns of probabilities.
    classes: tuple[str, ...]
    #: Names of the bands and number of months it was fitted on.
    bands: tuple[str, ...]
    months: int

    def predict_proba(self, series: np.ndarray) -> np.ndarray:
        """Return (n, class) probabilities of series (n, month, band), NaN where nothing was seen."""
        ...


@runtime_checkable
class Attentive(Protocol):
    """A model that says itself what it attended to."""

    def attention(self, series: np.ndarray) -> np.ndarray:
        """Return (n, month) weights that sum to 1, or (n, month, band) where it also weighs bands."""
        ...
