"""Is a method as sure as it should be? Coverage at every level, where truths fall, and whether wide means wrong."""

from __future__ import annotations

import numpy as np
import streamlit as st

from eogen.ocean.trial import Trial
from pages.kit import card, export, figures
from pages.kit.address import choose
from pages.kit.hall import Visitor
from pages.kit.words import Words
from pages.parts.ocean import bench, calibration_views, titles
from pages.parts.ocean.state import State

CHARTS = ("coverage", "pit", "ranks", "spread_skill")


def show(guest: Visitor, state: State) -> None:
    """Draw the panel."""
    t = guest.words
    st.markdown(t("ocean.calibration.lead"))
    names = bench.chosen(t, state)
    columns = st.columns([1.4, 1, 1.4])
    if not names:
        st.info(t("ocean.trial.none"), icon=":material/rule:")
        return
    trials = bench.run(t, state, names, columns)
    sure = {n: o for n, o in trials.items() if np.isfinite(o.cells["sd"]).any()}
    if not sure:
        st.caption(t("ocean.calibration.no_sd"))
        return
    first = next((n for n in state.methods if n in sure), next(iter(sure)))
    main = choose(
        columns[2].selectbox, t("ocean.structure.of"), list(sure), name="calibration_of", default=first,
        format_func=lambda n: titles.method(t, n),
    )  # fmt: skip
    _meaning(t, sure[main], main)
    quantity = str(state.cut.name)
    left, right = st.columns(2, gap="large")
    made = [
        ("coverage", calibration_views.coverage(t, sure, main)),
        ("pit", calibration_views.pit(t, sure[main])),
        ("ranks", calibration_views.ranks(t, sure[main])),
        ("spread_skill", calibration_views.spread_skill(t, sure[main], quantity)),
    ]
    for number, (name, figure) in enumerate(made):
        with (left, right)[number % 2]:
            st.markdown(f"**{t(f'ocean.calibration.{name}')}**")
            if figure is None:
                st.caption(t("ocean.ensemble.none", method=titles.method(t, main)))
                continue
            figures.show(figure, key=f"ocean_{name}", alt=t(f"ocean.calibration.{name}_alt"), expert=True)
            st.caption(t(f"ocean.calibration.{name}_note"))
    stem = f"eogen-ocean-calibration-{bench.signature(state)[:8]}"
    drawn = [name for name, figure in made if figure is not None]
    export.bar(
        [
            *(export.Chart(f"ocean_{n}", f"{stem}-{n}", str(k + 1)) for k, n in enumerate(drawn)),
            export.table(stem, lambda: calibration_views.curves(sure)),
        ],
        t, key="ocean_calibration", address=False,
    )  # fmt: skip


def _meaning(t: Words, one: Trial, name: str) -> None:
    """Say in plain words what the coverage is worth."""
    told = calibration_views.told(one)
    left, right = st.columns([1, 1.4], gap="large")
    with left:
        rows = [
            card.Bar(
                t("ocean.calibration.promise", share=p), share, main=True, note=t("ocean.calibration.covered")
            )
            for p, share in ((0.5, told.half), (0.9, told.nine))
        ]
        card.bars(rows, t, label=t("ocean.calibration.coverage"), room="ocean")
    with right:
        st.markdown(
            t(
                f"ocean.calibration.{told.verdict}",
                method=titles.method(t, name),
                nine=told.nine,
                factor=told.factor,
            )
        )
        st.caption(t("ocean.calibration.factor", factor=told.factor))
