"""Months: the common clock of sources with dekads, months or single dates; gaps are said, then filled where asked."""

from __future__ import annotations

import numpy as np
import torch
import xarray as xr

from eogen.landcover.series.gaps import bridge


def monthly(held: xr.Dataset, first: np.datetime64 | None = None, months: int | None = None) -> xr.Dataset:
    """Return parcels whose time is calendar months, each the mean of what was seen in it.

    Args:
        held: parcels (:mod:`eogen.landcover.series.cube`).
        first: first month; that of the first date by default.
        months: number of them; up to the last date by default.

    Returns:
        Parcels with ``time`` the first of each month, NaN where a month was not seen, and ``seen`` (parcel, month)
        int16, the number of dates that were.
    """
    at = held["time"].values.astype("datetime64[M]")
    start = at.min() if first is None else np.datetime64(first, "M")
    count = int((at.max() - start).astype(int)) + 1 if months is None else months
    values = held["reflectance"].transpose("parcel", "time", "band").values
    index = (at - start).astype(int)
    known = np.isfinite(values).all(2)
    total = np.zeros((values.shape[0], count, values.shape[2]))
    seen = np.zeros((values.shape[0], count), np.int16)
    for k in np.flatnonzero((index >= 0) & (index < count)):
        total[:, index[k]] += np.where(known[:, k, None], values[:, k], 0)
        seen[:, index[k]] += known[:, k]
    mean = np.where(seen[..., None] > 0, total / np.maximum(seen, 1)[..., None], np.nan).astype(np.float32)
    time = (start + np.arange(count)).astype("datetime64[ns]")
    found = held.drop_dims("time").assign_coords(time=time, band=held["band"].values)
    found["reflectance"] = (("parcel", "time", "band"), mean, dict(held["reflectance"].attrs))
    found["seen"] = (("parcel", "time"), seen, {"long_name": "dates seen in the month"})
    return found.assign_attrs(held.attrs | {"step_days": 30.4})


def filled(series: np.ndarray) -> np.ndarray:
    """Return series (n, month, band) without NaN: linear between months seen, the nearest one beyond them, else 0."""
    made = np.array(series, np.float32)
    # Series without a gap are most of what explanations ask for.
    rows = np.flatnonzero(~np.isfinite(made).all((1, 2)))
    if len(rows):
        gappy = torch.from_numpy(made[rows])
        made[rows] = bridge(gappy, gappy.isfinite()).numpy()
    return made


def calendar_year(held: xr.Dataset) -> xr.Dataset:
    """Return parcels through twelve calendar months, January first, so that a model reads any source alike.

    The year is the one in which most months have a date (the earliest of equals). A month of it without any date is
    that of the nearest year that has one: a season from November to October becomes January to October, then the
    November and December before.

    Args:
        held: parcels (:mod:`eogen.landcover.series.cube`).

    Returns:
        As :func:`monthly`, of twelve months; ``time`` says the months of the year chosen, ``taken`` (time) the months
        that were read, NaT where there is none.
    """
    every = monthly(held)
    first, taken = calendar(held["time"].values)
    start = every["time"].values[0].astype("datetime64[M]")
    rows = np.where(np.isnat(taken), -1, (taken - start).astype(int))
    found = every.isel(time=rows.clip(0)).copy(deep=True)
    empty = rows < 0
    found["reflectance"].values[:, empty] = np.nan
    found["seen"].values[:, empty] = 0
    found = found.assign_coords(time=(first + np.arange(12)).astype("datetime64[ns]"))
    found["taken"] = ("time", taken.astype("datetime64[ns]"))
    return found


def calendar(time: np.ndarray) -> tuple[np.datetime64, np.ndarray]:
    """Return the January (datetime64[M]) of the year most dates' months lie in, and which month (12,) stands for each.

    A month of that year without a date is that of the nearest year with one (NaT: no year has one).
    """
    # A month of the span in which no composite starts was never there.
    there = np.unique(np.asarray(time).astype("datetime64[M]"))
    year, count = np.unique(there.astype("datetime64[Y]"), return_counts=True)
    first = year[count.argmax()].astype("datetime64[M]")
    taken = np.full(12, np.datetime64("NaT"), "datetime64[M]")
    for number in range(12):
        same = there[there.astype(int) % 12 == number]
        if len(same):
            taken[number] = same[np.abs((same - (first + number)).astype(int)).argmin()]
    return first, taken
