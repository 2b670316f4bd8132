"""The two subjects of the room: one image, or a field through the year."""

from __future__ import annotations

from functools import partial

import streamlit as st

from pages.kit.address import choose
from pages.kit.hall import Visitor
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


def question(guest: Visitor) -> str:
    """Return the key of the title for the subject that the switch, drawn below the title, will return."""
    asked = st.session_state.get("topic", st.query_params.get("topic"))
    if asked != "season":
        return "rooms.landcover.question"
    return f"landcover.series.public.question{'_expert' if guest.expert else ''}"


def invite(t: Words) -> None:
    """Draw a button that leads from the game of one image to that of the year."""
    st.button(
        t("landcover.series.public.invite"), type="tertiary", icon=":material/calendar_month:", on_click=_go,
        key="invite",
    )  # fmt: skip


def _go() -> None:
    st.session_state["topic"] = "season"
