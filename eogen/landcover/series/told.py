"""Which month told the answer, in which light, and whether that is to be believed: hide it, and watch.

What the public reads in a sentence. The months are those of Shapley values by month; the light is the spectral group
with the greatest value within that month, where one stands out. The claim is then tested: the months are replaced by
those of an average series, as are as many months drawn by lot.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from eogen.landcover.bands import BANDS
from eogen.landcover.series.coalitions import checked, groups_of, hidden
from eogen.landcover.series.protocol import SeriesModel
from eogen.landcover.series.when import band_group_shapley, month_shapley

#: A month tells when it adds at least this much probability.
LEAST = 0.05
#: A second month tells too from this part of the first one's value on.
SECOND = 0.7
#: A light stands out from this part of what speaks for the answer in its month on.
SHARE = 0.5
#: Orders of months, and of groups of bands, over which values are averaged.
MONTH_ORDERS, GROUP_ORDERS = 16, 4
#: A group of bands is strong or weak from this part of the average reflectance on.
APART = 0.1
#: Hiding is felt from this loss of probability on, and believed from this many times what lots lose.
FELT, TIMES = 0.1, 2.0


@dataclass(frozen=True)
class Told:
    """The months that told an answer.

    Attributes:
        months: numbers (from 0) of the one or two months that told it, the first first; empty where none did alone.
        lights: the spectral group that stood out in each of them (:data:`eogen.landcover.bands.GROUPS`); ``"any"``
            where none did.
        sides: ``"strong"``, ``"weak"`` or ``"plain"``: that group's reflectance beside the average series'.
        top: the month of the greatest value, -1 where nothing was seen.
        value: (month,) Shapley values, adding up to the probability less that of the average series.
    """

    months: tuple[int, ...]
    lights: tuple[str, ...]
    sides: tuple[str, ...]
    top: int
    value: np.ndarray


@dataclass(frozen=True)
class Hiding:
    """What hiding the months did to the probability of the answer.

    Attributes:
        before, after: with all months, and with the told ones hidden.
        lots: (draw,) the same with every other choice of as many seen months, what a lot would draw from; empty
            where there is none.
        answer: number of the class answered when they are hidden.
    """

    before: float
    after: float
    lots: np.ndarray
    answer: int

    @property
    def drop(self) -> float:
        """Return the probability lost."""
        return self.before - self.after

    @property
    def by_lot(self) -> float:
        """Return the mean probability lost to months drawn by lot, NaN where none could be."""
        return self.before - float(self.lots.mean()) if self.lots.size else float("nan")

    @property
    def verdict(self) -> str:
        """Return ``"yes"``, ``"half"`` or ``"no"``: whether hiding them did far more than hiding others by lot."""
        lot = max(self.by_lot, 0.0) if self.lots.size else 0.0
        if self.drop >= max(FELT, TIMES * lot):
            return "yes"
        return "half" if self.drop > max(lot, 0.01) else "no"


def told(model: SeriesModel, series: np.ndarray, target: int, background: np.ndarray) -> Told:
    """Return which months told that a series is of class ``target``.

    Args:
        model: that answered.
        series: (month, band), NaN where nothing was seen.
        target: number of the class.
        background: (n, month, band): the average series.

    Raises:
        InputError: ``series_when_shape``, ``series_when_target``.
    """
    rows, wanted, background = checked(model, np.asarray(series)[None], np.array([target]), background)
    seen = np.isfinite(rows[0]).any(1)
    if not seen.any():
        return Told((), (), (), -1, np.zeros(len(seen)))
    value = month_shapley(model, rows, wanted, background=background, permutations=MONTH_ORDERS)[0]
    order = np.argsort(-np.where(seen, value, -np.inf), kind="stable")
    months = [int(order[0])] if value[order[0]] >= LEAST else []
    if months and len(order) > 1 and seen[order[1]] and value[order[1]] >= SECOND * value[order[0]]:
        months.append(int(order[1]))
    lights = ["any"] * len(months)
    if months:
        split = band_group_shapley(model, rows, wanted, background=background, permutations=GROUP_ORDERS)[0]
        lights = [_light(split[month], model.bands) for month in months]
    mean = np.asarray(background, float).mean(0)
    sides = [_side(rows[0, m], mean[m], model.bands, light) for m, light in zip(months, lights, strict=True)]
    return Told(tuple(months), tuple(lights), tuple(sides), int(order[0]), value)


def hiding(
    model: SeriesModel, series: np.ndarray, target: int, background: np.ndarray, months: tuple[int, ...]
) -> Hiding:
    """Return how the probability of ``target`` moves when ``months`` are those of the average series.

    Arguments as of :func:`told`; ``months`` from 0.

    Raises:
        InputError: ``series_when_shape``, ``series_when_target``.
    """
    rows, _, background = checked(model, np.asarray(series)[None], np.array([target]), background)
    others = [m for m in np.flatnonzero(np.isfinite(rows[0]).any(1)).tolist() if m not in months]
    lots = list(combinations(others, len(months))) if months else []
    keep = np.ones((2 + len(lots), rows.shape[1]), bool)
    for row, gone in zip(keep[1:], [months, *lots], strict=True):
        row[list(gone)] = False
    asked = hidden(rows, keep[:, :, None], np.asarray(background, np.float32).mean(0))
    found = model.predict_proba(asked.astype(np.float32))
    return Hiding(float(found[0, target]), float(found[1, target]), found[2:, target], int(found[1].argmax()))


def _light(values: np.ndarray, bands: tuple[str, ...]) -> str:
    """Return the group (of values (band,)) that speaks for the answer more than all others together."""
    names, group = groups_of(bands)
    total = np.maximum(np.bincount(group, values, len(names)), 0)
    best = int(total.argmax())
    return names[best] if total[best] > 0 and total[best] >= SHARE * total.sum() else "any"


def _side(month: np.ndarray, mean: np.ndarray, bands: tuple[str, ...], light: str) -> str:
    """Return whether the group's mean reflectance is above or below the average series' in that month."""
    chosen = [k for k, band in enumerate(bands) if BANDS[band].group == light]
    if not chosen:
        return "plain"
    ratio = float(np.nanmean(month[chosen])) / max(float(np.mean(mean[chosen])), 1e-3)
    return "strong" if ratio > 1 + APART else "weak" if ratio < 1 - APART else "plain"
