"""Does an explanation order the months by what the model used? Remove them in its order, and in the opposite order.

``SRG = AUC(least important first) - AUC(most important first)`` (symmetric relevance gain, Blücher et al. 2024, arXiv
2401.06654), as :mod:`eogen.landcover.faithfulness` does for parts of one image; here for many short series at once,
each its own repeat. 0 is chance whatever the background does to the model. What is removed are months, or spectral
groups of months.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from eogen.errors import InputError
from eogen.landcover.sanity import Measured
from eogen.landcover.series.coalitions import checked, groups_of, months_as_players, worth
from eogen.landcover.series.protocol import SeriesModel
from eogen.progress import Progress, silent

Parts = Literal["month", "month_group"]

#: Name of the control in results; an explanation given under it is left aside.
RANDOM = "random"


@dataclass(frozen=True)
class Deletion:
    """Removal curves of explanations over the same series.

    Attributes:
        names: of the explanations, the random control last.
        removed: (step,) share of the seen parts removed, 0 to 1.
        most, least: (name, n, step) probability of the target while the most, the least important go first.
        srg: (name, n) symmetric relevance gain of each series, -1..1.
    """

    names: tuple[str, ...]
    removed: np.ndarray
    most: np.ndarray
    least: np.ndarray

    @property
    def srg(self) -> np.ndarray:
        """Return (name, n): area under ``least`` less area under ``most``, by trapezoids."""
        return np.trapezoid(self.least - self.most, self.removed, axis=2)

    def mean(self, name: str) -> Measured:
        """Return the mean SRG of one explanation over the series, with its standard error."""
        return Measured.of(self.srg[self.names.index(name)])

    def above_random(self, name: str) -> Measured:
        """Return by how much its SRG is above the control's, series by series: the paired difference."""
        srg = self.srg
        return Measured.of(srg[self.names.index(name)] - srg[self.names.index(RANDOM)])


def deletion(
    model: SeriesModel,
    series: np.ndarray,
    target: np.ndarray,
    importance: dict[str, np.ndarray],
    *,
    background: np.ndarray,
    parts: Parts = "month",
    seed: int = 0,
    progress: Progress = silent,
) -> Deletion:
    """Remove parts in the order of each explanation and in the opposite order, beside a random order.

    Args:
        model: the model that was explained.
        series: (n, month, band), NaN where nothing was seen; unseen parts are not removed, nor counted.
        target: (n,) class whose probability is followed.
        importance: by name, (n, month) or (n, month, band). Months count with the sum over their bands; where parts
            are groups of months, an explanation of months alone gives each group the same, and ties fall at random.
        background: (m, month, band) what takes a removed part's place.
        parts: ``"month"``, or ``"month_group"``: each spectral group of each month.
        seed: of ties and of the control.
        progress: told explanation by explanation; may cancel.

    Returns:
        the curves. They cost ``2 * parts * n * m`` predictions an explanation.

    Raises:
        InputError: as :func:`eogen.landcover.series.coalitions.checked`; ``series_when_importance``.
    """
    series, target, background = checked(model, series, target, background)
    months, bands = series.shape[1:]
    players = months_as_players(months, bands)
    if parts == "month_group":
        names, group = groups_of(model.bands)
        players = np.arange(months)[:, None] * len(names) + group
    count = int(players.max()) + 1
    generator = np.random.default_rng(seed)
    scored = {name: part_scores(values, players, series.shape) for name, values in importance.items()}
    # Noise by cell, summed, would favour groups of many bands: the control is drawn part by part.
    scored.pop(RANDOM, None)
    scored[RANDOM] = generator.random((len(series), count))
    game = worth(model, series, target, background, players)
    known = np.isfinite(series).reshape(len(series), -1) @ np.eye(count)[players.ravel()]
    seen, grid = known > 0, np.linspace(0, 1, count + 1)
    curves = np.empty((len(scored), 2, len(series), count + 1))
    for i, values in enumerate(scored.values()):
        # Unseen parts come last both ways: to know the gaps is no merit of an explanation.
        tie = generator.random(values.shape)
        most = np.argsort(np.lexsort((tie, -values, ~seen), axis=1), axis=1)
        least = np.argsort(np.lexsort((-tie, values, ~seen), axis=1), axis=1)
        for way, turn in enumerate((most, least)):
            scores = game(turn[:, None] >= np.arange(count + 1)[:, None])
            for row, (score, n) in enumerate(zip(scores, seen.sum(1), strict=True)):
                curves[i, way, row] = np.interp(grid, np.arange(n + 1) / max(n, 1), score[: n + 1])
        progress(i + 1, len(scored), "removing")
    return Deletion(tuple(scored), grid, curves[:, 0], curves[:, 1])


def part_scores(importance: np.ndarray, players: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Return the importance (n, player) of parts: summed over the cells of each where bands are told apart.

    Raises:
        InputError: ``series_when_importance`` where it is neither (n, month) nor (n, month, band).
    """
    values = np.nan_to_num(np.asarray(importance, np.float64))
    if values.shape not in (shape, shape[:2]):
        raise InputError(
            "series_when_importance",
            "The importance has the shape {found}; the series make {expected}, or without the bands.",
            found=str(values.shape), expected=str(tuple(shape)),
        )  # fmt: skip
    if values.ndim == 2:
        # A month's word holds for each of its parts.
        first = np.unique(players.ravel(), return_index=True)[1]
        return values[:, first // shape[2]]
    one_hot = np.eye(int(players.max()) + 1)[players.ravel()]
    return values.reshape(len(values), -1) @ one_hot
