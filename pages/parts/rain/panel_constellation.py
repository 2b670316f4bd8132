"""One simulated day under a constellation one can break: maps, verdict, age, sensors, passes, and scores."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from eogen.rain.scores import BY_NAME
from pages.kit import provenance
from pages.kit.hall import Visitor
from pages.kit.words import Words
from pages.parts.rain import days, draw, exports, fleet, judge, public
from pages.parts.rain.days import NAMES, Day
from pages.parts.rain.sky import Picture, Skin, sky
from pages.parts.rain.state import State

KEY = "rain_expert_sky"
#: Scores of the table, in their order.
SHOWN = ("csi", "cc_log", "fss", "pod", "far", "hss", "log_bias", "rmse_log", "kge")


def show(guest: Visitor, state: State) -> None:
    """Draw the panel."""
    t = guest.words
    st.markdown(t("rain.constellation.lead"))
    with st.spinner(t("rain.public.fetching")):
        now, full = state.day, state.full
        _film(t, state, now, full)
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
    st.dataframe(table, hide_index=True, width="stretch", key="rain_scores")
    st.caption(t("rain.constellation.reading", n=int(now.scores["n"].values[state.at]), event=days.EVENT))
    exports.bar(t, state)


def _film(t: Words, state: State, now: Day, full: Day) -> None:
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
        clock=fleet.clocks(t, days.SLOTS), said=[_said(t, now, k) for k in range(days.SLOTS)],
        swaths=days.swaths(now.choice.start, lat, lon), land=draw.land(lat, lon), places=draw.towns(lat, lon),
        shape=draw.shape(lat, lon), columns=draw.COLUMNS, at=state.at, off=now.choice.off, note=public.note(t, now, full, judge.guess(now)),
        ticks=fleet.ticks(t), wide=True, on_asked=lambda: fleet.hear(KEY),
    )  # fmt: skip


def _said(t: Words, day: Day, k: int) -> list[str]:
    hits, missed, invented = public.counts(day, k)
    direct = float((day.pair["satellite"].values[k] >= 0).mean())
    return [
        t(
            "rain.constellation.said", hits=hits, missed=missed, invented=invented, direct=direct, seen=float(day.seen[k]),
            age=fleet.since(t, day.age[k]), regime=t(f"rain.regimes.{day.pair['regime'].values[k]}"),
        )
    ]  # fmt: skip


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
