"""Guess the field: a year of colours; the visitor guesses, the machine guesses and shows which month told it."""

from __future__ import annotations

import threading

import numpy as np
import streamlit as st
from streamlit.runtime.scriptrunner import add_script_run_ctx, get_script_run_ctx

from eogen.landcover.series import told as science
from eogen.landcover.series.told import Hiding, Told
from pages.kit import card, progress, provenance
from pages.kit.address import whole
from pages.kit.hall import Visitor
from pages.kit.stand import stars
from pages.kit.words import Words
from pages.parts.landcover.seasons import compute, deck, reason, score, strip
from pages.parts.landcover.seasons.deck import Field
from pages.parts.landcover.seasons.state import State

#: Bars of "what else did it think of".
TOP = 3


def show(guest: Visitor) -> None:
    """Draw the page."""
    t = guest.words
    with st.spinner(t("landcover.series.public.fetching")):  # files and a model are read once for the process
        fields = deck.deal(deck.source())
        field = fields[(whole("field", 1) - 1) % len(fields)]
        state = deck.state(field, deck.players(field.source)[0], t)
    if st.session_state.get("season_over"):
        score.summary(t)
        return
    bet = score.bets().get(field)
    if bet is None:
        _ask(t, field, state)
    else:
        _tell(t, field, state, bet)


def _ask(t: Words, field: Field, state: State) -> None:
    """Show the year and take the bet."""
    st.markdown(t("landcover.series.public.lead"))
    eye, green = (bool(st.session_state.get(_hint(field, name))) for name in ("eye", "green"))
    strip.show(t, state.series, state.model.bands, infrared=eye, green=green)
    left, right = st.columns([1.2, 1], gap="large")
    with left:
        st.header(t("landcover.series.public.bet"), anchor=False)
        with st.container(key="bets"):
            for label in sorted(field.offered, key=lambda c: t(f"landcover.series.classes.{c}.short")):
                st.button(
                    t(f"landcover.series.classes.{label}.short"), key=f"choose_{label}", width="stretch",
                    on_click=_place, args=(field, label),
                )  # fmt: skip
    with right:
        st.header(t("landcover.series.public.hints"), anchor=False)
        _hints(t, field)
        provenance.caption(state.provenance, t)
    _think(field, state)


def _hints(t: Words, field: Field) -> None:
    for name in ("eye", "green"):
        st.toggle(t(f"landcover.series.public.hint_{name}"), key=_hint(field, name))


def _hint(field: Field, name: str) -> str:
    return f"season_hint_{name}_{field.key}"


def _place(field: Field, label: str) -> None:
    score.bets()[field] = label


def _tell(t: Words, field: Field, state: State, bet: str) -> None:
    """Show which month told the machine, what it said, and how far to believe its reason."""
    found = progress.run(
        t("landcover.series.public.working"), lambda report: (_told(state), _hiding(state)), t,
        key=f"told_{'_'.join(state.key)}_{field.key}",
    )  # fmt: skip
    if found is None:
        return
    told, hiding = found
    lead = f"told_{len(told.months)}" if told.months else "year"
    st.markdown(t(f"landcover.series.public.lead_{lead}"))
    eye, green = (bool(st.session_state.get(_hint(field, name))) for name in ("eye", "green"))
    strip.show(t, state.series, state.model.bands, told=told.months, infrared=eye, green=green)
    # Two rows of columns: on a phone the reason and its test come before all the rest.
    left, right = st.columns([1.2, 1], gap="large")
    with left:
        _said(t, field, state, bet, told)
        _next_button(t)
    with right:
        if hiding is not None:
            _believe(t, told, hiding)
    left, right = st.columns([1.2, 1], gap="large")
    with left:
        _chances(t, state)
        _hints(t, field)
        provenance.caption(state.provenance, t)
    with right, st.container(border=True):
        score.board(t)


