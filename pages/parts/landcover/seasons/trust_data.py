"""Explanations put to the test: on the parcel shown, and on many of the same set."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st

from eogen.landcover.series.against_chance import AgainstChance, against_chance
from eogen.landcover.series.examine import Asked, Examined, examine, sample
from eogen.landcover.series.hits import Hits, hits
from eogen.landcover.series.methods import EXPLANATIONS, MODELS
from eogen.landcover.series.randomisation import untrained
from eogen.progress import Progress, silent
from pages.parts.landcover.seasons import compute, season_data
from pages.parts.landcover.seasons.explained import Side
from pages.parts.landcover.seasons.state import State

#: Control that sees the season and never asks the model.
CONTROL = "season"


@st.cache_data(show_spinner=False, max_entries=compute.KEPT)
def _one(
    key: tuple[str, ...], series: bytes, target: int, names: tuple[str, ...], _state: State,
    _given: dict[str, np.ndarray],
) -> AgainstChance:  # fmt: skip
    return against_chance(_state.model, _state.series, target, _given, background=_state.background)


def one(state: State, sides: tuple[Side, ...]) -> AgainstChance:
    """Return the removal curves of explanations of the parcel shown, of greenness, and of random orders."""
    given = {side.name: side.values for side in sides} | {CONTROL: compute.explain(state, CONTROL)[0]}
    return _one(state.key, compute.stamp(state.series), state.target, tuple(given), state, given)


@dataclass(frozen=True)
class Many:
    """The test of a model's explanations on many parcels.

    Attributes:
        rows: (n,) numbers of the parcels.
        target: (n,) class explained: what the model answered.
        right: (n,) whether that is true.
        found: what the test found.
    """

    rows: np.ndarray
    target: np.ndarray
    right: np.ndarray
    found: Examined


def names(method: str) -> list[str]:
    """Return the explanations that are tested: all a model can give; the lot is drawn by the test itself."""
    return [name for name in compute.explanations(method) if EXPLANATIONS[name].needs != "nothing"] + [
        CONTROL
    ]


@st.cache_resource(show_spinner=False, max_entries=24)
def _many(
    key: tuple[str, ...], content: str, count: int, _state: State, _kept: Any, _progress: Progress
) -> Many:  # fmt: skip
    held = _state.held
    series = held["reflectance"].values
    label = held["label"].values if "label" in held else np.full(len(series), -1)
    group = held["group"].values if "group" in held else np.arange(len(series))
    rows = sample(label, group, np.isfinite(series).any(2).sum(1), count)
    target = season_data.answers(_state)[rows].argmax(1)
    who = [_kept.unseen_by(one)[0] for one in series[rows]]
    blank = _blank(_state) if not hasattr(_state.model, "module") else None
    asked = [
        Asked(
            model,
            untrained(model) if blank is None else blank,
            np.array([k for k, each in enumerate(who) if each is model]),
        )
        for model in {id(m): m for m in who}.values()
    ]
    found = examine(
        asked, series[rows], target, names(_state.method), background=_state.background, progress=_progress
    )  # fmt: skip
    return Many(rows, target, target == label[rows], found)


def _blank(state: State) -> Any:
    """Return a model of the same kind that learnt from shuffled classes: nothing that is true."""
    series, label = season_data.learnt_from(state)
    shuffled = np.random.default_rng(0).permutation(label[label >= 0])
    return MODELS[state.method].fit(
        series[label >= 0], shuffled, state.classes, tuple(state.model.bands), seed=0
    )  # fmt: skip


def many(state: State, count: int, progress: Progress = silent) -> Many:
    """Return the test of all explanations of the model on ``count`` parcels, each by a model that had not seen it."""
    series = state.held["reflectance"].values
    content = hashlib.sha256(np.ascontiguousarray(series)).hexdigest()
    kept = compute.knows(state.source, state.method)
    return _many((state.source, state.method), content, count, state, kept, progress)


def on_territory(state: State, held: Many) -> dict[str, Hits] | None:
    """Return how well each explanation meets the truth, of parcels rightly answered; None where it is not known."""
    true = season_data.evidence(state)
    if true is None or not held.right.any():
        return None
    cells = (
        true["evidence"]
        .sel({"class": list(state.classes), "band": list(state.model.bands)})
        .transpose("class", "month", "band")
        .values.astype(bool)
    )
    return {
        name: hits(values[held.right], held.target[held.right], cells)
        for name, values in held.found.importance.items()
    }
