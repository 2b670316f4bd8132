"""The ten satellites on the page: in the address, as rows of the day, and what is said of them."""

from __future__ import annotations

import re

import numpy as np
import streamlit as st

from eogen.rain.orbits import SATELLITES
from pages.kit.words import Words
from pages.parts.rain import days
from pages.parts.rain.days import NAMES, Day
from pages.parts.rain.sky import WORDS, Row, told

#: Hours under the slider: every six, the last inside.
TICKS = (0, 12, 24, 36)


def switched_off() -> tuple[str, ...]:
    """Return the satellites that ``?off=`` names (joined by points; ``all`` for all), in their order."""
    asked = st.query_params.get("off", "")
    if asked == "all":
        return NAMES
    named = set(re.split(r"[.]", asked))
    return tuple(name for name in NAMES if name in named)


def switch(off: tuple[str, ...]) -> None:
    """Write which satellites are switched off in the address."""
    if not off:
        st.query_params.pop("off", None)
    else:
        st.query_params["off"] = "all" if len(off) == len(NAMES) else ".".join(off)


def hear(key: str) -> None:
    """Take over what the element asks for: which satellites are off, which half hour is looked at."""
    asked = told(key)
    if not asked:
        return
    switch(tuple(name for name in NAMES if name in asked["off"]))
    st.query_params["at"] = str(int(asked["at"]))


def clock(t: Words, slot: int) -> str:
    """Write the time at which a half hour starts."""
    return t("rain.clock", hour=str(slot // 2), minute=f"{30 * (slot % 2):02d}")


def clocks(t: Words, count: int) -> list[str]:
    """Write all of them."""
    return [clock(t, k) for k in range(count)]


def ticks(t: Words) -> list[tuple[int, str]]:
    """Return where times are written under the slider."""
    return [*((k, clock(t, k)) for k in TICKS), (days.SLOTS, clock(t, days.SLOTS))]


def since(t: Words, minutes: float) -> str:
    """Write an age: ``30 min``, ``1 h``, ``1 h 30``; not-a-number has none."""
    if not np.isfinite(minutes):
        return t("rain.ago.never")
    whole = round(minutes)
    if whole < 60:
        return t("rain.ago.minutes", n=whole)
    hours, rest = divmod(whole, 60)
    return t("rain.ago.hours", n=hours) if rest == 0 else t("rain.ago.both", n=hours, m=f"{rest:02d}")


def rows(t: Words, day: Day) -> list[Row]:
    """Return the ten satellites with all their passes over the box that day."""
    return _rows(day.choice.without().key, t.lang, t, day)


@st.cache_resource(show_spinner=False, max_entries=48)
def _rows(key: str, lang: str, _t: Words, _day: Day) -> list[Row]:
    t, day = _t, _day
    table = days.overpasses(day.choice.start, *days.places_of(day))
    start = np.datetime64(day.choice.start)
    half = lambda moment: float((np.datetime64(moment) - start) / np.timedelta64(30, "m"))
    found = []
    for satellite in SATELLITES:
        own = table[table["satellite"] == satellite.name]
        passes = tuple(
            (round(half(a), 2), round(half(b), 2), round(min(float(share), 1.0), 2))
            for a, b, share in zip(own["start"], own["end"], own["share"], strict=True)
        )
        about = t(
            "rain.satellite",
            name=satellite.name,
            sensor=satellite.sensor,
            swath=int(satellite.swath),
            n=len(passes),
        )
        found.append(Row(satellite.name, satellite.name, about, passes))
    return found


def labels(t: Words) -> dict[str, str]:
    """Return the labels of the element."""
    return {name: t(f"rain.sky.{name}") for name in WORDS}
