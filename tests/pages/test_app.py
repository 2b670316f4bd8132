"""The whole app as visitors meet it: every page, language, view, panel and source, with and without data."""

from __future__ import annotations

import pytest

from eogen.landcover import models
from pages.kit.rooms import open_rooms
from pages.kit.words import LANGUAGES, load
from tests.pages.reading import address, bodies, boxes, faults_of_typography, raw, says, texts, visit
from tests.real import real_data

PANELS = ("removal", "bands", "hide", "agreement", "mosaic", "batch", "results")
RGB = {"model_a": "rgb_cnn", "model_b": "rgb_cnn"}


@pytest.fixture
def bare(tmp_path, monkeypatch):
    """A machine without any real data."""
    monkeypatch.setenv("EOGEN_DATA", str(tmp_path))


@pytest.fixture
def real(monkeypatch):
    """A machine with the real data."""
    monkeypatch.setenv("EOGEN_DATA", str(real_data("landcover").parent))


def well(at, lang):
    """Assert what every page of the app must be."""
    assert not at.exception
    assert boxes(at) == []
    shown = texts(at)
    assert raw(shown) == []
    assert "**" not in bodies(at), "markdown does not render in HTML"
    if lang == "fr":
        assert faults_of_typography(shown) == []
    else:
        assert not [text for text in shown if "\u202f?" in text or "«" in text]
    return shown


@pytest.mark.parametrize("view", ["public", "expert"])
@pytest.mark.parametrize("lang", LANGUAGES)
def test_home_opens_the_doors(bare, lang, view):
    at = visit("home", lang=lang, view=view)
    words = load(lang)
    well(at, lang)
    assert [title.value for title in at.title] == [words("home.question")]
    assert "eo-badge simulated" in bodies(at)
    assert "eo-badge real" not in bodies(at)
    doors = at.get("page_link")
    assert [d.proto.label for d in doors] == [words(f"rooms.{room}.question") for room in open_rooms()]
    for door in doors:
        assert f"lang={lang}" in door.proto.query_string
        assert f"view={view}" in door.proto.query_string


def test_home_says_what_is_real_here(real):
    assert "eo-badge real" in bodies(visit("home", lang="en"))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_game_is_played_to_its_end(real, lang):
    at = visit(lang=lang)
    words = load(lang)
    well(at, lang)
    assert [title.value for title in at.title] == [words("rooms.landcover.question")]
    choices = [b for b in at.button if b.key.startswith("choose_")]
    assert len(choices) == 4
    assert at.get("bidi_component") != []
    assert words("landcover.public.another") not in [b.label for b in at.button], "first the bet"

    choices[0].click().run()
    shown = well(at, lang)
    assert words("landcover.map.looked_pill") in shown
    assert "eo-bars" in bodies(at)
    first = set(shown)

    at.button(key="hide").click().run()
    shown = well(at, lang)
    assert words("landcover.public.lead_hide") in shown
    assert words("landcover.public.lead_after") not in shown, "there is no bar to drag"

    at.button(key="back").click().run()
    assert set(well(at, lang)) == first

    at.button(key="another").click().run()
    assert address(at)["card"] == "1"
    assert [b for b in at.button if b.key.startswith("choose_")]
    well(at, lang)


def test_each_bet_is_scored_in_one_sentence(bare):
    at = visit(lang="fr", card="7")
    for card in range(3):
        choices = [b for b in at.button if b.key.startswith("choose_")]
        choices[card].click().run()
        shown = well(at, "fr")
        assert sum("C’est" in text for text in shown) == 1
        at.button(key="another").click().run()
    assert address(at)["card"] == "10"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_without_data_the_simulated_deck_serves_and_says_so(bare, lang):
    words = load(lang)
    at = visit(lang=lang)
    assert "eo-badge simulated" in bodies(at)
    assert words("landcover.place.simulated") in bodies(at)
    well(at, lang)
    at = visit(lang=lang, view="expert", **RGB)
    assert at.selectbox(key="set").options == [words(f"landcover.sets.{s}") for s in ("simulated", "upload")]
    assert "eo-badge simulated" in bodies(at)
    well(at, lang)


