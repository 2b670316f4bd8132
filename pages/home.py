"""Where a visitor arrives: one door per room, and what is real and what is simulated on this machine."""

import streamlit as st

from pages.kit import hall
from pages.kit.lately import lying
from pages.kit.provenance import badge_html
from pages.kit.rooms import open_rooms
from pages.kit.stand import attract, mode, stars, tour
from pages.kit.style import escape
from pages.kit.thumbnails import thumbnail
from pages.kit.words import typeset

guest = hall.visitor()
t = guest.words
rooms = open_rooms()
standing = mode.standing()
#: A single door is wide, picture beside text; more stand in one row.
wide = len(rooms) == 1


def picture(room: str) -> None:
    """Show the room's live picture, or an empty frame while it is being drawn."""
    future = thumbnail(room)
    if future.done():
        st.image(future.result(), width="stretch", alt=t(f"rooms.{room}.picture"))
        return
    st.html('<div class="door-blank"></div>')


@st.fragment(run_every=0.7)
def waiting(blank: int) -> None:
    """Look again until fewer than ``blank`` pictures are missing, then draw the page once more.

    One for the page, not one per door: each would ask for the page again.
    """
    if missing() < blank:
        st.rerun()


def missing() -> int:
    """How many pictures are still being drawn."""
    return sum(not thumbnail(room).done() for room in rooms)


def text(room: str) -> None:
    """Name, question (the link of the whole card) and one sentence."""
    hall.room_name(room, t)
    st.page_link(
        f"pages/{room}.py",
        label=t(f"rooms.{room}.question"),
        query_params={"lang": guest.lang, "view": "expert" if guest.expert else "public"},
    )
    st.markdown(t(f"rooms.{room}.sentence"))
    if standing and stars.star(room):
        st.html(f'<span class="eo-won">{escape(t("stand.public.won"))}</span>')


def door(room: str) -> None:
    """One door; the whole card opens."""
    with st.container(border=True, key=f"door_{room}", height="stretch", gap="small"):
        if wide:
            left, right = st.columns([1, 1], gap="medium", vertical_alignment="center")
            with left:
                picture(room)
            with right:
                text(room)
        else:
            picture(room)
            text(room)


def on_this_machine() -> None:
    """Say what data are real and what is simulated here; the list opens on demand."""
    sets = {name: found for name, found in lying().items() if found[0].room in rooms}
    here = {name: pair for name, pair in sets.items() if pair[1].status != "absent"}
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="here"):
        st.html(badge_html("real" if here else "simulated", t), width="content")
        st.markdown(t("home.here", real=len(here), simulated=len(rooms)))
        if standing:  # the list is for those who run the app
            return
        with st.popover(t("home.details"), type="tertiary"):
            for name, (entry, presence) in sets.items():
                kind = "real" if name in here else "absent"
                st.markdown(
                    t(
                        f"home.set_{kind}",
                        title=typeset(entry.title[guest.lang], guest.lang),
                        licence=typeset(entry.licence.replace("; ", " · "), guest.lang),
                        name=name,
                    )
                    + (f" {t('home.set_partly')}" if presence.status == "partly" else "")
                )
            for room in rooms:
                st.markdown(t("home.set_simulated", room=t(f"rooms.{room}.name")))
            if len(here) < len(sets):
                st.markdown(t("home.how_to_fetch"))
                st.code("python -m eogen fetch --sample", language="bash", wrap_lines=True)


blank = missing()
st.title(t("home.question"), anchor=False)
st.markdown(t("home.lead", doors=len(rooms)))
if standing:
    tour.start(t)
    attract.loop(t)
if wide:
    for name in rooms:
        door(name)
else:
    with st.container(key=f"doors_{len(rooms)}"):
        for column, name in zip(st.columns(len(rooms), gap="small"), rooms, strict=True):
            with column:
                door(name)
on_this_machine()
if blank:
    waiting(blank)
