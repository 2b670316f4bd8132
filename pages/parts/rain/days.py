"""A simulated day: the map the satellites make, the truth, what is right and wrong, and who passed when."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st
import xarray as xr

from eogen.rain.orbits import SATELLITES, SLOT_SECONDS, near, passes, since_epoch
from eogen.rain.scores import EVENT, all_sums, from_sums, pooled
from eogen.rain.simulate import simulate

#: Half hours of a day.
SLOTS = 48
NAMES = tuple(s.name for s in SATELLITES)
#: Days kept, 14 MB each.
KEPT = 10


@dataclass(frozen=True)
class Choice:
    """What a day depends on; a key of caches.

    Attributes:
        seed: of the weather.
        start: ISO day (UTC).
        regime: one of :data:`eogen.rain.regimes.REGIMES`, or "" for the season's weather.
        run: ``"early"`` or ``"late"``.
        off: satellites that are switched off, in the order of :data:`NAMES`.
    """

    seed: int
    start: str
    regime: str
    run: str
    off: tuple[str, ...] = ()

    def without(self, *off: str) -> Choice:
        """Return the same weather with these satellites switched off."""
        return Choice(self.seed, self.start, self.regime, self.run, tuple(n for n in NAMES if n in off))

    @property
    def key(self) -> str:
        """Return a text that names the day."""
        return f"{self.seed}-{self.start}-{self.regime or 'season'}-{self.run}-{'.'.join(self.off)}"


@dataclass(frozen=True)
class Day:
    """A day.

    Attributes:
        choice: what was asked.
        pair: what :func:`eogen.rain.simulate.simulate` returned.
    """

    choice: Choice
    pair: xr.Dataset

    @cached_property
    def said(self) -> np.ndarray:
        """Return (time, lat, lon) bool: the map says rain."""
        return self.pair["precipitation"].values >= EVENT

    @cached_property
    def true(self) -> np.ndarray:
        """Return (time, lat, lon) bool: it rains."""
        return self.pair["radar"].values >= EVENT

    @cached_property
    def sums(self) -> xr.Dataset:
        """Return what scores are made of, for each half hour."""
        return all_sums(self.pair["precipitation"], self.pair["radar"], (EVENT,))

    @cached_property
    def scores(self) -> xr.Dataset:
        """Return the scores of each half hour (time)."""
        return from_sums(self.sums)

    @cached_property
    def whole(self) -> xr.Dataset:
        """Return the scores of the day, all its half hours as one map."""
        return pooled(self.sums)

    @cached_property
    def age(self) -> np.ndarray:
        """Return (time,) the median age, in minutes, of the observation over the true rain; NaN where none is known."""
        ages = self.pair["microwave_age"].values
        found = np.full(len(ages), np.nan)
        for k, wet in enumerate(self.true):
            if wet.any():
                # Never observed is older than anything: the median of some hours and some never may be never.
                middle = float(np.median(np.where(np.isnan(ages[k][wet]), np.inf, ages[k][wet])))
                found[k] = middle if np.isfinite(middle) else np.nan
        return found

    @cached_property
    def seen(self) -> np.ndarray:
        """Return (time,) the share of the true rain that a microwave satellite saw within the half hour."""
        fresh = self.pair["satellite"].values >= 0
        wet = self.true.sum((1, 2))
        return (fresh & self.true).sum((1, 2)) / np.maximum(wet, 1)

    def looking(self, k: int) -> list[str]:
        """Return who saw some of the true rain in a half hour, who saw most of it first."""
        who = self.pair["satellite"].values[k][self.true[k]]
        counts = np.bincount(who[who >= 0], minlength=len(NAMES))
        return [NAMES[i] for i in np.argsort(-counts, kind="stable") if counts[i]]


@st.cache_resource(show_spinner=False, max_entries=KEPT)
def day(choice: Choice) -> Day:
    """Return a day, simulated once."""
    made = simulate(
        choice.seed, SLOTS, start=choice.start, run=choice.run, regime=choice.regime or None, drop=choice.off
    )
    return Day(choice, made)


@st.cache_data(show_spinner=False, max_entries=32)
def overpasses(start: str, lat: tuple[float, ...], lon: tuple[float, ...]) -> pd.DataFrame:
    """Return every pass of the day (:func:`eogen.rain.orbits.passes`), of all satellites."""
    return passes(np.datetime64(start), SLOTS, np.array(lat), np.array(lon))


def places_of(found: Day) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return the latitudes and longitudes of a day's cells."""
    return tuple(map(float, found.pair["lat"].values)), tuple(map(float, found.pair["lon"].values))


@st.cache_data(show_spinner=False, max_entries=32)
def swaths(start: str, lat: tuple[float, ...], lon: tuple[float, ...]) -> list[list[dict[str, Any]]]:
    """Return for each half hour the outline of what each satellite sees of the box, switched on or not.

    Each has ``name``, ``d`` (SVG path, in parts of the sides, north up), ``x`` and ``y`` of the name.
    """
    y, x = np.array(lat), np.array(lon)
    seconds = since_epoch(np.datetime64(start)) + SLOT_SECONDS * np.arange(SLOTS)
    found: list[list[dict[str, Any]]] = [[] for _ in range(SLOTS)]
    for satellite in SATELLITES:
        for k in np.flatnonzero(near(satellite, seconds, y, x)):
            minutes, _ = satellite.passing(float(seconds[k]), y, x)
            seen = np.isfinite(minutes)[::-1]  # north up
            if seen.mean() > 0.01:
                found[k].append({"name": satellite.name, **_outline(seen)})
    return found


def _outline(seen: np.ndarray) -> dict[str, Any]:
    """Return the outline of a mask that has one stretch a row (a swath has)."""
    height, width = seen.shape
    rows = np.flatnonzero(seen.any(1))
    left = seen[rows].argmax(1) / width
    right = 1 - seen[rows, ::-1].argmax(1) / width
    picked = np.unique(np.linspace(0, len(rows) - 1, min(len(rows), 24)).round().astype(int))
    top, bottom = rows / height, (rows + 1) / height
    side = lambda x: [(x[i], (top[i] + bottom[i]) / 2) for i in picked]
    points = [(left[0], top[0]), *side(left), (left[-1], bottom[-1])]
    points += [(right[-1], bottom[-1]), *side(right)[::-1], (right[0], top[0])]
    path = "M" + "L".join(f"{px:.3f} {py:.3f}" for px, py in points) + "Z"
    middle = len(rows) // 2
    across = float(np.clip((left[middle] + right[middle]) / 2, 0.18, 0.82))
    return {"d": path, "x": round(across, 3), "y": round(float(np.clip(top[middle], 0.08, 0.85)), 3)}