@pytest.mark.parametrize("panel", PANELS)
@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_panel_is_drawn(real, lang, panel):
    at = visit(lang=lang, view="expert", panel=panel, **RGB)
    words = load(lang)
    shown = well(at, lang)
    assert [title.value for title in at.title] == [words("rooms.landcover.question")]
    lead = words.text(f"landcover.{panel}.lead").split("{")[0].split("`")[0]
    assert any(text.startswith(lead) for text in shown) or panel == "results"
    gauges = bodies(at).count('class="eo-gauge')
    assert gauges == 6, "three measures of trust for each side"


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("source", ["eurosat_rgb", "eurosat_ms", "terramesh", "simulated", "upload"])
def test_every_source_is_offered(real, source, lang):
    at = visit(lang=lang, view="expert", set=source, panel="results", **RGB)
    shown = well(at, lang)
    if source == "upload":
        assert load(lang)("landcover.upload.waiting") in shown
        return
    assert f"eo-badge {'simulated' if source == 'simulated' else 'real'}" in bodies(at)
    large = says(shown, lang, "landcover.overview.lead")
    assert large == (source == "terramesh"), "only large images are cut in patches"


LINK = {
    "set": "simulated", "class": "Highway", "n": "3", "model_a": "rgb_cnn", "model_b": "rgb_cnn",
    "method_a": "occlusion", "method_b": "saliency", "target": "Forest", "panel": "agreement", "view": "expert",
}  # fmt: skip


def test_a_link_reopens_the_same_view_in_any_language(bare):
    seen = {}
    for lang in LANGUAGES:
        at = visit(lang=lang, **LINK)
        well(at, lang)
        state = at.session_state
        assert (state["set"], state["class"], state["n"]) == ("simulated", "Highway", 3)
        assert (state["model_a"], state["method_a_rgb_cnn"]) == ("rgb_cnn", "occlusion")
        assert (state["model_b"], state["method_b_rgb_cnn"]) == ("rgb_cnn", "saliency")
        assert (state["panel"], state["view"], state["lang"]) == ("agreement", "expert", lang)
        assert load(lang)("classes.Forest.name") in [s.value for s in at.selectbox] or "Forest" in [
            s.value for s in at.selectbox
        ]
        seen[lang] = {k: v for k, v in address(at).items() if k != "lang"}
    assert seen["fr"] == seen["en"], "only the language differs between the two links"
    for name, value in seen["fr"].items():
        assert LINK[name] == value


def test_the_address_follows_the_controls(bare):
    at = visit(lang="fr", view="expert", **RGB)
    assert set(address(at)) <= {"lang", "view"} | set(RGB), "defaults stay out of the address"
    at.selectbox(key="class").select("Forest").run()
    at.number_input(key="n").set_value(2).run()
    at.selectbox(key="method_b_rgb_cnn").select("occlusion").run()
    assert {"class": "Forest", "n": "2", "method_b": "occlusion"}.items() <= address(at).items()
    at.segmented_control(key="lang").set_value("en").run()
    assert {"class": "Forest", "n": "2", "method_b": "occlusion", "view": "expert"}.items() <= address(
        at
    ).items()
    assert at.title[0].value == load("en")("rooms.landcover.question")


@pytest.mark.parametrize(
    "nonsense",
    [
        {"card": "²", "lang": "de", "view": "../", "stand": "1", "idle": "²"},
        {"card": "9" * 5000, "stand": "yes"},
        {"view": "expert", "n": "²", "set": "<b>", "model_a": "", "method_a": "magic", "panel": "{x}"},
        {"view": "expert", "n": "9" * 5000, "class": "Dragon", "target": "'"},
        {"view": "expert", "n": "-1", "set": "terramesh"},
    ],
    ids=range(5),
)
def test_a_link_that_makes_no_sense_opens_the_page(bare, nonsense):
    well(visit(**RGB | nonsense), "fr")


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("view", ["public", "expert"])
def test_missing_weights_name_the_command_that_makes_them(bare, monkeypatch, tmp_path, lang, view):
    monkeypatch.setattr(models, "FOLDER", tmp_path)
    at = visit(lang=lang, view=view, **RGB)
    assert not at.exception
    (box,) = boxes(at)
    assert load(lang)("kit.errors.missing_title") in box
    assert "python -m eogen train landcover rgb_cnn" in bodies(at)
    assert raw(texts(at)) == []
