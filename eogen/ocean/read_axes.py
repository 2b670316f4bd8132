"""Axes of any product -> ascending time, latitude and longitude, regions across the date line in one piece."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from xarray.coders import CFDatetimeCoder

from eogen.errors import InputError

_NAMES = {
    "lat": r"lat|latitude|nav_lat|lats|y",
    "lon": r"lon|longitude|nav_lon|lons|x",
    "time": r"time|t|date|times|day|month",
}
_STANDARD = {"lat": "latitude", "lon": "longitude", "time": "time"}
_UNITS = {"lat": r"degrees?_?n(orth)?", "lon": r"degrees?_?e(ast)?", "time": r".+ since .+"}
#: A year for days of the year whose year nothing tells; not a leap year.
NOMINAL_YEAR = 2001
#: Attributes that date an image, in order of trust: CF/ACDD, NASA, GlobColour.
_DATES = ("time_coverage_start", "period_start_day", "start_time", "start_date", "date", "product_name")


def find_axis(dataset: xr.Dataset, axis: str) -> str | None:
    """Return the name of the variable that is the axis ``"lat"``, ``"lon"`` or ``"time"``; None where there is none."""
    ranks = {}
    for key in dataset.variables:
        attrs, name = dataset[key].attrs, str(key)
        if dataset[key].ndim > 2 or (axis != "time" and dataset[key].ndim == 0):
            continue
        rank = 4 * (attrs.get("standard_name") == _STANDARD[axis])
        rank += 2 * bool(re.fullmatch(_UNITS[axis], str(attrs.get("units", "")).casefold()))
        rank += bool(re.fullmatch(_NAMES[axis], name.casefold())) * (3 if len(name) > 1 else 1)
        rank += key in dataset.dims
        if rank > (key in dataset.dims):
            ranks[name] = rank
    return max(ranks, key=lambda key: ranks[key], default=None)


def degrees(dataset: xr.Dataset, axis: str, name: str) -> tuple[str, np.ndarray]:
    """Return (dimension, (n,) float64 degrees) of ``"lat"`` or ``"lon"``.

    Raises:
        InputError: ``ocean_no_axis``; ``ocean_curvilinear``; ``ocean_axis_degrees``.
    """
    key = find_axis(dataset, axis)
    if key is None:
        raise InputError(
            "ocean_no_axis",
            "{name} has no axis of {axis}; its dimensions are: {found}. A grid of latitudes and longitudes is needed.",
            name=name, axis=_STANDARD[axis], found=", ".join(map(str, dataset.dims)) or "-",
        )  # fmt: skip
    values = np.asarray(dataset[key].values, float)
    dim = str(dataset[key].dims[0])
    if values.ndim == 2:
        across = 1 if axis == "lat" else 0
        flat = np.take(values, 0, across)
        if not np.allclose(values, np.expand_dims(flat, across), atol=1e-4):
            raise InputError(
                "ocean_curvilinear",
                "{name} is on a curved grid (swath or model); put it on a regular grid of latitudes and longitudes "
                "first.",
                name=name,
            )
        dim, values = str(dataset[key].dims[1 - across]), flat
    low, high = (-90.001, 90.001) if axis == "lat" else (-360.001, 540.001)
    if not (np.isfinite(values).all() and (values >= low).all() and (values <= high).all()):
        raise InputError(
            "ocean_axis_degrees",
            "The {axis} of {name} runs from {first} to {last}: those are not degrees. Project it to latitudes and "
            "longitudes first.",
            axis=_STANDARD[axis], name=name, first=f"{values[0]:.6g}", last=f"{values[-1]:.6g}",
        )  # fmt: skip
    return dim, values


def unrolled(lon: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return (order, longitudes in that order), ascending from a start in [-180, 180), regions in one piece.

    The circle is cut in its widest gap (at 180 when the grid goes all around), so a region across the date line runs
    past 180 instead of falling into two halves. A meridian given twice (0 and 360) is kept once.

    Args:
        lon: (n,) degrees east, any order, from -360 to 540.
    """
    wrapped = np.mod(lon + 180.0, 360.0) - 180.0
    order = np.argsort(wrapped, kind="stable")
    keep = np.concatenate([[True], np.diff(wrapped[order]) > 1e-6])
    if len(order) > 1 and wrapped[order[-1]] - wrapped[order[0]] > 360 - 1e-6:
        keep[-1] = False
    order = order[keep]
    around = wrapped[order]
    gaps = np.diff(np.append(around, around[0] + 360.0))
    start = (int(np.argmax(gaps)) + 1) % len(order)
    if gaps.max() < 1.5 * np.median(gaps) or len(order) == 1:
        start = 0
    rolled = np.roll(order, -start)
    values = np.roll(around, -start)
    return rolled, np.where(np.arange(len(values)) >= len(values) - start, values + 360.0, values)


