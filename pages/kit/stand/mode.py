"""Whether this session is the stand's screen (``?stand=1``), and what of its address a walk through the app keeps."""

from __future__ import annotations

import streamlit as st

from pages.kit.address import whole

#: Parameters of the address that belong to the stand, not to its visitor.
KEPT = ("stand", "idle")
#: Untouched for so long, in seconds, the screen goes home.
SECONDS = 90.0
#: The least time that can be asked for, seconds: below it nobody could read.
LEAST = 2
#: The least size of a text, pixels.
TEXT = 20
_HELD = "_stand_address"


def standing() -> bool:
    """Return whether this session is the stand's screen.

    Once asked for it stays: Streamlit's own navigation empties the address, and a link that carries no ``stand`` must
    not open the way out. Only ``?stand=0`` ends it.
    """
    asked = st.query_params.get("stand")
    if asked == "1":
        st.session_state[_HELD] = {name: st.query_params[name] for name in KEPT if name in st.query_params}
    elif asked is not None:
        st.session_state.pop(_HELD, None)
    return _HELD in st.session_state


def keep_address() -> None:
    """Write the stand's own parameters back into the address, so that a reload is the stand again; drop the view."""
    for name, value in st.session_state.get(_HELD, {}).items():
        if st.query_params.get(name) != value:
            st.query_params[name] = value
    st.query_params.pop("view", None)


def seconds() -> float | None:
    """Return after how many untouched seconds the screen goes home (``&idle=N``), or None away from a stand."""
    if not standing():
        return None
    held = st.session_state[_HELD].get("idle", "")
    asked = int(held) if held.isascii() and held.isdecimal() and len(held) <= 9 else 0
    return float(asked) if asked >= LEAST else SECONDS


def step() -> int:
    """Return the step of the guided tour in the address (``?tour=N``), 0 where there is none."""
    return whole("tour", 0)


def public_only() -> bool:
    """Return whether only the public view is to be seen: on a stand, and during the guided tour."""
    return standing() or step() > 0
