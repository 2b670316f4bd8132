"""What learns the score of an hour from few real days: the fixed list that the evaluation reports whole.

All choose their own strength from the days they are given, by leaving out each of those days in turn (ridge) or by the
likelihood (Gaussian process); nobody sees the day that is predicted.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from sklearn.ensemble import RandomForestRegressor

from eogen.rain.frames import NOW
from eogen.rain.gauged import Hours

#: Strengths of the ridge, in units of the number of hours; lengths (in standard deviations a feature) and noises of the
#: Gaussian process.
STRENGTHS = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
LENGTHS, NOISES = (0.5, 1.0, 2.0, 4.0, 8.0), (0.2, 0.4, 0.6, 0.8, 0.95)
#: Principal components of the maps; trees of the forests and their smallest leaf.
COMPONENTS, TREES, LEAF = 16, 100, 5

#: ``(train rows, new rows, hours, truth (n, target), seed) -> predictions (new, target)``
Learner = Callable[[np.ndarray, np.ndarray, Hours, np.ndarray, int], np.ndarray]


def scaled(table: np.ndarray, train: np.ndarray) -> np.ndarray:
    """Return columns with mean 0 and spread 1 on training rows, what is not known at the mean, at most 4 off."""
    known = np.isfinite(table[train])
    mean = np.where(known, table[train], 0).sum(0) / np.maximum(known.sum(0), 1)
    spread = np.sqrt(np.where(known, (table[train] - mean) ** 2, 0).sum(0) / np.maximum(known.sum(0), 1))
    scaled_table = (table - mean) / np.where(spread > 1e-9, spread, 1)
    return np.clip(np.nan_to_num(scaled_table, nan=0.0), -4, 4)


def ridge(x: np.ndarray, y: np.ndarray, day: np.ndarray, new: np.ndarray) -> np.ndarray:
    """Return predictions (new, target) of ridge regression whose strength did best on days left out, a target each.

    Args:
        x: (n, feature) scaled; y: (n, target), NaN where unknown; day: (n,); new: (m, feature).
    """
    found = np.empty((len(new), y.shape[1]))
    for good, columns in _alike(y):
        a, b, when = x[good], y[np.ix_(good, columns)], day[good]
        errors = np.zeros((len(STRENGTHS), len(columns)))
        for left in np.unique(when):
            inside = when != left
            if inside.sum() > 2:
                said = _ridges(a[inside], b[inside], a[~inside])
                errors += np.square(said - b[~inside]).sum(1)
        said = _ridges(a, b, new)
        found[:, columns] = said[errors.argmin(0), :, np.arange(len(columns))].T
    return found


def _alike(y: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return (rows that are known, columns) of the columns of y (n, target) that are known in the same rows."""
    patterns, which = np.unique(np.isfinite(y), axis=1, return_inverse=True)
    return [
        (np.flatnonzero(patterns[:, k]), np.flatnonzero(which.reshape(-1) == k))
        for k in range(patterns.shape[1])
    ]


def _ridges(x: np.ndarray, y: np.ndarray, new: np.ndarray) -> np.ndarray:
    """Return predictions (strength, new, target)."""
    centre, mean = x.mean(0), y.mean(0)
    u, s, v = np.linalg.svd(x - centre, full_matrices=False)
    projected, onto = u.T @ (y - mean), (new - centre) @ v.T
    shrunk = [(s / (s * s + strength * len(x)))[:, None] * projected for strength in STRENGTHS]
    return np.array([mean + onto @ each for each in shrunk])


def gaussian_process(x: np.ndarray, y: np.ndarray, new: np.ndarray) -> np.ndarray:
    """Return predictions (new, target) of a Gaussian process with the length and noise of the greatest likelihood.

    The kernel is a squared exponential of the mean squared difference of features; Rasmussen & Williams 2006, Gaussian
    Processes for Machine Learning, equations 2.23 and 2.30.
    """
    found = np.empty((len(new), y.shape[1]))
    for good, columns in _alike(y):
        a, b = x[good], y[np.ix_(good, columns)]
        mean, spread = b.mean(0), np.where(b.std(0) > 0, b.std(0), 1)
        z, inside, across = (b - mean) / spread, _apart(a, a), _apart(new, a)
        least = np.full(len(columns), np.inf)
        for length in LENGTHS:
            values, vectors = np.linalg.eigh(np.exp(-inside / (2 * length**2)))
            turned, reach = vectors.T @ z, np.exp(-across / (2 * length**2)) @ vectors
            for noise in NOISES:
                spectrum = ((1 - noise) * values.clip(0) + noise)[:, None]
                cost = (turned**2 / spectrum).sum(0) + np.log(spectrum).sum()
                said = mean + spread * (1 - noise) * (reach @ (turned / spectrum))
                better = cost < least
                least = np.where(better, cost, least)
                found[:, columns[better]] = said[:, better]
    return found


def _apart(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return the mean squared difference of features (n, m)."""
    far = np.square(a).sum(1)[:, None] + np.square(b).sum(1)[None] - 2 * a @ b.T
    return far.clip(0) / a.shape[1]


def forest(x: np.ndarray, y: np.ndarray, new: np.ndarray, seed: int) -> np.ndarray:
    """Return predictions (new, target) of one forest for all targets (Breiman 2001), those unknown at their mean."""
    mean = np.nanmean(y, 0)
    spread = np.where(np.nanstd(y, 0) > 0, np.nanstd(y, 0), 1)
    model = RandomForestRegressor(TREES, min_samples_leaf=LEAF, max_features=0.4, random_state=seed)
    model.fit(x, np.nan_to_num((y - mean) / spread, nan=0.0))
    return model.predict(new).reshape(len(new), -1) * spread + mean


def principal(hours: Hours, train: np.ndarray) -> np.ndarray:
    """Return (n, component) of the maps in the principal components of the training rows."""
    maps = hours.frames[:, NOW].astype(np.float64).reshape(len(hours), -1)
    centre = maps[train].mean(0)
    _, _, axes = np.linalg.svd(maps[train] - centre, full_matrices=False)
    return (maps - centre) @ axes[:COMPONENTS].T


def _with(table: Callable[[Hours, np.ndarray], np.ndarray], learner: str) -> Learner:
    def run(train: np.ndarray, new: np.ndarray, hours: Hours, truth: np.ndarray, seed: int) -> np.ndarray:
        x = scaled(table(hours, train), train)
        if learner == "ridge":
            return ridge(x[train], truth[train], hours.day[train], x[new])
        if learner == "process":
            return gaussian_process(x[train], truth[train], x[new])
        return forest(x[train], truth[train], x[new], seed)

    return run


def _wet(hours: Hours, _: np.ndarray) -> np.ndarray:
    return hours.features[["wet"]].to_numpy(float)


def _map(hours: Hours, _: np.ndarray) -> np.ndarray:
    return hours.features.to_numpy(float)


def _both(hours: Hours, _: np.ndarray) -> np.ndarray:
    return np.hstack([hours.features.to_numpy(float), hours.at_stations.to_numpy(float)])


#: Name -> learner.
LEARNERS: dict[str, Learner] = {
    "wet_fraction": _with(_wet, "ridge"),
    "map_ridge": _with(_map, "ridge"),
    "map_forest": _with(_map, "forest"),
    "pca_ridge": _with(principal, "ridge"),
    "stations_ridge": _with(_both, "ridge"),
    "stations_forest": _with(_both, "forest"),
    "stations_process": _with(_both, "process"),
}
