"""The public view: switch off a satellite, and see what the map of rain misses."""

from __future__ import annotations

import numpy as np
import streamlit as st

from pages.kit import provenance
from pages.kit.address import whole
from pages.kit.hall import Visitor
from pages.kit.provenance import Provenance
from pages.kit.words import Words
from pages.parts.rain import challenge, days, draw, fleet, judge
from pages.parts.rain.days import NAMES, Choice, Day
from pages.parts.rain.sky import Note, Picture, Skin, sky
from pages.parts.rain.stories import STORIES, Story

KEY = "rain_sky"
#: From this share of the true rain on, the map is fresh.
FRESH = 0.5


def show(guest: Visitor) -> None:
    """Draw the page."""
    _day(guest.words)


@st.fragment
def _day(t: Words) -> None:
    """Draw one day."""
    number = whole("story", 0) % len(STORIES)
    story = STORIES[number]
    off = fleet.switched_off()
    three = st.query_params.get("look") == "three"
    with st.spinner(t("rain.public.fetching")):
        now, full = days.day(story.choice(off)), days.day(story.choice())
        st.markdown(t("rain.public.three") if three else t("rain.public.lead"))
        _film(t, story, now, full, challenge.KEEP if three else None)
    _actions(t, number, off, three)
    if three:
        challenge.verdict(t, story, now, full)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="rain_real"):
        provenance.caption(told(t, now.choice), t)
        with st.popover(t("rain.public.what"), type="tertiary"):
            st.markdown(t("rain.public.explained"))


def told(t: Words, choice: Choice) -> Provenance:
    """Return what is said under the picture."""
    return Provenance(
        "simulated", place=t("rain.place"), sensor=t(f"rain.runs.{choice.run}"), quantity=t("rain.quantity"),
        date=choice.start,
    )  # fmt: skip


def _film(t: Words, story: Story, now: Day, full: Day, most: int | None) -> None:
    lat, lon = days.places_of(now)
    at = min(whole("at", story.at), days.SLOTS - 1)
    rain, right = draw.rain_legend(t), draw.verdict_legend(t)
    sheet = lambda name: draw.sheet(now.choice.key, name, now)
    pictures = [
        Picture(
            t("rain.public.said"),
            (Skin(t("rain.public.skin_rain"), sheet("imerg"), rain),
             Skin(t("rain.public.skin_right"), sheet("verdict"), right)),
            swaths=True,
        ),
        Picture(t("rain.public.true"), (Skin(t("rain.public.skin_rain"), sheet("radar"), rain),), places=True),
    ]  # fmt: skip
    sky(
        pictures, fleet.rows(t, now), key=KEY, token=f"{story.seed}", lang=t.lang, labels=fleet.labels(t),
        clock=fleet.clocks(t, days.SLOTS), said=[sentences(t, now, full, k) for k in range(days.SLOTS)],
        swaths=days.swaths(now.choice.start, lat, lon), land=draw.land(lat, lon), places=draw.towns(lat, lon),
        shape=draw.shape(lat, lon), columns=draw.COLUMNS, at=at, off=now.choice.off, note=note(t, now, full, judge.guess(now)),
        ticks=fleet.ticks(t), most=most, on_asked=lambda: fleet.hear(KEY),
    )  # fmt: skip


def counts(day: Day, k: int) -> tuple[int, int, int]:
    """Return how many cells are right, missed and invented in a half hour."""
    said, true = day.said[k], day.true[k]
    return int((said & true).sum()), int((true & ~said).sum()), int((said & ~true).sum())


def sentences(t: Words, now: Day, full: Day, k: int) -> list[str]:
    """Say what the map of a half hour knows, and what it lacks for the satellites that are off."""
    looking = now.looking(k)
    if now.seen[k] >= FRESH:
        first = t("rain.public.fresh", who=looking[0])
    elif np.isfinite(now.age[k]):
        first = t("rain.public.old", age=fleet.since(t, now.age[k]))
    else:
        first = t("rain.public.blind")
    hits, missed, invented = counts(now, k)
    found = [first, t("rain.public.found", n=hits + missed, hits=hits), t("rain.public.invented", n=invented)]
    if now.choice.off:
        found.append(t("rain.public.with_all", hits=counts(full, k)[0], invented=counts(full, k)[2]))
    return found


def _values(scores: np.ndarray) -> list[float | None]:
    return [round(float(v), 3) if np.isfinite(v) else None for v in scores]


def out_of(value: float | None) -> str:
    """Write a note of 0 to 1 out of 100."""
    return "–" if value is None or not np.isfinite(value) else str(round(100 * value))


def note(t: Words, now: Day, full: Day, said: np.ndarray | None, score: str = "csi") -> Note:
    """Return the note of the map over the day; ``said`` is the model's, (time,) or None."""
    here, there = _values(now.scores[score].values), _values(full.scores[score].values)
    keys = f'<span class="k-now">{t("rain.public.key_now")}</span>'
    if now.choice.off:
        keys += f'<span class="k-full">{t("rain.public.key_full")}</span>'
    if said is not None:
        keys += f'<span class="k-guess">{t("rain.public.key_guess")}</span>'
    return Note(
        label=t("rain.public.note"), curve=t("rain.public.curve"), keys=keys, now=here,
        text=[t("rain.public.out_of", n=out_of(v)) for v in here],
        full=there if now.choice.off else None,
        full_text=[t("rain.public.full", n=out_of(v)) for v in there] if now.choice.off else None,
        guess=None if said is None else _values(said),
        guess_text=None if said is None else [t("rain.public.guess", n=out_of(v)) for v in _values(said)],
    )  # fmt: skip


def _actions(t: Words, number: int, off: tuple[str, ...], three: bool) -> None:
    story = STORIES[number]
    with st.container(horizontal=True, gap="small", key="rain_actions"):
        if three:
            st.button(t("rain.public.back"), icon=":material/arrow_back:", key="rain_back", on_click=_leave)
            return
        lone = (story.satellite,)
        st.button(
            t("rain.public.lone", name=story.satellite), type="primary", key="rain_lone", icon=":material/power_settings_new:",
            disabled=off == lone, on_click=_moment, args=(lone, story.at),
        )  # fmt: skip
        st.button(
            t("rain.public.none"),
            key="rain_none",
            disabled=off == NAMES,
            on_click=_moment,
            args=(NAMES, None),
        )
        st.button(t("rain.public.all"), key="rain_all", disabled=not off, on_click=_moment, args=((), None))
        st.button(
            t("rain.public.another"), icon=":material/shuffle:", key="rain_another",
            on_click=_next, args=((number + 1) % len(STORIES),),
        )  # fmt: skip
        st.button(
            t("rain.public.play_three"), icon=":material/sports_esports:", key="rain_three", on_click=_three
        )


def _moment(off: tuple[str, ...], at: int | None) -> None:
    fleet.switch(off)
    if at is not None:
        st.query_params["at"] = str(at)


def _next(number: int) -> None:
    st.query_params["story"] = str(number)
    for name in ("off", "at"):
        st.query_params.pop(name, None)


def _three() -> None:
    st.query_params["look"] = "three"
    fleet.switch(NAMES)


def _leave() -> None:
    st.query_params.pop("look", None)
    fleet.switch(())
