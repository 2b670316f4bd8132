"""The public view: scratch the cloud, see what the machine guesses under it, then what was really there."""

from __future__ import annotations

import threading

import numpy as np
import streamlit as st
from streamlit.runtime.scriptrunner import add_script_run_ctx, get_script_run_ctx

from eogen.colour import Scale
from pages.kit import provenance
from pages.kit.address import whole
from pages.kit.hall import Visitor
from pages.kit.maps.legend import scale_legend
from pages.kit.maps.swipe import swipe
from pages.kit.words import Words
from pages.parts.ocean import cases, compute, draw, sources
from pages.parts.ocean.cases import Round
from pages.parts.ocean.scratch import scratch
from pages.parts.ocean.sources import Source

#: Whose guesses the public sees, and the simple trick it is compared with.
MODEL, SIMPLE = "oi", "climatology"
#: Standard deviations that hold nine places of ten, if errors are normal.
NINE_OF_TEN = 1.645
SIDES = ("left", "right")
_TALLY = "ocean_tally"


def show(guest: Visitor) -> None:
    """Draw the page."""
    t = guest.words
    st.markdown(t("ocean.public.lead"))
    with st.spinner(t("ocean.public.fetching")):
        source = sources.opened(cases.source_name())
        if source is None or not cases.deck(source.key, source):
            source = sources.simulated("simulated_clear")
    _round(t, source)


@st.cache_resource(show_spinner=False, max_entries=64)
def _prepare(key: str, number: int, lang: str, _t: Words, _source: Source) -> threading.Thread:
    """Guess under the next cloud while the visitor scratches this one."""

    def work() -> None:
        _guess(cases.laid(key, number, lang, _t, _source, (MODEL, SIMPLE)))

    thread = threading.Thread(target=work, name="eogen-clouds", daemon=True)
    add_script_run_ctx(thread, get_script_run_ctx())
    thread.start()
    return thread


def _guess(laid: Round) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the machine's guess, its standard deviation, and the simple trick's guess: (lat, lon), log10."""
    found = compute.filled(laid.state, MODEL, members=0)
    simple = compute.filled(laid.state, SIMPLE, members=0)
    return found["mean"].values[0], found["sd"].values[0], simple["mean"].values[0]


@st.fragment
def _round(t: Words, source: Source) -> None:
    """Draw one cloud, and beside it the question, the guess's worth or the truth."""
    number = whole("cloud", 0)
    laid = cases.laid(source.key, number, t.lang, t, source, (MODEL, SIMPLE))
    state = laid.state
    token = f"{source.key}-{number}"
    left, right = st.columns([2, 1], gap="large")
    with right, st.spinner(t("ocean.public.thinking"), show_time=False):
        guess, sd, simple = _guess(laid)
    shades = draw.chl_scale(laid.truth)
    with left:
        if st.query_params.get("look") == "truth":
            step = "truth"
            _compare(t, laid, guess, shades)
        else:
            gone = st.session_state.get("ocean_wiped")
            wiped = _scratch(t, laid, guess, shades, token, gone == token)
            if wiped is not None and wiped.token == token and gone != token:
                st.session_state["ocean_wiped"] = token
                st.rerun(scope="fragment")  # once a cloud: the picture's own words follow
            step = "guess" if gone == token else "cloud"
        provenance.caption(state.provenance, t)
        st.html(scale_legend(shades, title=t("ocean.public.legend"), unit="mg/m³", number=t.number,
                             at=draw.chl_ticks(shades)))  # fmt: skip
    with right:
        {"cloud": _ask, "guess": _promise, "truth": _score}[step](t, laid, guess, sd, simple)
        if step == "guess":
            st.button(
                t("ocean.public.compare"), type="primary", width="stretch", icon=":material/compare:",
                on_click=_look, key="compare",
            )  # fmt: skip
        st.button(
            t("ocean.public.another"), type="primary" if step == "truth" else "secondary", width="stretch",
            icon=":material/cloud:", on_click=_next, args=(number + 1,), key="another_cloud",
        )  # fmt: skip
        _tally(t)
    _prepare(source.key, number + 1, t.lang, t, source)


def _look() -> None:
    st.query_params["look"] = "truth"


def _next(number: int) -> None:
    st.query_params["cloud"] = str(number)
    for name in ("look", "bet"):
        st.query_params.pop(name, None)


