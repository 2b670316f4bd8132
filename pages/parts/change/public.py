"""The public view, "Seven differences": tap what has changed before the machine shows what surprises it."""

from __future__ import annotations

import re
import threading
from functools import partial

import numpy as np
import streamlit as st
from streamlit.runtime.scriptrunner import add_script_run_ctx, get_script_run_ctx

from eogen.raster import Overlay, data_url
from pages.kit import provenance
from pages.kit.address import choose, whole
from pages.kit.hall import Visitor
from pages.kit.maps.legend import class_legend, scale_legend
from pages.kit.maps.swipe import swipe
from pages.kit.stand import stars
from pages.kit.words import Words
from pages.parts.change import draw, real_rounds, rounds
from pages.parts.change.rounds import Round
from pages.parts.change.spot import WORDS, spot


def show(guest: Visitor) -> None:
    """Draw the page."""
    _round(guest.words)


@st.cache_resource(show_spinner=False, max_entries=64)
def _prepare(number: int, real: bool, key: str) -> threading.Thread:
    """Play the next round while the visitor looks at this one (``key`` names the round before it)."""
    thread = threading.Thread(
        target=real_rounds.play if real else rounds.play,
        args=(number,),
        name="eogen-differences",
        daemon=True,
    )
    add_script_run_ctx(thread, get_script_run_ctx())
    thread.start()
    return thread


@st.fragment
def _round(t: Words) -> None:
    """Draw one pair of images: the game, or what you and the machine found."""
    body = st.container()  # the game first; which images it is played on stands under it
    real = _real(t)
    count = len(real_rounds.deck()) if real else rounds.COUNT
    number = whole("round", 0) % count
    play = real_rounds.play if real else rounds.play
    after = (number + 1) % count
    with body:
        with st.spinner(t("change.public.fetching")):
            made = play(number)
        if st.query_params.get("look") == "machine":
            _machine(t, made, _found(made), after)
        else:
            _game(t, made, after)
    _prepare(after, real, made.key)


def _real(t: Words) -> bool:
    """Draw the choice between simulated and real images where there are some; return whether they are real."""
    if not real_rounds.offered():
        return False
    chosen = choose(
        partial(st.segmented_control, required=True, label_visibility="collapsed"), t("change.public.images"),
        ("simulated", "real"), name="images", default="simulated", format_func=lambda n: t(f"change.public.{n}"),
        on_change=_next, args=(0,),
    )  # fmt: skip
    if chosen != "real":
        return False
    with st.spinner(t("change.public.fetching")):
        playable = bool(real_rounds.deck())
    if not playable:
        st.caption(t("change.public.no_real"))
    return playable


def _found(made: Round) -> tuple[int, ...]:
    """Return the differences that the visitor found, from the address."""
    asked = st.query_params.get("found", "")
    if not re.fullmatch(r"(\d{1,2}(\.\d{1,2})*)?", asked):
        return ()
    given = {int(k) for k in asked.split(".") if k}
    return tuple(sorted(k for k in given if 1 <= k <= len(made.kinds)))


def _game(t: Words, made: Round, after: int) -> None:
    """Let the visitor find the differences."""
    st.markdown(t("change.public.lead_real" if made.real else "change.public.lead", n=len(made.kinds)))
    labels = {name: t.text(f"change.spot.{name}") for name in WORDS if name != "lang"} | {"lang": t.lang}
    told = spot(
        _url(made, 0), _url(made, 1), made.difference, key="change_spot", token=made.key, labels=labels,
        what=[t(f"change.kinds.{kind}") for kind in made.kinds], decoys=rounds.decoys(made),
    )  # fmt: skip
    if (
        told is not None
        and told.token == made.key
        and st.session_state.get("change_told") != (made.key, told)
    ):
        st.session_state["change_told"] = (made.key, told)
        _look(told.found)
        st.rerun(scope="fragment")
    with st.container(horizontal=True, vertical_alignment="center", gap="medium", key="change_under"):
        st.html(provenance.caption_html(rounds.provenance(t, made), t))
        st.button(
            t("change.public.another"), icon=":material/shuffle:", key="another_pair",
            on_click=_next, args=(after,),
        )  # fmt: skip


