"""Which picture is real? The cases, the order of the sides, and what the answers say. No drawing here.

On each case a real observation and a member of a method show the same cells, on one scale, under one mask. The sides
are dealt in blocks of ten, five and five, so that someone who always presses the same key is right half of the time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd
from scipy.stats import beta

from eogen.ocean.trial import Trial

#: Cases dealt together, half of them with the real picture on the left.
BLOCK = 10
#: Cells a side of what is shown, and the fewest hidden ones there for a case to be worth judging.
WINDOW, LEAST = 36, 150
#: Windows that are enough for a test: with fewer, emptier ones are taken too.
ENOUGH = 8
#: Columns of the file of answers; ``left`` and ``right`` say ``real`` or the method's name.
COLUMNS = ("time", "case", "left", "right", "answer", "correct", "seconds")


@dataclass(frozen=True)
class Case:
    """One question.

    Attributes:
        name: stable: data, frame, place, method, member.
        frame: position among the trial's frames.
        rows: first and last row (exclusive) of the window.
        columns: first and last column (exclusive).
        member: which draw.
        real_left: whether the observation is on the left.
    """

    name: str
    frame: int
    rows: tuple[int, int]
    columns: tuple[int, int]
    member: int
    real_left: bool


@dataclass(frozen=True)
class Answer:
    """One answer; the fields are the columns of the file (:data:`COLUMNS`), ``answer`` ``"left"`` or ``"right"``."""

    time: str
    case: str
    left: str
    right: str
    answer: str
    correct: bool
    seconds: float


def sides(count: int, seed: int) -> np.ndarray:
    """Return (count,) bool, whether the real picture is on the left: balanced in every block of :data:`BLOCK`."""
    rng = np.random.default_rng((seed, 11))
    blocks = [rng.permutation(np.arange(BLOCK) % 2 == 0) for _ in range(-(-count // BLOCK))]
    return np.concatenate(blocks)[:count] if blocks else np.zeros(0, bool)


def deal(trial: Trial, seed: int, count: int = 40) -> list[Case]:
    """Return cases in a random order: windows where many cells were hidden, frames and members in turn.

    Args:
        trial: with ``drawn`` members.
        seed: of places, order and sides.
        count: of cases at most.
    """
    if trial.drawn is None:
        return []
    rng = np.random.default_rng((seed, 7))
    tall, wide = (min(WINDOW, n) for n in trial.held.shape[1:])
    places: list[tuple[int, int, int]] = []
    for least in (tall * wide // 2, tall * wide // 3, LEAST):  # as full as the clouds allow
        found_here = [_windows(trial.held[k], k, tall, wide, least) for k in range(len(trial.frames))]
        places = [place for some in found_here for place in some]
        if len(places) >= ENOUGH:
            break
    if not places:
        return []
    order = [places[i] for i in rng.permutation(len(places))]
    left, found = sides(count, seed), []
    for i in range(min(count, len(order) * len(trial.drawn))):
        frame, row, column = order[i % len(order)]
        member = (i // len(order) + i) % len(trial.drawn)
        digest = trial.signature.sha256[:8]
        name = f"{digest}-f{trial.frames[frame]}-r{row}-c{column}-{trial.method}-m{member}"
        found.append(Case(name, frame, (row, row + tall), (column, column + wide), member, bool(left[i])))
    return found


def _windows(held: np.ndarray, frame: int, tall: int, wide: int, least: int) -> list[tuple[int, int, int]]:
    """Return windows of one frame, half overlapping, with at least ``least`` hidden cells."""
    sums = np.pad(held.astype(int).cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    found = []
    for row in steps(held.shape[0], tall):
        for column in steps(held.shape[1], wide):
            end, last = row + tall, column + wide
            count = sums[end, last] - sums[row, last] - sums[end, column] + sums[row, column]
            if count >= min(least, tall * wide // 2):
                found.append((frame, row, column))
    return found


def steps(length: int, size: int) -> list[int]:
    """Return where windows of a size start along an axis: half overlapping, the last one at the end."""
    return sorted({*range(0, length - size + 1, max(size // 2, 1)), length - size})


def pictures(trial: Trial, observed: np.ndarray, case: Case) -> tuple[np.ndarray, np.ndarray]:
    """Return (real, member), each (row, column): what was hidden, and nothing else.

    Args:
        trial: the cases' own.
        observed: (time, lat, lon) the cube it was made on.
        case: which.
    """
    assert trial.drawn is not None
    window = (slice(*case.rows), slice(*case.columns))
    hidden = trial.held[case.frame][window]
    real = observed[trial.frames[case.frame]][window]
    member = trial.drawn[case.member, case.frame][window]
    return np.where(hidden, real, np.nan), np.where(hidden, member, np.nan)


@dataclass(frozen=True)
class Tally:
    """How often the real picture was recognised.

    Attributes:
        n: answers.
        correct: right ones.
        low: of the 95 % interval of the share (Clopper & Pearson 1934).
        high: its other end.
        left: how often the left one was chosen.
    """

    n: int
    correct: int
    low: float
    high: float
    left: int

    @property
    def verdict(self) -> str:
        """Return ``"fooled"`` (chance is inside the interval), ``"seen"`` (above it) or ``"reversed"`` (below)."""
        return "seen" if self.low > 0.5 else "reversed" if self.high < 0.5 else "fooled"


def tally(answers: Sequence[Answer]) -> Tally:
    """Return the count of right answers with its exact binomial interval."""
    n, k = len(answers), sum(a.correct for a in answers)
    low = float(beta.ppf(0.025, k, n - k + 1)) if k else 0.0
    high = float(beta.ppf(0.975, k + 1, n - k)) if k < n else 1.0
    return Tally(n, k, low, high, sum(a.answer == "left" for a in answers))


def table(answers: Sequence[Answer]) -> pd.DataFrame:
    """Return the answers, one row each, in the columns of :data:`COLUMNS`."""
    return pd.DataFrame([asdict(a) for a in answers], columns=list(COLUMNS))
