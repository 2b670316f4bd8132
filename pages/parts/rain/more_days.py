"""Simulated days, one a seed, each of its own weather; kept in memory, and put one after the other."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st
import xarray as xr

from eogen.rain.examples import day_of
from eogen.rain.simulate import SHAPE, simulate
from pages.parts.rain.state import State

#: Cells of a simulated day, lat and lon.
CELLS = SHAPE
#: Seeds of days that nothing was trained on, from here on.
FRESH = 40_000


@st.cache_resource(show_spinner=False, max_entries=24)
def _of_seed(seed: int, run: str, shape: tuple[int, int]) -> xr.Dataset:
    return simulate(seed, 48, start=day_of(seed), run=run, shape=shape)


def of_seed(seed: int, run: str = "late") -> xr.Dataset:
    """Return the pair of a simulated day (:mod:`eogen.rain.simulate`)."""
    return _of_seed(seed, run, CELLS)


def after(state: State, count: int) -> list[int]:
    """Return the seeds of so many days beside the one that is shown, none of which was trained on."""
    first = FRESH + 100 * (state.choice.seed % 1000) + 1
    return list(range(first, first + count))


def in_a_row(parts: Sequence[xr.Dataset]) -> xr.Dataset:
    """Return the maps of several days as one sequence in the order of time, with what all of them tell.

    Two days of one date would be one block of the bootstrap: the later one given is left out.
    """
    dates, kept = set(), []
    for part in parts:
        own = set(part["time"].values.astype("datetime64[D]").tolist())
        if not own & dates:
            dates |= own
            kept.append(part)
    kept.sort(key=lambda part: part["time"].values[0])
    if len(kept) == 1:
        return kept[0]
    common = [v for v in kept[0].data_vars if all(v in part for part in kept) and "time" in kept[0][v].dims]
    whole = xr.concat([part[common] for part in kept], "time", join="override", combine_attrs="override")
    whole["time"].attrs = dict(kept[0]["time"].attrs)
    return whole
