"""One parcel's season as curves, and under it which months the answer came from."""

from __future__ import annotations

from pages.kit.hall import Visitor
from pages.parts.landcover.seasons import compute
from pages.parts.landcover.seasons.state import State


def show(guest: Visitor, state: State) -> None:
    """Draw the panel."""
    import streamlit as st

    t = guest.words
    importance, seconds = compute.explain(state, "month_shapley")
    st.write(dict(zip(state.month_names(t), importance.round(3).tolist(), strict=True)), t.duration(seconds))
