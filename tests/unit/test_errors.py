"""What the visitor reads, what the log keeps, and what passes through."""

from __future__ import annotations

import logging

import pytest
from streamlit.testing.v1 import AppTest

from eogen.errors import Cancelled, InputError, Unavailable
from pages.kit import errors
from pages.kit.words import Words, load
from tests.pages.reading import PATIENCE


def unreadable(name="a.tif"):
    return InputError("unreadable", "The file “{name}” cannot be read.", name=name)


def test_a_known_error_is_said_in_the_readers_language():
    assert errors.sentence(unreadable(), load("fr")).startswith(
        "Le fichier «\u202fa.tif\u202f» ne peut pas être lu."
    )


def test_facts_stay_numbers_until_they_are_written():
    words = Words("fr", {"errors.bands": "{found:2} au lieu de {expected}"})
    error = InputError("bands", "{found} instead of {expected}", found=1.5, expected=13000)
    assert errors.sentence(error, words) == "1,50 au lieu de 13\u202f000"


def test_an_unknown_error_is_said_in_english_and_the_log_warns(caplog):
    with caplog.at_level(logging.WARNING, "eogen.pages"):
        assert errors.sentence(InputError("no_such", "It is {x}.", x=4), load("fr")) == "It is 4."
    assert "errors.no_such" in caplog.text


def test_the_box_is_escaped_and_softer_when_something_is_only_absent():
    html = errors.box_html(unreadable("<b>x</b>"), load("en"))
    assert "&lt;b&gt;x" in html
    assert 'role="alert"' in html
    assert load("en")("kit.errors.kept") in html
    absent = Unavailable("no_such", "No {what}.", what="weights", command="eogen fetch <x>")
    html = errors.box_html(absent, load("en"))
    assert "<code>eogen fetch &lt;x&gt;</code>" in html
    assert 'role="status"' in html


def app(kind):
    import streamlit as st

    from eogen.errors import Cancelled, InputError, Unavailable
    from pages.kit import errors
    from pages.kit.words import load

    st.text_input("kept", key="kept")
    with errors.guard(load("fr")):
        if kind == "input":
            raise InputError("unreadable", "The file {name} cannot be read.", name="a.tif")
        if kind == "absent":
            raise Unavailable("unreadable", "The file {name} cannot be read.", name="a.tif")
        if kind == "cancelled":
            raise Cancelled
        if kind == "fault":
            raise RuntimeError("a secret path")
        if kind == "stop":
            st.stop()
        if kind == "rerun" and not st.session_state.get("again"):
            st.session_state["again"] = True
            st.rerun()
        st.write("inside")
    st.write("after")


def run(kind):
    at = AppTest.from_function(app, args=(kind,), default_timeout=PATIENCE).run()
    assert not at.exception
    html = "".join(element.proto.body for element in at.get("html"))
    return [m.value for m in at.markdown], html


@pytest.mark.parametrize("kind", ["input", "absent", "cancelled", "fault"])
def test_the_page_goes_on_after_an_error(kind):
    texts, html = run(kind)
    assert texts == ["after"]
    assert html


def test_streamlits_own_control_flow_passes_through():
    assert run("stop") == ([], "")
    assert run("rerun") == (["inside", "after"], "")
    assert run("none") == (["inside", "after"], "")


def test_a_fault_is_logged_whole_and_shown_only_by_its_id(caplog):
    with caplog.at_level(logging.ERROR, "eogen.pages"):
        _, html = run("fault")
    (record,) = [r for r in caplog.records if r.name == "eogen.pages"]
    incident = record.args[0]
    assert incident in html
    assert "secret" not in html
    assert "a secret path" in caplog.text
    assert "Traceback" in caplog.text


def test_guard_also_decorates():
    @errors.guard(load("fr"))
    def section():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        section()
    assert not issubclass(Cancelled, InputError)
