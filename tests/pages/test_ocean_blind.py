"""The blind panel of the ocean: answers are kept on the page and as verdicts, and nothing gives them away."""

from __future__ import annotations

import pytest

from eogen.errors import InputError
from eogen.verdicts import load as verdicts
from pages.kit.words import LANGUAGES, load
from pages.parts.ocean import panel_blind
from tests.pages.reading import bodies, texts, without_pictures
from tests.pages.test_ocean_panels import files, here, panel, well

__all__ = ["here"]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_answers_are_kept_counted_and_taken_away(lang):
    at = panel("blind", lang)
    words = load(lang)
    well(at, lang)
    assert words("ocean.blind.none_yet") in texts(at)
    keys = {b.key: b.proto.shortcut for b in at.button if b.key.startswith("ocean_blind")}
    assert keys == {"ocean_blind_left": "left", "ocean_blind_right": "right"}
    for side in ("left", "right", "left"):
        at.button(key=f"ocean_blind_{side}").click().run()
    well(at, lang)
    answers = at.session_state["ocean_blind_answers"]
    assert [a.answer for a in answers] == ["left", "right", "left"]
    assert len({a.case for a in answers}) == 3
    assert all(a.correct == ({"left": a.left, "right": a.right}[a.answer] == "real") for a in answers)
    assert all(a.seconds >= 0 for a in answers)
    assert "CSV" in files(at)
    at.query_params["lang"] = "en" if lang == "fr" else "fr"
    at.run()
    assert len(at.session_state["ocean_blind_answers"]) == 3, "another language loses nothing"
    at.selectbox(key="blind_method").select("nearest").run()
    assert len(at.session_state["ocean_blind_answers"]) == 3, "another method loses nothing"


def test_answers_are_verdicts_on_the_disk_and_wait_where_it_cannot_be_written(monkeypatch):
    held = {one.id for one in verdicts("ocean")}
    at = panel("blind", "en")
    write = panel_blind.add

    def full(rows):
        raise InputError("verdict_disk", "No room on {path}: {reason}.", path="/dev/full", reason="full")

    monkeypatch.setattr(panel_blind, "add", full)
    at.button(key="ocean_blind_left").click().run()
    well(at, "en", boxed=1)
    assert len(at.session_state["ocean_blind_answers"]) == 1
    assert {one.id for one in verdicts("ocean")} == held
    monkeypatch.setattr(panel_blind, "add", write)
    at.button(key="ocean_blind_left").click().run()
    well(at, "en")
    answers = at.session_state["ocean_blind_answers"]
    kept = [one for one in verdicts("ocean") if one.id not in held]
    assert {one.item: one.answer for one in kept} == {
        one.case: "real" if one.correct else "filled" for one in answers
    }
    assert {(one.kind, one.method) for one in kept} == {("real_or_filled", "convolution")}
    assert len({one.reviewer for one in kept}) == 1


def test_nothing_on_the_page_gives_the_answer_away():
    at = panel("blind", "en")
    body = without_pictures(bodies(at))
    assert "real" not in body.lower().replace("really", "")
    assert body.count("<figure") == 2
