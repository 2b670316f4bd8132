"""What the parts of the experiment on series share: where they write, and intervals by groups of parcels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from eogen.landcover.series.folds import OutOfFold
from eogen.landcover.series.scores import Score
from eogen.progress import Progress, silent
from eogen.results import Figure, Report

#: Draws of the bootstraps.
DRAWS = 1000
BY_GROUP = "Interval: bootstrap over groups of neighbouring parcels."


@dataclass
class Bench:
    """What every part of the experiment is given.

    Attributes:
        report: that is written.
        root: folder of real data.
        seed: of folds, fits, choices of parcels and bootstraps.
        quick: the forest and shapelets alone, few parcels.
        progress: stages ``folds``, ``explaining``, ``simulate``.
        values: what means were taken of: (figure, method, data set) -> values (n,) and their groups (n,).
    """

    report: Report
    root: Path
    seed: int = 0
    quick: bool = False
    progress: Progress = silent
    values: dict[tuple[str, str, str], tuple[np.ndarray, np.ndarray]] = field(default_factory=dict)

    def absent(self, sentence: str) -> None:
        """Say once what could not be measured."""
        if sentence not in self.report.absent:
            self.report.absent.append(sentence)

    def add(self, *figures: Figure) -> None:
        """Write figures."""
        self.report.figures += figures

    def add_mean(
        self, name: str, method: str, dataset: str, values: Sequence[float], group: np.ndarray, **more: Any
    ) -> Figure:
        """Write, and return, the mean of values (n,) with its interval by group (n,); keywords as of :func:`scored`."""
        self.values[name, method, dataset] = np.asarray(values, np.float64), np.asarray(group)
        found = averaged(name, method, dataset, values, group, seed=self.seed, **more)
        self.add(found)
        return found


def mean_by_group(values: Sequence[float], group: np.ndarray, *, draws: int = DRAWS, seed: int = 0) -> Score:
    """Return the mean of values (n,) and its 95 % percentile interval over draws of whole groups (n,); NaN left out.

    The interval is NaN for fewer than two groups.
    """
    values = np.asarray(values, np.float64)
    kept = np.isfinite(values)
    if not kept.any():
        return Score(float("nan"), float("nan"), float("nan"))
    _, which = np.unique(np.asarray(group)[kept], return_inverse=True)
    total, size = np.bincount(which, values[kept]), np.bincount(which)
    mean = float(values[kept].mean())
    if len(size) < 2:
        return Score(mean, float("nan"), float("nan"))
    rows = np.random.default_rng(seed).integers(0, len(size), (draws, len(size)))
    low, high = np.quantile(total[rows].sum(1) / size[rows].sum(1), [0.025, 0.975])
    return Score(mean, float(low), float(high))


def scored(
    name: str, method: str, dataset: str, score: Score, n: int, *, better: Any = "higher", note: str = BY_GROUP,
    **more: Any,
) -> Figure:  # fmt: skip
    """Return a figure of a score; what is not finite is None, and its note says so."""
    number = lambda v: float(v) if np.isfinite(v) else None
    low, high = number(score.low), number(score.high)
    if low is None or high is None:
        low = high = None
    if number(score.value) is None:
        note = f"Not defined here. {note}".strip()
    return Figure(
        name, method, dataset, number(score.value), low, high, int(n), better=better, note=note, **more
    )


def averaged(
    name: str, method: str, dataset: str, values: Sequence[float], group: np.ndarray, *, seed: int = 0, **more: Any
) -> Figure:  # fmt: skip
    """Return the figure of the mean of values (n,) with its interval by group (n,); keywords as of :func:`scored`."""
    n = int(np.isfinite(np.asarray(values, np.float64)).sum())
    return scored(name, method, dataset, mean_by_group(values, group, seed=seed), n, **more)


def once(
    probability: np.ndarray, label: np.ndarray, group: np.ndarray, classes: Sequence[str]
) -> OutOfFold:  # fmt: skip
    """Return answers (n, class) to parcels that no fit saw, as one repeat of one fold: what scores take."""
    n = len(label)
    return OutOfFold(
        np.asarray(probability, np.float32)[None], np.asarray(label, np.int64), np.asarray(group),
        np.zeros((1, n), np.int64), np.arange(n), tuple(classes), 0.0,
    )  # fmt: skip
