"""The canopy room as visitors meet it: both views, both languages, links, files good and bad, weights or none."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from eogen.canopy import models
from eogen.canopy.methods import FAMILIES
from eogen.canopy.sensors import BANDS
from eogen.canopy.space import INFERRED
from eogen.canopy.territory import territory
from eogen.raster import geotiff_bytes
from pages.kit.words import LANGUAGES, load
from pages.parts.canopy import compute, expert, names
from pages.parts.canopy.sources import QUANTITIES
from tests import canopy_weights
from tests.pages.reading import address, bodies, boxes, faults_of_typography, raw, texts, visit
from tests.real import real_data


@pytest.fixture(scope="module")
def untrained(tmp_path_factory):
    """Weights that have learnt nothing: the page must stand on any."""
    return canopy_weights.untrained(tmp_path_factory.mktemp("weights"))


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch, untrained):
    """A machine without real data, with weights."""
    monkeypatch.setenv("EOGEN_DATA", str(tmp_path))
    monkeypatch.setattr(models, "FOLDER", untrained)


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


@pytest.mark.parametrize("lang", LANGUAGES)
def test_leaves_are_added_and_the_picture_follows(lang):
    at = visit("canopy", lang=lang)
    words = load(lang)
    well(at, lang)
    assert [title.value for title in at.title] == [words("rooms.canopy.question")]
    assert "eo-badge simulated" in bodies(at)
    assert "eo-hill" in bodies(at)
    before = _pictures(at)
    at.select_slider(key="leaves").set_value("7.5").run()
    shown = well(at, lang)
    assert _pictures(at) != before, "the field's colour follows the slider"
    assert address(at)["leaves"] == "7.5"
    assert any(("7,5" if lang == "fr" else "7.5") in text for text in shown)
    at.select_slider(key="leaves").set_value("2").run()
    assert _pictures(at) == before
    assert "leaves" not in address(at), "defaults stay out of the address"


def _pictures(at):
    return [json.loads(e.proto.json).get("image") for e in at.get("bidi_component") if e.proto.json]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_game_is_played_to_its_end(lang):
    at = visit("canopy", lang=lang)
    at.button(key="play").click().run()
    shown = well(at, lang)
    assert address(at)["game"] == "0"
    assert "eo-hill" not in bodies(at), "nothing is given away before the bet"
    assert load(lang)("canopy.public.lead_game") in shown
    at.button(key="bet_3").click().run()
    well(at, lang)
    assert address(at)["guess"] == "3"
    assert bodies(at).count('class="pin ') == 3, "truth, visitor, machine"
    at.button(key="another_field").click().run()
    well(at, lang)
    assert (address(at)["game"], "guess" in address(at)) == ("1", False)
    at.button(key="stop_game").click().run()
    well(at, lang)
    assert "game" not in address(at)
    assert at.select_slider(key="leaves") is not None


def test_a_bet_can_be_sent():
    at = visit("canopy", lang="en", game="4", guess="0")
    well(at, "en")
    assert any("The truth is" in text for text in texts(at))


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("source", ["territory", "sliders", "upload"])
def test_every_source_without_data(lang, source):
    at = visit("canopy", lang=lang, view="expert", source=source)
    shown = well(at, lang)
    words = load(lang)
    offered = [words(f"canopy.sources.{s}") for s in ("territory", "sliders", "upload")]
    assert at.selectbox(key="source").options == offered
    if source == "upload":
        assert words("canopy.upload.waiting") in shown
        return
    assert "eo-badge simulated" in bodies(at)
    (marginals,) = [
        c.proto.spec for c in at.get("plotly_chart") if c.proto.alt == words("canopy.inspector.marginals")
    ]
    titles = [
        axis["title"]["text"]
        for axis in json.loads(marginals)["layout"].values()
        if isinstance(axis, dict) and "title" in axis
    ]
    for name in QUANTITIES:
        assert names.title(words, name) in titles


LINK = {
    "source": "territory", "seed": "3", "pixel": "40-70", "family_a": "independent", "family_b": "flow",
    "layer": "sd", "pairs": "lai-cab-cw", "view": "expert",
}  # fmt: skip


def test_a_link_reopens_the_same_view_in_any_language():
    seen = {}
    for lang in LANGUAGES:
        at = visit("canopy", lang=lang, **LINK)
        well(at, lang)
        state = at.session_state
        assert (state["source"], state["seed"], state["layer"]) == ("territory", "3", "sd")
        assert (state["family_a"], state["family_b"]) == ("independent", "flow")
        assert state["pairs"] == ["lai", "cab", "cw"]
        seen[lang] = {k: v for k, v in address(at).items() if k != "lang"}
    assert seen["fr"] == seen["en"], "only the language differs between the two links"
    assert {k: v for k, v in LINK.items() if k != "source"}.items() <= seen["fr"].items()


@pytest.mark.parametrize(
    "nonsense",
    [
        {"game": "²", "guess": "-1", "leaves": "many"},
        {"game": "9" * 9, "guess": "8"},
        {"view": "expert", "pixel": "9999-1", "seed": "0", "pairs": "lai-<b>", "panel": "{x}"},
        {"view": "expert", "source": "cesbio", "family_a": "magic", "point": "0"},
        {"view": "expert", "source": "sliders", "own_lai": "1e9"},
    ],
    ids=range(5),
)
def test_a_link_that_makes_no_sense_opens_the_page(nonsense):
    well(visit("canopy", lang="fr", **nonsense), "fr")


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("view", ["public", "expert"])
def test_missing_weights_name_the_command_that_makes_them(monkeypatch, tmp_path, lang, view):
    monkeypatch.setattr(models, "FOLDER", tmp_path)
    at = visit("canopy", lang=lang, view=view)
    assert not at.exception
    (box,) = boxes(at)
    assert load(lang)("kit.errors.missing_title") in box
    assert "python -m eogen train canopy flow" in bodies(at)
    assert raw(texts(at)) == []


def table(**more) -> bytes:
    rows = {band: np.linspace(0.03, 0.05, 3) + 0.03 * i for i, band in enumerate(BANDS)}
    rows |= {"solar_zenith": 30.0, "view_zenith": 5.0, "relative_azimuth": 100.0} | more
    frame = pd.DataFrame(rows)
    return frame[[c for c in frame if frame[c].notna().all()]].to_csv(index=False).encode()


#: name -> (content, code of the error)
BAD = {
    "empty.csv": (b"", "canopy_empty"),
    "noise.csv": (bytes(range(128, 256)) * 4, "canopy_not_readable"),
    "angles.csv": (table(solar_zenith=np.nan), "canopy_missing_angles"),
    "bands.csv": (table(B05=np.nan), "canopy_missing_bands"),
    "photo.tif": (b"\x89PNG\r\n\x1a\n" + bytes(64), "canopy_picture"),
}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_bad_files_get_their_sentence_and_the_page_stays_usable(lang):
    at = visit("canopy", lang=lang, view="expert", source="upload")
    for name, (content, code) in BAD.items():
        at.file_uploader(key="canopy_file").set_value((name, content, "text/csv")).run()
        assert not at.exception
        (box,) = boxes(at)
        said = load(lang).text(f"errors.{code}").split("{name}")[-1].split("{")[0]
        assert said.strip() in box, name
        assert raw(texts(at)) == []
        if lang == "fr":
            assert faults_of_typography(texts(at)) == []
    at.file_uploader(key="canopy_file").set_value(("good.csv", table(lai=[1.0, 2.0, 3.0]), "text/csv")).run()
    shown = well(at, lang)
    assert "eo-badge upload" in bodies(at)
    assert load(lang)("canopy.inspector.measured") in " ".join(shown)
    at.number_input(key="row").set_value(2).run()
    well(at, lang)
    assert address(at)["row"] == "2"


def test_the_visitor_may_give_the_angles_that_the_file_lacks():
    at = visit("canopy", lang="en", view="expert", source="upload")
    at.toggle(key="canopy_angles").set_value(True).run()
    bare = table(solar_zenith=np.nan, view_zenith=np.nan, relative_azimuth=np.nan)
    at.file_uploader(key="canopy_file").set_value(("bare.csv", bare, "text/csv")).run()
    well(at, "en")
    assert "eo-badge upload" in bodies(at)


def test_the_visitor_may_bring_an_image():
    scene = territory(1, 24, 32)
    at = visit("canopy", lang="fr", view="expert", source="upload")
    at.toggle(key="canopy_angles").set_value(True).run()
    content = geotiff_bytes(scene.reflectance)
    at.file_uploader(key="canopy_file").set_value(("image.tif", content, "image/tiff")).run()
    well(at, "fr")
    assert "eo-badge upload" in bodies(at)
    assert "eo-badge simulated" not in bodies(at)
    at.query_params["pixel"] = "3-5"
    at.run()
    shown = well(at, "fr")
    assert any("ligne 4, colonne 6" in text for text in shown)


@pytest.mark.parametrize("source", ["cesbio", "eth_lai", "eth_traits", "chips", "dense"])
def test_real_sources(monkeypatch, source):
    monkeypatch.setenv("EOGEN_DATA", str(real_data("canopy").parent))
    at = visit("canopy", lang="fr", view="expert", source=source)
    if source not in at.selectbox(key="source").proto.options and at.session_state["source"] != source:
        pytest.skip(f"no {source} here")
    shown = " ".join(well(at, "fr"))
    assert "eo-badge real" in bodies(at)
    assert "eo-badge simulated" not in bodies(at), "nothing simulated beside the real"
    words = load("fr")
    assert words("canopy.inspector.truth") not in shown.split("·"), "no truth is known of the real"
    if source == "cesbio":
        assert words("canopy.inspector.measured") in shown
        assert words("canopy.inspector.note_field") in shown, "leaf chlorophyll is said not to be retrievable"


def test_exports_hold_what_is_on_the_page():
    from pages.parts.canopy import compute, exports, sources
    from pages.parts.canopy.expert import View

    t = load("en")
    scene = sources.simulated(t)
    spot = sources.spot(scene, 48, 60, t)
    beliefs = [compute.belief(name, spot.key, spot.seen, 50) for name in ("flow", "independent")]
    view = View(spot, scene, beliefs)
    drawn = exports.draws(view)
    assert len(drawn) == 100
    assert {f"{name} [" in " ".join(drawn.columns) for name in INFERRED} == {True}
    card = json.loads(json.dumps(exports.card(view), allow_nan=False))
    assert card["known"]["lai"]["value"] == pytest.approx(float(scene.data.lai[48, 60]))
    assert [b["family"] for b in card["beliefs"]] == ["flow", "independent"]


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("panel", ["inspector", "spectrum", "ambiguity"])
def test_every_panel_is_drawn(lang, panel):
    at = visit("canopy", lang=lang, view="expert", source="territory", panel=panel)
    shown = well(at, lang)
    words = load(lang)
    lead = words.text(f"canopy.{panel}.lead").split("{")[0]
    assert any(text.startswith(lead) for text in shown)
    assert at.get("plotly_chart") != []
    if panel == "ambiguity":
        before = [e.proto.body for e in at.get("html")]
        at.select_slider(key="ridge_b").set_value("16").run()
        well(at, lang)
        assert address(at)["ridge_b"] == "16"
        assert [e.proto.body for e in at.get("html")] != before, "the bars follow the slider"


@pytest.mark.parametrize("settled", [True, False])
def test_the_reference_stands_beside_the_families_and_says_its_worth(monkeypatch, settled):
    facts = {"rhat": 1.004, "ess": 812.0, "evaluations": 380_000.0, "settled": float(settled), "nats": 9.5}

    def sampled(believed, key, seen, noise, truth=None, progress=None):
        return compute.Belief("reference", compute.prior_draws(believed)[:500], believed, 4.2, noise, facts)

    monkeypatch.setattr(compute, "reference", sampled)
    monkeypatch.setattr(expert, "find_spec", lambda name: object())
    words = load("fr")
    at = visit("canopy", lang="fr", view="expert", source="territory", reference="on")
    shown = " ".join(well(at, "fr"))
    assert "1,004" in shown
    assert "812" in shown
    worth = words(f"canopy.reference.{'settled' if settled else 'unsettled'}")
    assert worth in shown
    assert words("canopy.families.reference.name") in shown
    (drawn,) = [
        c.proto.spec for c in at.get("plotly_chart") if c.proto.alt == words("canopy.inspector.pairs")
    ]
    assert words("canopy.families.reference.name") in {
        trace.get("name") for trace in json.loads(drawn)["data"]
    }


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_family_and_prior_of_the_registry_has_its_words(lang):
    words = load(lang)
    for name, family in FAMILIES.items():
        assert words(f"canopy.families.{name}.name") != words(f"canopy.families.{name}.sentence")
        assert words(f"canopy.priors.{family.prior}.name")
