"""What is filled on the screen: the cube's own variable, or a size class derived from it."""

from __future__ import annotations

import numpy as np
import streamlit as st

from eogen.ocean.cube import like
from eogen.ocean.methods import METHODS
from pages.kit.words import Words
from pages.parts.ocean import compute, titles
from pages.parts.ocean.state import State


def name(state: State) -> str:
    """Return the variable's name, or ``"micro"``, ``"nano"``, ``"pico"``."""
    return str(state.cut.name) if state.quantity == "chl" else state.quantity


def fields(state: State, values: np.ndarray) -> np.ndarray:
    """Return ``values`` (time, lat, lon) of the cube as what is filled: themselves, or the derived fraction."""
    if state.quantity == "chl":
        return values
    return compute.fractions(like(state.cut, values), state.quantity)


def agreed(t: Words, method: str, key: str, asks: bool | None = None) -> bool:
    """Return whether a method may run: a slow one waits for a press on the button that this draws.

    Args:
        t: the reader's language.
        method: name.
        key: names the job.
        asks: whether to ask; by default where the method's row says that it is slow.
    """
    if not (METHODS[method].slow if asks is None else asks) or st.session_state.get(f"yes_{key}"):
        return True
    with st.container(horizontal=True, vertical_alignment="center", key=f"ask_{key}"):
        st.caption(t("ocean.map.slow", method=titles.method(t, method)), width="content")
        st.button(
            t("ocean.map.run"), key=f"run_{key}", icon=":material/play_arrow:", on_click=_agree, args=(key,)
        )
    return False


def _agree(key: str) -> None:
    st.session_state[f"yes_{key}"] = True
