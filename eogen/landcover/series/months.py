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


def window(held: xr.Dataset, first: int, months: int) -> np.datetime64:
    """Return the month (datetime64[M]) from which ``months`` months hold most of what was seen.

    Args:
        held: parcels of any dates.
        first: calendar month (1-12) the window begins with.
        months: its length.
    """
    at = held["time"].values.astype("datetime64[M]")
    known = np.isfinite(held["reflectance"].transpose("time", ...).values).any((1, 2))
    years = np.arange(at.min().astype("datetime64[Y]") - 2, at.max().astype("datetime64[Y]") + 1)
    starts = years.astype("datetime64[M]") + (first - 1)
    covered = [len(np.unique(at[known & (at >= s) & (at < s + months)])) for s in starts]
    # Of windows that hold as much, the latest: its labels are most likely those of its harvest.
    return starts[len(starts) - 1 - int(np.argmax(covered[::-1]))]
