"""The expert view of the seasons: one parcel through the year; the panel that is open looks at it its own way."""

from __future__ import annotations

from functools import partial
from importlib import import_module
from importlib.util import find_spec

import streamlit as st

from pages.kit.address import choose
from pages.kit.errors import guard
from pages.kit.hall import Visitor
from pages.parts.landcover.seasons import menu
from pages.parts.landcover.seasons.state import State

#: Panels: name -> module of this folder and the function that draws it; loaded only when opened.
PANELS = {
    "season": "panel_season:show",
    "trust": "panel_trust:show",
    "what_if": "panel_what_if:show",
    "near": "panel_near:show",
    "map": "panel_map:show",
    "summary": "panel_summary:show",
    "confusion": "panel_confusion:show",
    "results": "panel_results:show",
}


def offered() -> list[str]:
    """Return the panels whose file is there."""
    folder = __package__
    return [name for name, at in PANELS.items() if find_spec(f"{folder}.{at.partition(':')[0]}") is not None]


def show(guest: Visitor) -> None:
    """Draw the page. The stage holds controls and pictures: on a phone the pictures come first."""
    t = guest.words
    with st.container(key="seasons_stage"):
        with st.container(key="seasons_controls"):
            state = menu.state(t, list(st.columns([1.2, 0.8, 1.2, 1.2])))
        with st.container(key="seasons_panel"), guard(t):
            _panel(guest, state)


def _panel(guest: Visitor, state: State) -> None:
    """Draw the chosen panel only: the others cost seconds that nobody asked for."""
    t = guest.words
    name = choose(
        partial(st.segmented_control, required=True, label_visibility="collapsed"),
        t("landcover.series.tabs.label"),
        offered(),
        name="look_at",
        default="season",
        format_func=lambda p: t(f"landcover.series.tabs.{p}"),
    )
    module, _, function = PANELS[name].partition(":")
    with guard(t):
        getattr(import_module(f"{__package__}.{module}"), function)(guest, state)