def times(dataset: xr.Dataset, name: str) -> tuple[str | None, np.ndarray, dict[str, Any]]:
    """Return (dimension or None for a single image, (n,) datetime64[ns], what to say about it in attributes).

    CF times ("days since …"), whole dates (20210131), ISO texts, and days of a year (1 to 366) without a date: those
    are set in the year that the attributes or the file's name tell, else in ``NOMINAL_YEAR`` with ``year`` "unknown".

    Raises:
        InputError: ``ocean_no_time``; ``ocean_time_units``.
    """
    key = find_axis(dataset, "time")
    if key is None:
        return None, *_dated(dataset, name)
    held = dataset[key]
    values = np.atleast_1d(held.values)
    units, calendar = str(held.attrs.get("units", "")), str(held.attrs.get("calendar", "standard"))
    about: dict[str, Any] = {}
    try:
        if np.issubdtype(values.dtype, np.datetime64):
            found = values.astype("datetime64[ns]")
        elif values.dtype.kind in "OUS":
            found = pd.to_datetime([_text(v) for v in values], utc=True).tz_localize(None).to_numpy()
        elif " since " in units:
            found = _since(values, units, calendar)
        elif values.min() > 17_000_000 and values.max() < 22_000_000:
            found = pd.to_datetime([str(int(v)) for v in values], format="%Y%m%d").to_numpy()
        elif values.min() >= 0 and values.max() <= 367:
            year = _year(dataset, name)
            about = {"year": "unknown" if year is None else year}
            offset = np.round((values.astype(float) - 1) * 86400).astype("timedelta64[s]")
            found = np.datetime64(f"{year or NOMINAL_YEAR}-01-01", "s") + offset
        else:
            raise ValueError(units)
    except (ValueError, TypeError, OverflowError) as fault:
        raise InputError(
            "ocean_time_units",
            "The times of {name} cannot be read: their units are {units}, the first is {first}. Units such as "
            '"days since 1970-01-01" are needed.',
            name=name, units=units or "?", first=str(values[0])[:30],
        ) from fault  # fmt: skip
    dim = str(held.dims[0]) if held.ndim else None
    return dim, np.asarray(found, "datetime64[ns]"), about


def _since(values: np.ndarray, units: str, calendar: str) -> np.ndarray:
    """Return CF times of the standard calendars; ValueError for others and for units that are none."""
    coded = xr.Variable("time", values, {"units": units, "calendar": calendar})
    return CFDatetimeCoder(use_cftime=False).decode(coded).values.astype("datetime64[ns]")


def _dated(dataset: xr.Dataset, name: str) -> tuple[np.ndarray, dict[str, Any]]:
    """Return the one date of an image without an axis of time."""
    for key in _DATES:
        if (found := _date(str(dataset.attrs.get(key, "")))) is not None:
            return np.array([found]), {"time_source": key}
    if (found := _date(name)) is not None:
        return np.array([found]), {"time_source": "file name"}
    raise no_time(name)


def _date(text: str) -> np.datetime64 | None:
    """Return the first whole day written in ``text``: 2021-01-31, 20210131[T]093000, A2021031 (NASA's year and day)."""
    for pattern, form in (
        (r"(?<!\d)((?:19|20)\d\d-[01]\d-[0-3]\d)", "%Y-%m-%d"),
        (r"(?<![A-Za-z0-9])[A-Z]((?:19|20)\d\d[0-3]\d\d)(?:\d{7}|\d{6})?(?!\d)", "%Y%j"),
        (r"(?<!\d)((?:19|20)\d\d[01]\d[0-3]\d)(?:\d{6})?(?!\d)", "%Y%m%d"),
    ):
        if mark := re.search(pattern, text):
            stamp = pd.to_datetime(mark[1], format=form, errors="coerce")
            if not pd.isna(stamp):
                return stamp.to_datetime64().astype("datetime64[ns]")
    return None


def _year(dataset: xr.Dataset, name: str) -> int | None:
    for text in (*(str(dataset.attrs.get(key, "")) for key in _DATES), name):
        if mark := re.search(r"(?<!\d)(19|20)\d\d(?!\d{5})", text):
            return int(mark[0])
    return None


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def no_time(name: str) -> InputError:
    """Return the error for maps of which nothing tells the date."""
    return InputError(
        "ocean_no_time",
        "{name} has no axis of time, and neither its attributes nor its name tell a date; add time, or the attribute "
        "time_coverage_start.",
        name=name,
    )
