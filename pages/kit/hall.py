"""Who is visiting: their language and their view, kept in the URL, and how a page opens for them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import NoReturn

import streamlit as st
from streamlit.navigation.page import Page

from pages.kit.address import choose
from pages.kit.pin import pin
from pages.kit.rooms import open_desks, open_rooms
from pages.kit.stand import mode
from pages.kit.style import escape
from pages.kit.words import LANGUAGES, Words, load, pick

VIEWS = ("public", "expert")
_ENTERED = "_entered_by_the_hall"
_KNOWN = "_known_to_the_hall"


@dataclass(frozen=True)
class Visitor:
    """What a page knows of its reader.

    Attributes:
        words: every sentence in their language.
        expert: whether they asked for every parameter, baseline and metric.
    """

    words: Words
    expert: bool

    @property
    def lang(self) -> str:
        """Language of the reader, ``"fr"`` or ``"en"``."""
        return self.words.lang


def controls() -> Words:
    """Draw the language and view switches (``?lang=`` and ``?view=``) and return the words."""
    if _KNOWN not in st.session_state:
        st.session_state[_KNOWN] = True
        _announce()
    st.session_state[_ENTERED] = True
    default = LANGUAGES[0] if mode.standing() else pick(None, st.context.locale)
    asked = st.session_state.get("lang") or st.query_params.get("lang")
    words = load(asked if asked in LANGUAGES else default)
    switch = partial(st.segmented_control, required=True, label_visibility="collapsed")
    with st.container(key="hall", horizontal=True, gap="small"):
        if mode.public_only():
            mode.keep_address()
        else:
            if is_expert():
                pin(words)
            choose(
                switch,
                words("views.label"),
                VIEWS,
                name="view",
                default="public",
                format_func=lambda view: words(f"views.{view}"),
            )
        lang = choose(
            switch, words("languages.label"), LANGUAGES, name="lang", default=default, format_func=str.upper
        )
    return load(lang)


def doors(words: Words, *, expert: bool) -> list[Page]:
    """Return the pages that exist, the home page first, titled in the reader's language.

    The desks have a door in the expert view only; a link opens them in any.
    """
    rooms = [st.Page(f"pages/{room}.py", title=words(f"rooms.{room}.name")) for room in open_rooms()]
    seen = "visible" if expert else "hidden"
    desks = [
        st.Page(f"pages/{desk}.py", title=words(f"desks.{desk}.name"), visibility=seen)
        for desk in open_desks()
    ]
    home = st.Page("pages/home.py", title=words("home.title"), icon=":material/home:", default=True)
    return [home, *rooms, *desks]


def is_expert() -> bool:
    """Return whether the visitor asked for the expert view; neither a stand nor the tour has one."""
    return (
        not mode.public_only() and (st.session_state.get("view") or st.query_params.get("view")) == "expert"
    )


def _announce() -> NoReturn:
    """Say which pages there are, and run again.

    Because of the pages folder Streamlit takes every file in it for an app of its own until a process has called
    st.navigation once: a deep link would then show the bare page, and the widgets of the first run would have other
    identities than those of the second, which would find them empty.
    """
    asked = st.query_params.get("lang")
    words = load(pick(asked, None if mode.standing() else st.context.locale))
    st.navigation(doors(words, expert=is_expert()), position="top")
    st.rerun()


def visitor() -> Visitor:
    """Return who is looking at the page now; call it first thing in a page."""
    if not st.session_state.pop(_ENTERED, False):  # said anew by the hall in every run
        _announce()
    lang = st.session_state.get("lang")
    return Visitor(load(lang if lang in LANGUAGES else LANGUAGES[0]), is_expert())


def room_name(room: str, words: Words) -> None:
    """Write the room's name in small capitals and its accent."""
    st.html(f'<span class="eo-room {room}">{escape(words(f"rooms.{room}.name"))}</span>')


def open_room(room: str, question: Callable[[Visitor], str] | None = None) -> Visitor:
    """Draw the head of a room: its name, its question as the title; return the visitor.

    ``question`` gives the key of another title, for a room with more than one subject.
    """
    guest = visitor()
    with st.container(gap=None, key=f"head_{room}"):
        room_name(room, guest.words)
        title = f"rooms.{room}.question" if question is None else question(guest)
        st.title(guest.words(title), anchor=False)
    return guest


def open_desk(desk: str, *, quiet: bool = False) -> Visitor:
    """Draw the head of a desk: its name, its question as the title; return the visitor.

    ``quiet`` draws nothing: for a desk that needs its screen for work and has another title to show.
    """
    guest = visitor()
    if quiet:
        return guest
    with st.container(gap=None, key=f"head_{desk}"):
        st.html(f'<span class="eo-room {desk}">{escape(guest.words(f"desks.{desk}.name"))}</span>')
        st.title(guest.words(f"desks.{desk}.question"), anchor=False)
    return guest
