"""The sections of the desk, and which one is open."""

from __future__ import annotations

from functools import partial

import streamlit as st

from pages.kit.address import choose
from pages.kit.words import Words
from pages.parts.results import cards, compare, overview, reviews, room

SECTIONS = {
    "overview": overview.show,
    "room": room.show,
    "compare": compare.show,
    "cards": cards.show,
    "reviews": reviews.show,
}


def show(t: Words) -> None:
    """Draw the menu of sections and the open one (``?section=``)."""
    section = choose(
        partial(st.segmented_control, required=True, label_visibility="collapsed"),
        t("results.section"),
        list(SECTIONS),
        name="section",
        default="overview",
        format_func=lambda name: t(f"results.sections.{name}"),
    )
    SECTIONS[section](t)
