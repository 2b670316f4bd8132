"""The covariance put to the test: some observed cells are hidden under other dates' clouds, and the best guess is kept.

The fit to the pairs (:mod:`eogen.ocean.covariance`) is where the search starts; durations, lengths and the
nugget are then moved, one at a time, as long as the hidden cells are told better. The same trial gives the
calibration of the spread.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from eogen.errors import InputError
from eogen.ocean.background import background, restlessness
from eogen.ocean.calibrate import IDENTITY, Calibration, calibrated
from eogen.ocean.covariance import Covariance, fitted
from eogen.ocean.holdout import cloud_shaped
from eogen.ocean.kriging import SHARED, Interpolator
from eogen.ocean.problem import Problem
from eogen.progress import Progress, silent

#: Frames tried at least and at most, blocks of cells told in all and in each, side of a frame's window (pixels), and
#: the gain that makes a move worth while.
FEWEST, MOST, ALL_BLOCKS, BLOCKS, SIDE, GAIN = 16, 60, 2000, 100, 96, 0.995


@dataclass(frozen=True)
class Guess:
    """A covariance with multipliers of its fit."""

    covariance: Covariance
    length: float = 1.0
    duration: float = 1.0
    nugget: float = 1.0

    def settled(self) -> Covariance:
        """Return the covariance itself."""
        c = self.covariance
        return Covariance(
            c.variance, c.length * self.length, c.duration * self.duration, c.nugget * self.nugget
        )


MOVES: tuple[tuple[str, tuple[float, ...]], ...] = (
    ("duration", (2.0, 0.5)),
    ("length", (0.55, 1.8)),
    ("nugget", (0.3, 2.5)),
    ("duration", (1.5, 0.7)),
)


@dataclass(frozen=True)
class Trial:
    """A window, one of its frames, and the hidden cells that are told there."""

    process: Interpolator
    target: int
    cells: np.ndarray
    truth: np.ndarray
    distance: np.ndarray

    def told(self, guess: Guess) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return errors and standard deviations in the variable's units, and distances, each (n,)."""
        process = replace(self.process, covariance=guess.settled())
        at, mean, sd = process.believed(self.target, self.cells)
        y, x = at.T
        scale = process.ground.scale[y, x]
        anomaly = (self.truth[y, x] - process.ground.usual[self.target, y, x]) / scale
        return (anomaly - mean) * scale, sd * scale, self.distance[y, x]


def tuned(
    problem: Problem, targets: np.ndarray, seed: int = 0, progress: Progress = silent
) -> tuple[Guess, Calibration]:
    """Return the best guess and the calibration of its spread; the plain fit where nothing can be withheld."""
    rng = np.random.default_rng((seed, 11))
    blocks = min(-(-problem.sea.size // (4 * SHARED**2)), BLOCKS)
    frames = int(np.clip(ALL_BLOCKS // blocks, FEWEST, MOST))
    tried = np.sort(rng.permutation(targets)[:frames])
    try:
        fold = cloud_shaped(problem.observed, problem.sea, tried, rng)
    except InputError:
        ground = background(problem)
        return Guess(fitted(ground.anomaly, problem.days, problem.pixel, rng)), IDENTITY
    less = problem.without(fold.held)
    ground = background(less)
    first = [Guess(fitted(ground.anomaly, less.days, less.pixel, rng, offset=o)) for o in (False, True)]
    whole = Interpolator(less, ground, restlessness(ground.anomaly, less.sea), first[0].covariance)
    trials = [_trial(problem, whole, int(t), fold.held[t], rng) for t in fold.targets]
    best, loss = first[0], np.inf
    steps = [("offset", first), *((name, factors) for name, factors in MOVES)]
    for k, (name, factors) in enumerate(steps):
        progress(k, len(steps), "fit")
        if name == "offset":
            options = list(factors)
        else:
            options = [replace(best, **{name: getattr(best, name) * f}) for f in factors]
        for option in options:
            tells = _loss(trials, option)
            if tells < loss * (GAIN if np.isfinite(loss) else 1.0):
                best, loss = option, tells
    parts = [trial.told(best) for trial in trials]
    return best, calibrated(*(np.concatenate(part) for part in zip(*parts, strict=True)))


def _loss(trials: list[Trial], guess: Guess) -> float:
    errors = np.concatenate([trial.told(guess)[0] for trial in trials])
    return float((errors**2).mean())


def _trial(
    problem: Problem, whole: Interpolator, target: int, held: np.ndarray, rng: np.random.Generator
) -> Trial:
    """Return a window around a random hidden cell of the frame, and some blocks of hidden cells in it."""
    y, x = np.argwhere(held)[rng.integers(held.sum())]
    rows, columns = (_window(at, size) for at, size in zip((y, x), held.shape, strict=True))
    hidden = np.argwhere(held[rows, columns])
    block = hidden // SHARED @ np.array([1 << 20, 1])
    kept = rng.permutation(np.unique(block))[:BLOCKS]
    return Trial(
        whole.cut(rows, columns),
        target,
        hidden[np.isin(block, kept)],
        problem.values[target, rows, columns],
        whole.problem.gap_distance(target)[rows, columns],
    )


def _window(centre: int, size: int) -> slice:
    low = int(np.clip(centre - SIDE // 2, 0, max(size - SIDE, 0)))
    return slice(low, low + SIDE)
