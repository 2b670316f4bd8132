"""Parcels as a list: the colours of their year, what they are and what was said, and a button that opens each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st

from eogen.landcover.bands import RGB
from eogen.landcover.series.unseen import Answers
from pages.kit.style import escape
from pages.kit.words import Words
from pages.parts.landcover.seasons.state import State

#: Rows drawn before *more* is asked for.
FIRST = 8
#: Reflectance that is drawn as full light: fields are dark from above.
BRIGHT = 0.22
CLOUD = "repeating-linear-gradient(45deg, rgba(128,128,128,.18) 0 3px, rgba(128,128,128,.42) 3px 6px)"


@dataclass(frozen=True)
class Row:
    """One parcel of a list.

    Attributes:
        parcel: its number in the source.
        true, said: classes.
        certainty: of the answer, 0..1.
        other: name of another model, the class it says and its certainty.
    """

    parcel: int
    true: int
    said: int
    certainty: float
    other: tuple[str, int, float] | None = None


def of(said: Answers, place: int, beside: tuple[str, Answers] | None = None) -> Row:
    """Return the row of the parcel at a place among the answers, and what another model says of it."""
    held = said.held
    other = None
    if beside is not None:
        name, theirs = beside
        other = (name, int(theirs.held.predicted[0, place]), float(theirs.certainty[place]))
    return Row(
        int(held.row[place]), int(held.label[place]), int(held.predicted[0, place]),
        float(said.certainty[place]), other,
    )  # fmt: skip


def show(t: Words, state: State, rows: Sequence[Row], *, key: str) -> None:
    """Draw the first rows, and a button for more."""
    if not rows:
        st.caption(t("landcover.series.rows.none"))
        return
    counter = f"rows_{key}_{state.source}"
    count = min(int(st.session_state.get(counter, FIRST)), len(rows))
    with st.container(key=f"seasons_rows_{key}", gap="small"):
        for row in rows[:count]:
            _row(t, state, row, key)
    if count < len(rows):
        st.button(
            t("landcover.series.rows.more", n=min(FIRST, len(rows) - count)), key=f"more_{key}",
            icon=":material/expand_more:", type="tertiary", on_click=_more, args=(counter, count),
        )  # fmt: skip


def _row(t: Words, state: State, row: Row, key: str) -> None:
    text, button = st.columns([5, 1], vertical_alignment="center", gap="small")
    right = row.said == row.true
    said = t(
        "landcover.series.rows.said", true=state.class_name(t, row.true), said=state.class_name(t, row.said),
        certainty=row.certainty,
    )  # fmt: skip
    lines = [said]
    if row.other is not None:
        name, other, certainty = row.other
        lines.append(
            t("landcover.series.rows.other", model=name, said=state.class_name(t, other), certainty=certainty)
        )
    mark = "✓" if right else "✗"
    text.html(
        f'<div style="display:grid;gap:.15rem;font-size:.9rem">{strip(t, state, row.parcel)}'
        f"<div><b>{escape(t('landcover.series.rows.number', n=row.parcel + 1))}</b> {mark} "
        f"{'<br>'.join(escape(line) for line in lines)}</div></div>"
    )
    button.button(
        t("landcover.series.rows.open"), key=f"open_{key}_{row.parcel}", on_click=_open, args=(row.parcel,),
        help=t("landcover.series.rows.open_help", n=row.parcel + 1), width="stretch",
    )  # fmt: skip


def strip(t: Words, state: State, parcel: int) -> str:
    """Return the colours of a parcel's months as the eye would see them, clouded ones hatched, as HTML."""
    colours = tints(state.held["reflectance"].values[parcel], [str(b) for b in state.held["band"].values])
    months = state.month_names(t)
    cells = "".join(
        f'<span title="{escape(name)}" style="flex:1;background:{colour or CLOUD}"></span>'
        for name, colour in zip(months, colours, strict=True)
    )
    seen = sum(colour is not None for colour in colours)
    alt = escape(t("landcover.series.rows.strip", seen=seen, n=len(colours)))
    return (
        f'<div role="img" aria-label="{alt}" style="display:flex;gap:1px;height:1.1rem;max-width:26rem;'
        f'border-radius:4px;overflow:hidden">{cells}</div>'
    )


def tints(series: np.ndarray, bands: Sequence[str]) -> list[str | None]:
    """Return the colour of each month of a series (month, band) as CSS writes it; None where nothing was seen."""
    light = np.clip(series[:, [list(bands).index(b) for b in RGB]] / BRIGHT, 0, 1) ** 0.8
    return [
        None if not np.isfinite(one).all() else "#{:02x}{:02x}{:02x}".format(*(round(255 * v) for v in one))
        for one in light.tolist()
    ]


def _more(counter: str, count: int) -> None:
    st.session_state[counter] = count + FIRST


def _open(parcel: int) -> None:
    """Go to the season of a parcel: the number box and the panels are drawn after this has run."""
    st.session_state["parcel"] = parcel + 1
    st.session_state["look_at"] = "season"
