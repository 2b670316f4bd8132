"""People against the machine: precision and recall of its scores, the limit to use, and the blind test."""

from __future__ import annotations

from functools import partial

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from eogen.verdicts import Verdict, current, curves
from eogen.verdicts.campaigns import Campaign, Held
from pages.kit import card, export, figures
from pages.kit.address import choose, number
from pages.kit.words import Words
from pages.parts.change.menu import RATES
from pages.parts.verdicts import naming
from pages.parts.verdicts.agreement import answer, answered, files, written

ALL = "all"


def show(t: Words, campaign: Campaign) -> None:
    """Draw what the campaign's cases allow: curves where the machine gave scores, the test where truth is known."""
    if (said := answered(t, campaign)) is None:
        return
    rows, held = said
    people = sorted({row.reviewer for row in current(rows)})
    who = ALL
    if len(people) > 1:
        who = choose(
            st.selectbox, t("verdicts.machine.whose"), [ALL, *people], name="whose", default=ALL,
            format_func=lambda p: t("verdicts.machine.majority") if p == ALL else p,
        )  # fmt: skip
    one = None if who == ALL else who
    drawn = False
    if any(h.case.truth for h in held):
        _turing(t, campaign, rows, held, one)
        drawn = True
    if any(h.case.score is not None for h in held) and not campaign.sides:
        _scores(t, campaign, rows, held, one)
        drawn = True
    if not drawn:
        st.info(t("verdicts.machine.nothing"), icon=":material/help:")
    files(t, campaign, rows)


def _turing(t: Words, campaign: Campaign, rows: list[Verdict], held: list[Held], who: str | None) -> None:
    methods = sorted({h.case.method for h in held if h.case.truth})
    test = campaign.sides or campaign.blind  # else it is no test of what is real, but people against labels
    title = t(f"verdicts.machine.{'test' if test else 'truth'}")
    st.markdown(f"**{title}**")
    bars = []
    every = curves.turing(rows, {h.case.item: h.case.truth for h in held}, reviewer=who)
    for method in methods:
        truth = {h.case.item: h.case.truth for h in held if h.case.method == method}
        told = curves.turing(rows, truth, reviewer=who)
        if told.share.value is not None:
            said = written(t, told.share, share=True)
            note = t(f"agreement.turing.{told.verdict}") if test else ""
            ends = {"low": told.share.low, "high": told.share.high}
            bars.append(
                card.Bar(naming.method(t, campaign, method), told.share.value, said, note, main=True, **ends)
            )
    if every.share.value is None:
        st.caption(t("agreement.turing.open"))
        return
    card.bars(bars, t, label=title, room=campaign.room)
    said = t("verdicts.machine.right", share=written(t, every.share, share=True), n=every.share.n)
    st.markdown(f"{said} {t(f'agreement.turing.{every.verdict}')}" if test else said)


def _scores(t: Words, campaign: Campaign, rows: list[Verdict], held: list[Held], who: str | None) -> None:
    yes, no = campaign.answers
    people = curves.labels(rows, yes, no, who)
    weights = {h.case.item: h.weight for h in held}
    scores, told, each = curves.aligned({h.case.item: h.case.score for h in held}, people.yes, weights)
    st.markdown(f"**{t('verdicts.machine.curve', answer=answer(t, campaign, yes))}**")
    if not told.any() or told.all():
        st.caption(t("verdicts.machine.one_answer"))
        return
    found = curves.curve(scores, told, each)
    st.markdown(
        t("verdicts.machine.average", average=written(t, found.average), n=len(told), yes=found.yes,
          base=float((each * told).sum() / each.sum()))
    )  # fmt: skip
    if people.ties or people.unsure:
        st.caption(t("verdicts.machine.left_out", ties=people.ties, unsure=people.unsure))
    left, right = st.columns([1.4, 1], gap="large")
    with right:
        of = choose(
            partial(st.segmented_control, required=True), t("verdicts.machine.want"), ("precision", "false_alarms"),
            name="want", default="precision", format_func=lambda o: t(f"verdicts.machine.wants.{o}"),
        )  # fmt: skip
        default = 80 if of == "precision" else 10
        wanted = (
            number(st.slider, t("verdicts.machine.percent"), 1, 99, name=f"want_{of}", default=default) / 100
        )
        limit = curves.limit_for(scores, told, wanted=wanted, of=of, weights=each)  # type: ignore[arg-type]
        if limit.value is None:
            st.markdown(t(f"agreement.limits.{limit.reason}", few=curves.FEW_ABOVE))
        else:
            ends = [t.number(x, 3) for x in (limit.low or 0.0, limit.high or 0.0)]
            st.markdown(
                t("verdicts.machine.limit", limit=t.number(limit.value, 3), low=ends[0], high=ends[1],
                  reached=written(t, limit.reached, share=True), recall=limit.recall or 0.0, n=limit.n)
            )  # fmt: skip
        if campaign.kind == "changes":
            _recalibrate(t, campaign, people, held, wanted, of)
    with left:
        _figure(t, campaign, found, limit)


