"""The public view: scratch the cloud, see what the machine guesses under it, then what was really there."""

from __future__ import annotations

import threading

import numpy as np
import streamlit as st
from streamlit.runtime.scriptrunner import add_script_run_ctx, get_script_run_ctx

from eogen.colour import Scale
from eogen.raster import Overlay
from pages.kit import provenance
from pages.kit.address import whole
from pages.kit.hall import Visitor
from pages.kit.maps.legend import scale_legend
from pages.kit.maps.swipe import swipe
from pages.kit.stand import stars
from pages.kit.words import Words
from pages.parts.ocean import cases, draw, rounds
from pages.parts.ocean.rounds import Played
from pages.parts.ocean.scratch import WORDS, Wiped, scratch

#: Standard deviations that hold nine places of ten, if errors are normal.
NINE_OF_TEN = 1.645
SIDES = ("left", "right")
_TALLY = "ocean_tally"


def show(guest: Visitor) -> None:
    """Draw the page."""
    t = guest.words
    st.markdown(t("ocean.public.lead"))
    _round(t)


@st.cache_resource(show_spinner=False, max_entries=64)
def _prepare(number: int, key: str) -> threading.Thread:
    """Play the next round while the visitor scratches this one (``key`` names the round before it)."""
    thread = threading.Thread(target=rounds.play, args=(number,), name="eogen-clouds", daemon=True)
    add_script_run_ctx(thread, get_script_run_ctx())
    thread.start()
    return thread


@st.fragment
def _round(t: Words) -> None:
    """Draw one cloud, and beside it the question, the guess's worth or the truth."""
    number = whole("cloud", 0)
    with st.spinner(t("ocean.public.fetching")):
        made = rounds.play(number)
    left, right = st.columns([2, 1], gap="large")
    shades = draw.chl_scale(made.truth)
    with left:
        if st.query_params.get("look") == "truth":
            step = "truth"
            _compare(t, made, shades)
        else:
            gone = st.session_state.get("ocean_wiped")
            wiped = _scratch(t, made, shades, gone == made.key)
            if wiped is not None and wiped.token == made.key and gone != made.key:
                st.session_state["ocean_wiped"] = made.key
                st.rerun(scope="fragment")  # once a cloud: the picture's own words follow
            step = "guess" if gone == made.key else "cloud"
        provenance.caption(rounds.provenance(t, made), t)
        legend = scale_legend(
            shades, title=t("ocean.public.legend"), unit="mg/m³", number=t.number, at=draw.chl_ticks(shades)
        )
        st.html(legend)
    with right:
        {"cloud": _ask, "guess": _promise, "truth": _score}[step](t, made)
        if step == "guess":
            st.button(
                t("ocean.public.compare"), type="primary", width="stretch", icon=":material/compare:",
                on_click=_look, key="compare",
            )  # fmt: skip
        st.button(
            t("ocean.public.another"), type="primary" if step == "truth" else "secondary", width="stretch",
            icon=":material/cloud:", on_click=_next, args=((number + 1) % made.count,), key="another_cloud",
        )  # fmt: skip
        _tally(t)
    _prepare((number + 1) % made.count, made.key)


def _look() -> None:
    st.query_params["look"] = "truth"


def _next(number: int) -> None:
    st.query_params["cloud"] = str(number)
    for name in ("look", "bet"):
        st.query_params.pop(name, None)


def _bet(side: str) -> None:
    st.query_params["bet"] = side


def _placed(made: Played, name: str, values: np.ndarray, shades: Scale, outlined: bool) -> Overlay:
    hidden = made.hidden if outlined else None
    return draw.placed(
        (made.key, name, outlined, shades.low, shades.high),
        lambda: draw.paint(10**values, made.sea, shades, draw.zoom(made.frame), hidden=hidden),
        made.frame,
    )


def _scratch(t: Words, made: Played, shades: Scale, done: bool) -> Wiped | None:
    cloud = draw.placed(
        (made.key, "cloud"), lambda: draw.cloud(made.hidden, made.sea, draw.zoom(made.frame)), made.frame
    )
    labels = {name: t.text(f"ocean.scratch.{name}") for name in WORDS if name != "lang"} | {"lang": t.lang}
    if done:
        labels["tag"] = t("ocean.public.before")
    return scratch(
        _placed(made, "guess", made.guess, shades, False), cloud,
        key="ocean_scratch", token=made.key, labels=labels, done=done, halved=True,
    )  # fmt: skip


