"""What the page asks of the science wing, kept per content and parameters so that a rerun costs nothing.

Keys are hashes and parameters, never arrays: Streamlit samples large arrays and can miss a changed pixel.
"""

from __future__ import annotations

import threading

import pandas as pd
import streamlit as st
import xarray as xr

from eogen.change.calibrate import Usual, self_usual, usual
from eogen.change.calibrate import p_values as p_values_of
from eogen.change.methods import METHODS, score, unavailable
from eogen.progress import Progress, silent, staged
from pages.parts.change import science, sources
from pages.parts.change.state import OWN, State

#: Maps kept; one of 512 x 512 pixels with three parts takes 4 MB.
KEPT = 48
#: From so many pixels on, an estimator that is called slow asks first.
LARGE = 300 * 300
#: Most pairs of a set that say what is usual.
OTHERS = 8


@st.cache_resource(show_spinner=False, max_entries=KEPT)
def _scored(
    signature: str, name: str, normalise: str, smooth: float | None, _pair: xr.DataArray, _progress: Progress
) -> xr.Dataset:
    how = None if normalise == OWN else normalise
    return score(_pair, name, normalise=how, smooth=smooth, progress=_progress)


def scored(state: State, name: str, progress: Progress = silent) -> xr.Dataset:
    """Return how unusual each pixel is to an estimator (see :func:`eogen.change.methods.score`); do not write into it.

    Raises:
        InputError: see :func:`eogen.change.methods.score`.
    """
    made = _scored(state.signature, name, state.normalise, state.smooth, state.pair, progress)
    with _LOCK:
        _DONE.add((state.signature, name))
    return made


#: What has been computed in this process: it is shown unasked, whatever it cost.
_DONE: set[tuple[str, str]] = set()
_LOCK = threading.Lock()


def asks(state: State, name: str) -> bool:
    """Return whether the visitor should be asked before an estimator runs: it takes long and is not kept."""
    long = METHODS[name].slow and state.shape[0] * state.shape[1] > LARGE
    return long and (state.signature, name) not in _DONE


@st.cache_resource(show_spinner=False, max_entries=KEPT)
def _known(signature: str, name: str, called: str, _state: State, _progress: Progress) -> Usual:
    if called == "self":
        return self_usual(scored(_state, name, _progress))
    own = sources.names(_state.source)
    others = [other for other in own if other != _state.name][:OTHERS]
    maps = []
    for number, other in enumerate(others):
        _progress(number, len(others), "usual")
        found = sources.opened(_state.source, other)
        if found is not None and list(found.images.band.values) == list(_state.images.band.values):
            how = None if _state.normalise == OWN else _state.normalise
            pair = found.images.isel(time=[0, -1])
            maps.append(
                score(pair, name, normalise=how, smooth=_state.smooth, progress=staged(_progress, "usual"))
            )
    if not maps:
        return self_usual(scored(_state, name, _progress))
    # Between places only ranks were found to carry over; simulated ones share sensor and sky.
    return usual(maps, standardise="bulk" if _state.source in sources.SIMULATED else "rank")


def known(state: State, name: str, progress: Progress = silent) -> Usual:
    """Return what scores are usual for an estimator, see :mod:`eogen.change.calibrate`."""
    return _known(state.signature, name, state.usual, state, progress)


@st.cache_resource(show_spinner=False, max_entries=KEPT)
def _p_values(signature: str, name: str, usual: str, _state: State, _progress: Progress) -> xr.Dataset:
    found = scored(_state, name, _progress)
    made = p_values_of(found, known(_state, name, _progress))
    return found.assign(p_value=made.p_value).assign_attrs(made.attrs)


def p_values(state: State, name: str, progress: Progress = silent) -> xr.Dataset:
    """Return the map of an estimator with ``p_value`` (y, x): how rare such a score is where nothing changes."""
    return _p_values(state.signature, name, state.usual, state, progress)


@st.cache_resource(show_spinner=False, max_entries=KEPT)
def _objects(
    signature: str, name: str, usual: str, rate: float, least: int, _found: xr.Dataset, _pixel: float | None
) -> tuple[pd.DataFrame, xr.DataArray]:
    return science.objects(_found, rate, least, _pixel)


def objects(state: State, name: str) -> tuple[pd.DataFrame, xr.DataArray]:
    """Return the objects of an estimator's map at the state's rate and least size, and the image of their numbers."""
    return _objects(
        state.signature, name, state.usual, state.rate, state.least, p_values(state, name), state.pixel
    )  # fmt: skip


def offered(images: xr.DataArray | None = None) -> list[str]:
    """Return the estimators that can be asked of these images on this machine, in the order of the registry."""
    return [name for name, row in METHODS.items() if not unavailable(row, images)]


def missing(images: xr.DataArray | None = None) -> dict[str, str]:
    """Return the estimators that cannot be asked: name -> reason (``weights``, ``bands``)."""
    return {name: why for name, row in METHODS.items() if (why := unavailable(row, images))}
