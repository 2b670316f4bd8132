"""All parcels of a source, asked and explained by models that had not seen them; kept per content and model."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st
import xarray as xr

from eogen.landcover.series import hits, territory
from eogen.landcover.series.methods import EXPLANATIONS
from eogen.landcover.series.season import ndvi
from eogen.landcover.series.summaries import summary
from eogen.landcover.series.unseen import Answers, answers, explained, labels, some_of_each
from eogen.progress import Progress
from pages.kit import progress
from pages.kit.words import Words
from pages.parts.landcover.seasons import compute
from pages.parts.landcover.seasons.state import State

#: Parcels of a class that are explained at most: their mean is known well enough, and no one waits a minute.
MOST = 100
#: Models and explanations kept.
KEPT = 24


def content(state: State) -> bytes:
    """Return what names the parcels."""
    return compute.stamp(state.held["reflectance"].values)


@st.cache_data(show_spinner=False, max_entries=KEPT)
def _answers(source: str, method: str, content: bytes, _held: xr.Dataset, _progress: Progress) -> Answers:
    return answers(compute.knows(source, method), _held, _progress)


def said(t: Words, state: State, method: str) -> Answers | None:
    """Return what a model says of every labelled parcel; None where the visitor stopped it."""
    named = content(state)
    return progress.run(
        t("landcover.series.confusion.asking"),
        lambda report: _answers(state.source, method, named, state.held, report),
        t,
        key=f"seasons_said_{state.source}_{method}",
    )


@st.cache_data(show_spinner=False, max_entries=KEPT)
def _explained(
    source: str, method: str, content: bytes, name: str, _state: State, _progress: Progress
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    held = _state.held
    rows = some_of_each(labels(held, _state.classes), MOST)
    target = labels(held, _state.classes)[rows]
    series = held["reflectance"].values[rows]
    kept = compute.knows(source, method)
    found = explained(kept, EXPLANATIONS[name], series, target, _state.background, progress=_progress)
    said = answers(kept, held.isel(parcel=rows), _progress) if len(rows) > 1 else None
    right = np.zeros(len(rows), bool)
    if said is not None:
        right[said.held.row] = said.held.predicted[0] == said.held.label
    return rows, found, right


def importance(t: Words, state: State, name: str) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    """Return parcels (n,), what told each its true class (n, month[, band]), and whether each is answered rightly.

    None where the visitor stopped it.
    """
    named = content(state)
    return progress.run(
        t("landcover.series.summary.working"),
        lambda report: _explained(state.source, state.method, named, name, state, report),
        t,
        key=f"seasons_summary_{state.source}_{state.method}_{name}",
    )


@st.cache_data(show_spinner=False, max_entries=KEPT)
def summed(
    source: str, method: str, content: bytes, name: str, of: str, _state: State, _found: Any
) -> tuple[xr.Dataset, np.ndarray]:
    """Return the summary of an explanation by class, and the median NDVI (class, month) of the same parcels."""
    rows, values, right = _found
    kept = right if of == "right" else np.ones(len(rows), bool)
    rows, values = rows[kept], values[kept]
    label = labels(_state.held, _state.classes)[rows]
    group = _state.held["group"].values[rows] if "group" in _state.held else None
    bands = [str(b) for b in _state.held["band"].values]
    if len(rows):
        made = summary(values, label, _state.classes, bands=bands if values.ndim == 3 else (), group=group)
    else:
        made = summary(np.zeros((1, *values.shape[1:])), np.array([-1]), _state.classes,
                       bands=bands if values.ndim == 3 else ())  # fmt: skip
    green = ndvi(_state.held["reflectance"].values[rows], bands)
    season = np.full((len(_state.classes), len(_state.months)), np.nan)
    for k in range(len(_state.classes)):
        mine = green[label == k]
        for month in np.flatnonzero(np.isfinite(mine).any(0)):
            season[k, month] = np.nanmedian(mine[:, month])
    return made, season


def _numbers(state: State) -> np.ndarray:
    """Return the calendar month, 0-11, of each month of the series."""
    return state.months.astype(int) % 12


@st.cache_data(show_spinner=False, max_entries=4)
def truth(classes: tuple[str, ...], bands: tuple[str, ...]) -> np.ndarray | None:
    """Return the true evidence (class, calendar month, band) of simulated classes; None where one is not simulated."""
    if len(classes) < 2 or not set(classes) <= set(territory.CLASSES):
        return None
    found = territory.evidence(classes)
    return found["evidence"].sel(band=list(bands)).values


def true_cells(state: State) -> np.ndarray | None:
    """Return which cells (class, month, band) truly tell the classes apart; None where nobody knows."""
    if state.source != "territory":
        return None
    found = truth(state.classes, tuple(str(b) for b in state.held["band"].values))
    return None if found is None else found[:, _numbers(state)]


@st.cache_data(show_spinner=False, max_entries=KEPT)
def on_truth(
    source: str, method: str, content: bytes, name: str, of: str, _state: State, _found: Any
) -> dict[int, tuple[hits.Hits, int]]:
    """Return by class how well the explanation meets the true evidence, and how many true months there are."""
    rows, values, right = _found
    cells = true_cells(_state)
    kept = right if of == "right" else np.ones(len(rows), bool)
    label = labels(_state.held, _state.classes)[rows]
    return {
        int(k): (hits.hits(values[mine], label[mine], cells), int(cells[k].any(1).sum()))
        for k in np.unique(label[kept])
        if (mine := kept & (label == k)).any() and cells[k].any()
    }
