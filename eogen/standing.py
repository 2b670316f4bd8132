"""Who leads one measure, whether clearly, and by how much a target is missed."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from eogen.results import Figure


@dataclass(frozen=True)
class Standing:
    """One measure of several methods on one data set.

    Attributes:
        ranked: figures with a value, the best first; in their given order where neither direction is good.
        best: the first of them; None where no direction is good or nothing has a value.
        second: the next one.
        clear: whether the intervals of the first two are apart; None where one of them is unknown.
        baseline: the best of the baselines, where there is one.
    """

    ranked: tuple[Figure, ...]
    best: Figure | None
    second: Figure | None
    clear: bool | None
    baseline: Figure | None

    @property
    def baseline_leads(self) -> bool:
        """Whether a baseline is the best of all."""
        return self.best is not None and self.best is self.baseline

    def clear_of(self, figure: Figure | None) -> bool | None:
        """Return whether the best one's interval is apart from that of ``figure``."""
        return None if self.best is None or figure is None else apart(self.best, figure)


def standing(figures: Iterable[Figure], is_baseline: Callable[[str], bool]) -> Standing:
    """Rank one measure.

    Args:
        figures: of the same name on the same data set, a method each.
        is_baseline: whether a method is a baseline.
    """
    known = [f for f in figures if f.value is not None and math.isfinite(f.value)]
    better = next((f.better for f in known if f.better is not None), None)
    if better is None:
        return Standing(tuple(known), None, None, None, None)
    sign = 1 if better == "lower" else -1
    ranked = sorted(known, key=lambda f: sign * f.value)  # type: ignore[operator]
    best, second = (*ranked, None, None)[:2]
    return Standing(
        ranked=tuple(ranked),
        best=best,
        second=second,
        clear=apart(best, second) if best and second else None,
        baseline=next((f for f in ranked if is_baseline(f.method)), None),
    )


def has_interval(figure: Figure) -> bool:
    """Return whether a figure has an interval; one of no width is none: a bootstrap of one case gives it."""
    return figure.low is not None and figure.high is not None and figure.low < figure.high


def apart(a: Figure, b: Figure) -> bool | None:
    """Return whether two intervals do not overlap; None where one is unknown.

    Intervals that overlap may still differ by a paired test: this is the careful answer.
    """
    if not (has_interval(a) and has_interval(b)):
        return None
    return a.high < b.low or b.high < a.low  # type: ignore[operator]


def short_of(figure: Figure) -> float | None:
    """Return by how much a figure misses its target, in its unit, positive; None where it does not."""
    if figure.reached is not False:
        return None
    return abs(figure.value - figure.target)  # type: ignore[operator]


def holds_target(figure: Figure) -> bool | None:
    """Return whether the interval of a figure holds its target; None without interval or target."""
    if figure.target is None or not has_interval(figure):
        return None
    return figure.low <= figure.target <= figure.high  # type: ignore[operator]
