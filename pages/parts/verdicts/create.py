"""A new queue: what is judged, from which results, how many, drawn how, blind or not."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import partial
from typing import Any

import streamlit as st

from eogen.progress import Progress
from eogen.verdicts import campaigns
from eogen.verdicts.draw import HOW
from eogen.verdicts.kinds import Kind, Option, kinds
from pages.kit import progress
from pages.kit.words import Words
from pages.parts.verdicts import naming

#: Tables of a room's words that may name a choice.
TABLES = ("methods", "families", "sources", "series.sources", "scenes", "sets", "models")
#: In a session: the queue that was asked for and is being made.
_ASKED = "verdicts_asked"


def show(t: Words) -> None:
    """Draw the form, pre-filled from the address (``opt_<name>=`` for options)."""
    with st.spinner(t("verdicts.create.loading")):  # the first time all rooms are loaded
        known = kinds()
    st.button(
        t("verdicts.desk.all"),
        icon=":material/arrow_back:",
        type="tertiary",
        key="verdicts_back",
        on_click=_leave,
    )
    asked = st.query_params.get("new", "")
    if asked not in known:
        st.warning(t("verdicts.create.unknown"), icon=":material/help:")
        asked = next(iter(known))
    name = st.selectbox(
        t("verdicts.create.kind"), list(known), list(known).index(asked), key="verdicts_kind",
        format_func=lambda k: f"{t(f'rooms.{known[k].room}.name')} · {t(f'verdicts.kinds.{k}.title')}",
    )  # fmt: skip
    st.query_params["new"] = name
    kind = known[name]
    st.markdown(t(f"verdicts.kinds.{name}.help"))
    left, right = st.columns(2, gap="large")
    with left:
        options = {option.name: _option(t, kind, option) for option in kind.options}
        options = {key: value for key, value in options.items() if value}
    with right:
        title = st.text_input(
            t("verdicts.create.title"), max_chars=200, key=f"verdicts_title_{name}",
            value=f"{t(f'verdicts.kinds.{name}.title')}, {t.date(datetime.now(UTC).date())}",
        )  # fmt: skip
        n = int(st.number_input(t("verdicts.create.n"), 1, campaigns.MOST, 40, key="verdicts_n"))
        how = st.selectbox(
            t("verdicts.create.how"),
            HOW,
            key="verdicts_how",
            format_func=lambda h: t(f"verdicts.create.hows.{h}"),
        )
        repeats = st.slider(
            t("verdicts.create.repeats"), 0, 50, 10, step=5, format="%d %%", key="verdicts_repeats"
        )
        blind = kind.blindable and st.toggle(
            t("verdicts.create.blind"), value=kind.sides, key=f"verdicts_blind_{name}",
            help=t("verdicts.create.blind_help"),
        )  # fmt: skip
    wanted = {
        "title": title, "n": n, "how": how, "repeats": repeats / 100, "blind": bool(blind), "options": options
    }  # fmt: skip
    st.button(
        t("verdicts.create.make"), type="primary", icon=":material/playlist_add_check:", key="verdicts_make",
        on_click=lambda: st.session_state.__setitem__(_ASKED, (name, wanted)),
    )  # fmt: skip
    if st.session_state.get(_ASKED, (None,))[0] == name:
        _make(t, kind, st.session_state[_ASKED][1])


def _option(t: Words, kind: Kind, option: Option) -> Any:
    values = list(option.values())
    label = t(f"verdicts.options.{option.name}")
    asked = st.query_params.get(f"opt_{option.name}", "")
    if not values:
        st.caption(t("verdicts.create.nothing", option=label))
        return None
    key, named = f"verdicts_{kind.name}_{option.name}", partial(_value, t, kind)
    if option.several:
        wanted = [value for value in asked.split(",") if value in values] or values[:1]
        return st.multiselect(label, values, wanted, key=key, format_func=named)
    at = values.index(asked) if asked in values else 0
    return st.selectbox(label, values, at, key=key, format_func=named)


def _value(t: Words, kind: Kind, value: str) -> str:
    """Return a choice in the room's own words, where it has some; seeds and limits are numbers."""
    if re.fullmatch(r"[0-9.]+", value):
        return value.replace(".", ",") if t.lang == "fr" else value
    told = [f"{kind.room}.{table}.{value}{end}" for table in TABLES for end in ("", ".name")]
    for key in (f"verdicts.values.{value}", *told, f"verdicts.sources.{value}"):
        if key in t:
            return t(key)
    return naming.method(t, kind, value)


def _make(t: Words, kind: Kind, asked: dict[str, Any]) -> None:
    given = dict(asked)
    title = given.pop("title")

    def job(told: Progress) -> campaigns.Campaign:
        return campaigns.create(title, kind, progress=told, **given)

    made = progress.run(t("verdicts.create.making"), job, t, key="verdicts_create")
    if made is None:
        return
    del st.session_state[_ASKED]
    for name in [name for name in st.query_params if name == "new" or name.startswith("opt_")]:
        del st.query_params[name]
    st.query_params["campaign"] = made.name
    st.rerun()


def _leave() -> None:
    st.session_state.pop(_ASKED, None)
    for name in [name for name in st.query_params if name == "new" or name.startswith("opt_")]:
        st.query_params.pop(name)
