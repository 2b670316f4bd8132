"""The style sheet of the shared elements, and what every element needs to write HTML safely."""

from __future__ import annotations

import functools
import html
from pathlib import Path

import streamlit as st

CSS = (Path(__file__).with_name("kit.css"), Path(__file__).resolve().parents[2] / "assets" / "style.css")


def apply() -> None:
    """Send the style sheets of the app and of the shared elements; call once per run, before any of them."""
    for sheet in _sheets():
        st.html(sheet)


@functools.cache
def _sheets() -> tuple[str, ...]:
    """Return the sheets as elements; they are read once, not in every run."""
    return tuple(f"<style>{sheet.read_text(encoding='utf-8')}</style>" for sheet in CSS)


def escape(text: object) -> str:
    """Make ``text`` safe in HTML elements and quoted attributes: what visitors or files say is no markup."""
    return html.escape(str(text), quote=True)
