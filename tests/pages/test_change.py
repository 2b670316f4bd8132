"""The change room as visitors meet it: both views, both languages, the game, links, every panel, data or none."""

from __future__ import annotations

import json

import numpy as np
import pytest

from eogen.change.methods import METHODS
from eogen.change.simulate import simulate
from pages.kit.words import LANGUAGES, load
from pages.parts.change import expert, real_rounds, rounds, sources
from tests.pages.reading import address, bodies, boxes, faults_of_typography, raw, texts, visit
from tests.real import real_data

#: Small and quick: the simulated sources at the usual size are 192 pixels.
FAST = {"view": "expert", "source": "simulated"}


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """A machine without real data, on which nobody has judged anything."""
    monkeypatch.setenv("EOGEN_DATA", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "own"))


@pytest.fixture
def real(monkeypatch):
    monkeypatch.setenv("EOGEN_DATA", str(real_data("change").parent))


def well(at, lang):
    """Assert what every page of the app must be; return its texts."""
    assert not at.exception
    assert boxes(at) == []
    shown = texts(at)
    assert raw(shown) == []
    assert "**" not in bodies(at), "markdown does not render in HTML"
    assert not [text for text in shown if "nan" in text.split()]
    if lang == "fr":
        assert faults_of_typography(shown) == []
    else:
        assert not [text for text in shown if "\u202f?" in text or "«" in text]
    return shown


def elements(at):
    """Return the data of the page's own elements."""
    return [json.loads(e.proto.json) for e in at.get("bidi_component") if e.proto.json]


def element(at, name):
    """Return the data of the one element that holds ``name``."""
    (found,) = [data for data in elements(at) if name in data]
    return found


# --- the public view ---


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_pair_with_seven_differences_is_laid(lang):
    at = visit("change", lang=lang)
    words = load(lang)
    well(at, lang)
    assert [title.value for title in at.title] == [words("rooms.change.question")]
    assert "eo-badge simulated" in bodies(at)
    game = element(at, "rings")
    assert game["before"] != game["after"]
    assert len(game["rings"]) == 7
    assert set(game["grid"]) == set("01234567"), "every difference can be tapped"
    assert sorted(place["k"] for place in game["places"]) == [0] * 5 + list(range(1, 8))
    at.button(key="another_pair").click().run()
    well(at, lang)
    assert address(at)["round"] == "1"
    assert element(at, "rings")["token"] != game["token"]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_link_opens_what_the_machine_found_and_counts_it(lang):
    at = visit("change", lang=lang, round="2", look="machine", found="1.3")
    shown = well(at, lang)
    made = rounds.play(2)
    score = load(lang)("change.public.score", you=2, machine=len(made.machine), n=len(made.kinds))
    assert any(score in text for text in shown)
    pair = element(at, "before")
    assert pair["before"] != pair["after"]
    false = "false" if made.false_alarms else "no_false"
    said = load(lang)(f"change.public.{false}", **({"n": made.false_alarms} if made.false_alarms else {}))
    assert any(said == text for text in shown)


def test_a_round_is_judged_by_overlap_with_what_was_planted():
    made = rounds.play(1)
    assert made.difference.max() == len(made.kinds) == 7
    assert made.machine <= set(range(1, 8))
    assert len(made.machine) >= 4, "the machine is no fool"
    assert not (made.false.astype(bool) & (made.difference > 0)).any()
    assert rounds.finder(made, min(made.machine), ()) == "machine"
    assert rounds.finder(made, min(made.machine), (min(made.machine),)) == "both"
    for x, y in rounds.decoys(made):
        rows, columns = made.difference.shape
        assert made.difference[int(y * rows), int(x * columns)] == 0


# --- the expert view ---


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("panel", expert.PANELS)
def test_every_panel_is_drawn(lang, panel):
    source = "sequence" if panel == "timeline" else "simulated"
    at = visit("change", lang=lang, view="expert", source=source, panel=panel)
    shown = well(at, lang)
    words = load(lang)
    if panel not in ("map", "results"):
        assert any(words(f"change.{panel}.lead") == text for text in shown)
    if panel == "map":
        assert "eo-badge simulated" in bodies(at)
        assert element(at, "before")["before"].startswith("data:image/webp")
        assert words("change.map.own_law") in shown


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("scene", sources.names("simulated"))
def test_every_simulated_scene(lang, scene):
    at = visit("change", lang=lang, **FAST, scene=scene)
    well(at, lang)
    assert load(lang)(f"change.scenes.{scene}") in at.selectbox(key="scene_simulated").options


def test_a_looser_limit_gives_no_fewer_pixels_and_the_link_keeps_it():
    def share(rate):
        at = visit("change", lang="en", **FAST, rate=rate, least="1")
        well(at, "en")
        html = bodies(at)
        return float(html.split("% of the image")[0].rpartition(">")[2].strip("<\u202f ")), address(at)

    strict, _ = share("0.1")
    loose, at = share("5")
    assert loose > strict
    assert at["rate"] == "5"


