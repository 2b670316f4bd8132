"""What the page asks of the science wing, kept per content and parameters so that a rerun costs nothing.

Keys are hashes and parameters, never arrays: Streamlit samples large arrays and can miss a changed pixel.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence

import numpy as np
import streamlit as st
import xarray as xr

from eogen.ocean import psc
from eogen.ocean.methods import METHODS, WEIGHTS, fill
from eogen.progress import Progress, silent
from pages.parts.ocean.state import State

#: Results kept; one frame of 96 x 96 cells with 16 members takes 0.7 MB.
KEPT = 64

#: From so many cells on, a method that is neither simple nor quick asks first.
LARGE = 160 * 160


@st.cache_resource(show_spinner=False, max_entries=KEPT)
def _filled(
    key: tuple[str, str, int, int, tuple[int, ...]],
    quantity: str,
    _observed: xr.DataArray,
    _drivers: xr.Dataset | None,
    _progress: Progress,
) -> xr.Dataset:
    _, method, seed, members, times = key
    if quantity == "chl":
        return fill(
            _observed, method, times, members=members, seed=seed, drivers=_drivers, progress=_progress
        )
    made = psc.fill_fractions(
        psc.fractions(_observed),
        method,
        times,
        members=members,
        seed=seed,
        drivers=_drivers,
        progress=_progress,
    )
    names = {quantity: "mean", f"{quantity}_sd": "sd", f"{quantity}_member": "member", "filled": "filled"}
    return made[[n for n in names if n in made]].rename(
        {n: m for n, m in names.items() if n in made and n != m}
    )


def filled(
    state: State,
    method: str,
    members: int | None = None,
    times: Sequence[int] | None = None,
    progress: Progress = silent,
) -> xr.Dataset:
    """Return what a method makes of the region (see :func:`eogen.ocean.methods.fill`); do not write into it.

    Args:
        state: what is on the screen.
        method: name of a method.
        members: how many draws; by default those of the state.
        times: frames of ``state.cut`` to fill; by default the one that is looked at, alone.
        progress: told where the method is.

    Raises:
        InputError: see :func:`eogen.ocean.methods.fill`.
    """
    asked = (state.frame,) if times is None else tuple(int(t) for t in times)
    drawn = state.members if members is None else members
    key = (state.signature, method, state.seed, drawn, asked)
    made = _filled(key, state.quantity, state.observed, state.drivers, progress)
    with _LOCK:
        _DONE.add((key, state.quantity))
    return made


#: What has been computed in this process: it is shown unasked, whatever it cost.
_DONE: set[tuple] = set()
_LOCK = threading.Lock()


def asks(state: State, method: str, members: int | None = None) -> bool:
    """Return whether the visitor should be asked before a method runs: it takes long and is not kept."""
    drawn = state.members if members is None else members
    key = (state.signature, method, state.seed, drawn, (state.frame,))
    row = METHODS[method]
    long = row.slow or (row.kind != "simple" and int(np.prod(state.cut.shape[1:])) > LARGE)
    return long and (key, state.quantity) not in _DONE


def seen(state: State, withheld: bool) -> np.ndarray:
    """Return (lat, lon) what was seen on the date, in the unit that is filled; with the withheld cells or without."""
    frame = (state.cut if withheld else state.observed).isel(time=[state.frame])
    if state.quantity == "chl":
        return frame.values[0]
    return fractions(frame, state.quantity)[0]


def fractions(log10_chl: xr.DataArray, name: str) -> np.ndarray:
    """Return a size class (time, lat, lon) that the published relation derives from CHL."""
    return psc.fractions(log10_chl)[name].values


def all_times(state: State) -> tuple[int, ...]:
    """Return the indices of every frame."""
    return tuple(range(state.cut.sizes["time"]))


def offered(drivers: bool = False) -> list[str]:
    """Return the methods that can be asked on this machine, in the order of the registry.

    Args:
        drivers: whether the sea comes with the physical fields that some methods need.
    """
    here = {
        name for name, row in METHODS.items() if not row.model or (WEIGHTS / f"{row.model}.json").is_file()
    }
    return [name for name, row in METHODS.items() if name in here and (drivers or not row.drivers)]
