"""Counts of a map of yes and no against a label, by pixel and by object, and what is made of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import label as components


@dataclass(frozen=True)
class Table:
    """The four counts of a map of yes and no.

    Attributes:
        hit, alarm, miss, rest: changed and called; unchanged and called; changed and not called; neither.
    """

    hit: float
    alarm: float
    miss: float
    rest: float

    def __add__(self, other: Table) -> Table:
        return Table(
            self.hit + other.hit, self.alarm + other.alarm, self.miss + other.miss, self.rest + other.rest
        )

    @property
    def f1(self) -> float:
        """Return the F1 of the change class (0 when nothing is called but something has changed)."""
        return _ratio(2 * self.hit, 2 * self.hit + self.alarm + self.miss)

    @property
    def mean_f1(self) -> float:
        """Return the mean of the F1 of both classes: what some papers call F1; far greater where change is rare."""
        return (self.f1 + _ratio(2 * self.rest, 2 * self.rest + self.alarm + self.miss)) / 2

    @property
    def iou(self) -> float:
        """Return intersection over union of the change class."""
        return _ratio(self.hit, self.hit + self.alarm + self.miss)

    @property
    def precision(self) -> float:
        """Return the share of called pixels that have changed."""
        return _ratio(self.hit, self.hit + self.alarm)

    @property
    def recall(self) -> float:
        """Return the share of changed pixels that are called."""
        return _ratio(self.hit, self.hit + self.miss)

    @property
    def false_alarms(self) -> float:
        """Return the share of unchanged pixels that are called."""
        return _ratio(self.alarm, self.alarm + self.rest)


def table(called: np.ndarray, labels: np.ndarray) -> Table:
    """Return the four counts of calls and labels (n,), both bool."""
    y, c = np.asarray(labels, bool), np.asarray(called, bool)
    hit, alarm = float((c & y).sum()), float((c & ~y).sum())
    return Table(hit, alarm, float(y.sum()) - hit, float((~y).sum()) - alarm)


def _ratio(part: float, whole: float) -> float:
    return float(part / whole) if whole > 0 else float("nan")


@dataclass(frozen=True)
class Objects:
    """Objects found; counts add up over images.

    Attributes:
        found: objects of the truth that some called object overlaps enough.
        truth: objects of the truth.
        right: called objects that overlap some object of the truth enough.
        called: called objects.
    """

    found: int
    truth: int
    right: int
    called: int

    def __add__(self, other: Objects) -> Objects:
        return Objects(
            self.found + other.found,
            self.truth + other.truth,
            self.right + other.right,
            self.called + other.called,
        )

    @property
    def recall(self) -> float:
        """Return the share of true objects found."""
        return _ratio(self.found, self.truth)

    @property
    def precision(self) -> float:
        """Return the share of called objects that are right."""
        return _ratio(self.right, self.called)


def objects(called: np.ndarray, truth: np.ndarray, overlap: float, least: int = 1) -> Objects:
    """Return how many connected objects are found, two maps (y, x) bool being compared.

    Args:
        called: what the rule says.
        truth: what has changed.
        overlap: least intersection over union of a pair of objects.
        least: smaller called objects (pixels) are left out.
    """
    one, ones = components(called)
    two, twos = components(truth)
    big, small = (
        np.bincount(one.ravel(), minlength=ones + 1)[1:],
        np.bincount(two.ravel(), minlength=twos + 1)[1:],
    )
    kept = big >= least
    both = (one > 0) & (two > 0)
    joint, count = np.unique(one[both].astype(np.int64) * (twos + 1) + two[both], return_counts=True)
    a, b = joint // (twos + 1) - 1, joint % (twos + 1) - 1
    enough = (count / (big[a] + small[b] - count) >= overlap) & kept[a]
    return Objects(len(np.unique(b[enough])), twos, len(np.unique(a[enough])), int(kept.sum()))