def _compare(t: Words, made: Played, shades: Scale) -> None:
    swipe(
        _placed(made, "guess", made.guess, shades, True),
        _placed(made, "truth", made.truth, shades, True),
        key="ocean_truth",
        labels=draw.map_labels(
            t, map=t("ocean.public.map_truth"), before=t("ocean.public.before"),
            after=t("ocean.public.after"), bar=t("ocean.public.bar"),
        ),
        height=None, clickable=False, pixelated=True,
    )  # fmt: skip
    st.caption(t("ocean.public.edges"))


def _ask(t: Words, made: Played) -> None:
    """Let the visitor guess first."""
    st.header(t("ocean.public.bet"), anchor=False)
    st.caption(t("ocean.public.halves"))
    chosen = st.query_params.get("bet")
    with st.container(key="ocean_bets", horizontal=True):
        for side in SIDES:
            st.button(
                t(f"ocean.public.{side}"), key=f"bet_{side}", width="stretch", on_click=_bet, args=(side,),
                type="primary" if side == chosen else "secondary",
                icon=f":material/arrow_{'back' if side == 'left' else 'forward'}:",
            )  # fmt: skip
    if chosen in SIDES:
        st.markdown(t("ocean.public.noted", side=t(f"ocean.public.on_{chosen}")))
    st.markdown(t("ocean.public.how"))


def _factor(sd: np.ndarray, hidden: np.ndarray) -> float:
    """Return by what factor the truth may be off, either way, in nine places of ten (the median place's)."""
    return float(10 ** (NINE_OF_TEN * np.median(sd[hidden])))


def _promise(t: Words, made: Played) -> None:
    """Say how sure the machine is."""
    factor = _factor(made.sd, made.hidden)
    st.header(t("ocean.public.guessed"), anchor=False)
    st.markdown(t("ocean.public.promise", low=t.number(1 / factor, 1), high=t.number(factor, 1)))
    st.markdown(t("ocean.public.check"))


def _greener(values: np.ndarray, hidden: np.ndarray) -> str:
    left, right = cases.halves(values, hidden)
    return "left" if left > right else "right"


def _score(t: Words, made: Played) -> None:
    """Say how far off the machine was, whether its doubt was honest, and who guessed the greener side."""
    hidden = made.hidden
    error = (made.guess - made.truth)[hidden]
    factor = float(10 ** np.sqrt(np.mean(error**2)))
    plain = float(10 ** np.sqrt(np.mean((made.simple - made.truth)[hidden] ** 2)))
    inside = float(np.mean(np.abs(error) <= NINE_OF_TEN * made.sd[hidden]))
    truth, machine = _greener(made.truth, hidden), _greener(made.guess, hidden)
    bet = st.query_params.get("bet")
    if bet in SIDES:
        who = (
            "both"
            if bet == machine == truth
            else "you"
            if bet == truth
            else "machine"
            if machine == truth
            else "none"
        )
        st.header(t(f"ocean.public.won_{who}", side=t(f"ocean.public.on_{truth}")), anchor=False)
        tally = st.session_state.setdefault(_TALLY, {})
        tally[made.key] = (bet == truth, machine == truth)
        stars.record("ocean", made.key, won=bet == truth)
    st.markdown(
        t("ocean.public.score", factor=t.number(factor, 1), low=round(100 / factor), high=round(100 * factor))
    )
    st.markdown(t("ocean.public.honest", share=inside))
    st.markdown(t("ocean.public.simple", factor=t.number(plain, 1)))
    st.caption(t("ocean.public.known"))


def _tally(t: Words) -> None:
    tally = st.session_state.get(_TALLY, {})
    if tally:
        you, machine = (sum(one[k] for one in tally.values()) for k in (0, 1))
        st.markdown(t("ocean.public.tally", you=you, machine=machine, n=len(tally)))
