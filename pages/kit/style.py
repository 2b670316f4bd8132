"""The style sheet of the shared elements, and what every element needs to write HTML safely."""

from __future__ import annotations

import html
from pathlib import Path

import streamlit as st

CSS = Path(__file__).with_name("kit.css")


def apply() -> None:
    """Send the style sheet of the shared elements; call once per run, before any of them."""
    st.html(CSS)


def escape(text: object) -> str:
    """Make ``text`` safe in HTML elements and quoted attributes: what visitors or files say is no markup."""
    return html.escape(str(text), quote=True)
