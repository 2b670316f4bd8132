"""Members as a film, played by the browser: a page that reruns itself to animate can no longer be used."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from pages.kit.words import Words
from pages.parts.ocean.tiles import Tile

#: Milliseconds a member is shown.
PERIOD = 450

_CSS = """
.book { display: grid; gap: .5rem; color: var(--st-text-color); font: inherit; }
.picture { display: block; width: 100%; image-rendering: pixelated; border-radius: 8px; object-fit: fill; }
.row { display: flex; align-items: center; gap: .8rem; }
.at { flex: 1; min-width: 4rem; min-height: 2.5rem; accent-color: var(--st-primary-color); }
.title { font-size: .875rem; font-variant-numeric: tabular-nums; min-width: 7.5em; text-align: right; }
button { font: inherit; font-size: .875rem; color: var(--st-text-color); background: transparent; cursor: pointer;
  padding: .25rem .9rem; min-height: 2.5rem;
  border: 1px solid var(--st-border-color); border-radius: var(--st-button-radius); }
button:hover, button:focus-visible { color: var(--st-primary-color); border-color: var(--st-primary-color); }
button:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 2px; }
"""
_HTML = (
    '<div class="book"><img class="picture" alt=""><div class="row"><button type="button" class="play"></button>'
    '<input class="at" type="range" min="0" value="0" step="1"><span class="title" aria-hidden="true"></span>'
    "</div></div>"
)
_mount = st.components.v2.component(
    "eogen_flipbook",
    html=_HTML,
    css=_CSS,
    js=Path(__file__).with_name("flipbook.js").read_text(encoding="utf-8"),
)


def flipbook(pages: Sequence[Tile], t: Words, *, key: str) -> None:
    """Draw the pictures one after the other, with a button that plays them and a slider.

    Args:
        pages: at least one, all of one shape.
        t: the reader's language.
        key: names the element.
    """
    labels = {name: t(f"ocean.ensemble.{name}") for name in ("play", "pause", "at")}
    frames = [{"url": page.url, "label": page.caption} for page in pages]
    _mount(
        key=key, data={"frames": frames, "ratio": f"{pages[0].ratio:.4f}", "period": PERIOD, "labels": labels}
    )
