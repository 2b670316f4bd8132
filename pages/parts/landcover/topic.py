"""The two subjects of the room: one image, or a field through the year."""

from __future__ import annotations

from functools import partial

import streamlit as st

from pages.kit.address import choose
from pages.kit.words import Words

TOPICS = ("image", "season")


def chosen(t: Words) -> str:
    """Draw the switch (``?topic=``) and return the subject."""
    return choose(
        partial(st.segmented_control, required=True, label_visibility="collapsed"),
        t("landcover.topics.label"),
        TOPICS,
        name="topic",
        default=TOPICS[0],
        format_func=lambda name: t(f"landcover.topics.{name}"),
    )
