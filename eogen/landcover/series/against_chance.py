"""Is an explanation of one series better than chance? Its relevance gain among those of many random orders.

One series has one gain, so no standard error; but the months could have been ordered otherwise, and what random orders
gain on the same series and model is known by drawing them: a permutation test.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from eogen.landcover.sanity import Measured
from eogen.landcover.series.deletion import RANDOM, Deletion, deletion
from eogen.landcover.series.protocol import SeriesModel
from eogen.progress import Progress, silent

#: ``better``, ``unsure``, ``chance`` (no better than it) or ``worse``.
Verdict = Literal["better", "unsure", "chance", "worse"]
#: Random orders that one explanation is held against.
DRAWS = 60
#: Share of the random orders that must do worse: to be called better; to be called perhaps better.
BETTER, UNSURE = 0.95, 0.8
#: Standard errors a mean gain must lie from 0, the mean of random orders.
SIGNIFICANT = 2.0


@dataclass(frozen=True)
class AgainstChance:
    """One series' removal curves beside those of random orders.

    Attributes:
        names: of the explanations.
        removed: (step,) share of the months seen that is removed, 0 to 1.
        most, least: (name, step) probability while the most, the least important months go first.
        random: (draw, step) probability while months go at random.
        gain: (name,) symmetric relevance gain, -1..1.
        by_chance: (draw,) gains of random orders.
    """

    names: tuple[str, ...]
    removed: np.ndarray
    most: np.ndarray
    least: np.ndarray
    random: np.ndarray
    gain: np.ndarray
    by_chance: np.ndarray

    def beaten(self, name: str) -> float:
        """Return the share of random orders that gain less, equals counting half, 0..1."""
        gain = self.gain[self.names.index(name)]
        return float((self.by_chance < gain).mean() + (self.by_chance == gain).mean() / 2)

    def verdict(self, name: str) -> Verdict:
        """Return how an explanation stands against random orders of this series."""
        share = self.beaten(name)
        if share >= UNSURE:
            return "better" if share >= BETTER else "unsure"
        return "worse" if share <= 1 - BETTER else "chance"


def against_chance(
    model: SeriesModel,
    series: np.ndarray,
    target: int,
    importance: dict[str, np.ndarray],
    *,
    background: np.ndarray,
    draws: int = DRAWS,
    seed: int = 0,
    progress: Progress = silent,
) -> AgainstChance:
    """Remove months of one series in the order of each explanation, and in ``draws`` random orders.

    Args:
        model: the model that was explained.
        series: (month, band), NaN where nothing was seen.
        target: class whose probability is followed.
        importance: by name, (month,) or (month, band); equal months go in random order, averaged.
        background: (m, month, band) what takes a removed month's place.
        draws: random orders.
        seed: of the orders.
        progress: told explanation by explanation; may cancel.

    Raises:
        InputError: as :func:`eogen.landcover.series.deletion.deletion`.
    """
    many = np.repeat(np.asarray(series)[None], draws, 0)
    given = {k: np.repeat(np.asarray(v)[None], draws, 0) for k, v in importance.items() if k != RANDOM}
    found: Deletion = deletion(
        model, many, np.full(draws, target), given, background=background, seed=seed, progress=progress
    )
    names, srg = found.names[:-1], found.srg
    return AgainstChance(
        names, found.removed, found.most[:-1].mean(1), found.least[:-1].mean(1), found.most[-1],
        srg[:-1].mean(1), srg[-1],
    )  # fmt: skip


def of_many(gain: Measured) -> Verdict:
    """Return how a mean gain over series stands against chance, whose mean is 0."""
    if not gain.n or not np.isfinite(gain.error):
        return "unsure"
    if abs(gain.value) <= SIGNIFICANT * gain.error:
        return "chance"
    return "better" if gain.value > 0 else "worse"
