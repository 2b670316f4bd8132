"""Which panel of the desk is open: the list of queues, a new one, one being judged, or what was said."""

from __future__ import annotations

from functools import partial
from importlib import import_module

import streamlit as st

from eogen.errors import InputError
from eogen.readonly import is_read_only
from eogen.verdicts import campaigns
from eogen.verdicts.campaigns import Campaign
from pages.kit import errors
from pages.kit.address import choose
from pages.kit.hall import Visitor
from pages.kit.style import escape
from pages.kit.words import Words
from pages.parts.verdicts import create, listing

#: Panels of one queue: name -> module of this folder; loaded only when opened.
PANELS = ("judge", "agreement", "machine")


def works() -> bool:
    """Return whether a queue is open: its own title then stands for the desk's."""
    return "campaign" in st.query_params and "new" not in st.query_params


def show(guest: Visitor) -> None:
    """Draw the queue in ``?campaign=``, the form for a new one in ``?new=``, else the list."""
    t = guest.words
    if is_read_only():  # said before a person has judged a case, not after
        st.info(t("robust.read_only"), icon=":material/visibility:")
    if "new" in st.query_params:
        create.show(t)
        return
    if not works():
        listing.show(t)
        return
    try:
        found = campaigns.campaign(st.query_params["campaign"])
    except InputError as error:
        errors.show(error, t)
        listing.show(t)
        return
    _queue(t, found)


def _queue(t: Words, campaign: Campaign) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="verdicts_bar"):
        st.button(
            t("verdicts.desk.all"), icon=":material/arrow_back:", type="tertiary", key="verdicts_back",
            on_click=_leave,
        )  # fmt: skip
        st.html(f'<h1 class="eo-quiet">{escape(campaign.title)}</h1>')
        panel = choose(
            partial(st.segmented_control, required=True, label_visibility="collapsed"),
            t("verdicts.desk.panel"), PANELS, name="panel", default="judge",
            format_func=lambda name: t(f"verdicts.desk.panels.{name}"),
        )  # fmt: skip
    import_module(f"pages.parts.verdicts.{panel}").show(t, campaign)


def _leave() -> None:
    for name in ("campaign", "panel"):
        st.query_params.pop(name, None)
        st.session_state.pop(name, None)
