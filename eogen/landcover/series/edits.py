"""Seasons that never were: a year of one field changed by hand, without asking any model.

A harvest moved, months hidden, a band brighter or darker; :mod:`eogen.landcover.series.counterfactual` asks a model
what it then says.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from eogen.errors import InputError
from eogen.landcover.series.months import filled
from eogen.landcover.series.season import ndvi

#: Loss of NDVI within three months below which there is nothing to call a harvest.
LEAST_FALL = 0.15
#: NDVI below which nothing grows that could be harvested: water is dark in both bands, its NDVI falls by noise alone.
LEAST_GREEN = 0.3
#: Part of the fall of NDVI that is still to come while a drying crop counts as standing.
STANDING = 0.25
#: April to September, from 0: when the crops of the north are greenest.
GROWING = slice(3, 9)
#: Reflectance a changed band is kept within, 1 = 100 %.
DARKEST, BRIGHTEST = 0.0, 1.5


def harvest(series: np.ndarray, bands: Sequence[str]) -> int:
    """Return the last month (from 0) before the harvest: where a field loses most NDVI within three months.

    Of a calendar year (twelve months, January first) the falls after the greenest month of :data:`GROWING` go first: in
    spring it is what covered the soil in winter that is ploughed in. A crop dries before it is cut: of the months of
    the fall the last counts that keeps :data:`STANDING` of it. On the simulated territory (80 parcels of each crop) this
    is within a month and a half of the true day for all winter cereals, 96 % of maize, 91 % of sunflower and 76 % of
    rapeseed. Leaf fall looks alike, and is found too.

    Raises:
        InputError: ``series_when_no_harvest`` where it never loses :data:`LEAST_FALL` from :data:`LEAST_GREEN` or
            more; ``series_when_bands``.
    """
    green = ndvi(filled(np.asarray(series)[None]), bands)[0]
    fall = np.array([green[k] - green[k + 1 : k + 4].min() for k in range(len(green) - 1)])
    fall = np.where(green[:-1] >= LEAST_GREEN, fall, -np.inf)
    if not fall.size or fall.max() < LEAST_FALL:
        raise InputError(
            "series_when_no_harvest",
            "The NDVI of this series never falls by {least} within three months: there is no harvest to move.",
            least=LEAST_FALL,
        )
    if len(green) == 12:
        grown = GROWING.start + int(green[GROWING].argmax())
        after = np.where(np.arange(len(fall)) >= grown, fall, -np.inf)
        fall = after if after.max() >= LEAST_FALL else fall
    # Ripe months fall alike: the last of them is the ripest.
    ripe = int(np.flatnonzero(fall >= fall.max() - 0.02)[-1])
    least = green[ripe] - (1 - STANDING) * fall[ripe]
    stands = range(ripe, min(ripe + 3, len(green) - 1))
    return max(k for k in stands if green[k] >= least)


def later(series: np.ndarray, months: float, last: int) -> np.ndarray:
    """Return a series (month, band) harvested ``months`` later than it was, at the end of the month ``last`` (from 0).

    Later: meanwhile the field stays as it was in that month. Earlier (negative): the months won look like the one that
    followed the harvest. The rest of the year is as it was: soil and winter do not wait for the harvest. Of a part of a
    month the mean. Months that were not seen stay unseen: clouds do not wait either.

    Held against the true seasons of the simulated territory (586 parcels, harvests moved by -2 to 3 months) this is 1.6
    points of reflectance away on average, changing nothing 2.2.

    Raises:
        InputError: ``series_when_month``.
    """
    series = np.asarray(series, np.float32)
    last = known_month(last, len(series))
    whole = filled(series[None])[0]
    at = np.arange(len(series), dtype=np.float64)
    if months >= 0:
        share, as_in = np.where(at > last, np.clip(last + months - at + 1, 0, 1), 0), last
    else:
        share = np.where(at <= last, np.clip(at - last - months, 0, 1), 0)
        as_in = min(last + 1, len(series) - 1)
    weight = share[:, None].astype(np.float32)
    # What is not touched keeps its exact values, unseen months among them.
    return np.where(
        (weight > 0) & np.isfinite(series), weight * whole[as_in] + (1 - weight) * whole, series
    ).astype(np.float32)


def hidden(series: np.ndarray, months: Sequence[int]) -> np.ndarray:
    """Return a series (month, band) of which some months (from 0) were not seen (NaN).

    Raises:
        InputError: ``series_when_month``.
    """
    changed = np.array(series, np.float32)
    changed[[known_month(k, len(changed)) for k in months]] = np.nan
    return changed


def brighter(
    series: np.ndarray, bands: Sequence[str], delta: float = 0.0, *, factor: float = 1.0,
    months: Sequence[int] | None = None, only: Sequence[str] | None = None,
) -> np.ndarray:  # fmt: skip
    """Return a series (month, band) of which some months (from 0) of some bands are ``factor * reflectance + delta``.

    Args:
        series: (month, band).
        bands: names of its bands.
        delta: reflectance, 1 = 100 %.
        factor: 0 or more.
        months: all by default.
        only: the bands that change, all by default.

    Values stay within :data:`DARKEST` and :data:`BRIGHTEST`, or where they already lie beyond them.

    Raises:
        InputError: ``series_when_month``; ``series_when_band``.
    """
    changed = np.array(series, np.float32)
    rows = [known_month(k, len(changed)) for k in (range(len(changed)) if months is None else months)]
    columns = [_band(b, tuple(bands)) for b in (bands if only is None else only)]
    cells = np.ix_(rows, columns)
    # A value already outside stays there: a change of nothing changes nothing.
    low, high = np.minimum(changed[cells], DARKEST), np.maximum(changed[cells], BRIGHTEST)
    changed[cells] = np.clip(np.float32(factor) * changed[cells] + np.float32(delta), low, high)
    return changed


def known_month(month: int, months: int) -> int:
    """Return a month (from 0) that is there; InputError ``series_when_month`` otherwise."""
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