def _figure(t: Words, campaign: Campaign, found: curves.Curve, limit: curves.Limit) -> None:
    x = figures.axis(t("verdicts.machine.recall"), "", range=[0, 1.02])
    y = figures.axis(t("verdicts.machine.precision"), "", range=[0, 1.04])
    fig = figures.figure(t, x=x, y=y, height=330)
    colour = figures.ACCENT[campaign.room]
    fig.add_trace(
        go.Scatter(x=found.recall, y=found.precision, mode="lines", line={"color": colour, "shape": "hv"})
    )
    if limit.value is not None:
        at = int(np.searchsorted(-found.limit, -limit.value))
        fig.add_trace(
            go.Scatter(x=found.recall[at : at + 1], y=found.precision[at : at + 1], mode="markers",
                       marker={"color": colour, "size": 11})
        )  # fmt: skip
    figures.show(
        fig, key="verdicts_curve", expert=True,
        alt=t("verdicts.machine.alt", average=written(t, found.average), n=found.yes + found.no),
    )  # fmt: skip
    export.bar(
        [export.Chart("verdicts_curve", f"eogen-{campaign.name}-curve")],
        t,
        key="verdicts_curve",
        address=False,
    )


def _recalibrate(
    t: Words, campaign: Campaign, people: curves.Labels, held: list[Held], wanted: float, of: str
) -> None:
    """Say which rate of alarms of the change page people's verdicts ask for, and open it there.

    An object's peak of surprise is minus the logarithm of how often a pixel where nothing changed scores as high: the
    lowest peak from which on people agree is a rate, the same for every pair.
    """
    peaks = {h.case.item: h.case.facts.get("peak_surprise") for h in held}
    weights = {h.case.item: h.weight for h in held}
    scores, told, each = curves.aligned(peaks, people.yes, weights)
    limit = curves.limit_for(scores, told, wanted=wanted, of=of, weights=each)  # type: ignore[arg-type]
    if limit.value is None:
        st.caption(t(f"agreement.limits.{limit.reason}", few=curves.FEW_ABOVE))
        return
    rate = 100 * 10**-limit.value
    offered = [name for name in RATES if float(name) <= rate * (1 + 1e-9)] or [min(RATES, key=float)]
    nearest = max(offered, key=float)
    facts = {"peak": t.number(limit.value, 2), "rate": t.number(rate, unit="%")}
    st.markdown(t("verdicts.machine.recalibrated", **facts, reached=written(t, limit.reached, share=True)))
    query = {"view": "expert", "lang": t.lang, "rate": nearest}
    st.page_link(
        "pages/change.py", label=t("verdicts.machine.use"), icon=":material/tune:", query_params=query
    )
    if abs(float(nearest) - rate) > 1e-9:
        st.caption(t("verdicts.machine.nearest", rate=t.number(float(nearest), unit="%")))