def _bet(side: str) -> None:
    st.query_params["bet"] = side


def _placed(laid: Round, name: str, values: np.ndarray, shades: Scale, outlined: bool) -> draw.Overlay:
    cut, key = laid.state.cut, (laid.state.signature, laid.state.frame, name, shades.low, shades.high)
    hidden = laid.hidden if outlined else None
    return draw.placed(
        key, lambda: draw.paint(10**values, laid.state.sea, shades, draw.zoom(cut), hidden=hidden), cut
    )


def _scratch(t: Words, laid: Round, guess: np.ndarray, shades: Scale, token: str, done: bool):  # noqa: ANN202
    cut, state = laid.state.cut, laid.state
    cloud = draw.placed(
        (state.signature, state.frame, "cloud"),
        lambda: draw.cloud(laid.hidden, state.sea, draw.zoom(cut), state.donor or 0),
        cut,
    )
    words = ("under", "cloud", "keys", "all", "tag", "share", "wiped")
    labels = {name: t.text(f"ocean.scratch.{name}") for name in words} | {"lang": t.lang}
    if done:
        labels["tag"] = t("ocean.public.before")
    return scratch(
        _placed(laid, "guess", guess, shades, False), cloud,
        key="ocean_scratch", token=token, labels=labels, done=done, halved=True,
    )  # fmt: skip


def _compare(t: Words, laid: Round, guess: np.ndarray, shades: Scale) -> None:
    swipe(
        _placed(laid, "guess", guess, shades, True),
        _placed(laid, "truth", laid.truth, shades, True),
        key="ocean_truth",
        labels=draw.map_labels(
            t, map=t("ocean.public.map_truth"), before=t("ocean.public.before"),
            after=t("ocean.public.after"), bar=t("ocean.public.bar"),
        ),
        height=None, clickable=False, pixelated=True,
    )  # fmt: skip
    st.caption(t("ocean.public.edges"))


def _ask(t: Words, laid: Round, guess: np.ndarray, sd: np.ndarray, simple: np.ndarray) -> None:
    """Let the visitor guess first."""
    st.subheader(t("ocean.public.bet"), anchor=False)
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


def _promise(t: Words, laid: Round, guess: np.ndarray, sd: np.ndarray, simple: np.ndarray) -> None:
    """Say how sure the machine is."""
    factor = _factor(sd, laid.hidden)
    st.subheader(t("ocean.public.guessed"), anchor=False)
    st.markdown(t("ocean.public.promise", low=t.number(1 / factor, 1), high=t.number(factor, 1)))
    st.markdown(t("ocean.public.check"))


def _greener(values: np.ndarray, hidden: np.ndarray) -> str:
    left, right = cases.halves(values, hidden)
    return "left" if left > right else "right"


def _score(t: Words, laid: Round, guess: np.ndarray, sd: np.ndarray, simple: np.ndarray) -> None:
    """Say how far off the machine was, whether its doubt was honest, and who guessed the greener side."""
    hidden = laid.hidden
    error = (guess - laid.truth)[hidden]
    factor = float(10 ** np.sqrt(np.mean(error**2)))
    plain = float(10 ** np.sqrt(np.mean((simple - laid.truth)[hidden] ** 2)))
    inside = float(np.mean(np.abs(error) <= NINE_OF_TEN * sd[hidden]))
    truth, machine = _greener(laid.truth, hidden), _greener(guess, hidden)
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
        st.subheader(t(f"ocean.public.won_{who}", side=t(f"ocean.public.on_{truth}")), anchor=False)
        rounds = st.session_state.setdefault(_TALLY, {})
        rounds[laid.state.signature] = (bet == truth, machine == truth)
    st.markdown(
        t("ocean.public.score", factor=t.number(factor, 1), low=round(100 / factor), high=round(100 * factor))
    )
    st.markdown(t("ocean.public.honest", share=inside))
    st.markdown(t("ocean.public.simple", factor=t.number(plain, 1)))
    st.caption(t("ocean.public.known"))


def _tally(t: Words) -> None:
    rounds = st.session_state.get(_TALLY, {})
    if rounds:
        you, machine = (sum(one[k] for one in rounds.values()) for k in (0, 1))
        st.markdown(t("ocean.public.tally", you=you, machine=machine, n=len(rounds)))
