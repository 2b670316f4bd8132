"""Estimators over every labelled pair of a source, one after the other."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import streamlit as st

from eogen.change.methods import METHODS, unavailable
from eogen.progress import Progress, silent
from pages.parts.change import compute, scoring, sources
from pages.parts.change.state import State, digest

#: Pairs at most: the evaluation on the command line takes all of them.
MOST = 40


def others(state: State) -> tuple[str, ...]:
    """Return the names of the pairs of the state's source."""
    return sources.names(state.source)[:MOST]


@st.cache_resource(show_spinner=False, max_entries=16)
def _measured(key: str, names: tuple[str, ...], _state: State, _progress: Progress) -> pd.DataFrame:
    rows = []
    wanted = others(_state)
    for number, image in enumerate(wanted):
        _progress(number, len(wanted), "images")
        found = sources.opened(_state.source, image)
        if found is None or "label" not in found.images.coords:
            continue
        here = replace(
            _state, name=image, key=found.key, images=found.images, first=0,
            second=found.images.sizes["time"] - 1, usual="self",
        )  # fmt: skip
        for name in names:
            if unavailable(METHODS[name], found.images):
                continue
            made = compute.p_values(here, name)
            one = scoring.curve(made.nll.values, made.p_value.values, here.label, here.rate)
            if one is not None:
                kept = ("ap", "auroc", "best_f1", "f1", "mean_f1", "share", "n")
                rows.append({"image": image, "estimator": name, **{k: getattr(one, k) for k in kept}})
    return pd.DataFrame(rows)


def measured(state: State, names: tuple[str, ...], progress: Progress = silent) -> pd.DataFrame:
    """Return a row per image and estimator, each calibrated on its own pair."""
    key = digest(state.source, others(state), state.normalise, state.smooth, state.rate)
    return _measured(key, names, state, progress)