@pytest.mark.parametrize("answer", ["change", "no_change", "unsure"])
def test_a_verdict_is_kept_and_taken_back(answer):
    from eogen.verdicts import current
    from eogen.verdicts import load as kept

    at = visit("change", lang="fr", **FAST)
    at.button(key=f"verdict_{answer}").click().run()
    well(at, "fr")
    (one,) = current(kept("change"))
    assert one.answer == answer
    assert one.context["source"] == "simulated"
    again = visit("change", lang="en", **FAST)
    assert load("en")(f"change.verdicts.{answer}") in " ".join(texts(again))
    again.button(key=f"verdict_{answer}").click().run()
    assert current(kept("change")) == []


def test_a_link_reopens_the_same_view_in_any_language():
    link = {
        "scene": "fire",
        "method_a": "cva_raw",
        "method_b": "rx",
        "rate": "2",
        "least": "20",
        "panel": "trial",
    }
    seen = {}
    for lang in LANGUAGES:
        at = visit("change", lang=lang, **FAST, **link)
        well(at, lang)
        seen[lang] = {k: v for k, v in address(at).items() if k != "lang"}
    assert seen["fr"] == seen["en"]
    assert link.items() <= seen["fr"].items()


@pytest.mark.parametrize(
    "nonsense",
    [
        {"round": "²", "look": "machine", "found": "9.x"},
        {"look": "machine", "found": "99.98"},
        {"view": "expert", "source": "<b>", "scene": "x", "method_a": "magic", "rate": "0", "panel": "{x}"},
        {"view": "expert", "object": "9" * 900, "memory": "-1", "opacity": "²"},
        {"view": "expert", "panel": "paint", "stamps": "9999-9999-99.x"},
        {"view": "expert", "source": "sequence", "panel": "timeline", "first": "1999-01-01", "day": "never"},
    ],
    ids=range(6),
)
def test_a_link_that_makes_no_sense_opens_the_page(nonsense):
    well(visit("change", lang="fr", **nonsense), "fr")


def test_what_cannot_be_asked_is_listed_with_its_reason():
    at = visit("change", lang="en", **FAST, panel="grid")
    shown = " ".join(well(at, "en"))
    for name in ("terramind_pmi", "backscatter_drop"):
        assert load("en")(f"change.methods.{name}") in shown
    assert set(METHODS) > {"terramind_pmi", "backscatter_drop"}


def test_the_parts_of_a_score_are_shown():
    at = visit("change", lang="en", **FAST, panel="parts", method_a="cva_zscore")
    assert "B04" in bodies(at)
    well(at, "en")


def test_stamps_in_the_link_are_painted_and_judged():
    at = visit("change", lang="en", **FAST, scene="none", panel="paint", stamps="60-60-8.120-130-8")
    shown = well(at, "en")
    assert any("of 2" in text and "found" in text for text in shown)


@pytest.mark.real
@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_real_set_opens_and_says_its_licence(real, lang):
    held = sources.held()
    assert held
    for source in held:
        at = visit("change", lang=lang, view="expert", source=source, method_a="cva_raw", method_b="rx")
        shown = well(at, lang)
        assert "eo-badge real" in bodies(at)
        assert any(load(lang).text("change.map.licence").split("{")[0] in text for text in shown)


@pytest.mark.real
@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_game_on_real_images_says_that_they_are_real(real, lang):
    at = visit("change", lang=lang, images="real")
    shown = well(at, lang)
    if not real_rounds.deck():
        assert load(lang)("change.public.no_real") in shown
        return
    assert "eo-badge real" in bodies(at)
    made = real_rounds.play(0)
    game = element(at, "rings")
    assert len(game["rings"]) == len(made.kinds)
    assert real_rounds.FEWEST <= len(made.kinds) <= real_rounds.MOST
    assert any(load(lang)("change.public.lead_real", n=len(made.kinds)) == text for text in shown)
    at = visit("change", lang=lang, images="real", look="machine", found="1")
    well(at, lang)


def test_without_real_data_the_game_is_simulated_whatever_the_link_says():
    at = visit("change", lang="fr", images="real")
    well(at, "fr")
    assert "eo-badge simulated" in bodies(at)


def test_near_pieces_of_a_label_are_one_difference():
    truth = np.zeros((60, 60), np.int8)
    truth[5:15, 5:15] = truth[5:15, 17:27] = 1  # two pixels apart
    truth[40:50, 40:52] = 1
    truth[30, 5] = 1  # a speck
    images = simulate("none", 0, 60).assign_coords(label=(("y", "x"), truth))
    number = real_rounds.differences(images)
    assert [(number == k).sum() for k in (1, 2)] == [200, 120]
    assert number.max() == 2


def test_rates_of_a_map_are_shares_of_pixels():
    found = rounds.play(0).p_value
    assert np.nanmin(found) >= 0
    assert np.nanmax(found) <= 1
