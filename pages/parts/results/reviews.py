"""Reviews."""

import streamlit as st

from pages.kit.words import Words


def show(t: Words) -> None:
    st.caption("…")
