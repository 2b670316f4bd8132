"""The link that sends what is on the screen to validation."""

from __future__ import annotations

from urllib.parse import parse_qs

import pytest
from streamlit.testing.v1 import AppTest

from eogen.verdicts.kinds import kind
from pages.kit import send
from pages.kit.words import LANGUAGES, load
from tests.pages.reading import PATIENCE, visit


def page() -> None:
    """A page with the link and a desk, in a hall of its own."""
    import streamlit as st

    from pages.kit import rooms, send
    from pages.kit.words import load

    asked = st.query_params
    send.open_desks = (lambda: ("verdicts",)) if asked["desk"] == "1" else (lambda: ())
    link = send.st.page_link
    send.st.page_link = lambda where, **more: link(desk if where == "pages/verdicts.py" else where, **more)
    desk = st.Page(lambda: None, title="desk", url_path="verdicts")

    def home() -> None:
        words = load(asked["lang"])
        send.to_validation(words, "changes", source="oscd/pair", estimator=["rx", "celik"], scene="")

    try:
        st.navigation([st.Page(home, title="home", default=True), desk]).run()
    finally:
        send.st.page_link = link
        send.open_desks = rooms.open_desks


def links(**address: str) -> list:
    at = AppTest.from_function(page, default_timeout=PATIENCE)
    for name, value in address.items():
        at.query_params[name] = value
    at.run()
    assert not at.exception
    return [one.proto for one in at.get("page_link")]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_link_opens_the_desk_with_the_form_filled_in(lang):
    (found,) = links(lang=lang, view="expert", desk="1")
    assert found.label == load(lang)("kit.send.label")
    assert found.page.endswith("verdicts")
    assert parse_qs(found.query_string) == {
        "lang": [lang], "view": ["expert"], "new": ["changes"],
        "opt_source": ["oscd/pair"], "opt_estimator": ["rx,celik"],
    }  # fmt: skip


@pytest.mark.parametrize(("view", "desk"), [("public", "1"), ("expert", "0")])
def test_without_a_desk_or_for_the_public_there_is_no_link(view, desk):
    assert links(lang="fr", view=view, desk=desk) == []


def test_a_comma_joins_and_what_is_empty_stays_out():
    assert send.address("en", "fillings", methods=("oi", "vae"), scenes=[], source="a b") == {
        "lang": "en", "view": "expert", "new": "fillings", "opt_methods": "oi,vae", "opt_source": "a b",
    }  # fmt: skip


#: Page and panel -> the kind it sends.
SENT = {
    "change": (
        {"source": "simulated", "scene": "flood", "method_a": "cva_zscore", "method_b": "rx"},
        "changes",
    ),
    "ocean": ({"source": "simulated", "method_a": "convolution", "method_b": "climatology"}, "fillings"),
}


@pytest.mark.parametrize(("page", "lang"), [("change", "fr"), ("ocean", "en")])
def test_a_room_sends_what_is_on_the_screen(page, lang):
    address, name = SENT[page]
    at = visit(page, lang=lang, view="expert", **address)
    assert not at.exception
    (found,) = [one.proto for one in at.get("page_link") if "new=" in one.proto.query_string]
    assert found.label == load(lang)("kit.send.label")
    asked = parse_qs(found.query_string)
    assert asked["new"] == [name]
    offered = {option.name: list(option.values()) for option in kind(name).options}
    chosen = {
        key.removeprefix("opt_"): value[0].split(",") for key, value in asked.items() if key[:4] == "opt_"
    }
    assert len(chosen) >= 3
    assert all(set(values) <= set(offered[option]) for option, values in chosen.items())