def _url(made: Round, which: int) -> str:
    return _coded((made.key, which), rounds.picture(made, which))


@st.cache_data(show_spinner=False, max_entries=48)
def _coded(key: tuple[str, int], _pixels: np.ndarray) -> str:
    return data_url(_pixels)


def _look(found: tuple[int, ...]) -> None:
    st.query_params["look"] = "machine"
    st.query_params["found"] = ".".join(map(str, found))


def _next(number: int) -> None:
    st.query_params["round"] = str(number)
    for name in ("look", "found"):
        st.query_params.pop(name, None)
    st.session_state.pop("change_told", None)


def _machine(t: Words, made: Round, you: tuple[int, ...], after: int) -> None:
    """Show the machine's surprise and who found what."""
    st.markdown(t("change.public.lead_machine"))
    left, right = st.columns([1.3, 1], gap="large")
    who = {k: rounds.finder(made, k, you) for k in range(1, len(made.kinds) + 1)}
    shades = draw.surprise_scale(made.p_value)
    with left:
        swipe(
            _placed(made, "after", who, you), _placed(made, "surprise", who, you), key="change_machine",
            labels=draw.map_labels(
                t, map=t("change.public.map"), before=t("change.public.after"),
                after=t("change.public.surprise"), bar=t("change.public.bar"),
            ),
            height=None, clickable=False, pixelated=True,
        )  # fmt: skip
        provenance.caption(rounds.provenance(t, made), t)
    with right:
        _score(t, made, who)
        st.button(
            t("change.public.another"), type="primary", width="stretch", icon=":material/shuffle:",
            key="another_pair", on_click=_next, args=(after,),
        )  # fmt: skip
        st.html(
            class_legend(
                [(draw.css(draw.FINDERS[name]), t(f"change.public.by_{name}")) for name in _shown(made, who)]
            )
        )
        st.html(
            scale_legend(
                shades, title=t("change.public.legend"), number=t.number,
                ends=(t("change.public.usual"), t("change.public.unusual")),
            )
        )  # fmt: skip


def _shown(made: Round, who: dict[int, str]) -> list[str]:
    return [name for name in draw.FINDERS if name in who.values() or (name == "false" and made.false_alarms)]


def _score(t: Words, made: Round, who: dict[int, str]) -> None:
    """Say who found how many, what was missed, and what a false alarm is."""
    n = len(made.kinds)
    you = sum(name in ("both", "you") for name in who.values())
    stars.record("change", made.key, won=2 * you > n)
    st.header(t("change.public.score", you=you, machine=len(made.machine), n=n), anchor=False)
    for name in ("you", "machine", "nobody"):
        kinds = [t(f"change.kinds.{made.kinds[k - 1]}") for k, found in who.items() if found == name]
        if kinds and made.real:
            st.markdown(t(f"change.public.real_{name}", n=len(kinds)))
        elif kinds:
            st.markdown(t(f"change.public.only_{name}", what=t.list(kinds)))
    if made.false_alarms:
        false = "change.public.false_real" if made.real else "change.public.false"
        st.markdown(t(false, n=made.false_alarms))
    else:
        st.markdown(t("change.public.no_false"))


def _placed(made: Round, name: str, who: dict[int, str], you: tuple[int, ...]) -> Overlay:
    """Return the second date, plain or under the machine's surprise, with what was found outlined."""

    def pixels() -> np.ndarray:
        times = draw.zoom(made.difference.shape)
        base = rounds.picture(made, 1)
        if name == "surprise":
            scale = draw.surprise_scale(made.p_value)
            base = scale.colour(draw.surprise(made.p_value))[..., :3]
        large = draw.up(base, times)
        large = draw.outlined(
            large, made.false, times, dict.fromkeys(range(1, made.false_alarms + 1), draw.FINDERS["false"])
        )
        return draw.outlined(large, made.difference, times, {k: draw.FINDERS[w] for k, w in who.items()})

    plain = made.images.drop_vars("spatial_ref", errors="ignore")
    return draw.placed((made.key, name, you), pixels, plain)
