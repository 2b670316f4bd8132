"""The expert view: one pair of images, two estimators, one limit; the panel that is open looks at them its own way."""

from __future__ import annotations

from functools import partial
from importlib import import_module
from importlib.util import find_spec

import streamlit as st

from pages.kit.address import choose
from pages.kit.errors import guard
from pages.kit.hall import Visitor
from pages.kit.style import escape
from pages.parts.change import menu, sources, upload
from pages.parts.change.state import State

#: Panels: name -> module of this folder and the function that draws it; loaded only when opened.
PANELS = {
    "map": "panel_map:show",
    "grid": "panel_grid:show",
    "parts": "panel_parts:show",
    "trial": "panel_trial:show",
    "timeline": "panel_timeline:show",
    "paint": "panel_paint:show",
    "results": "panel_results:show",
}


def offered() -> list[str]:
    """Return the panels whose file is there."""
    return [
        name
        for name, at in PANELS.items()
        if find_spec(f"pages.parts.change.{at.partition(':')[0]}") is not None
    ]


def show(guest: Visitor) -> None:
    """Draw the page. The stage holds controls and pictures: on a phone the pictures come first."""
    t = guest.words
    with st.container(key="change_stage"):
        with st.container(key="change_controls"):
            top = st.columns([1.15, 1, 1.75, 1.3, 1.3])
            below = st.columns([1.2, 1, 1.2, 1.4, 1.2])
            name = menu.source(t, top[0])
        stage = st.container(key="change_panel")
    with stage, guard(t):
        if name == "upload":
            upload.offer(t, top[1])
            scene, seed = name, sources.SEED
        else:
            scene, seed = menu.scene(t, name, top[1])
        found = sources.opened(name, scene, seed)
        if found is None:
            st.markdown(t("change.upload.waiting"))
            return
        _panel(guest, menu.state(t, found, [*top[2:]], list(below)))


def _panel(guest: Visitor, state: State) -> None:
    """Draw the chosen panel only: the others cost seconds that nobody asked for."""
    t = guest.words
    name = choose(
        partial(st.segmented_control, required=True, label_visibility="collapsed"),
        t("change.tabs.label"),
        offered(),
        name="panel",
        default="map",
        format_func=lambda p: t(f"change.tabs.{p}"),
    )
    if state.provenance.origin == "real" and state.provenance.licence:
        st.html(
            f'<p class="eo-muted">{escape(t("change.map.licence", licence=state.provenance.licence))}</p>'
        )
    module, _, function = PANELS[name].partition(":")
    with guard(t):
        getattr(import_module(f"pages.parts.change.{module}"), function)(guest, state)
