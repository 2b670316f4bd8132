"""What the what-if and neighbour panels ask of the science wing, kept so that a rerun costs nothing."""

from __future__ import annotations

import numpy as np
import streamlit as st
import xarray as xr

from eogen.landcover.series import neighbours
from eogen.landcover.series.neighbours import Distance, Exchange, Neighbours
from eogen.landcover.series.protocol import SeriesModel
from eogen.landcover.series.territory_otherwise import otherwise
from pages.parts.landcover.seasons.compute import KEPT, stamp
from pages.parts.landcover.seasons.state import State


@st.cache_data(show_spinner=False, max_entries=KEPT)
def _answers(key: tuple[str, ...], seasons: bytes, _model: SeriesModel, _seasons: np.ndarray) -> np.ndarray:
    return _model.predict_proba(_seasons)


def answers(state: State, seasons: np.ndarray) -> np.ndarray:
    """Return the probabilities (k, class) of seasons (k, month, band), asked of the model of this parcel."""
    return _answers(state.key, stamp(seasons), state.model, seasons)


@st.cache_resource(show_spinner=False, max_entries=24)
def _year(key: tuple[str, int, int], later: float, hidden: int | None, _held: xr.Dataset) -> np.ndarray:
    months = () if hidden is None else (hidden,)
    made = otherwise(_held, harvest_months=later, cloudy_months=months)
    return made["reflectance"].values.astype(np.float32)


def truly(state: State, harvest_months: float = 0.0, cloudy_months: tuple[int, ...] = ()) -> np.ndarray:
    """Return the season (month, band) the simulated parcel on the screen would truly have had; 0.4 s a new year.

    Raises:
        InputError: ``territory_option`` where the parcels are real.
    """
    held = state.held
    key = (str(held.attrs.get("dataset")), int(held.attrs.get("seed", -1)), held.sizes["parcel"])
    made = [_year(key, harvest_months, m, held)[state.row] for m in (cloudy_months or (None,))]
    # One month at a time can be hidden: hidden is what any of them hides.
    return np.where(np.isnan(made).any(0), np.float32(np.nan), made[0])


def donors(state: State) -> np.ndarray:
    """Return the classes (parcel,) of the set, -1 for the parcel on the screen and for those of its group."""
    group = state.held["group"].values if "group" in state.held else None
    label = state.held["label"].values if "label" in state.held else np.full(state.held.sizes["parcel"], -1)
    return neighbours.without_kin(label, group, state.row)


@st.cache_data(show_spinner=False, max_entries=KEPT)
def _near(
    key: tuple[str, ...], row: int, label: bytes, kind: int, same: bool, wanted: int | None, way: Distance,
    _series: np.ndarray, _pool: np.ndarray, _label: np.ndarray,
) -> Neighbours:  # fmt: skip
    count = len(_label)
    if same:
        return neighbours.nearest_same(_series, kind, _pool, _label, count=count, distance=way)
    return neighbours.nearest_other(_series, kind, _pool, _label, count=count, wanted=wanted, distance=way)


def near(
    state: State, kind: int, way: Distance, *, same: bool = False, wanted: int | None = None
) -> Neighbours:
    """Return all donors of another class than ``kind`` (or of the same), nearest first.

    Raises:
        InputError: ``series_when_no_other``; ``series_when_no_same``.
    """
    label, pool = donors(state), state.held["reflectance"].values
    return _near(
        state.key[:2], state.row, stamp(label), kind, same, wanted, way, state.series, pool, label
    )  # fmt: skip


@st.cache_data(show_spinner=False, max_entries=KEPT)
def _exchange(
    key: tuple[str, ...],
    series: bytes,
    donors: bytes,
    _model: SeriesModel,
    _series: np.ndarray,
    _donors: np.ndarray,
) -> Exchange:
    return neighbours.smallest_change(_model, _series, _donors)


def exchange(state: State, rows: np.ndarray) -> Exchange:
    """Return the fewest months found that change the answer when taken from one of the parcels ``rows``.

    Raises:
        InputError: ``series_when_no_flip``.
    """
    given = state.held["reflectance"].values[rows]
    return _exchange(state.key, stamp(state.series), stamp(given), state.model, state.series, given)
