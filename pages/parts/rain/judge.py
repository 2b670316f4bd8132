"""What a model says of a day's maps without seeing the radar. Where none is on this machine, nothing is said."""

from __future__ import annotations

import threading

import streamlit as st
import xarray as xr

from eogen.errors import Unavailable
from eogen.rain import judge
from pages.parts.rain.days import Day

#: The method asked, by run: the early one never sees the map after.
ASKED = {"early": "forest_early", "late": "forest"}
_LOCK = threading.Lock()


def guess(day: Day) -> xr.Dataset | None:
    """Return the scores along time, ``csi`` with ``csi_low`` and ``csi_high`` …, or None without weights."""
    found = _guess(day.choice.key, ASKED[day.choice.run], day)
    return None if isinstance(found, str) else found


@st.cache_resource(show_spinner=False, max_entries=48)
def _guess(key: str, name: str, _day: Day) -> xr.Dataset | str:
    try:
        with _LOCK:  # one model serves every visitor
            return judge.judge(_day.pair, name).maps
    except Unavailable as error:
        return error.code
