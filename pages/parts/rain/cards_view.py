"""The card of one cell, drawn: its scores beside those of all maps, its weather, its sensors, its maps."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd
import streamlit as st

from eogen.progress import Progress
from eogen.rain.examples import TARGETS, day_of
from eogen.rain.methods import METHODS
from eogen.raster import data_url
from pages.kit import progress
from pages.kit.card import Bar, bars, metric_html
from pages.kit.style import escape
from pages.kit.words import Words
from pages.parts.rain import cards, more_days, names, som_view
from pages.parts.rain.breakdown_view import with_bounds
from pages.parts.rain.cards import Cells

#: Maps of a cell that are simulated again; most days they may be of (a day takes a second).
SHOWN, DAYS = 6, 3
#: Numbers side by side.
GRID = "display:grid;grid-template-columns:repeat(2,minmax(0,1fr));gap:.8rem"


def show(t: Words, held: Cells, cell: int, score: str) -> None:
    """Draw the card of a cell."""
    row = held.cards.loc[cell]
    st.markdown(f"**{t('rain.map.card', cell=cell + 1)}**")
    if not row["count"]:
        st.caption(t("rain.map.card_empty"))
        return
    st.html(f'<div style="{GRID}">{"".join(_numbers(t, row))}</div>')
    st.dataframe(table(t, held, cell), hide_index=True, width="stretch", alt=t("rain.map.card_alt"))
    st.caption(t("rain.map.within"))
    regimes = {
        c.removeprefix("regime_"): float(row[c]) for c in held.cards if c.startswith("regime_") and row[c] > 0
    }
    for kind, shares in (("regime", regimes), ("sensor", cards.sensors(held, cell))):
        st.markdown(f"**{t(f'rain.map.{kind}s')}**")
        if not shares:
            st.caption(t("rain.map.not_kept"))
            continue
        said = "regime" if kind == "regime" else "satellite"
        drawn = [
            Bar(names.group(t, said, n), share, main=share == max(shares.values()))
            for n, share in sorted(shares.items(), key=lambda kv: -kv[1])
        ]
        bars(drawn, t, label=t(f"rain.map.{kind}s"), room="rain")
    kept = int(row["told"]) if np.isfinite(row["told"]) else 0
    st.caption(t("rain.map.about_note", n=kept, days=cards.DAYS))


def _numbers(t: Words, row: pd.Series) -> list[str]:
    """Return maps and days of a cell, and how fresh its observations were."""
    share = lambda v: t.percent(float(v)) if np.isfinite(v) else "–"
    age = t.number(float(row["age"]), 0, unit="min") if np.isfinite(row["age"]) else "–"
    count = t.number(int(row["count"]))
    return [
        metric_html(t("rain.map.card_n"), count, t("rain.map.card_days", days=int(row["days"]))),
        metric_html(
            t("rain.map.card_age"), age,
            t("rain.map.card_seen", seen=share(row["seen"]), infrared=share(row["infrared"])),
        ),
    ]  # fmt: skip


def table(t: Words, held: Cells, cell: int) -> pd.DataFrame:
    """Return a row per score: mean with its interval, and the mean of all cells."""
    row = held.cards.loc[cell]
    return pd.DataFrame(
        {
            t("rain.common.score"): names.score(t, score),
            t("rain.map.mean"): with_bounds(t, row[score], row[f"{score}_low"], row[f"{score}_high"]),
            t("rain.map.mean_all"): t.number(held.whole[score], 2),
        }
        for score in TARGETS
    )  # fmt: skip


def nearest(held: Cells, cell: int) -> np.ndarray:
    """Return rows of the past: the cell's maps nearest to its centre, of few days."""
    rows = np.flatnonzero(held.past.cluster == cell)
    rows = rows[np.argsort(held.past.distance[rows], kind="stable")]
    few = list(dict.fromkeys(held.past.seed[rows].tolist()))[:DAYS]
    return rows[np.isin(held.past.seed[rows], few)][:SHOWN]


def members(t: Words, held: Cells, cell: int, score: str) -> None:
    """Draw the cell's maps, simulated again when asked."""
    rows = nearest(held, cell)
    if not len(rows):
        return
    key = f"members_{held.of.name}_{cell}"
    st.markdown(f"**{t('rain.map.members')}**")
    if not st.session_state.get(f"yes_{key}"):
        st.button(
            t("rain.map.show_members"),
            key=f"ask_{key}",
            icon=":material/grid_view:",
            on_click=_yes,
            args=(key,),
        )
        return
    st.caption(t("rain.map.members_lead"))
    again(
        t,
        held.of.name,
        held.past.seed[rows],
        held.past.step[rows],
        held.past.scores.iloc[rows],
        score,
        key,
    )


def _yes(key: str) -> None:
    st.session_state[f"yes_{key}"] = True


def again(
    t: Words, method: str, seed: np.ndarray, step: np.ndarray, scores: pd.DataFrame, score: str, key: str,
    notes: list[str] | None = None,
) -> None:  # fmt: skip
    """Draw past maps simulated again from seed and half-hour, IMERG above the truth, with their true score."""
    run = "early" if METHODS[method].real_time else "late"
    pictures = progress.run(
        t("rain.map.simulating"), partial(_pictures, tuple(map(int, seed)), tuple(map(int, step)), run), t, key=key
    )  # fmt: skip
    if pictures is None:
        return
    cells = ""
    for k, (imerg, radar) in enumerate(pictures):
        value = float(scores[score].iloc[k])
        text = t(
            "rain.map.member", date=t.date(str(day_of(int(seed[k])))), hour=clock(t, int(step[k])),
            score=names.score(t, score), value=t.number(value, 2) if np.isfinite(value) else "–",
        )  # fmt: skip
        extra = f"<br>{escape(notes[k])}" if notes else ""
        two = "".join(
            f'<img alt="{escape(t(f"rain.map.member_{side}"))}" title="{escape(t(f"rain.map.member_{side}"))}" '
            f'src="{url}" style="width:49%;image-rendering:pixelated;border-radius:4px">'
            for side, url in (("imerg", imerg), ("radar", radar))
        )
        cells += (
            f'<figure style="margin:0"><div style="display:flex;gap:2%">{two}</div>'
            f'<figcaption style="font-size:.85rem">{escape(text)}{extra}</figcaption></figure>'
        )
    grid = "display:grid;gap:.8rem;grid-template-columns:repeat(auto-fill,minmax(min(15rem,100%),1fr))"
    st.html(f'<div style="{grid}">{cells}</div>')


def clock(t: Words, step: int) -> str:
    """Write the start of a half-hour of the day."""
    return t("rain.clock", hour=f"{step // 2:02d}", minute=f"{30 * (step % 2):02d}")


@st.cache_data(show_spinner=False, max_entries=24)
def _drawn(
    seeds: tuple[int, ...], steps: tuple[int, ...], run: str, _progress: Progress
) -> list[tuple[str, str]]:
    found = []
    for k, (seed, step) in enumerate(zip(seeds, steps, strict=True)):
        _progress(k, len(seeds), "simulate")
        pair = more_days.of_seed(seed, run).isel(time=step)
        found.append(
            tuple(
                data_url(som_view.rain_picture(pair[side].values[::-1], zoom=2))
                for side in ("precipitation", "radar")
            )
        )
    return found


def _pictures(
    seeds: tuple[int, ...], steps: tuple[int, ...], run: str, report: Progress
) -> list[tuple[str, str]]:
    return _drawn(seeds, steps, run, report)
