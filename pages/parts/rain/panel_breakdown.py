"""Scores by weather regime, satellite, age of the last overpass, intensity, season and hour, with bars by days."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st
import xarray as xr

from eogen.progress import Progress
from eogen.rain.breakdown import SHOWN, breakdowns
from pages.kit import export, figures, progress, provenance
from pages.kit.address import choose, number
from pages.kit.hall import Visitor
from pages.parts.rain import breakdown_view as view
from pages.parts.rain import more_days, names, subjects
from pages.parts.rain.state import State

BY = ("age", "satellite", "regime", "intensity", "season", "hour")


@st.cache_data(show_spinner=False, max_entries=12)
def _rows(
    key: str, count: int, _pair: xr.Dataset, _more: list[int], _run: str, _progress: Progress
) -> pd.DataFrame:
    parts = [_pair]
    for k, seed in enumerate(_more):
        _progress(k, len(_more) + 1, "simulate")
        parts.append(more_days.of_seed(seed, _run))
    _progress(len(_more), len(_more) + 1, "score")
    return breakdowns(more_days.in_a_row(parts))


def show(guest: Visitor, state: State) -> None:
    """Draw the panel."""
    t = guest.words
    st.markdown(t("rain.breakdown.lead"))
    columns = st.columns([1.2, 1, 1, 1], vertical_alignment="bottom")
    name = subjects.pick(
        t, columns[0], [subjects.DAY, *subjects.gauged()], key="breakdown_maps", label=t("rain.subjects.label")
    )  # fmt: skip
    of = subjects.day(state) if name == subjects.DAY else subjects.with_gauges(t, name)
    count = 1
    if of.simulated:
        count = number(
            columns[3].slider, t("rain.breakdown.count"), 1, 12, name="days", default=4,
            help=t("rain.breakdown.count_help"),
        )  # fmt: skip
    more = more_days.after(state, count - 1)
    rows = progress.run(
        t("rain.breakdown.computing"), lambda report: _rows(of.key, count, of.maps, more, of.run, report), t,
        key=f"breakdown_{of.key}_{count}",
    )  # fmt: skip
    if rows is None:
        return
    there = [by for by in BY if by in set(rows.loc[rows["pixels"] > 0, "by"])]
    by = choose(
        columns[1].selectbox, t("rain.breakdown.by"), there, name="by", default=there[0], key=f"by_{len(there)}",
        format_func=lambda b: t(f"rain.by.{b}"),
    )  # fmt: skip
    score = choose(
        columns[2].selectbox, t("rain.common.score"), SHOWN, name="score", default=SHOWN[0],
        key="breakdown_score", format_func=lambda s: names.score(t, s), help=t("rain.breakdown.score_help"),
    )  # fmt: skip
    held = rows[(rows["score"] == score) & (rows["pixels"] > 0)]
    shown = held[held["by"] == by]
    whole = float(held.loc[held["by"] == "all", "value"].iloc[0])
    drawn = shown[np.isfinite(shown["value"])]
    if drawn.empty:
        st.caption(t("rain.breakdown.none"))
    else:
        left, right = st.columns([1.4, 1], gap="large")
        with left:
            figure = view.picture(t, drawn, score)
            view.mark(figure, t, whole, score)
            figures.show(figure, key="rain_breakdown", alt=t("rain.breakdown.alt"), expert=True)
            provenance.caption(of.provenance, t)
            if more:
                st.caption(t("rain.breakdown.more", n=len(more)))
        with right:
            st.dataframe(
                view.table(t, shown, score), hide_index=True, width="stretch", alt=t("rain.breakdown.alt")
            )
            st.caption(names.better(t, score))
            several = int(rows["days"].max()) > 1
            st.caption(t("rain.breakdown.bars" if several else "rain.breakdown.one_day"))
    export.bar(
        [export.table(f"rain-breakdown-{of.key}", lambda: rows), export.Chart("rain_breakdown", "rain-breakdown")],
        t, key="rain_breakdown",
    )  # fmt: skip
