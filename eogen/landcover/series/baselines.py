"""What every network must beat: the commonest class, and a random forest (Breiman 2001)."""

from __future__ import annotations

import numpy as np

from eogen.landcover.series.months import filled
from eogen.landcover.series.network import check, known_only
from eogen.progress import Progress, silent

TREES = 300


class Majority:
    """The shares of the classes in training, whatever the series (a ``SeriesModel``)."""

    def __init__(
        self, share: np.ndarray, classes: tuple[str, ...], bands: tuple[str, ...], months: int
    ) -> None:
        self.share, self.classes, self.bands, self.months = share, classes, bands, months

    def predict_proba(self, series: np.ndarray) -> np.ndarray:
        """Return (n, class) float32: the same row for every series (n, month, band).

        Raises:
            InputError: ``series_model_shape`` when months or bands are not those of the fit.
        """
        check(series, self.months, len(self.bands))
        return np.tile(self.share, (len(series), 1))


class Forest:
    """A random forest on all months and bands, filled (a ``SeriesModel``)."""

    def __init__(self, forest: object, classes: tuple[str, ...], bands: tuple[str, ...], months: int) -> None:
        self.forest, self.classes, self.bands, self.months = forest, classes, bands, months

    def predict_proba(self, series: np.ndarray) -> np.ndarray:
        """Return (n, class) float32: the share of trees, of series (n, month, band), NaN where nothing was seen.

        Raises:
            InputError: ``series_model_shape`` when months or bands are not those of the fit.
        """
        check(series, self.months, len(self.bands))
        made = np.zeros((len(series), len(self.classes)), np.float32)
        if len(series):
            # Classes without a training sample keep probability 0.
            made[:, self.forest.classes_] = self.forest.predict_proba(filled(series).reshape(len(series), -1))
        return made


def majority(
    series: np.ndarray, label: np.ndarray, classes: tuple[str, ...], bands: tuple[str, ...], *,
    seed: int = 0, progress: Progress = silent,
) -> Majority:  # fmt: skip
    """Return the shares of the classes (arguments as of :class:`eogen.landcover.series.methods.Model`)."""
    series, label = known_only(series, label)
    share = np.bincount(label, minlength=len(classes)) / len(label)
    return Majority(share.astype(np.float32), tuple(classes), tuple(bands), series.shape[1])


def random_forest(
    series: np.ndarray, label: np.ndarray, classes: tuple[str, ...], bands: tuple[str, ...], *,
    seed: int = 0, progress: Progress = silent,
) -> Forest:  # fmt: skip
    """Return :data:`TREES` trees (arguments as of :class:`eogen.landcover.series.methods.Model`)."""
    from sklearn.ensemble import RandomForestClassifier

    series, label = known_only(series, label)
    forest = RandomForestClassifier(TREES, random_state=seed, n_jobs=1)
    forest.fit(filled(series).reshape(len(series), -1), label)
    progress(1, 1, "fit")
    return Forest(forest, tuple(classes), tuple(bands), series.shape[1])
