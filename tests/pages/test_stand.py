"""The stand without a browser: what the address keeps, what is gone, and who wins a star."""

from __future__ import annotations

import pytest

from pages.kit.rooms import ROOMS, open_desks
from pages.kit.words import LANGUAGES, load
from tests.pages.reading import address, boxes, raw, texts, visit


@pytest.fixture(autouse=True)
def bare(tmp_path, monkeypatch):
    """A machine without any real data."""
    monkeypatch.setenv("EOGEN_DATA", str(tmp_path))


def line(at) -> str:
    """The line of stars in the bar."""
    (found,) = [
        body for body in [html.proto.body for html in at.get("html")] if '<div class="eo-stars' in body
    ]
    return found


@pytest.mark.parametrize("lang", LANGUAGES)
def test_home_at_the_stand(lang):
    at = visit("home", lang=lang, view="expert", stand="1", idle="45")
    assert not at.exception
    assert boxes(at) == []
    assert raw(texts(at)) == []
    words = load(lang)
    assert words("stand.stars.line", n=0, count=5) in line(at)
    assert at.button(key="stand_tour").label == words("stand.tour.start")
    assert "view" not in at.session_state, "no switch of views"
    assert address(at)["stand"] == "1"
    assert address(at)["idle"] == "45"
    assert "view" not in at.query_params


def test_the_stand_speaks_french_first_and_outlives_an_empty_address():
    at = visit("home", stand="1", idle="45")
    assert load("fr")("stand.tour.start") == at.button(key="stand_tour").label
    at.query_params.clear()  # what Streamlit's own navigation does
    at.run()
    assert address(at)["stand"] == "1"
    assert address(at)["idle"] == "45"
    at.query_params["stand"] = "0"
    at.run()
    assert not [html for html in at.get("html") if '<div class="eo-stars' in html.proto.body], (
        "only stand=0 ends it"
    )


def test_an_experts_desk_is_shut_and_its_door_leads_home():
    assert open_desks()
    at = visit(open_desks()[0], stand="1", lang="en")
    assert [title.value for title in at.title] == [load("en")("home.question")]


@pytest.mark.parametrize("stars", [1, 0])
def test_a_game_won_is_a_star_and_a_second_look_is_not_another(stars):
    from pages.parts.ocean import cases, rounds

    made = rounds.play(0)
    left, other = cases.halves(made.truth, made.hidden)
    bet = "left" if (left > other) == bool(stars) else "right"
    at = visit("ocean", stand="1", lang="en", look="truth", bet=bet)
    assert not at.exception
    words = load("en")
    at.run()
    for _ in range(2):
        told = line(at)
        assert told.count("★") == stars
        assert words("stand.stars.line", n=stars, count=5) in told
        assert words("stand.stars.games", n=stars, played=1) in told
        at.run()


def test_away_from_a_stand_no_star_is_kept():
    at = visit("ocean", lang="en", look="truth", bet="left")
    assert "_games" not in at.session_state
    assert not [html for html in at.get("html") if '<div class="eo-stars' in html.proto.body]


@pytest.mark.parametrize(("step", "where"), [("1", "canopy"), ("3", "change"), ("9", "home"), ("²", "home")])
def test_a_link_opens_the_tour_at_its_room(step, where):
    at = visit("home", tour=step, lang="en")
    assert not at.exception
    room = where if where in ROOMS else None
    assert [t.value for t in at.title] == [load("en")(f"rooms.{room}.question" if room else "home.question")]
    assert ("tour" in at.query_params) == bool(room)
