"""From predictions to figures: skill, intervals, clusters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import davies_bouldin_score, silhouette_score

from eogen.rain.collapse import of_labels
from eogen.rain.conformal import coverage
from eogen.rain.protocol import Prediction
from eogen.rain.skill import skill
from eogen.rain.som_scores import topographic_error
from eogen.results import Figure

#: Draws of the bootstraps; most maps whose silhouette is taken, which asks every pair of them.
DRAWS, SILHOUETTE = 200, 1500
LEVEL = 0.95
_DAYS = "Interval: bootstrap over days."
#: What the issue asked of intervals and slopes: 80 % within 5 points, a slope within 0.1 of 1.
COVERAGE_OFF, SLOPE_OFF = 0.05, 0.1


@dataclass(frozen=True)
class Said:
    """Whose figures they are.

    Attributes:
        method, dataset: as in the figure.
        seconds: of predicting.
        targets: figure -> number to reach.
        note: put behind every note.
    """

    method: str
    dataset: str
    seconds: float = 0.0
    targets: Mapping[str, float] | None = None
    note: str = ""

    def figure(
        self, name: str, value: float, ends: tuple[float, float] = (np.nan, np.nan), n: int = 0,
        better: Any = "higher", note: str = "", unit: str = "1",
    ) -> Figure:  # fmt: skip
        """Return one figure; what is not finite is None."""
        number = lambda v: float(v) if v is not None and np.isfinite(v) else None
        low, high = (number(e) for e in ends)
        if low is None or high is None:
            low = high = None
        target = (self.targets or {}).get(name)
        note = f"{note} {self.note}".strip()
        if number(value) is None and not note:
            note = "Not defined on these maps."
        return Figure(name, self.method, self.dataset, number(value), low, high, int(n), unit, round(self.seconds, 2),
                      target, better, note)  # fmt: skip


def skills(
    said: Said,
    truth: pd.DataFrame,
    predicted: pd.DataFrame,
    time: np.ndarray,
    *,
    prefix: str = "",
    seed: int = 0,
) -> Iterator[Figure]:
    """Yield R², Spearman's correlation and slope of every score that both tables have, with intervals by days."""
    for name in [n for n in predicted if n in truth]:
        y, x = truth[name].to_numpy(float), predicted[name].to_numpy(float)
        found = skill(y, x, time, LEVEL, DRAWS, seed)
        for part in ("r2", "spearman"):
            value, *ends = found[part]
            yield said.figure(f"{prefix}{part}/{name}", value, tuple(ends), found["n"], note=_DAYS)
        value, *ends = found["slope"]
        note = f"Of truth on prediction; 1 when predictions mean what they say. {_DAYS}"
        yield said.figure(f"{prefix}slope/{name}", value, tuple(ends), found["n"], None, note)
        if not prefix:
            yield said.figure(f"slope_off/{name}", abs(value - 1), n=found["n"], better="lower",
                              note="Distance of the slope from 1.")  # fmt: skip


def intervals(
    said: Said, truth: pd.DataFrame, low: pd.DataFrame, high: pd.DataFrame, time: np.ndarray, seed: int = 0
) -> Iterator[Figure]:
    """Yield how often intervals hold and how wide they are, for every score of the tables."""
    for name in low:
        found = coverage(truth[name].to_numpy(float), low[name].to_numpy(float), high[name].to_numpy(float), time,
                         LEVEL, DRAWS, seed)  # fmt: skip
        share, n = found["share"], found["n"]
        yield said.figure(f"coverage_80/{name}", share, (found["low"], found["high"]), n, None, _DAYS)
        yield said.figure(f"coverage_80_off/{name}", abs(share - 0.8), n=n, better="lower",
                          note="Distance of the share held from 80 %.")  # fmt: skip
        yield said.figure(f"width_80/{name}", found["width"], n=n, better="lower", note="Mean width.")


def clusters(
    said: Said, found: Prediction, count: int, truth: pd.DataFrame, *, points: np.ndarray | None = None,
    centres: np.ndarray | None = None, grid: tuple[int, int] | None = None, seed: int = 0,
) -> Iterator[Figure]:  # fmt: skip
    """Yield what clusters are worth: how far apart, how even, and how much of the scores' variance they explain.

    Args:
        found: with ``cluster``.
        count: of clusters.
        truth: true scores.
        points: (n, d) in which plain distance is the model's own; the latent by default.
        centres: (cluster, d) among them, for a map of cells of ``grid``.
        seed: of the maps whose silhouette is taken.
    """
    labels, n = found.cluster, len(found.cluster)
    points = found.latent if points is None else points
    facts = of_labels(labels, count)
    yield said.figure(
        "largest_cluster", facts.largest, n=n, better="lower", note="Share of the maps it holds."
    )
    yield said.figure("empty_clusters", facts.empty, n=n, better="lower")
    yield said.figure("effective_clusters", facts.effective, n=n, note=f"exp(entropy), of {count}.")
    yield said.figure("collapse", float(facts.alarm), n=n, better="lower",
                      note="1 where one holds too much, one is empty, or they are worth fewer than half.")  # fmt: skip
    if points is not None and len(np.unique(labels)) > 1:
        some = np.sort(np.random.default_rng(seed).permutation(n)[:SILHOUETTE])
        if len(np.unique(labels[some])) > 1:
            value = float(silhouette_score(points[some], labels[some]))
            yield said.figure("silhouette", value, n=len(some))
        yield said.figure("davies_bouldin", float(davies_bouldin_score(points, labels)), n=n, better="lower")
    for name in [t for t in found.scores if t in truth]:
        yield said.figure(f"eta2/{name}", explained(truth[name].to_numpy(float), labels), n=n,
                          note="Share of the true score's variance that lies between clusters.")  # fmt: skip
    if grid is not None and centres is not None and points is not None:
        value = topographic_error(points, centres, grid)
        yield said.figure("topographic_error", value, n=n, better="lower")


def explained(truth: np.ndarray, labels: np.ndarray) -> float:
    """Return the share (0-1) of the variance of truth (n,) between groups; NaN where it does not vary."""
    good = np.isfinite(truth)
    y, which = truth[good], labels[good]
    spread = ((y - y.mean()) ** 2).sum() if len(y) else 0.0
    if not spread:
        return float("nan")
    count = np.bincount(which)
    mean = np.bincount(which, y) / np.maximum(count, 1)
    return float((count * (mean - y.mean()) ** 2).sum() / spread)
