"""Guess the field: a year of colours; the visitor guesses, the machine guesses and shows which month told it."""

from __future__ import annotations

import streamlit as st

from pages.kit.hall import Visitor


def show(guest: Visitor) -> None:
    """Draw the page."""
    st.markdown(guest.words("landcover.series.public.lead"))
