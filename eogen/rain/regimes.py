"""Four kinds of rainy weather, and how they follow each other through the seasons."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields

import numpy as np

from eogen.errors import InputError

HALF_HOUR = 0.5


@dataclass(frozen=True)
class Regime:
    """One kind of rainy weather.

    Attributes:
        slope: of the spectrum of the hidden Gaussian field, (k^2 + k0^2)^(-slope/2).
        stretch: how much longer its structures are along the front than across.
        wet: part of the region where it rains.
        scale: of the generalised Pareto law of the rain where it rains, mm h-1.
        tail: its shape.
        wind: speed at which the rain moves, m s-1.
        memory: hours until structures of 100 km are forgotten (to 1/e) by who moves with them.
        shallow: 0 = deep clouds, 1 = tops below the freezing level, hard for microwaves over land.
        link: correlation of the cloud tops that infrared sees with the large-scale part of the rain.
        cold: area of cold tops over area of rain.
    """

    slope: float
    stretch: float
    wet: float
    scale: float
    tail: float
    wind: float
    memory: float
    shallow: float
    link: float
    cold: float


REGIMES = {
    "frontal": Regime(2.9, 2.2, 0.28, 0.65, 0.25, 14.0, 1.7, 0.1, 0.70, 1.1),
    "convective": Regime(2.6, 1.0, 0.11, 0.55, 0.40, 7.0, 2.4, 0.0, 0.70, 1.4),
    "showers": Regime(2.5, 1.0, 0.14, 0.40, 0.30, 12.0, 2.2, 0.35, 0.55, 0.6),
    "drizzle": Regime(2.7, 1.3, 0.22, 0.22, 0.15, 8.0, 2.0, 1.0, 0.15, 0.15),
}
NAMES = tuple(REGIMES)
_TABLE = np.array([[getattr(r, f.name) for f in fields(Regime)] for r in REGIMES.values()])
#: Hours: mean length of a spell, shortest, and of the passage from one to the next; memory of the wet part and of the
#: wind, and how much they vary (log-odds; m s-1).
SPELL, SHORTEST, PASSAGE = 60.0, 12.0, 6.0
DRIFT_MEMORY, WET_DRIFT, WIND_DRIFT = 12.0, 0.5, 1.0
#: Convective rain culminates in the late afternoon (local solar hour); log of the amplitude.
PEAK_HOUR, PEAK = 17.0, 0.6


@dataclass(frozen=True)
class Weather:
    """The weather of one half hour.

    Attributes:
        shares: (4,) of the regimes, sum 1.
        mean: the regime's numbers, averaged with the shares; ``wet`` has its drift and its hour.
        spells: one (share, regime, direction of the front in radians from east) for each regime at work.
        wind: east and north, m s-1.
    """

    shares: np.ndarray
    mean: Regime
    spells: tuple[tuple[float, Regime, float], ...]
    wind: tuple[float, float]

    @property
    def name(self) -> str:
        """The regime that has the largest share."""
        return NAMES[int(self.shares.argmax())]


def regime(name: str) -> Regime:
    """Return the regime called ``name``.

    Raises:
        InputError: ``rain_regime``.
    """
    if name not in REGIMES:
        raise InputError(
            "rain_regime",
            "There is no weather regime called {name}; there are: {known}.",
            name=name, known=", ".join(NAMES),
        )  # fmt: skip
    return REGIMES[name]


def frequencies(day_of_year: float) -> np.ndarray:
    """Return (4,) how likely a spell that begins on this day is of each regime: storms in summer, fronts in winter."""
    winter = np.cos(2 * np.pi * (day_of_year - 15) / 365.25)
    odds = np.array([1 + 0.5 * winter, 0.9 - 0.8 * winter, 0.7, 0.45 + 0.3 * winter])
    return odds / odds.sum()


def weather(seed: int, start: np.datetime64, only: str | None = None) -> Iterator[Weather]:
    """Yield the weather of each half hour from ``start`` on, without end.

    Args:
        seed: draws everything.
        start: UTC.
        only: keep to one regime.

    Raises:
        InputError: ``rain_regime``.
    """
    if only is not None:
        regime(only)
    rng = np.random.default_rng((seed, 10))
    keep = np.exp(-HALF_HOUR / DRIFT_MEMORY)
    drift = rng.standard_normal(3)
    spell, before, left, age = None, None, 0, 0
    start = np.datetime64(start, "m")
    for slot in _count():
        now = start + 30 * slot
        day = float((now - now.astype("datetime64[Y]")) / np.timedelta64(1, "D"))
        if left == 0:
            before, spell = spell, _spell(rng, day, only)
            left, age = int(max(SHORTEST, rng.exponential(SPELL)) / HALF_HOUR), 0
        new = 1.0 if before is None else min(1.0, (age + 1) * HALF_HOUR / PASSAGE)
        parts = [(new, spell)] + ([(1 - new, before)] if new < 1 else [])
        yield _mixed(parts, drift, (day % 1) * 24)
        drift = keep * drift + np.sqrt(1 - keep * keep) * rng.standard_normal(3)
        left, age = left - 1, age + 1


def _count() -> Iterator[int]:
    slot = 0
    while True:
        yield slot
        slot += 1


def _spell(rng: np.random.Generator, day: float, only: str | None) -> tuple[int, float, float, float]:
    """Return regime, direction towards which the rain moves, its speed (m s-1) and the direction of the front."""
    drawn = int(rng.choice(len(NAMES), p=frequencies(day)))
    index = drawn if only is None else NAMES.index(only)
    towards = np.deg2rad(rng.normal(25, 30))  # from the west-south-west, mostly
    speed = _TABLE[index, 5] * np.exp(rng.normal(0, 0.15))
    return index, towards, speed, towards + np.deg2rad(rng.normal(60, 10))


def _mixed(
    parts: list[tuple[float, tuple[int, float, float, float]]], drift: np.ndarray, hour: float
) -> Weather:
    shares, wind, spells = np.zeros(len(NAMES)), np.zeros(2), []
    for share, (index, towards, speed, front) in parts:
        shares[index] += share
        wind += share * speed * np.array([np.cos(towards), np.sin(towards)])
        spells.append((share, REGIMES[NAMES[index]], front))
    mean = dict(zip((f.name for f in fields(Regime)), map(float, shares @ _TABLE), strict=True))
    afternoon = PEAK * shares[NAMES.index("convective")] * np.cos(2 * np.pi * (hour - PEAK_HOUR) / 24)
    odds = np.log(mean["wet"] / (1 - mean["wet"])) + WET_DRIFT * drift[0] + afternoon
    mean["wet"] = float(1 / (1 + np.exp(-odds)))
    wind = wind + WIND_DRIFT * drift[1:]
    return Weather(shares, Regime(**mean), tuple(spells), (float(wind[0]), float(wind[1])))
