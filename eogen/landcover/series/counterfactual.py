"""What if? One series changed by hand (a later harvest, a cloudy July, a darker band), and what the model then says.

These are synthetic seasons, and a page must say so; real ones of another class are in
:mod:`eogen.landcover.series.neighbours`, true ones of the simulated territory in
:mod:`eogen.landcover.series.territory_otherwise`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from eogen.errors import InputError
from eogen.landcover.series import edits
from eogen.landcover.series.edits import BRIGHTEST, DARKEST, LEAST_FALL, harvest
from eogen.landcover.series.protocol import SeriesModel

__all__ = (
    "BRIGHTEST", "DARKEST", "LEAST_FALL", "WhatIf", "cloudy", "harvest", "later_harvest", "move", "multiply", "sweep",
    "what_if",
)  # fmt: skip


@dataclass(frozen=True)
class WhatIf:
    """A changed series and the answers before and after.

    Attributes:
        series: (month, band) reflectance, NaN where nothing is seen.
        before, after: (class,) probabilities.
        changed: (month,) bool, the months that differ.
        distance: root mean square change of reflectance over the cells seen in both, 1 = 100 %.
    """

    series: np.ndarray
    before: np.ndarray
    after: np.ndarray
    changed: np.ndarray
    distance: float

    @property
    def flipped(self) -> bool:
        """Whether the answer is another."""
        return bool(self.before.argmax() != self.after.argmax())


def what_if(model: SeriesModel, series: np.ndarray, changed: np.ndarray) -> WhatIf:
    """Return the answers to a series (month, band) and to a changed one.

    Raises:
        InputError: ``series_when_shape``.
    """
    series, changed = np.asarray(series, np.float32), np.asarray(changed, np.float32)
    shape = (model.months, len(model.bands))
    for given in (series, changed):
        if given.shape != shape:
            raise InputError(
                "series_when_shape",
                "The model reads {months} months of {bands} bands; a series or background has the shape {found}.",
                months=shape[0], bands=shape[1], found=str(given.shape),
            )  # fmt: skip
    before, after = model.predict_proba(np.stack([series, changed]))
    same = (series == changed) | (np.isnan(series) & np.isnan(changed))
    return WhatIf(changed, before, after, ~same.all(1), apart(series, changed))


def apart(one: np.ndarray, other: np.ndarray) -> float:
    """Return the root mean square difference of reflectance of two seasons over the cells seen in both, else 0."""
    square = np.square(np.asarray(one, np.float64) - np.asarray(other, np.float64))
    return float(np.sqrt(np.nanmean(square))) if np.isfinite(square).any() else 0.0


def later_harvest(
    model: SeriesModel, series: np.ndarray, months: float = 1.0, *, last: int | None = None
) -> WhatIf:
    """Ask what the answer were, had the harvest come ``months`` later: :func:`eogen.landcover.series.edits.later`.

    Args:
        model: what is asked.
        series: (month, band).
        months: later, fractions allowed; earlier where negative.
        last: last month (from 0) before the harvest; :func:`harvest` finds it by default.

    Raises:
        InputError: ``series_when_no_harvest``; ``series_when_month``; ``series_when_bands``; ``series_when_shape``.
    """
    last = harvest(series, model.bands) if last is None else edits.known_month(last, model.months)
    return what_if(model, series, edits.later(series, months, last))


def cloudy(model: SeriesModel, series: np.ndarray, months: Sequence[int]) -> WhatIf:
    """Ask what the answer were, had some months (from 0) not been seen.

    Raises:
        InputError: ``series_when_month``; ``series_when_shape``.
    """
    return what_if(model, series, edits.hidden(series, months))


def move(
    model: SeriesModel, series: np.ndarray, delta: float, *, months: Sequence[int] | None = None,
    bands: Sequence[str] | None = None,
) -> WhatIf:  # fmt: skip
    """Ask what the answer were, were some months (from 0) of some bands brighter by ``delta`` reflectance.

    All months or bands by default: :func:`eogen.landcover.series.edits.brighter`.

    Raises:
        InputError: ``series_when_month``; ``series_when_band``; ``series_when_shape``.
    """
    return what_if(model, series, edits.brighter(series, model.bands, delta, months=months, only=bands))


def multiply(
    model: SeriesModel, series: np.ndarray, factor: float, *, months: Sequence[int] | None = None,
    bands: Sequence[str] | None = None,
) -> WhatIf:  # fmt: skip
    """Ask what the answer were, were some months (from 0) of some bands ``factor`` times as bright.

    Raises:
        InputError: as :func:`move`.
    """
    changed = edits.brighter(series, model.bands, factor=factor, months=months, only=bands)
    return what_if(model, series, changed)


def sweep(
    model: SeriesModel, series: np.ndarray, deltas: Sequence[float], *, months: Sequence[int] | None = None,
    bands: Sequence[str] | None = None,
) -> np.ndarray:  # fmt: skip
    """Return the probabilities (delta, class) of :func:`move` for many deltas, asked at once.

    Raises:
        InputError: as :func:`move`.
    """
    moved = [edits.brighter(series, model.bands, d, months=months, only=bands) for d in deltas]
    return model.predict_proba(np.stack(moved))
