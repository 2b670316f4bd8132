"""What the simulated territory may be asked for: dates, and options that are within reason."""

from __future__ import annotations

import numpy as np

from eogen.errors import InputError

#: Days by which a harvest may be moved, either way.
SHIFT = 120
#: Sides (pixels) of a territory.
SIDES = (32, 1024)
#: Days between two images by default, Sentinel-2's.
EVERY = 5


def require(name: str, given: object, fine: bool, expected: str) -> None:
    """Refuse an option; InputError ``territory_option``."""
    if not fine:
        raise InputError(
            "territory_option",
            "The simulated territory was asked for {name} = {given}; {expected} was expected.",
            name=name,
            given=str(given),
            expected=expected,
        )


def check(seed: int, harvest_shift: float, cloud_month: int | None, cloudy: float) -> None:
    """Refuse what makes no territory; InputError ``territory_option``."""
    require("seed", seed, seed >= 0, ">= 0")
    require("harvest_shift", harvest_shift, abs(harvest_shift) <= SHIFT, f"-{SHIFT}..{SHIFT}")
    require("cloud_month", cloud_month, cloud_month is None or cloud_month in range(1, 13), "1..12")
    require("cloudy", cloudy, 0 <= cloudy <= 2, "0..2")


def through(year: int, every: int = EVERY) -> np.ndarray:
    """Return dates (t,) datetime64[D] of a year, ``every`` days apart, the first on January 3rd."""
    require("every", every, 1 <= every <= 30, "1..30")
    first = np.datetime64(f"{year:04d}-01-03", "D")
    last = np.datetime64(f"{year:04d}-12-31", "D")
    return np.arange(first, last + 1, every)


def days(dates: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the day of the year (t,), 1 on New Year's Day, and the month (t,), 1-12, of dates."""
    at = np.asarray(dates, "datetime64[D]")
    day = (at - at.astype("datetime64[Y]")).astype(int) + 1
    return day, at.astype("datetime64[M]").astype(int) % 12 + 1
