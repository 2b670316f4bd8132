"""A blind test for people: two pictures of one place, one of them seen by a satellite. Which?"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

import streamlit as st

from eogen.errors import InputError
from eogen.ocean import blind, sights
from eogen.ocean.blind import Answer, Case
from eogen.verdicts import Verdict, add
from pages.kit import card, errors, export
from pages.kit.address import choose
from pages.kit.hall import Visitor
from pages.kit.words import Words
from pages.parts.ocean import bench, content, exports, shades, tiles, titles
from pages.parts.ocean.state import State
from pages.parts.verdicts import reviewer

#: Where the session keeps all answers (never cleared by a rerun), and what is on the screen since when.
_ANSWERS, _SHOWN = "ocean_blind_answers", "ocean_blind_shown"
#: Verdicts that are not on the disk yet, and why not.
_WAITING, _FAILED = "ocean_blind_waiting", "ocean_blind_failed"
#: Cases dealt.
CASES = 40


def show(guest: Visitor, state: State) -> None:
    """Draw the panel."""
    t = guest.words
    st.markdown(t("ocean.blind.lead"))
    left, _ = st.columns([1, 2.2])
    name = choose(
        left.selectbox, t("ocean.common.method"), list(dict.fromkeys(state.methods)), name="blind_method",
        default=state.methods[0], format_func=lambda m: titles.method(t, m),
    )  # fmt: skip
    if not content.agreed(t, name, f"blind_{bench.signature(state)}_{name}"):
        return
    found = bench.run(t, state, [name]).get(name)
    if found is None:
        return
    cases = blind.deal(found, state.seed, CASES)
    if not cases:
        st.info(t("ocean.blind.no_case"), icon=":material/visibility_off:")
        return
    answers: list[Answer] = st.session_state.setdefault(_ANSWERS, [])
    here = {c.name for c in cases}
    done = {a.case for a in answers}
    case = next((c for c in cases if c.name not in done), None)
    if case is None:
        st.success(t("ocean.blind.all_done", n=len(cases)))
    else:
        _ask(t, state, found, case, name, len(here & done) + 1, len(cases))
    if (failed := st.session_state.pop(_FAILED, None)) is not None:
        errors.show(failed, t)
    _said(t, answers, name)
    exports.to_validation(t, state, "real_or_filled", [name])


def _ask(t: Words, state: State, found: Any, case: Case, name: str, at: int, count: int) -> None:
    """Draw the two pictures and the two answers."""
    real, member = blind.pictures(found, state.cut.values, case)
    quantity = str(state.cut.name)
    colours = shades.scale(quantity, real, member)
    window = state.cut.isel(lat=slice(*case.rows), lon=slice(*case.columns))
    pair = (real, member) if case.real_left else (member, real)
    if st.session_state.get(_SHOWN, ("", 0.0))[0] != case.name:
        st.session_state[_SHOWN] = (case.name, time.time())
    st.markdown(t("ocean.blind.question", at=at, n=count))
    sides = zip(st.columns(2, gap="medium"), ("left", "right"), pair, strict=True)
    for column, side, field in sides:
        with column:
            picture = tiles.tile(shades.shown(quantity, field), colours, window, t(f"ocean.blind.{side}"))
            tiles.grid([picture], "100%")
            st.button(
                t(f"ocean.blind.{side}_real"), key=f"ocean_blind_{side}", width="stretch", type="primary",
                shortcut=side.capitalize(), on_click=_answer, args=(case, side, name, state),
            )  # fmt: skip
    st.html(shades.legend(t, quantity, colours, titles.variable(t, quantity)))
    st.caption(t("ocean.blind.same"))


def _answer(case: Case, side: str, name: str, state: State) -> None:
    """Keep an answer, here and as a verdict; a double press on one case counts once."""
    answers: list[Answer] = st.session_state.setdefault(_ANSWERS, [])
    if any(a.case == case.name for a in answers):
        return
    shown, since = st.session_state.get(_SHOWN, (case.name, time.time()))
    seconds = time.time() - since if shown == case.name else float("nan")
    left, right = ("real", name) if case.real_left else (name, "real")
    right_one = (side == "left") == case.real_left
    answers.append(
        Answer(
            datetime.now(UTC).isoformat(timespec="seconds"),
            case.name,
            left,
            right,
            side,
            right_one,
            round(seconds, 2),
        )
    )
    _keep(_verdict(answers[-1], case, name, state))


def _verdict(answer: Answer, case: Case, name: str, state: State) -> Verdict:
    """Return an answer as a verdict: which of the two was taken for real."""
    about = state.cut.attrs
    return Verdict(
        "ocean", case.name, "real" if answer.correct else "filled", reviewer=reviewer.name_of_session(),
        seconds=answer.seconds if answer.seconds >= 0 else None, kind="real_or_filled",
        dataset=str(about.get("dataset", ""))[:200], scene=f"{state.source} {str(state.date)[:10]}"[:200], method=name,
        weights=sights.weights(name),
        context={
            "source": state.source, "content": state.key[:40], "region": list(state.region), "frame": case.frame,
            "rows": list(case.rows), "columns": list(case.columns), "member": case.member, "seed": state.seed,
            "left": answer.left, "right": answer.right,
        },
    )  # fmt: skip


def _keep(verdict: Verdict) -> None:
    """Write a verdict to the disk, with those that could not be written before; what fails waits for the next."""
    waiting: list[Verdict] = st.session_state.setdefault(_WAITING, [])
    waiting.append(verdict)
    try:
        add(waiting)
    except InputError as error:  # shown under the question when the page is drawn
        st.session_state[_FAILED] = error
        return
    waiting.clear()


def _said(t: Words, answers: list[Answer], name: str) -> None:
    """Say how often the real one was found, for the method on the screen and in all."""
    if not answers:
        st.caption(t("ocean.blind.none_yet"))
        return
    last = answers[-1]
    truth = t(f"ocean.blind.was_{'left' if last.left == 'real' else 'right'}")
    st.markdown(t("ocean.blind.correct" if last.correct else "ocean.blind.wrong", truth=truth))
    own = blind.tally([a for a in answers if name in (a.left, a.right)])
    rows = []
    for key in dict.fromkeys(n for a in answers for n in (a.left, a.right) if n != "real"):
        some = blind.tally([a for a in answers if key in (a.left, a.right)])
        text = t("ocean.blind.share", correct=some.correct, n=some.n)
        rows.append(
            card.Bar(
                titles.method(t, key),
                some.correct / some.n,
                text,
                main=key == name,
                low=some.low,
                high=some.high,
            )
        )
    card.bars(rows, t, label=t("ocean.blind.found"), room="ocean")
    if own.n:
        facts = {"low": own.low, "high": own.high, "method": titles.method(t, name)}
        said = t("ocean.blind.few", **facts) if own.n < BEFORE else t(f"ocean.blind.{own.verdict}", **facts)
        st.markdown(said)
    everything = blind.tally(answers)
    st.caption(t("ocean.blind.balance", left=everything.left, n=everything.n))
    export.bar(
        [export.table("eogen-ocean-blind-answers", lambda: blind.table(answers))],
        t,
        key="ocean_blind",
        address=False,
    )


#: Answers before a verdict is worth a sentence.
BEFORE = 10
