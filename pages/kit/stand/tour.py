"""The guided tour: ninety seconds through the five rooms, one sentence each, on the browser's clock.

Its step is in the address (``?tour=1`` is the first room), so that a link opens the tour anywhere.
"""

from __future__ import annotations

from pathlib import Path

import streamlit as st
from streamlit.navigation.page import Page

from pages.kit.rooms import open_rooms
from pages.kit.stand import mode
from pages.kit.words import Words

HERE = Path(__file__).parent
#: All rooms together take so long, seconds.
SECONDS = 90.0

_HTML = (
    '<section class="tour"><ol></ol><div><p aria-live="polite"></p><span class="count"></span></div>'
    '<div class="row"><button type="button"></button><button type="button"></button>'
    '<button type="button"></button></div></section>'
)
_mount = st.components.v2.component(
    "eogen_tour",
    html=_HTML,
    css=(HERE / "tour.css").read_text(encoding="utf-8"),
    js=(HERE / "tour.js").read_text(encoding="utf-8"),
)


def guide(words: Words, pages: list[Page], page: Page) -> None:
    """Draw the tour's bar where the address asks for a step of it, and open the room of that step."""
    step, rooms = mode.step(), open_rooms()
    if not 1 <= step <= len(rooms):
        st.query_params.pop("tour", None)
        return
    room = rooms[step - 1]
    if page.url_path != room:
        _open(words, pages, step)
    data = {
        "step": step, "room": room, "rooms": [words(f"rooms.{name}.name") for name in rooms],
        "seconds": SECONDS / len(rooms),
        "words": {name: words(f"stand.tour.{name}") for name in ("name", "pause", "go_on", "next", "stop")}
        | {"say": words(f"stand.public.tour_{room}"), "count": words("stand.tour.count", step=step, n=len(rooms))},
    }  # fmt: skip
    asked = _mount(key="_tour", data=data, height="content", on_go_change=lambda: None).get("go")
    if asked is not None:
        _open(words, pages, int(asked))


def _open(words: Words, pages: list[Page], step: int) -> None:
    """Go to a step: a room as it first stands, or the home page before the first and after the last."""
    there = 1 <= step <= len(open_rooms())
    kept = {name: st.query_params[name] for name in (*mode.KEPT, "lang") if name in st.query_params}
    st.switch_page(pages[step if there else 0], query_params=kept | ({"tour": str(step)} if there else {}))


def start(words: Words) -> None:
    """Draw the button that begins the tour."""
    if st.button(words("stand.tour.start"), type="primary", icon=":material/tour:", key="stand_tour"):
        st.query_params["tour"] = "1"
        st.rerun()
