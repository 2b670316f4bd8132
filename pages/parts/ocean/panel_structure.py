"""Is a fill as rough as the sea, at every scale, and do the methods agree?"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import streamlit as st

from eogen.ocean import structure
from eogen.ocean.trial import Trial
from pages.kit import export, figures
from pages.kit.address import choose
from pages.kit.hall import Visitor
from pages.kit.words import Words
from pages.parts.ocean import bench, structure_views, titles
from pages.parts.ocean.state import State

#: Sides (cells) of the windows of the spectrum, tried in turn.
SIDES = (32, 16)
CHARTS = ("spectrum", "variogram", "taylor", "agreement")


def show(guest: Visitor, state: State) -> None:
    """Draw the panel."""
    t = guest.words
    st.markdown(t("ocean.structure.lead"))
    names = bench.chosen(t, state)
    columns = st.columns([1.4, 1, 1.4])
    if not names:
        st.info(t("ocean.trial.none"), icon=":material/rule:")
        return
    trials = bench.run(t, state, names, columns)
    if not trials:
        return
    first = next((n for n in state.methods if n in trials), next(iter(trials)))
    main = choose(
        columns[2].selectbox, t("ocean.structure.of"), list(trials), name="structure_of", default=first,
        format_func=lambda n: titles.method(t, n),
    )  # fmt: skip
    truth = state.cut.values[trials[main].frames]
    _rough(t, trials[main], truth)
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown(f"**{t('ocean.structure.taylor')}**")
        figures.show(
            structure_views.taylor(t, trials, main),
            key="ocean_taylor",
            alt=t("ocean.structure.taylor_alt"),
            expert=True,
        )
        st.caption(t("ocean.structure.taylor_note"))
    with right:
        st.markdown(f"**{t('ocean.structure.agreement')}**")
        figures.show(
            structure_views.agreement(t, trials, str(state.cut.name)), key="ocean_agreement",
            alt=t("ocean.structure.agreement_alt"), expert=True,
        )  # fmt: skip
        st.caption(t("ocean.structure.agreement_note"))
    stem = f"eogen-ocean-structure-{bench.signature(state)[:8]}"
    charts = [export.Chart(f"ocean_{name}", f"{stem}-{name}", str(k + 1)) for k, name in enumerate(CHARTS)]
    export.bar(
        [*charts, export.table(stem, lambda: structure_views.ratios(trials, truths(state, trials)))], t,
        key="ocean_structure", address=False,
    )  # fmt: skip


def truths(state: State, trials: Mapping[str, Trial]) -> np.ndarray:
    """Return what was observed on the scored frames (frame, lat, lon): the same for all methods."""
    return state.cut.values[next(iter(trials.values())).frames]


def _rough(t: Words, one: Trial, truth: np.ndarray) -> None:
    """Draw spectra and variograms of the mean and the members of one method, and say the ratio of gradients."""
    left, right = st.columns(2, gap="large")
    ratio = structure_views.gradient_ratios(one, truth)
    with left:
        st.markdown(f"**{t('ocean.structure.spectrum')}**")
        found = spectrum(one, truth)
        if found is None:
            st.caption(t("ocean.structure.no_window", side=SIDES[-1]))
        else:
            figure = structure_views.spectrum(t, *found[:2])
            figures.show(figure, key="ocean_spectrum", alt=t("ocean.structure.spectrum_alt"), expert=True)
            st.caption(t("ocean.structure.spectrum_note", n=found[2], side=found[3]))
    with right:
        st.markdown(f"**{t('ocean.structure.variogram')}**")
        figure = structure_views.variogram(t, one, truth)
        figures.show(figure, key="ocean_variogram", alt=t("ocean.structure.variogram_alt"), expert=True)
        st.caption(t("ocean.structure.variogram_note"))
    st.markdown(structure_views.verdict(t, *ratio))


def spectrum(one: Trial, truth: np.ndarray) -> tuple | None:
    """Return the power ratios of the mean and of the members by wavelength, windows and side; None without a window."""
    for side in SIDES:
        mean = structure.spectrum_ratio(truth, one.mean, one.held, side)
        if len(mean):
            members = (
                None if one.drawn is None else structure.spectrum_ratio(truth, one.drawn, one.held, side)
            )
            return mean, members, mean.attrs["windows"], side
    return None
