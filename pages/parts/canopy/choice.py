"""Several options at once, and a place in a scene, in the address."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import streamlit as st


def several(
    label: str, options: Sequence[str], *, name: str, default: Sequence[str], most: int, **more: Any
) -> list[str]:
    """Draw a menu of several choices whose value lives in ``?name=a-b-c``; return them, in the order chosen."""
    if name not in st.session_state:
        asked = [part for part in st.query_params.get(name, "").split("-") if part in options]
        st.session_state[name] = list(dict.fromkeys(asked))[:most] or list(default)
    found = st.multiselect(label, options, key=name, max_selections=most, **more)
    if list(found) == list(default):
        st.query_params.pop(name, None)
    else:
        st.query_params[name] = "-".join(found)
    return list(found)


def place(name: str, default: tuple[int, int], shape: tuple[int, int]) -> tuple[int, int]:
    """Return the (row, column) in ``?name=row-column``; ``default`` where there is none or it is outside."""
    asked = re.fullmatch(r"(\d{1,5})-(\d{1,5})", st.query_params.get(name, ""))
    if not asked:
        return default
    row, column = int(asked[1]), int(asked[2])
    return (row, column) if row < shape[0] and column < shape[1] else default


def put(name: str, at: tuple[int, int]) -> None:
    """Write a place into the address."""
    st.query_params[name] = f"{at[0]}-{at[1]}"
