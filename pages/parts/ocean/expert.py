"""The expert view: one region, one date, one gap, two methods; the panel that is open looks at them its own way."""

from __future__ import annotations

from functools import partial
from importlib import import_module
from importlib.util import find_spec

import streamlit as st

from pages.kit.address import choose
from pages.kit.errors import guard
from pages.kit.hall import Visitor
from pages.parts.ocean import menu, sources, upload
from pages.parts.ocean.state import State

#: Panels: name -> module of this folder and the function that draws it; loaded only when opened.
PANELS = {
    "map": "panel_map:show",
    "ensemble": "panel_ensemble:show",
    "composition": "panel_composition:show",
    "trial": "panel_trial:show",
    "structure": "panel_structure:show",
    "calibration": "panel_calibration:show",
    "dineof": "panel_dineof:show",
    "blind": "panel_blind:show",
    "results": "panel_results:show",
}


def offered() -> list[str]:
    """Return the panels whose file is there."""
    return [
        name
        for name, at in PANELS.items()
        if find_spec(f"pages.parts.ocean.{at.partition(':')[0]}") is not None
    ]


def show(guest: Visitor) -> None:
    """Draw the page. The stage holds controls and pictures: on a phone the pictures come first."""
    t = guest.words
    with st.container(key="ocean_stage"):
        with st.container(key="ocean_controls"):
            top = st.columns([1.7, 1.3, 1.1, 1])
            below = st.columns([1.1, 1.1, 1.2, 1.2, 0.8])
            name = menu.source(t, top[0])
        stage = st.container(key="ocean_panel")
    with stage, guard(t):
        if name == "upload":
            upload.offer(t, top[1])
        sea = sources.opened(name, menu.sea_seed(t, name, top[2]))
        if sea is None:
            st.markdown(t("ocean.upload.waiting"))
            return
        state = menu.state(t, sea, [*top[1:]], list(below))
        _panel(guest, state)


def _panel(guest: Visitor, state: State) -> None:
    """Draw the chosen panel only: the others cost seconds that nobody asked for."""
    t = guest.words
    name = choose(
        partial(st.segmented_control, required=True, label_visibility="collapsed"),
        t("ocean.tabs.label"),
        offered(),
        name="panel",
        default="map",
        format_func=lambda p: t(f"ocean.tabs.{p}"),
    )
    module, _, function = PANELS[name].partition(":")
    with guard(t):
        getattr(import_module(f"pages.parts.ocean.{module}"), function)(guest, state)
