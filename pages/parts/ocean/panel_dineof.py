"""What DINEOF sees: the patterns, their course through time, and how many of them the data bear."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from eogen.colour import Scale
from eogen.ocean.problem import problem
from eogen.progress import Progress
from pages.kit import export, figures, progress
from pages.kit.address import choose
from pages.kit.hall import Visitor
from pages.kit.maps.legend import scale_legend
from pages.kit.words import Words
from pages.parts.ocean import bench, shades, tiles, titles
from pages.parts.ocean.state import State

if TYPE_CHECKING:
    from eogen.ocean.dineof import Dineof

#: Modes drawn at most: later ones are noise to the eye.
DRAWN = 6
VALUES = ("anomalies", "values")


@st.cache_resource(show_spinner=False, max_entries=16)
def _decomposed(key: tuple[str, str, int], _state: State, _progress: Progress) -> Dineof:
    from eogen.ocean.dineof import decompose

    _, of, seed = key
    return decompose(problem(_state.observed), anomalies=of == "anomalies", seed=seed, progress=_progress)


def show(guest: Visitor, state: State) -> None:
    """Draw the panel."""
    t = guest.words
    st.markdown(t("ocean.dineof.lead"))
    bench.of_whole(t, state)
    left, _ = st.columns([1, 2.2])
    of = choose(
        left.selectbox, t("ocean.dineof.of"), VALUES, name="dineof_of", default="anomalies",
        format_func=lambda name: t(f"ocean.dineof.{name}"),
    )  # fmt: skip
    found = progress.run(
        t("ocean.dineof.working"),
        lambda report: _decomposed((state.signature, of, state.seed), state, report),
        t,
        key=f"dineof_{state.signature}_{of}_{state.seed}",
    )
    if found is None:
        return
    unit = shades.error_unit(str(state.cut.name))
    error = float(found.cv_errors[found.modes - 1])
    said = {"n": found.modes, "error": t.number(error, 3, unit=unit), "share": float(found.explained.sum())}
    st.markdown(
        t(
            "ocean.dineof.found",
            withheld=found.withheld,
            used=int(found.used.sum()),
            of=len(found.used),
            **said,
        )
    )
    _maps(t, state, found)
    left, right = st.columns([1.6, 1], gap="large")
    with left:
        st.markdown(f"**{t('ocean.dineof.courses')}**")
        figures.show(
            courses(t, state, found), key="ocean_courses", alt=t("ocean.dineof.courses_alt"), expert=True
        )
    with right:
        st.markdown(f"**{t('ocean.dineof.errors')}**")
        figures.show(errors(t, found, unit), key="ocean_cv", alt=t("ocean.dineof.errors_alt"), expert=True)
        st.caption(t("ocean.dineof.errors_note" if found.real_clouds else "ocean.dineof.drawn_clouds"))
    stem = f"eogen-ocean-dineof-{state.signature[:8]}"
    export.bar(
        [
            export.Chart("ocean_courses", f"{stem}-courses", "1"),
            export.Chart("ocean_cv", f"{stem}-cv", "2"),
            export.table(f"{stem}-courses", lambda: table(state, found)),
            export.record(stem, lambda: record(state, found, of)),
        ],
        t, key="ocean_dineof", address=False,
    )  # fmt: skip


def loaded(found: Dineof) -> tuple[np.ndarray, np.ndarray]:
    """Return maps (mode, lat, lon) scaled to the mode's own size, and courses (time, mode) of unit variance.

    Their product is what the mode adds to the mean (standardised units for anomalies).
    """
    size = found.temporal.std(0)
    size = np.where(size > 0, size, 1.0)
    return found.spatial * (found.singular * size)[:, None, None], found.temporal / size


def _maps(t: Words, state: State, found: Dineof) -> None:
    maps = loaded(found)[0][:DRAWN]
    top = float(np.nanquantile(np.abs(maps), 0.99)) or 1.0
    colours = Scale("balance", -top, top)
    pictures = [
        tiles.tile(
            field, colours, state.cut, t("ocean.dineof.mode", k=k + 1, share=float(found.explained[k])),
        )
        for k, field in enumerate(maps)
    ]  # fmt: skip
    tiles.grid(pictures, "15rem")
    unit = shades.error_unit(str(state.cut.name)) if found.ground is None else t("ocean.dineof.standard")
    st.html(scale_legend(colours, title=t("ocean.dineof.pattern"), unit=unit, number=t.number))
    if found.modes > DRAWN:
        st.caption(t("ocean.dineof.more", n=found.modes - DRAWN))


def courses(t: Words, state: State, found: Dineof) -> go.Figure:
    """Return the course of each mode through time."""
    times = state.cut.time.values
    x_axis = figures.axis(f"{t('ocean.common.date')}, {shades.years(times)}", "") | shades.dates(t, times)
    y_axis = figures.axis(t("ocean.dineof.course"), t("ocean.dineof.sds"))
    figure = figures.figure(t, x=x_axis, y=y_axis, height=320, legend=True)
    x = [str(v)[:10] for v in times]
    for k, course in enumerate(loaded(found)[1].T[:DRAWN]):
        figure.add_scatter(
            x=x, y=course, mode="lines+markers", name=t("ocean.dineof.mode_short", k=k + 1),
            line={"width": 2, "dash": titles.DASHES[k % len(titles.DASHES)]},
            marker={"size": 6, "symbol": [f"{titles.SYMBOLS[k]}{'' if used else '-open'}" for used in found.used]},
            text=[t.date(v) for v in x], hovertemplate="%{text}: %{y:.2f}<extra></extra>",
        )  # fmt: skip
    figure.add_vline(x=str(state.date)[:10], line={"color": figures.BASELINE, "dash": "dot", "width": 1.5})
    return figure


def errors(t: Words, found: Dineof, unit: str) -> go.Figure:
    """Return the error on withheld cells by number of modes, the one that was kept marked."""
    count = np.arange(1, len(found.cv_errors) + 1)
    figure = figures.figure(
        t, x=figures.axis(t("ocean.dineof.count"), "", dtick=max(len(count) // 8, 1), range=[0.5, len(count) + 0.5]),
        y=figures.axis(t("ocean.dineof.error"), unit), height=320,
    )  # fmt: skip
    figure.add_scatter(
        x=count, y=found.cv_errors, mode="lines+markers", line={"color": figures.BASELINE, "width": 2.5},
        marker={"size": 7}, hovertemplate=f"%{{x}}: %{{y:.3f}} {unit}<extra></extra>",
    )  # fmt: skip
    figure.add_scatter(
        x=[found.modes], y=[found.cv_errors[found.modes - 1]], mode="markers", hoverinfo="skip",
        marker={"size": 15, "color": figures.ACCENT["ocean"], "symbol": "diamond"},
    )  # fmt: skip
    return figure


def table(state: State, found: Dineof) -> pd.DataFrame:
    """Return the courses, one row per date: ``date``, ``used``, ``mode_1`` …"""
    made = pd.DataFrame({"date": [str(v)[:10] for v in state.cut.time.values], "used": found.used})
    for k, course in enumerate(loaded(found)[1].T):
        made[f"mode_{k + 1}"] = course
    return made


def record(state: State, found: Dineof, of: str) -> dict:
    """Return the numbers of the decomposition."""
    return {
        "of": of, "seed": state.seed, "modes": found.modes, "units": str(state.cut.attrs.get("units", "")),
        "cv_errors": found.cv_errors.tolist(), "singular_values": found.singular.tolist(),
        "explained": found.explained.tolist(), "withheld_cells": found.withheld, "real_clouds": found.real_clouds,
        "frames_used": found.used.tolist(),
    }  # fmt: skip
