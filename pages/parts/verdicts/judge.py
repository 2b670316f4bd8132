"""One case a screen: its pictures, the question, the answers with their keys; kept before the next case shows."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from eogen.errors import InputError
from eogen.verdicts import campaigns, database, turns
from eogen.verdicts.campaigns import Campaign, Held
from eogen.verdicts.kinds import BESIDES, Panel
from eogen.verdicts.turns import Place, Turn
from pages.kit import errors
from pages.kit.style import escape
from pages.kit.words import Words
from pages.parts.verdicts import pictures, reviewer

#: Keys of the answers, of the undo and of the note; sides are answered by the arrows.
KEYS = {"first": "a", "second": "x", "unsure": "u", "skip": "s", "undo": "z", "note": "n"}
ARROWS = ("left", "right")
CONFIDENCE = {"low": 0.5, "middle": 0.75, "high": 1.0}
_SHOWN, _FAILED, _NOTE = "verdicts_shown", "verdicts_failed", "verdicts_note_open"

_focus = st.components.v2.component(
    "eogen_judge", js=Path(__file__).with_name("judge.js").read_text(encoding="utf-8")
)


@st.cache_resource(show_spinner=False, max_entries=8)
def _held(_where: str, name: str) -> list[Held]:
    """The cases of a campaign, which never change."""
    return campaigns.cases(name)


@st.cache_resource(show_spinner=False, max_entries=64)
def _panels(_where: str, name: str, item: str) -> tuple[Panel, ...]:
    return campaigns.pictures(name, item)


def show(t: Words, campaign: Campaign) -> None:
    """Draw the case that is this reviewer's turn."""
    _case(t, campaign, reviewer.known())


@st.fragment
def _case(t: Words, campaign: Campaign, who: str) -> None:
    held = _held(database.name(), campaign.name)
    try:
        place = turns.place(campaign, who, held)
    except InputError as error:
        errors.show(error, t)
        return
    if (failed := st.session_state.pop(_FAILED, None)) is not None:
        errors.show(failed, t)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="verdicts_where"):
        st.progress(
            place.done / len(place.turns), t("verdicts.judge.at", done=place.done, n=len(place.turns))
        )
        reviewer.ask(t, who)
    if not place.coming:
        _done(t, campaign, who)
        return
    _ask(t, campaign, who, held, place)


def _ask(t: Words, campaign: Campaign, who: str, held: Sequence[Held], place: Place) -> None:
    turn = place.coming[0]
    order, drawn = _drawn(t, campaign, who, turn)
    question = pictures.said(t, f"verdicts.kinds.{campaign.kind}.question", campaign.title)
    st.html(f'<p class="eo-question">{escape(question)}</p>')
    if st.session_state.get(_SHOWN, (None,))[0] != (campaign.name, who, turn.key):
        st.session_state[_SHOWN] = ((campaign.name, who, turn.key), time.monotonic())
    st.html(drawn)
    _buttons(t, campaign, who, turn, order, place)
    st.html(pictures.origin_html(t, campaign, held, turn.held))
    if len(place.coming) > 1:  # the browser has the next pictures before they are asked for
        with st.container(key="verdicts_ahead"):
            st.html(_drawn(t, campaign, who, place.coming[1])[1])


def _drawn(t: Words, campaign: Campaign, who: str, turn: Turn) -> tuple[list[str], str]:
    """Return the order of the panels for this reviewer, and the pictures as HTML."""
    panels = _panels(database.name(), campaign.name, turn.held.case.item)
    order = turns.shown(campaign, who, turn, [panel.name for panel in panels])
    return order, pictures.html(t, campaign, panels, order)


def _buttons(t: Words, campaign: Campaign, who: str, turn: Turn, order: list[str], place: Place) -> None:
    answers = (
        [name for name in order if name in campaign.answers] if campaign.sides else list(campaign.answers)
    )
    with st.container(horizontal=True, gap="small", key="verdicts_answers"):
        for at, answer in enumerate(answers):
            if campaign.sides:
                label, key = t(f"verdicts.judge.{ARROWS[at]}"), ARROWS[at]
            else:
                label, key = _answer(t, campaign, answer), KEYS[("first", "second")[at]]
            st.button(
                label, key=f"verdicts_{('first', 'second')[at]}", shortcut=key, type="primary",
                on_click=_say, args=(campaign, who, turn, answer, order),
            )  # fmt: skip
        for answer in BESIDES:
            st.button(
                t(f"verdicts.judge.{answer}"), key=f"verdicts_{answer}", shortcut=KEYS[answer],
                on_click=_say, args=(campaign, who, turn, answer, order),
            )  # fmt: skip
        st.button(
            t("verdicts.judge.undo"), key="verdicts_undo", shortcut=KEYS["undo"], type="tertiary",
            icon=":material/undo:", disabled=not place.answers, on_click=_undo, args=(campaign, who),
        )  # fmt: skip
        st.button(
            t("verdicts.judge.note"), key="verdicts_note_key", shortcut=KEYS["note"], type="tertiary",
            icon=":material/edit_note:", on_click=_note,
        )  # fmt: skip
    asked = st.session_state.get(_NOTE, 0)
    if asked % 2:
        with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="verdicts_note"):
            st.text_input(t("verdicts.judge.note_label"), max_chars=1000, key=_of(turn, "note"))
            st.segmented_control(
                t("verdicts.judge.confidence"), list(CONFIDENCE), key=_of(turn, "confidence"),
                format_func=lambda c: t(f"verdicts.judge.confidences.{c}"),
            )  # fmt: skip
    _focus(key="verdicts_focus", data={"asked": asked if asked % 2 else 0}, height="content")


def _answer(t: Words, campaign: Campaign, answer: str) -> str:
    return pictures.said(t, f"verdicts.kinds.{campaign.kind}.answers.{answer}", answer)


def _of(turn: Turn, what: str) -> str:
    return f"verdicts_{what}_{turn.key[0]}_{turn.key[1]}"


def _say(campaign: Campaign, who: str, turn: Turn, answer: str, order: list[str]) -> None:
    shown, since = st.session_state.get(_SHOWN, (None, 0.0))
    mine = shown == (campaign.name, who, turn.key)
    try:
        turns.judge(
            campaign, who, turn, answer, note=st.session_state.get(_of(turn, "note")) or "",
            confidence=CONFIDENCE.get(st.session_state.get(_of(turn, "confidence")) or ""),
            seconds=round(time.monotonic() - since, 2) if mine else None,
            order_shown=order if campaign.sides or campaign.blind else (),
        )  # fmt: skip
    except InputError as error:  # shown above the case, which stays: nothing was kept
        st.session_state[_FAILED] = error
        return
    st.session_state.pop(_NOTE, None)


def _undo(campaign: Campaign, who: str) -> None:
    try:
        turns.undo(campaign, who)
    except InputError as error:
        st.session_state[_FAILED] = error


def _note() -> None:
    st.session_state[_NOTE] = st.session_state.get(_NOTE, 0) + 1


def _done(t: Words, campaign: Campaign, who: str) -> None:
    st.success(t("verdicts.judge.all_done"), icon=":material/task_alt:")
    with st.container(horizontal=True, gap="small"):
        st.button(
            t("verdicts.judge.undo"), key="verdicts_undo", shortcut=KEYS["undo"], icon=":material/undo:",
            on_click=_undo, args=(campaign, who),
        )  # fmt: skip
    st.markdown(t("verdicts.judge.then"))
