"""The page's language, and the stand's screen that goes home when nobody touches it.

The clock runs in the browser: waiting costs the server nothing, and an untouched home page asks for nothing.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from pages.kit.stand.mode import KEPT

if TYPE_CHECKING:
    from streamlit.navigation.page import StreamlitPage

_mount = st.components.v2.component(
    "eogen_idle", js=Path(__file__).with_name("idle.js").read_text(encoding="utf-8")
)

_RESETS = "_idle_resets"


def watch(
    lang: str, *, home: StreamlitPage | str | None = None, seconds: float | None = None, at_home: bool = False
) -> None:
    """Set the document's language; with ``seconds``, forget the visitor and go home after that time
    untouched.

    Call once per run, outside the page's own content. Touch, mouse, keys and wheel count as presence.

    Args:
        lang: the document's language, ``"fr"`` or ``"en"`` (Streamlit writes ``en`` whatever is said).
        home: the home page, needed with ``seconds``.
        seconds: time without a touch before the reset; ``None`` never resets.
        at_home: whether the page shown is the home page: an untouched home page is left alone.
    """
    if seconds is not None and home is None:
        raise ValueError("a reset needs the home page")
    resets = st.session_state.get(_RESETS, 0)
    data = {"lang": lang, "seconds": seconds, "home": at_home, "resets": resets}
    if (
        _mount(key="_idle", data=data, on_idle_change=lambda: None, height="content").idle
        and home is not None
    ):
        kept = {name: st.query_params[name] for name in KEPT if name in st.query_params}
        st.session_state.clear()
        st.session_state[_RESETS] = resets + 1  # tells the browser that its wish was heard
        st.query_params.clear()
        st.switch_page(home, query_params=kept)
