"""The hall a visitor arrives in: one door per room, and what is real and what is simulated on this machine."""

import streamlit as st

from eogen import catalog
from pages.kit import hall, provenance
from pages.kit.rooms import open_rooms
from pages.kit.thumbnails import thumbnail

guest = hall.visitor()
t = guest.words
rooms = open_rooms()


def picture(room: str) -> None:
    """Show the room's live picture, or an empty frame while it is being drawn."""
    future = thumbnail(room)
    if not future.done():
        st.html('<div class="door-blank"></div>')
    else:
        st.image(future.result(), width="stretch", alt=t(f"rooms.{room}.picture"))


def text(room: str) -> None:
    """Name, question (the link) and one sentence."""
    st.html(f'<span class="room {room}">{t(f"rooms.{room}.name")}</span>')
    st.page_link(
        f"pages/{room}.py",
        label=t(f"rooms.{room}.question"),
        query_params={"lang": guest.lang, "view": "expert" if guest.expert else "public"},
    )
    st.markdown(t(f"rooms.{room}.sentence"))


def door(room: str) -> None:
    """One door; the whole card opens."""
    with st.container(border=True, key=f"door_{room}", height="stretch", gap="small"):
        picture(room)
        text(room)
