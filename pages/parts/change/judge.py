"""Verdicts on objects: changed, unchanged or unsure; what was said is on the disk, and shows as a colour."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from eogen.errors import InputError
from eogen.verdicts import ANSWERS, Verdict, current, load, store
from pages.kit import errors
from pages.kit.address import whole
from pages.kit.maps.legend import class_legend
from pages.kit.words import Words
from pages.parts.change import draw
from pages.parts.change.state import State, digest

VERDICTS = ANSWERS["change"]
KIND = "changes"
#: Objects whose centres lie in the same square of so many pixels are the same one: a limit moves them a little.
CELL = 8
_FAILED = "change_verdict_failed"


def item(state: State, row: pd.Series) -> str:
    """Return the name of an object that stays when the limit moves a little."""
    return _item(state, row["row"], row["column"])


def _item(state: State, row: float, column: float) -> str:
    place = f"{int(row) // CELL}-{int(column) // CELL}"
    return f"{state.source}/{state.name}/{digest(state.key, state.first, state.second)}/{place}"


def known() -> dict[str, str]:
    """Return the last answer to each object that was judged.

    Raises:
        InputError: ``verdict_unreadable``.
    """
    return {one.item: one.answer for one in current(load("change", campaign=""))}


def said(state: State, row: pd.Series, held: dict[str, str]) -> str:
    """Return the last verdict on an object, ``""`` without one."""
    return held.get(item(state, row), "")


def all_said(state: State, table: pd.DataFrame, held: dict[str, str]) -> list[str]:
    """Return the last verdict on each object of a table; most views have none, and are looked at often."""
    if not held:
        return [""] * len(table)
    places = zip(table["row"].tolist(), table["column"].tolist(), strict=True)
    return [held.get(_item(state, row, column), "") for row, column in places]


def say(state: State, estimator: str, row: pd.Series, verdict: str) -> None:
    """Keep a verdict; said once more, it is taken back.

    Raises:
        InputError: ``verdict_disk``, ``verdict_busy``.
    """
    name = item(state, row)
    before = [one for one in current(load("change", campaign="")) if one.item == name]
    if before and before[-1].answer == verdict:
        for one in before:
            store(Verdict("change", name, "", undoes=one.id, kind=KIND))
        return
    context = {
        "source": state.source, "scene": state.name, "content": state.key[:40],
        "dates": [state.date(state.first), state.date(state.second)],
        "estimator": estimator, "rate": state.rate, "usual": state.usual, "least_pixels": state.least,
        "row": float(row["row"]), "column": float(row["column"]),
        "pixels": int(row["pixels"]), "peak": float(row["peak_surprise"]),
    }  # fmt: skip
    thing = f"{row['row']:.0f},{row['column']:.0f}"
    store(
        Verdict(
            "change", name, verdict, context=context, kind=KIND, dataset=state.source, scene=state.name[:200],
            thing=thing, method=estimator,
        )
    )  # fmt: skip


def chosen(table: pd.DataFrame) -> int:
    """Return the number of the object looked at: the one in the address, else the most surprising; 0 without any."""
    if not len(table):
        return 0
    asked = whole("object", 0)
    return asked if (table["id"] == asked).any() else int(table.loc[table["peak_surprise"].idxmax(), "id"])


def colours(state: State, table: pd.DataFrame, held: dict[str, str]) -> dict[int, tuple[int, int, int]]:
    """Return the colour of each object's rim: its verdict's, gold when it is the chosen one, else white."""
    at = chosen(table)
    return {
        int(number): draw.VERDICTS.get(answer, draw.CHOSEN if number == at else draw.PLAIN)
        for number, answer in zip(table["id"].tolist(), all_said(state, table, held), strict=True)
    }


def legend(t: Words) -> str:
    """Return what the colours of rims mean, as HTML, in two columns."""
    rows = [
        (draw.css(draw.PLAIN), t("change.verdicts.none")),
        (draw.css(draw.CHOSEN), t("change.verdicts.chosen")),
    ]
    rows += [(draw.css(colour), t(f"change.verdicts.{name}")) for name, colour in draw.VERDICTS.items()]
    return f'<div style="columns:2">{class_legend(rows)}</div>'


def buttons(t: Words, state: State, estimator: str, row: pd.Series, held: dict[str, str]) -> None:
    """Draw the three verdicts; the one that was given is full."""
    with st.container(horizontal=True, gap="small", key="change_verdicts"):
        now = said(state, row, held)
        for verdict in VERDICTS:
            st.button(
                t(f"change.verdicts.{verdict}"), key=f"verdict_{verdict}",
                type="primary" if now == verdict else "secondary", on_click=_pressed,
                args=(state, estimator, row, verdict),
            )  # fmt: skip
    if (error := st.session_state.pop(_FAILED, None)) is not None:
        errors.show(error, t)


def _pressed(state: State, estimator: str, row: pd.Series, verdict: str) -> None:
    try:
        say(state, estimator, row, verdict)
    except InputError as error:  # shown beside the buttons when the page is drawn
        st.session_state[_FAILED] = error
