"""What if? One series changed by hand (a later harvest, a cloudy July, a darker band), and what the model then says.

These are synthetic seasons, and a page must say so; real ones of another class are in
:mod:`eogen.landcover.series.neighbours`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from eogen.errors import InputError
from eogen.landcover.series.months import filled
from eogen.landcover.series.protocol import SeriesModel
from eogen.landcover.series.season import ndvi

#: Loss of NDVI within three months below which there is nothing to call a harvest.
LEAST_FALL = 0.15
#: Reflectance a changed band is kept within, 1 = 100 %.
DARKEST, BRIGHTEST = 0.0, 1.5


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
    square = np.square(changed.astype(np.float64) - series)
    distance = float(np.sqrt(np.nanmean(square))) if np.isfinite(square).any() else 0.0
    return WhatIf(changed, before, after, ~same.all(1), distance)


def harvest(series: np.ndarray, bands: Sequence[str]) -> int:
    """Return the month (from 0) from which a field loses most NDVI within three months: the last of its ripeness.

    Raises:
        InputError: ``series_when_no_harvest`` where it never loses :data:`LEAST_FALL`; ``series_when_bands``.
    """
    green = ndvi(filled(np.asarray(series)[None]), bands)[0]
    fall = [green[k] - green[k + 1 : k + 4].min() for k in range(len(green) - 1)]
    if not fall or max(fall) < LEAST_FALL:
        raise InputError(
            "series_when_no_harvest",
            "The NDVI of this series never falls by {least} within three months: there is no harvest to move.",
            least=LEAST_FALL,
        )
    # Ripe months fall alike: the last of them is the one before the harvest.
    return int(np.flatnonzero(np.array(fall) >= max(fall) - 0.02)[-1])


def later_harvest(
    model: SeriesModel, series: np.ndarray, months: float = 1.0, *, peak: int | None = None
) -> WhatIf:
    """Ask what the answer were, had the harvest come ``months`` later (earlier where negative).

    What followed the peak follows it later; meanwhile the field stays as it was at the peak, and what would leave the
    series at its end is lost. An earlier harvest cuts out what followed the peak at once; the last month is repeated
    at the end. Months that were not seen stay unseen: clouds do not wait for the harvest.

    Args:
        model: what is asked.
        series: (month, band).
        months: later, fractions allowed; months between are linear.
        peak: last month (from 0) that stays; :func:`harvest` finds it by default.

    Raises:
        InputError: ``series_when_no_harvest``; ``series_when_month``; ``series_when_bands``; ``series_when_shape``.
    """
    series = np.asarray(series, np.float32)
    peak = harvest(series, model.bands) if peak is None else _month(peak, model.months)
    whole = filled(series[None])[0]
    at = np.arange(len(series), dtype=np.float64)
    source = np.where(at <= peak, at, np.clip(at - months, peak, len(series) - 1))
    moved = np.stack([np.interp(source, at, band) for band in whole.T], 1).astype(np.float32)
    # Months before the peak keep their exact values.
    moved[: peak + 1] = series[: peak + 1]
    moved[np.isnan(series)] = np.nan
    return what_if(model, series, moved)


def cloudy(model: SeriesModel, series: np.ndarray, months: Sequence[int]) -> WhatIf:
    """Ask what the answer were, had some months (from 0) not been seen.

    Raises:
        InputError: ``series_when_month``; ``series_when_shape``.
    """
    changed = np.array(series, np.float32)
    changed[[_month(k, model.months) for k in months]] = np.nan
    return what_if(model, series, changed)


def move(
    model: SeriesModel, series: np.ndarray, delta: float, *, months: Sequence[int] | None = None,
    bands: Sequence[str] | None = None,
) -> WhatIf:  # fmt: skip
    """Ask what the answer were, were some months (from 0) of some bands brighter by ``delta`` reflectance.

    All months or bands by default. Values stay within :data:`DARKEST` and :data:`BRIGHTEST`.

    Raises:
        InputError: ``series_when_month``; ``series_when_band``; ``series_when_shape``.
    """
    return what_if(model, series, _moved(model, series, delta, months, bands))


def sweep(
    model: SeriesModel, series: np.ndarray, deltas: Sequence[float], *, months: Sequence[int] | None = None,
    bands: Sequence[str] | None = None,
) -> np.ndarray:  # fmt: skip
    """Return the probabilities (delta, class) of :func:`move` for many deltas, asked at once.

    Raises:
        InputError: as :func:`move`.
    """
    return model.predict_proba(np.stack([_moved(model, series, d, months, bands) for d in deltas]))


def _moved(
    model: SeriesModel,
    series: np.ndarray,
    delta: float,
    months: Sequence[int] | None,
    bands: Sequence[str] | None,
) -> np.ndarray:
    changed = np.array(series, np.float32)
    rows = [_month(k, model.months) for k in (range(model.months) if months is None else months)]
    columns = [_band(b, model.bands) for b in (model.bands if bands is None else bands)]
    cells = np.ix_(rows, columns)
    # A value already outside stays there: a delta of nothing changes nothing.
    low, high = np.minimum(changed[cells], DARKEST), np.maximum(changed[cells], BRIGHTEST)
    changed[cells] = np.clip(changed[cells] + np.float32(delta), low, high)
    return changed


def _month(month: int, months: int) -> int:
    if not 0 <= month < months:
        raise InputError(
            "series_when_month",
            "There is no month {given}; months are counted from 0 to {last}.",
            given=month,
            last=months - 1,
        )
    return int(month)


def _band(band: str, bands: tuple[str, ...]) -> int:
    if band not in bands:
        raise InputError(
            "series_when_band",
            "The model does not read {given}; it reads {known}.",
            given=band, known=", ".join(bands),
        )  # fmt: skip
    return bands.index(band)
