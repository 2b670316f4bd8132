"""What the stand's screen has on every page: the bar with home, stars, code and tour, and no way out of the app."""

from __future__ import annotations

import json
from pathlib import Path

import streamlit as st
from streamlit.navigation.page import Page

from pages.kit.rooms import DESKS
from pages.kit.stand import mode, stars, takeaway, tour
from pages.kit.style import escape
from pages.kit.words import Words

HERE = Path(__file__).parent
CSS = HERE / "stand.css"
#: The same for what components draw out of reach of the page's style sheets; it stands in the script itself.
_INSIDE = json.dumps((HERE / "inside.css").read_text(encoding="utf-8"))
_SCRIPT = (HERE / "screen.js").read_text(encoding="utf-8").replace('"INSIDE.CSS"', _INSIDE)

_bolt = st.components.v2.component("eogen_stand", js=_SCRIPT)


def position() -> str:
    """Return where Streamlit's own row of pages stands: nowhere on a stand, whose home page has the doors."""
    return "hidden" if mode.standing() else "top"


def frame(words: Words, pages: list[Page], page: Page) -> None:
    """Draw what surrounds a page: on a stand the bar and the bolts, anywhere the guided tour (``?tour=``).

    Call once per run after ``st.navigation``, before the page runs.
    """
    if mode.standing():
        if page.url_path in DESKS:  # experts' pages: a visitor's link must not open them here
            st.switch_page(pages[0])
        st.html(CSS)
        _bolt(key="_stand", height="content")
        _bar(words, pages[0])
    tour.guide(words, pages, page)


def _bar(words: Words, home: Page) -> None:
    with st.container(key="stand_bar", horizontal=True, gap="small", vertical_alignment="center"):
        st.page_link(home, label=words("home.title"), icon=":material/home:", width="content")
        takeaway.button(words)
        st.html(_stars(words), width="content")


def _stars(words: Words) -> str:
    """Write the score of the visit: a row of stars, and the same in words."""
    won, count, games, played = stars.tally()
    line = words("stand.stars.line", n=won, count=count)
    if played:
        line += f" · {words('stand.stars.games', n=games, played=played)}"
    row = "★" * won + "☆" * (count - won)
    return f'<div class="eo-stars"><b aria-hidden="true">{row}</b> <span class="words">{escape(line)}</span></div>'
