"""The attract loop of the stand's untouched home page, wholly in the browser."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from pages.kit.address import whole
from pages.kit.rooms import open_rooms
from pages.kit.words import Words

HERE = Path(__file__).parent
#: Untouched for so long, the loop begins; each question stays for so long, seconds.
AFTER, TURN = 20, 7

_SLIDE = '<div class="slide"><img alt=""><div><b></b><h2></h2></div></div>'
_HTML = f'<div class="attract" role="button" tabindex="-1" hidden>{_SLIDE}{_SLIDE}<span class="touch"></span></div>'
_mount = st.components.v2.component(
    "eogen_attract",
    html=_HTML,
    css=(HERE / "attract.css").read_text(encoding="utf-8"),
    js=(HERE / "attract.js").read_text(encoding="utf-8"),
)


def loop(words: Words) -> None:
    """Lay the loop over the home page, hidden until nobody has touched it for :data:`AFTER` seconds (``?after=N``)."""
    doors = [
        {"room": room, "name": words(f"rooms.{room}.name"), "question": words(f"rooms.{room}.question")}
        for room in open_rooms()
    ]
    after = max(whole("after", AFTER), 1)
    data = {"doors": doors, "touch": words("stand.public.touch"), "after": after, "turn": min(TURN, after)}
    _mount(key="_attract", data=data, height="content")
