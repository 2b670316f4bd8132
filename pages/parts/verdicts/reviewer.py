"""Who judges: a name they choose, or one made up; it stands in the address, so that the link goes on there."""

from __future__ import annotations

import secrets

import streamlit as st

from eogen.verdicts.record import LIMITS
from pages.kit.words import Words

PREFIX = "anon-"
_KEY = "verdicts_reviewer"


def name_of_session() -> str:
    """Return the reviewer of the address or of this session; a made-up one the first time."""
    asked = " ".join(st.query_params.get("reviewer", "").split())[: LIMITS["reviewer"]]
    name = asked or st.session_state.get(_KEY) or f"{PREFIX}{secrets.token_hex(3)}"
    st.session_state[_KEY] = name
    return name


def known() -> str:
    """Return :func:`name_of_session`, and put it into the address."""
    name = name_of_session()
    if st.query_params.get("reviewer") != name:
        st.query_params["reviewer"] = name
    return name


def ask(t: Words, name: str) -> None:
    """Draw a small button that shows the name and lets it be changed."""
    made_up = name.startswith(PREFIX)
    label = t("verdicts.reviewer.nobody") if made_up else name
    with st.popover(label, icon=":material/person:", type="tertiary", key="verdicts_who"):
        st.markdown(t("verdicts.reviewer.help"))
        st.text_input(
            t("verdicts.reviewer.name"), value="" if made_up else name, max_chars=LIMITS["reviewer"],
            key="verdicts_name", on_change=_named,
        )  # fmt: skip
        st.caption(t("verdicts.reviewer.link"))
        st.code(f"?{_address()}", language=None, wrap_lines=True)


def _address() -> str:
    from urllib.parse import urlencode

    return urlencode(
        [(name, st.query_params[name]) for name in ("campaign", "reviewer") if name in st.query_params]
    )


def _named() -> None:
    name = " ".join(str(st.session_state["verdicts_name"]).split())
    if name:
        st.session_state[_KEY] = name
        st.query_params["reviewer"] = name
