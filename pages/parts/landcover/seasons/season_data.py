"""The numbers under the panel of the season: curves, the usual season of a class, true evidence, answers on the map."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import streamlit as st
import xarray as xr

from eogen.landcover.bands import BANDS, GROUPS
from eogen.landcover.series import territory
from eogen.landcover.series.kept import TRAIN_SEEDS, prepared
from eogen.landcover.series.season import ndvi
from eogen.landcover.series.usual import usual
from pages.parts.landcover.seasons import compute
from pages.parts.landcover.seasons.state import State

#: Simulated parcels that show the usual season of their classes.
USUAL_PARCELS = 480
#: What is drawn beside the greenness at first.
SHOWN = ("nir", "visible")


def curves(bands: tuple[str, ...]) -> list[str]:
    """Return the names of what can be drawn: spectral groups, then bands."""
    return [*(g for g in GROUPS if any(BANDS[b].group == g for b in bands)), *bands]


def curve(series: np.ndarray, bands: tuple[str, ...], name: str) -> np.ndarray:
    """Return one curve (..., month) of series (..., month, band): ``"ndvi"``, a band, or the mean of a group's."""
    if name == "ndvi":
        return ndvi(series, bands)
    rows = [k for k, b in enumerate(bands) if b == name or BANDS[b].group == name]
    return np.asarray(series, np.float64)[..., rows].mean(-1)


@st.cache_resource(show_spinner=False, max_entries=1)
def _learnt_territory() -> xr.Dataset:
    return prepared(territory.parcels(TRAIN_SEEDS[0], USUAL_PARCELS))


def learnt_from(state: State) -> tuple[np.ndarray, np.ndarray]:
    """Return series (n, month, band) and classes (n,) of the parcels that show what is usual, the one shown left out.

    Those of real data are the others on the page; those of the territory are simulated from a seed that models learnt
    from.
    """
    if state.source == "territory":
        held = _learnt_territory()
        return held["reflectance"].values, held["label"].values
    label = state.held["label"].values if "label" in state.held else np.full(state.held.sizes["parcel"], -1)
    others = np.arange(len(label)) != state.row
    return state.held["reflectance"].values[others], label[others]


def usual_of(state: State, name: str) -> np.ndarray:
    """Return low end, median and high end (3, month) of a curve over the parcels of the class explained."""
    series, label = learnt_from(state)
    return usual(curve(series[label == state.target], state.model.bands, name))


@st.cache_resource(show_spinner=False, max_entries=2)
def _evidence(classes: tuple[str, ...]) -> xr.Dataset:
    return territory.evidence(classes)


def evidence(state: State) -> xr.Dataset | None:
    """Return what truly tells the territory's classes apart; None for parcels whose truth nobody knows."""
    return _evidence(state.classes) if state.source == "territory" else None


def truth(state: State) -> np.ndarray | None:
    """Return the true cells (month, band) bool of the class explained, in the model's bands; None where not known."""
    if (held := evidence(state)) is None:
        return None
    own = held["evidence"].sel({"class": state.classes[state.target], "band": list(state.model.bands)})
    return own.transpose("month", "band").values.astype(bool)


@st.cache_data(show_spinner=False, max_entries=16)
def _answers(key: tuple[str, ...], content: str, _kept: Any, _series: np.ndarray) -> np.ndarray:
    found = np.zeros((len(_series), len(_kept.whole.classes)))
    who = [_kept.unseen_by(one)[0] for one in _series]
    for model in {id(m): m for m in who}.values():
        rows = [k for k, m in enumerate(who) if m is model]
        found[rows] = model.predict_proba(_series[rows])
    return found


def answers(state: State) -> np.ndarray:
    """Return probabilities (n, class) of all parcels, each by a model that did not learn from it."""
    series = state.held["reflectance"].values
    content = hashlib.sha256(np.ascontiguousarray(series)).hexdigest()
    kept = compute.knows(state.source, state.method)
    return _answers((state.source, state.method), content, kept, series)