def _said(t: Words, field: Field, state: State, bet: str, told: Told) -> None:
    """Say the answer, who was right, and the reason in one sentence."""
    chances = compute.probability(state.key, state.model, state.series)
    answer = state.classes[state.target]
    a = t(f"landcover.series.classes.{answer}.a")
    stars.record("landcover", f"field_{field.key}", won=bet == field.label)
    st.markdown(t("landcover.series.public.says", answer=a, sure=float(chances[state.target])))
    won = ("you_" if bet == field.label else "") + ("machine" if answer == field.label else "")
    st.markdown(
        t(f"landcover.public.score_{won or 'nobody'}", truth=t(f"landcover.series.classes.{field.label}.a"))
    )
    why = reason.sentence(t, answer, told, state.series, state.model.bands, right=answer == field.label)
    st.markdown(f"**{why}** {reason.gloss(t, told)}".strip())


def _chances(t: Words, state: State) -> None:
    """Draw what else the machine thought of."""
    chances = compute.probability(state.key, state.model, state.series)
    order = np.argsort(-chances, kind="stable")[:TOP]
    card.bars(
        [
            card.Bar(
                t(f"landcover.series.classes.{state.classes[c]}.short"), float(chances[c]), main=c == state.target
            )
            for c in order
        ],
        t, label=t("landcover.public.how_sure"), room="landcover",
    )  # fmt: skip
    st.caption(t("landcover.series.public.unseen"))


def _believe(t: Words, told: Told, hiding: Hiding) -> None:
    """Say, with a number, whether hiding the months moves the certainty more than hiding others by lot."""
    months = told.months or (told.top,)
    verdict = hiding.verdict if told.months else "year"
    lot = hiding.by_lot
    with st.container(border=True):
        card.gauge(
            t("landcover.series.public.believe"), max(hiding.drop, 0.0), t,
            low=0.0, high=1.0, text=t("landcover.series.public.lost", points=round(100 * max(hiding.drop, 0.0))),
            verdict=t(
                f"landcover.series.public.believe_{verdict}",
                months=reason.months(t, months), before=hiding.before, after=hiding.after,
            ),
            ends=(t("landcover.series.public.nothing"), t("landcover.series.public.everything")),
            references={t("landcover.series.public.by_lot"): max(lot, 0.0)} if np.isfinite(lot) else None,
            room="landcover",
        )  # fmt: skip


def _next_button(t: Words) -> None:
    over = len(score.bets()) >= score.VISIT
    st.button(
        t(f"landcover.series.public.{'sum_up' if over else 'next'}"), type="primary", width="stretch",
        icon=f":material/{'emoji_events' if over else 'arrow_forward'}:", on_click=_next, key="another",
    )  # fmt: skip


def _next() -> None:
    """Go to the next field, after ten by way of the summary."""
    st.query_params["field"] = str(whole("field", 1) + 1)
    if len(score.bets()) >= score.VISIT:
        st.session_state["season_over"] = True


def _think(field: Field, state: State) -> None:
    """Explain while the visitor thinks, so that the answer to the bet is there at once; then fit the forest."""

    def work() -> None:
        _told(state)
        _hiding(state)

    thread = threading.Thread(target=work, name="eogen-think", daemon=True)
    add_script_run_ctx(thread, get_script_run_ctx())
    thread.start()
    score.prepare(field.source)


def _told(state: State) -> Told:
    return _keep_told(state.key, compute.stamp(state.series), state.target, state)


def _hiding(state: State) -> Hiding | None:
    told = _told(state)
    months = told.months or ((told.top,) if told.top >= 0 else ())
    return (
        _keep_hiding(state.key, compute.stamp(state.series), state.target, months, state) if months else None
    )


@st.cache_data(show_spinner=False, max_entries=compute.KEPT)
def _keep_told(key: tuple[str, ...], series: bytes, target: int, _state: State) -> Told:
    return science.told(_state.model, _state.series, target, _state.background)


@st.cache_data(show_spinner=False, max_entries=compute.KEPT)
def _keep_hiding(
    key: tuple[str, ...], series: bytes, target: int, months: tuple[int, ...], _state: State
) -> Hiding:  # fmt: skip
    return science.hiding(_state.model, _state.series, target, _state.background, months)
