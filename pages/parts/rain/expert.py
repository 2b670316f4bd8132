"""The expert view: one simulated day and its satellites; the panel that is open looks at it its own way."""

from __future__ import annotations

from functools import partial
from importlib import import_module
from importlib.util import find_spec

import streamlit as st

from pages.kit.address import choose
from pages.kit.errors import guard
from pages.kit.hall import Visitor
from pages.parts.rain import menu
from pages.parts.rain.state import State

#: Panels: name -> module of this folder and the function that draws it; loaded only when opened.
PANELS = {
    "constellation": "panel_constellation:show",
    "map": "panel_map:show",
    "score": "panel_score:show",
    "truth": "panel_truth:show",
    "fss": "panel_fss:show",
    "breakdown": "panel_breakdown:show",
    "results": "panel_results:show",
}


def offered() -> list[str]:
    """Return the panels whose file is there."""
    return [
        name
        for name, at in PANELS.items()
        if find_spec(f"pages.parts.rain.{at.partition(':')[0]}") is not None
    ]


def show(guest: Visitor) -> None:
    """Draw the page. The stage holds controls and pictures: on a phone the pictures come first."""
    t = guest.words
    with st.container(key="rain_stage"):
        with st.container(key="rain_controls"):
            columns = st.columns([0.8, 1, 1.3, 1.5])
            state = menu.state(t, list(columns))
        with st.container(key="rain_panel"), guard(t):
            _panel(guest, state)


def _panel(guest: Visitor, state: State) -> None:
    """Draw the chosen panel only: the others cost seconds that nobody asked for."""
    t = guest.words
    name = choose(
        partial(st.segmented_control, required=True, label_visibility="collapsed"),
        t("rain.tabs.label"),
        offered(),
        name="panel",
        default="constellation",
        format_func=lambda p: t(f"rain.tabs.{p}"),
    )
    module, _, function = PANELS[name].partition(":")
    with guard(t):
        getattr(import_module(f"pages.parts.rain.{module}"), function)(guest, state)
