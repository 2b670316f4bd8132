"""What a network must beat, fitted on the spot in seconds: wet share, age and quality, a forest, PCA and k-means."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock

import numpy as np
import pandas as pd
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.ensemble import ExtraTreesRegressor
from sklearn.isotonic import IsotonicRegression
from sklearn.neighbors import NearestNeighbors

from eogen.progress import Progress, silent
from eogen.rain.examples import TARGETS, Examples
from eogen.rain.frames import NOW, rain_of
from eogen.rain.methods import CLUSTERS
from eogen.rain.protocol import Prediction
from eogen.rain.score_model import FEATURES, PAST, enough

#: What the second trivial model looks at.
AGES = ("age", "quality")
#: Features that a file tells together or not at all; the others are of the map alone.
GROUPS = {
    "before": ("change_before", "growth_before"),
    "after": ("change_after", "growth_after"),
    "age": ("age", "age_wet", "old"),
    "seen": ("seen",),
    "quality": ("quality", "quality_wet"),
    "infrared": ("infrared", "infrared_wet"),
}
#: Chosen on days kept apart among forests and extremely randomised trees of 100-400 trees, leaves of 1-10 maps, a third
#: to all of the features a split.
TREES, LEAF, SHARE = 150, 2, 0.5
COMPONENTS = 16
#: Side to which ``now`` is averaged before its components are taken: they are of larger scale than that.
COARSE = 20


@dataclass
class ByWetShare:
    """One monotone curve a score, of the share of the map where it rains."""

    curves: dict[str, IsotonicRegression]
    clusters: int = 0
    grid: tuple[int, int] | None = None

    def predict(self, examples: Examples) -> Prediction:
        """See :class:`eogen.rain.protocol.Model`."""
        wet = examples.features["wet"].to_numpy(float)
        known = np.isfinite(wet)
        held = np.full((len(wet), len(TARGETS)), np.nan)
        for k, name in enumerate(TARGETS):
            held[known, k] = self.curves[name].predict(wet[known]) if known.any() else []
        return Prediction(pd.DataFrame(held, columns=list(TARGETS)))

    def prototypes(self) -> None:
        """Return None: it has no clusters."""


def wet_fraction(
    train: Examples, *, aware: bool = True, seed: int = 0, progress: Progress = silent
) -> ByWetShare:
    """Return the trivial model: each score rises or falls with the wet share (Barlow et al. 1972, isotonic regression).

    Raises:
        InputError: ``rain_few_examples``.
    """
    enough(train)
    wet = train.features["wet"].to_numpy(float)
    curves = {}
    for name in TARGETS:
        truth = train.scores[name].to_numpy(float)
        good = np.isfinite(wet) & np.isfinite(truth)
        curve = IsotonicRegression(increasing="auto", out_of_bounds="clip")
        # A score that no map has stays unknown.
        curves[name] = curve.fit(wet[good], truth[good]) if good.any() else _Unknown()
    return ByWetShare(curves)


class _Unknown:
    def predict(self, values: np.ndarray) -> np.ndarray:
        return np.full(len(values), np.nan)


class Forest:
    """Extremely randomised trees on hand features, one forest for each set of features that files tell.

    A file that says no age is not given a guessed one: another forest answers, which never saw ages (the pattern
    submodel: Fletcher Mercaldo & Blume 2020, Biostatistics 21, 236). Each is fitted when it is first needed.

    Args:
        train: maps with scores.
        columns: features that are looked at.
        needed: of them, those without which nothing is said of a map.
        leaf: least maps in a leaf.
    """

    clusters = 0
    grid = None

    def __init__(
        self, train: Examples, columns: tuple[str, ...], needed: tuple[str, ...] = (), leaf: int = LEAF,
        trees: int = TREES, seed: int = 0,
    ) -> None:  # fmt: skip
        self.columns, self.needed, self.leaf, self.trees, self.seed = columns, needed, leaf, trees, seed
        truth = train.scores.reindex(columns=list(TARGETS)).to_numpy(np.float32)
        known = np.isfinite(truth)
        self._has = known.any(0)
        # One score may lack where others do not: those maps teach nothing, they are few.
        rows = known[:, self._has].all(1) if self._has.any() else np.zeros(len(train), bool)
        self._values = train.features.reindex(columns=list(columns)).to_numpy(np.float32)[rows]
        self._truth = truth[rows][:, self._has]
        enough(train.some(rows))
        self._forests: dict[tuple[bool, ...], ExtraTreesRegressor] = {}
        self._lock = Lock()
        self._space = _Space(train.some(rows), columns, seed)
        self.limit = self._space.limit
        self._forest(self._told(self._values).any(0))

    def predict(self, examples: Examples) -> Prediction:
        """See :class:`eogen.rain.protocol.Model`; NaN where a map lacks what is needed."""
        table = examples.features.reindex(columns=list(self.columns))
        values = table.to_numpy(np.float32)
        answers = np.full((len(values), len(TARGETS)), np.nan)
        usable = np.isfinite(table[list(self.needed)].to_numpy(float)).all(1)
        told = self._told(values) & self._told(self._values).any(0)
        patterns, which = np.unique(told, axis=0, return_inverse=True)
        for k, pattern in enumerate(patterns):
            rows = np.flatnonzero((which.reshape(-1) == k) & usable)
            if len(rows):
                found = self._forest(pattern).predict(values[np.ix_(rows, self._kept(pattern))])
                answers[np.ix_(rows, np.flatnonzero(self._has))] = found.reshape(len(rows), -1)
        latent = self._space.place(table)
        scores = pd.DataFrame(answers, columns=list(TARGETS))
        return Prediction(scores, distance=self._space.distance(latent), latent=latent)

    def prototypes(self) -> None:
        """Return None: it has no clusters."""

    def importances(self) -> pd.Series:
        """Return the share of each feature in what the forest of complete files explains, largest first."""
        pattern = self._told(self._values).any(0)
        names = np.array(self.columns)[self._kept(pattern)]
        return pd.Series(self._forest(pattern).feature_importances_, names).sort_values(ascending=False)

    def _told(self, values: np.ndarray) -> np.ndarray:
        """Return (n, group) whether a map tells the first feature of each group that is looked at."""
        firsts = [self.columns.index(g[0]) for g in GROUPS.values() if g[0] in self.columns]
        return np.isfinite(values[:, firsts])

    def _kept(self, pattern: np.ndarray) -> np.ndarray:
        """Return the indices of the columns that stay when only these groups are told."""
        groups = [g for g in GROUPS.values() if g[0] in self.columns]
        out = {name for told, group in zip(pattern, groups, strict=True) if not told for name in group}
        return np.array([k for k, name in enumerate(self.columns) if name not in out], int)

    def _forest(self, pattern: np.ndarray) -> ExtraTreesRegressor:
        with self._lock:
            key = tuple(bool(p) for p in pattern)
            if key not in self._forests:
                forest = ExtraTreesRegressor(
                    self.trees,
                    min_samples_leaf=self.leaf,
                    max_features=SHARE,
                    random_state=self.seed,
                    n_jobs=1,
                )
                self._forests[key] = forest.fit(self._values[:, self._kept(pattern)], self._truth)
            return self._forests[key]


class _Space:
    """Standardised features: where a map lies among those learnt from; what a map does not tell is the mean."""

    def __init__(self, train: Examples, columns: tuple[str, ...], seed: int) -> None:
        self.columns = columns
        rows = np.sort(np.random.default_rng(seed).permutation(len(train))[:PAST])
        table = train.features.reindex(columns=list(columns)).iloc[rows]
        values = _logged(table)
        with np.errstate(invalid="ignore"):
            known = np.isfinite(values).any(0)
            self.mean, self.std = np.zeros(values.shape[1]), np.ones(values.shape[1])
            self.mean[known] = np.nanmean(values[:, known], axis=0)
            spread = np.nanstd(values[:, known], axis=0)
        self.std[known] = np.where(spread > 1e-6, spread, 1)
        latent = self.place(table)
        self._near = NearestNeighbors().fit(latent)
        self.limit = float(np.quantile(_to_others(latent, train.block[rows]), 0.99))

    def place(self, table: pd.DataFrame) -> np.ndarray:
        return np.nan_to_num((_logged(table) - self.mean) / self.std, nan=0.0).astype(np.float32)

    def distance(self, latent: np.ndarray) -> np.ndarray:
        return self._near.kneighbors(latent, 1)[0][:, 0] if len(latent) else np.zeros(0)


def _logged(table: pd.DataFrame) -> np.ndarray:
    """Return features, those that spread over decades as log(1 + x)."""
    long = [c for c in table if c in ("mean", "peak", "cells", "cell_area") or c.startswith(("wet_", "age"))]
    return table.assign(**{c: np.log1p(table[c].clip(lower=0)) for c in long}).to_numpy(float)


def _to_others(latent: np.ndarray, block: np.ndarray) -> np.ndarray:
    """Return the distance (n,) of each map to the nearest map of another block (its own look like it)."""
    found = np.full(len(latent), np.nan)
    square = (latent**2).sum(1)
    for start in range(0, len(latent), 500):
        part = slice(start, start + 500)
        apart = square[part, None] + square - 2 * latent[part] @ latent.T
        apart[block[part, None] == block] = np.inf
        found[part] = np.sqrt(np.maximum(apart.min(1), 0))
    # With one block alone there is no other.
    return np.where(np.isfinite(found), found, 0)


def age_only(train: Examples, *, aware: bool = True, seed: int = 0, progress: Progress = silent) -> Forest:
    """Return the model that knows how old and how good IMERG says its observations are, and never sees the rain.

    A map that does not tell both gets NaN.

    Raises:
        InputError: ``rain_few_examples``.
    """
    return Forest(train, AGES, AGES, leaf=20, trees=100, seed=seed)


def forest(train: Examples, *, aware: bool = True, seed: int = 0, progress: Progress = silent) -> Forest:
    """Return the hard baseline: a forest on all hand features, age and quality included.

    Raises:
        InputError: ``rain_few_examples``.
    """
    left_out = GROUPS["after"] if train.real_time else ()
    return Forest(train, tuple(f for f in FEATURES if f not in left_out), seed=seed)


class Components:
    """The internship's baseline: principal components of the map, k-means on them, mean scores of clusters."""

    grid = None

    def __init__(self, train: Examples, clusters: int, seed: int) -> None:
        enough(train)
        self.clusters = clusters
        values = coarse(train)
        self.side = round(values.shape[1] ** 0.5)
        self.components = PCA(COMPONENTS, svd_solver="randomized", random_state=seed).fit(values)
        latent = self.components.transform(values)
        self.means = KMeans(clusters, n_init=4, random_state=seed).fit(latent)
        truth = train.scores.reindex(columns=list(TARGETS)).reset_index(drop=True).astype(float)
        found = truth.groupby(self.means.labels_).mean().reindex(range(clusters))
        self.scores = found.fillna(truth.mean())
        self.count = np.bincount(self.means.labels_, minlength=clusters)
        self.limit = float(np.quantile(self.means.transform(latent).min(1), 0.99))

    def predict(self, examples: Examples) -> Prediction:
        """See :class:`eogen.rain.protocol.Model`."""
        latent = self.components.transform(coarse(examples))
        apart = self.means.transform(latent)
        cluster = apart.argmin(1)
        scores = self.scores.iloc[cluster].reset_index(drop=True)
        return Prediction(scores, cluster, scores, apart.min(1), latent.astype(np.float32))

    def prototypes(self) -> np.ndarray:
        """Return (cluster, side, side) mm h-1 of the centres, north up, at the side components were taken at."""
        maps = self.components.inverse_transform(self.means.cluster_centers_)
        return rain_of(maps.reshape(-1, self.side, self.side))


def pca_kmeans(
    train: Examples,
    *,
    aware: bool = False,
    seed: int = 0,
    progress: Progress = silent,
    clusters: int = CLUSTERS,
) -> Components:
    """Return PCA and k-means on the map alone.

    Raises:
        InputError: ``rain_few_examples``.
    """
    return Components(train, clusters, seed)


def coarse(examples: Examples) -> np.ndarray:
    """Return (n, COARSE * COARSE) float32 block means of ``now``."""
    now = examples.frames[:, NOW].astype(np.float32)
    if now.shape[-1] > COARSE:
        now = now.reshape(len(now), COARSE, now.shape[-1] // COARSE, COARSE, -1).mean((2, 4))
    return now.reshape(len(now), -1)


__all__ = ["Components", "Forest", "age_only", "coarse", "forest", "pca_kmeans", "wet_fraction"]
