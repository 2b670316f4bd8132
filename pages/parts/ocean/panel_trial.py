"""Validation without a truth, live: other dates' clouds hide parts of the region, every method fills them."""

from __future__ import annotations

from functools import partial

import streamlit as st

from pages.kit import export
from pages.kit.address import choose
from pages.kit.hall import Visitor
from pages.kit.words import Words
from pages.parts.ocean import bench, shades, trial_table, trial_views
from pages.parts.ocean.state import State


def show(guest: Visitor, state: State) -> None:
    """Draw the panel."""
    t = guest.words
    st.markdown(t("ocean.trial.lead"))
    names = bench.chosen(t, state)
    columns = st.columns([1.4, 1, 1.4])
    if not names:
        st.info(t("ocean.trial.none"), icon=":material/rule:")
        return
    score = choose(
        columns[2].selectbox, t("ocean.trial.score"), trial_table.SHOWN, name="score", default="rmse",
        format_func=lambda s: t(f"ocean.measures.{s}"),
    )  # fmt: skip
    trials = bench.run(t, state, names, columns)
    if not trials:
        return
    board = trial_table.leaderboard(trials)
    main = next((n for n in state.methods if n in trials), next(iter(trials)))
    unit = shades.error_unit(str(state.cut.name))
    st.markdown(" ".join(trial_views.verdicts(t, trials, main, unit)))
    trial_views.board(t, board, trials, score, main, str(state.cut.name), state.cut.time.values)
    st.dataframe(
        trial_views.table(t, board), hide_index=True, width="stretch", alt=t("ocean.trial.table_alt")
    )
    st.caption(t("ocean.trial.table_note", unit=unit))
    _classes(t, state, trials, score, main)
    _signature(t, trials)
    stem = f"eogen-ocean-trial-{bench.signature(state)[:8]}"
    export.bar(
        [
            export.Chart("ocean_board", f"{stem}-leaderboard", "1"),
            export.Chart("ocean_classes", f"{stem}-classes", "2"),
            export.table(stem, lambda: trial_table.everything(trials)),
            export.record(stem, lambda: trial_table.record(trials)),
        ],
        t, key="ocean_trial", address=False,
    )  # fmt: skip


def _classes(t: Words, state: State, trials: dict, score: str, main: str) -> None:
    """Draw the score by class of cells."""
    offered = [
        by for by in trial_table.CLASSES if trial_table.labels(next(iter(trials.values())), by) is not None
    ]
    by = choose(
        partial(st.segmented_control, required=True), t("ocean.trial.by"), offered, name="by", default="distance",
        format_func=lambda name: t(f"ocean.trial.by_{name}"),
    )  # fmt: skip
    trial_views.classes(t, trials, by, score, main, str(state.cut.name))


def _signature(t: Words, trials: dict) -> None:
    """Print what was hidden, so that anybody can repeat it."""
    one = next(iter(trials.values())).signature
    st.markdown(
        t(
            "ocean.trial.signature",
            seed=str(one.seed),
            frames=len(one.frames),
            cells=one.cells,
            sha=one.sha256[:12],
        )
    )
    with st.expander(t("ocean.trial.donors")):
        st.dataframe(
            trial_views.donors(t, next(iter(trials.values()))), hide_index=True, width="stretch",
            alt=t("ocean.trial.donors"),
        )  # fmt: skip
