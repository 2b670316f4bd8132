"""What people said: how far they agree, each with themselves, by method and group; and the files to take away."""

from __future__ import annotations

from functools import partial

import pandas as pd
import streamlit as st

from eogen.verdicts import Verdict, campaigns, current, load, to_lines, turns
from eogen.verdicts import agreement as measures
from eogen.verdicts.agreement import FEWEST, Agreement, Estimate
from eogen.verdicts.campaigns import Campaign, Held
from eogen.verdicts.export import to_csv, to_geojson
from pages.kit import card, export
from pages.kit.address import choose
from pages.kit.words import Words
from pages.parts.verdicts import naming, pictures, reviewer

UNSURE = ("own", "left_out")
#: Krippendorff (2019): above the first, data are reliable; between the two, only for careful conclusions.
RELIABLE, TENTATIVE = 0.8, 0.667


def show(t: Words, campaign: Campaign) -> None:
    """Draw the figures of a campaign."""
    if (said := answered(t, campaign)) is None:
        return
    rows, held = said
    unsure = choose(
        partial(st.segmented_control, required=True), t("verdicts.agreement.unsure"), UNSURE, name="unsure",
        default="own", format_func=lambda name: t(f"verdicts.agreement.unsures.{name}"),
    )  # fmt: skip
    found = measures.agreement(rows, unsure)
    _heads(t, found)
    _answers(t, campaign, found)
    _people(t, rows, unsure)
    _groups(t, campaign, rows, held, unsure)
    files(t, campaign, rows)


def answered(t: Words, campaign: Campaign) -> tuple[list[Verdict], list[Held]] | None:
    """Return every row and case of a campaign; say so and return None where nobody has answered yet."""
    rows = load(campaign=campaign.name)
    if not current(rows):
        st.info(t("verdicts.agreement.none"), icon=":material/hourglass_empty:")
        return None
    return rows, campaigns.cases(campaign.name)


def _heads(t: Words, found: Agreement) -> None:
    st.markdown(t("verdicts.agreement.lead", items=found.items, people=found.reviewers, shared=found.shared))
    columns = st.columns(4)
    for column, name in zip(columns, ("percent", "kappa", "alpha", "consistency"), strict=True):
        one: Estimate = getattr(found, name)
        with column:
            card.metric(t(f"verdicts.agreement.{name}"), written(t, one, share=name in SHARES), _note(t, one))
    if found.alpha.value is not None:
        level = (
            "high" if found.alpha.value >= RELIABLE else "middle" if found.alpha.value >= TENTATIVE else "low"
        )
        st.markdown(t(f"verdicts.agreement.alphas.{level}"))
    if found.seconds.median is not None:
        st.markdown(
            t("verdicts.agreement.seconds", median=round(found.seconds.median, 1), low=round(found.seconds.low or 0, 1),
              high=round(found.seconds.high or 0, 1))
        )  # fmt: skip


SHARES = ("percent", "consistency")


def written(t: Words, one: Estimate, *, share: bool = False) -> str:
    """Write an estimate and its interval: ``0,71 [0,55 ; 0,84]``."""
    if one.value is None:
        return "–"
    tell = (lambda x: t.percent(x)) if share else (lambda x: t.number(x, 2))
    interval = (
        f" [{tell(one.low)} ; {tell(one.high)}]" if one.low is not None and one.high is not None else ""
    )
    return tell(one.value) + interval


def _note(t: Words, one: Estimate) -> str:
    """Say on how many items an estimate rests, and why it or its interval is not told."""
    if one.reason:
        return t(f"agreement.reasons.{one.reason}", few=FEWEST)
    return t("verdicts.agreement.n", n=one.n)


def _answers(t: Words, campaign: Campaign, found: Agreement) -> None:
    total = sum(found.answers.values())
    names = [*campaign.answers, *(name for name in found.answers if name not in campaign.answers)]
    bars = [
        card.Bar(answer(t, campaign, name), found.answers.get(name, 0) / total,
                 f"{t.percent(found.answers.get(name, 0) / total)} ({found.answers.get(name, 0)})",
                 main=name in campaign.answers)
        for name in names
    ]  # fmt: skip
    card.bars(bars, t, label=t("verdicts.agreement.given"), room=campaign.room)


def answer(t: Words, campaign: Campaign, name: str) -> str:
    """Return an answer in words."""
    key = f"verdicts.judge.{name}"
    return t(key) if key in t else pictures.said(t, f"verdicts.kinds.{campaign.kind}.answers.{name}", name)


def _people(t: Words, rows: list[Verdict], unsure: str) -> None:
    lines = []
    for name, one in measures.reviewers(rows, unsure).items():  # type: ignore[arg-type]
        lines.append(
            {
                t("verdicts.agreement.who"): name or t("verdicts.reviewer.nobody"),
                t("verdicts.agreement.count"): sum(one.answers.values()),
                t("verdicts.agreement.others"): written(t, one.others, share=True),
                t("verdicts.agreement.kappa"): written(t, one.kappa),
                t("verdicts.agreement.consistency"): written(t, one.consistency, share=True),
                t("verdicts.agreement.median"): "–"
                if one.seconds.median is None
                else t.number(one.seconds.median, 1),
            }
        )
    st.markdown(f"**{t('verdicts.agreement.by_person')}**")
    st.dataframe(pd.DataFrame(lines), hide_index=True, width="stretch", alt=t("verdicts.agreement.by_person"))


def _groups(t: Words, campaign: Campaign, rows: list[Verdict], held: list[Held], unsure: str) -> None:
    place = turns.place(campaign, reviewer.known(), held)
    if (campaign.blind or campaign.sides) and place.coming and place.done:
        st.caption(t("verdicts.agreement.still_blind"))
        return
    strata = {one.case.item: one.case.stratum for one in held}
    for name, by, named in (
        ("method", lambda row: row.method, naming.method),
        ("stratum", lambda row: strata.get(row.item, ""), naming.group),
    ):
        groups = measures.breakdown(rows, by, unsure)  # type: ignore[arg-type]
        if len(groups) < 2:
            continue
        first = campaign.answers[0]
        lines = []
        for group, one in groups.items():
            said = sum(one.answers.get(a, 0) for a in campaign.answers)
            lines.append(
                {
                    t(f"verdicts.agreement.{name}"): named(t, campaign, group),
                    t("verdicts.agreement.items"): one.items,
                    t("verdicts.agreement.first", answer=answer(t, campaign, first)):
                        t.percent(one.answers.get(first, 0) / said) if said else "–",
                    t("verdicts.agreement.percent"): written(t, one.percent, share=True),
                    t("verdicts.agreement.alpha"): written(t, one.alpha),
                }
            )  # fmt: skip
        st.markdown(f"**{t(f'verdicts.agreement.by_{name}')}**")
        st.dataframe(
            pd.DataFrame(lines), hide_index=True, width="stretch", alt=t(f"verdicts.agreement.by_{name}")
        )


def files(t: Words, campaign: Campaign, rows: list[Verdict]) -> None:
    """Draw what can be taken away: standing verdicts as CSV and GeoJSON, every row as JSON lines."""
    name = f"eogen-{campaign.name}"
    export.bar(
        [
            export.File(f"{name}.csv", lambda: to_csv(rows)),
            export.File(f"{name}.jsonl", lambda: to_lines(rows)),
            export.File(f"{name}.geojson", lambda: to_geojson(rows).text),
        ],
        t, key="verdicts_files",
    )  # fmt: skip
