"""Verdicts on objects: changed, unchanged or unsure; what was said is kept, and shows as a colour."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from pages.kit.maps.legend import class_legend
from pages.kit.words import Words
from pages.parts.change import draw
from pages.parts.change.state import State

VERDICTS = tuple(draw.VERDICTS)
_KEY = "change_verdicts"


def item(state: State, row: pd.Series) -> str:
    """Return the name of an object that stays when the limit moves a little: images, dates, and its cell of 8 pixels."""
    return f"{state.key}:{state.first}-{state.second}:{int(row['row']) // 8}-{int(row['column']) // 8}"


def said(state: State, row: pd.Series) -> str:
    """Return the last verdict on an object, ``""`` without one."""
    return st.session_state.get(_KEY, {}).get(item(state, row), "")


def say(state: State, row: pd.Series, verdict: str) -> None:
    """Keep a verdict."""
    st.session_state.setdefault(_KEY, {})[item(state, row)] = verdict


def colours(state: State, table: pd.DataFrame) -> dict[int, tuple[int, int, int]]:
    """Return the colour of each object's rim: its verdict's, gold when it is the chosen one, else white."""
    chosen = st.query_params.get("object", "")
    found = {}
    for _, row in table.iterrows():
        verdict = said(state, row)
        plain = draw.CHOSEN if str(int(row["id"])) == chosen else draw.PLAIN
        found[int(row["id"])] = draw.VERDICTS.get(verdict, plain)
    return found


def legend(t: Words) -> str:
    """Return what the colours of rims mean, as HTML."""
    rows = [(draw.css(draw.PLAIN), t("change.verdicts.none")), (draw.css(draw.CHOSEN), t("change.verdicts.chosen"))]
    rows += [(draw.css(colour), t(f"change.verdicts.{name}")) for name, colour in draw.VERDICTS.items()]
    return class_legend(rows)
