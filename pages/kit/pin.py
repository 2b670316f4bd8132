"""Pin the view that is open into a review: its link, a title, a note and its pictures, taken by the browser itself."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import streamlit as st

from eogen.errors import InputError
from pages.kit.errors import guard
from pages.kit.export import view_url
from pages.kit.words import Words

_NEW = ""
_DONE = "_pin_done"
_MADE = "_pin_made"
_mount = st.components.v2.component(
    "eogen_pin",
    html="<button type=button></button> <output aria-live=polite></output>",
    css="""
button { font: inherit; color: var(--st-text-color); background: transparent; cursor: pointer; min-height: 2.5rem;
  padding: .25rem 1rem; border: 1px solid var(--st-border-color); border-radius: var(--st-button-radius); }
button:hover, button:focus-visible { color: var(--st-primary-color); border-color: var(--st-primary-color); }
button:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 2px; }
output { font-size: .9rem; margin-left: .5rem; }
""",
    js=Path(__file__).with_name("pin.js").read_text(encoding="utf-8"),
)


def labels(known: Iterable[Any], words: Words) -> dict[str, str]:
    """Return what each review is called in a menu, by ``id``; no two alike: a menu knows its options by name."""
    named: dict[str, str] = {}
    for review in known:
        label = f"{review.title} · {words.date(review.created)}"
        again = sum(held.partition("\u200b")[0] == label for held in named.values())
        named[review.id] = label + "\u200b" * again  # a space that nobody sees
    return named


@st.fragment
def pin(words: Words) -> None:
    """Draw the small button beside the switches; the rest of the page is not run again by anything in it."""
    label = words("pin.label")
    opened = st.popover(
        label, icon=":material/keep:", help=words("pin.help"), key="pin", on_change="rerun", width="content"
    )
    if not opened.open:
        return
    with opened, guard(words):
        _form(words)


def _form(words: Words) -> None:
    from eogen.verdicts import reviews

    known = labels(reviews.reviews(), words)
    options = [*known, _NEW]
    if (made := st.session_state.pop(_MADE, None)) in known:  # the next view goes into the review just begun
        st.session_state["pin_review"] = made
    which = st.selectbox(
        words("pin.review"), options, key="pin_review",
        format_func=lambda name: known[name] if name else words("pin.new"),
    )  # fmt: skip
    if not which:
        name = st.text_input(words("pin.name"), key="pin_name", max_chars=200)
    title = st.text_input(
        words("pin.title"), key="pin_title", placeholder=words("pin.title_help"), max_chars=300
    )
    note = st.text_area(words("pin.note"), key="pin_note", max_chars=4000, height=90)
    said = st.session_state.get(_DONE, "")
    data = {"label": words("pin.do"), "working": words("pin.working"), "said": said}
    sent = _mount(key="pin_button", data=data, on_pinned_change=lambda: None).pinned
    st.caption(words("pin.about"))
    if sent is None:
        return
    review = which or reviews.create(name or words("pin.unnamed")).id
    st.session_state[_MADE] = review
    kept, refused = _pictures(sent)
    heading = str(sent.get("heading", ""))[:300]
    reviews.add(review, _address(words), title.strip() or heading or words("pin.view"), note, kept)
    missed = refused + (int(sent["missed"]) if isinstance(sent.get("missed"), int) else 0)
    st.session_state[_DONE] = words("pin.done", n=len(kept)) + (
        words("pin.missed", n=missed) if missed else ""
    )
    st.rerun(scope="fragment")


def _pictures(sent: dict[str, Any]) -> tuple[list[Any], int]:
    """Return the pictures drawn anew, and how many of what came could not be."""
    from eogen.verdicts.pin_pictures import MOST, clean

    kept, refused = [], 0
    given = sent.get("pictures")
    for one in (given if isinstance(given, list) else [])[:MOST]:
        try:
            kept.append(clean(str(one["url"]), str(one.get("alt", ""))))
        except (InputError, KeyError, TypeError, AttributeError):
            refused += 1
    return kept, refused


def _address(words: Words) -> str:
    """Return the path and parameters of this view; the server's address is left out."""
    parts = urlsplit(view_url(words))
    return f"{parts.path or '/'}?{parts.query}"
