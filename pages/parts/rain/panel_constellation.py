"""One simulated day under a constellation one can break: maps, verdict, age, sensors, passes, and scores."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd
import streamlit as st

from eogen.rain.scores import BY_NAME
from pages.kit import provenance
from pages.kit.address import choose
from pages.kit.hall import Visitor
from pages.kit.words import Words
from pages.parts.rain import days, draw, exports, fleet, judge, public
from pages.parts.rain.days import NAMES, Day
from pages.parts.rain.sky import Note, Picture, Skin, sky
from pages.parts.rain.state import State

KEY = "rain_expert_sky"
#: Scores whose curve fits a scale of 0 to 1; scores of the table.
CURVES = ("csi", "cc_log", "fss", "hss", "pod")
SHOWN = ("csi", "cc_log", "fss", "pod", "far", "hss", "log_bias", "rmse_log", "kge")


def show(guest: Visitor, state: State) -> None:
    """Draw the panel."""
    t = guest.words
    st.markdown(t("rain.constellation.lead"))
    film = st.container()  # the pictures first; which curve is drawn on them stands under them
    curve = choose(
        partial(st.segmented_control, required=True), t("rain.constellation.curve"), CURVES, name="curve",
        default="csi",
        format_func=lambda n: t(f"rain.scores.{n}"),
    )  # fmt: skip
    with film, st.spinner(t("rain.public.fetching")):
        now, full = state.day, state.full
        _film(t, state, now, full, curve)
    with st.container(horizontal=True, gap="small", key="rain_switches"):
        st.button(t("rain.public.none"), key="rain_none", disabled=len(now.choice.off) == len(NAMES),
                  on_click=fleet.switch, args=(NAMES,))  # fmt: skip
        st.button(t("rain.public.all"), key="rain_all", disabled=not now.choice.off,
                  on_click=fleet.switch, args=((),))  # fmt: skip
        for sensor in draw.SENSOR_COLOURS:
            gone = tuple(s.name for s in days.SATELLITES if s.sensor == sensor)
            st.button(t("rain.constellation.without", sensor=sensor), key=f"rain_without_{sensor}",
                      on_click=fleet.switch, args=(gone,))  # fmt: skip
    provenance.caption(state.provenance, t)
    table = scores_table(t, now, full, state.at)
    alt = t("rain.constellation.scores_alt")
    st.dataframe(table, hide_index=True, width="stretch", key="rain_scores", alt=alt)
    st.caption(t("rain.constellation.reading", n=int(now.scores["n"].values[state.at]), event=days.EVENT))
    exports.bar(t, state)


def _film(t: Words, state: State, now: Day, full: Day, curve: str) -> None:
    lat, lon = days.places_of(now)
    rain = draw.rain_legend(t)
    one = lambda title, name, legend, **more: Picture(
        t(f"rain.constellation.{title}"), (Skin("", draw.sheet(now.choice.key, name, now), legend),), **more
    )
    pictures = [
        one("imerg", "imerg", rain),
        one("radar", "radar", rain, places=True),
        one("verdict", "verdict", draw.verdict_legend(t)),
        one("age", "age", draw.age_legend(t)),
        one("sensor", "sensor", draw.sensor_legend(), swaths=True),
    ]
    sky(
        pictures, fleet.rows(t, now), key=KEY, token=now.choice.without().key, lang=t.lang, labels=fleet.labels(t),
        clock=fleet.clocks(t, days.SLOTS), said=_all_said((now.choice.key, t.lang), t, now),
        swaths=days.swaths(now.choice.start, lat, lon), land=draw.land(lat, lon), places=draw.towns(lat, lon),
        shape=draw.shape(lat, lon), columns=draw.COLUMNS, at=state.at, off=now.choice.off,
        note=_note(t, now, full, curve),
        ticks=fleet.ticks(t), wide=True, on_asked=lambda: fleet.hear(KEY),
    )  # fmt: skip


@st.cache_data(show_spinner=False, max_entries=96)
def _all_said(key: tuple[str, str], _t: Words, _now: Day) -> list[list[str]]:
    return [_said(_t, _now, k) for k in range(days.SLOTS)]


def _said(t: Words, day: Day, k: int) -> list[str]:
    hits, missed, invented = public.counts(day, k)
    direct = float((day.pair["satellite"].values[k] >= 0).mean())
    return [
        t(
            "rain.constellation.said", hits=hits, missed=missed, invented=invented, direct=direct,
            seen=float(day.seen[k]),
            age=fleet.since(t, day.age[k]), regime=t(f"rain.regimes.{day.pair['regime'].values[k]}"),
        )
    ]  # fmt: skip


def _note(t: Words, now: Day, full: Day, name: str) -> Note:
    """Return one score over the day; what lies below 0 is drawn at 0."""
    values = lambda held: [round(float(v), 3) if np.isfinite(v) else None for v in held]
    write = lambda v: "–" if v is None else t.number(v, 3)
    here, there = values(now.scores[name].values), values(full.scores[name].values)
    said = judge.guess(now)
    predicted = said is not None and name in said
    keys = f'<span class="k-now">{t("rain.constellation.key_now")}</span>'
    keys += f'<span class="k-full">{t("rain.public.key_full")}</span>' if now.choice.off else ""
    keys += f'<span class="k-guess">{t("rain.public.key_guess")}</span>' if predicted else ""
    guess = three = None
    if predicted:
        guess, *ends = (values(said[n].values) for n in (name, f"{name}_low", f"{name}_high"))
        three = [
            t("rain.constellation.guess", n=write(v), low=write(a), high=write(b))
            for v, a, b in zip(guess, *ends, strict=True)
        ]
    return Note(
        label=t(f"rain.scores.{name}"), curve=t("rain.constellation.by_hour"), keys=keys, now=here,
        text=[write(v) for v in here], full=there if now.choice.off else None,
        full_text=[t("rain.constellation.full", n=write(v)) for v in there] if now.choice.off else None,
        guess=guess, guess_text=three,
    )  # fmt: skip


def scores_table(t: Words, now: Day, full: Day, at: int) -> pd.DataFrame:
    """Return scores of the half hour and of the day, with the satellites that are on and with all ten."""
    rows = []
    for name in SHOWN:
        values = [
            float(now.scores[name].values[at]), float(full.scores[name].values[at]),
            float(now.whole[name]), float(full.whole[name]),
        ]  # fmt: skip
        cells = [t.number(v, 3) if np.isfinite(v) else "–" for v in values]
        best = (
            t("rain.constellation.higher")
            if BY_NAME[name].higher
            else t("rain.constellation.near", n=BY_NAME[name].best)
        )
        rows.append([t(f"rain.scores.{name}"), *cells, best])
    heads = ("score", "map_on", "map_all", "day_on", "day_all", "best")
    return pd.DataFrame(rows, columns=[t(f"rain.constellation.{h}") for h in heads])
