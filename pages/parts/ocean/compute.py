"""What the page asks of the science wing, kept per content and parameters so that a rerun costs nothing.

Keys are hashes and parameters, never arrays: Streamlit samples large arrays and can miss a changed pixel.
"""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st
import xarray as xr

from eogen.ocean.methods import METHODS, fill
from eogen.progress import Progress, silent
from pages.parts.ocean.state import State

#: Results kept; one frame of 96 x 96 cells with 16 members takes 0.7 MB.
KEPT = 64


@st.cache_resource(show_spinner=False, max_entries=KEPT)
def _filled(
    key: tuple[str, str, int, int, tuple[int, ...]], _observed: xr.DataArray, _progress: Progress
) -> xr.Dataset:
    _, method, seed, members, times = key
    return fill(_observed, method, times, members=members, seed=seed, progress=_progress)


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
    return _filled(key, state.observed, progress)


def all_times(state: State) -> tuple[int, ...]:
    """Return the indices of every frame."""
    return tuple(range(state.cut.sizes["time"]))


def offered() -> list[str]:
    """Return the methods that can be asked on this machine, in the order of the registry."""
    return [name for name, row in METHODS.items() if not row.drivers]
