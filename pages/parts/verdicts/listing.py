"""The queues there are, and how far this reviewer has come in each."""

from __future__ import annotations

import streamlit as st

from eogen.readonly import is_read_only
from eogen.verdicts import campaigns, current, database, load
from eogen.verdicts.campaigns import Campaign
from pages.kit.style import escape
from pages.kit.words import Words
from pages.parts.verdicts import pictures, reviewer

#: The kind that a new queue begins with.
FIRST = "changes"


def show(t: Words) -> None:
    """Draw the list, and the way to a new queue."""
    st.markdown(t("verdicts.list.lead"))
    found = campaigns.campaigns()
    st.button(
        t("verdicts.list.new"), icon=":material/add:", type="primary", key="verdicts_new", on_click=_new,
        disabled=is_read_only(),
    )  # fmt: skip
    if not found and not is_read_only():
        st.info(t("verdicts.list.none"), icon=":material/checklist:")
    who = reviewer.known()
    for campaign in found:
        _one(t, campaign, who)
    st.html(
        f'<p class="eo-muted">{escape(t("verdicts.list.where", place=database.name().removeprefix("sqlite:///")))}</p>'
    )


def _one(t: Words, campaign: Campaign, who: str) -> None:
    held = campaigns.cases(campaign.name)
    turns = len(held) + sum(one.repeats for one in held)
    rows = current(load(campaign=campaign.name))
    mine = sum(row.reviewer == who for row in rows)
    people = len({row.reviewer for row in rows})
    with st.container(border=True, key=f"campaign_{campaign.name}"):
        left, right = st.columns([3, 1], vertical_alignment="center")
        with left.container(gap=None):
            st.markdown(f"**{_plain(campaign.title)}**")
            said = [
                t(f"rooms.{campaign.room}.name"), kind_title(t, campaign), t("verdicts.list.cases", n=len(held)),
                t("verdicts.list.answers", n=len(rows)), t("verdicts.list.people", n=people), t.date(campaign.created),
            ]  # fmt: skip
            if campaign.blind:
                said.insert(2, t("verdicts.list.blind"))
            st.html(f'<p class="eo-muted">{escape(" · ".join(said))}</p>')
            st.progress(min(mine / turns, 1.0), t("verdicts.list.mine", done=mine, n=turns))
        with right.container(gap=None):
            st.button(
                t(f"verdicts.list.{'again' if mine >= turns else 'resume' if mine else 'begin'}"),
                key=f"open_{campaign.name}", width="stretch", on_click=_open, args=(campaign.name, "judge"),
            )  # fmt: skip
            st.button(
                t("verdicts.desk.panels.agreement"), key=f"look_{campaign.name}", width="stretch", type="tertiary",
                on_click=_open, args=(campaign.name, "agreement"),
            )  # fmt: skip


def kind_title(t: Words, campaign: Campaign) -> str:
    """Return what is judged, in words; the bare name for a kind that this version has no words for."""
    return pictures.said(t, f"verdicts.kinds.{campaign.kind}.title", campaign.kind)


def _plain(text: str) -> str:
    """Return a person's text with Markdown's marks taken for what they are."""
    return "".join(f"\\{c}" if c in "\\`*_{}[]()<>#+-.!|~$:" else c for c in text)


def _open(name: str, panel: str) -> None:
    st.session_state.pop("panel", None)
    st.query_params["campaign"] = name
    if panel != "judge":
        st.query_params["panel"] = panel


def _new() -> None:
    st.query_params["new"] = FIRST
