"""What if, and nearly alike: the two panels in both languages, every model, the ends of every slider, no harvest."""

from __future__ import annotations

import json

import numpy as np
import pytest

from eogen.landcover.series import kept, territory
from eogen.landcover.series.methods import MODELS
from pages.kit.words import LANGUAGES, load
from pages.parts.landcover.seasons import compute, sources, what_if_edits, what_if_science
from pages.parts.landcover.seasons.what_if_edits import EDITS, LATER, PLUS, TIMES
from tests.pages.reading import address, boxes, faults_of_typography, raw, texts, visit
from tests.real import real_data

VIEW = {"view": "expert", "topic": "season", "parcels": "territory", "reader": compute.LIVE}
PANELS = [*({"look_at": "what_if", "edit": edit} for edit in EDITS), {"look_at": "near"}]


@pytest.fixture(scope="module")
def forests():
    """A small forest of each source: the page's own learns from thousands of parcels."""
    found = {}

    def fitted(source):
        if source not in found:
            held = (
                kept.prepared(territory.parcels(1, 200)) if source == "territory" else sources.parcels(source)
            )
            series, label = held["reflectance"].values, held["label"].values
            known = label >= 0
            one = MODELS["random_forest"].fit(
                series[known], label[known], tuple(held.attrs["classes"]), kept.USUAL
            )
            found[source] = kept.Kept(f"{source}_forest", source, compute.LIVE, (one,), one)
        return found[source]

    return fitted


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch, forests):
    """A machine without real data and with a forest that is fitted at once."""
    monkeypatch.setenv("EOGEN_DATA", str(tmp_path))
    monkeypatch.setattr(compute, "_forest", forests)


def row_of(name):
    """Return the number, from 1, of the first simulated parcel of a class."""
    held = sources.parcels("territory")
    return int(np.flatnonzero(held["label"].values == held.attrs["classes"].index(name))[0]) + 1


def well(at, lang):
    """Assert that a page shows no error, no key and no fault of typography; return its texts."""
    assert not at.exception
    assert boxes(at) == []
    shown = texts(at)
    assert raw(shown) == []
    assert not [text for text in shown if "nan" in text.split()]
    if lang == "fr":
        assert faults_of_typography(shown) == []
    return shown


def look(lang="en", **more):
    return visit("landcover", lang=lang, **VIEW | more)


def charts(at):
    """Return the figures, by the key of the chart."""
    return [json.loads(c.proto.spec) for c in at.get("plotly_chart")]


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("panel", PANELS, ids=lambda p: p.get("edit", "near"))
def test_the_panels_are_drawn_in_both_languages(lang, panel):
    shown = well(look(lang, **panel), lang)
    assert load(lang)(f"landcover.series.{panel['look_at']}.lead") in shown
    assert load(lang)("kit.provenance.simulated") in " ".join(shown)


def test_every_model_that_is_offered_answers():
    for method in compute.offered("territory"):
        for panel in (PANELS[0], PANELS[-1]):
            at = look(**panel | {"reader": method})
            well(at, "en")
            assert len(at.get("plotly_chart")) == 3, (method, panel)


@pytest.mark.parametrize(
    "edit",
    [
        {"edit": "harvest", "later": LATER[0]},
        {"edit": "harvest", "later": LATER[-1], "ripe": "11"},
        {"edit": "clouds", "clouds": "none"},
        {"edit": "clouds", "clouds": ",".join(str(k) for k in range(1, 13))},
        {"edit": "band", "times": TIMES[0]},
        {"edit": "band", "times": TIMES[-1], "edited_band": "B12", "edited_month": "12"},
        {"edit": "band", "by": "plus", "plus": PLUS[0]},
        {"edit": "band", "by": "plus", "plus": PLUS[-1]},
    ],
    ids=lambda e: "_".join(e.values())[:24],
)
def test_the_ends_of_the_sliders(edit):
    at = look(look_at="what_if", **edit)
    well(at, "en")
    assert len(at.get("plotly_chart")) == 3
    for name, value in edit.items():
        assert address(at).get(name, value) == value, "a link keeps what was chosen"
    for figure in charts(at):
        for axis in ("xaxis", "yaxis"):
            assert figure["layout"][axis]["title"]["text"]


@pytest.mark.parametrize("name", ["water", "evergreen_forest", "town"])
def test_where_nothing_is_harvested_it_is_said(name):
    for lang in LANGUAGES:
        words = load(lang)
        at = look(lang, look_at="what_if", parcel=str(row_of(name)))
        shown = well(at, lang)
        assert words("landcover.series.what_if.no_harvest", least=0.15) in shown
        assert not at.get("plotly_chart")
    # Chosen by hand, the question can be put all the same; the simulation says that nothing is harvested.
    at = look(look_at="what_if", parcel=str(row_of("water")), ripe="6")
    assert any(load("en")("landcover.series.what_if.truth.not_reaped") in text for text in well(at, "en"))


def test_clouds_on_water_and_what_would_truly_have_been():
    at = look(look_at="what_if", edit="clouds", clouds="6,7", parcel=str(row_of("water")))
    assert load("en")("landcover.series.what_if.truth.exact") in well(at, "en")


def test_reset_brings_the_season_back():
    words = load("en")
    at = look(look_at="what_if", parcel=str(row_of("maize")), later="2")
    assert not any(text.startswith("Nothing is changed:") for text in well(at, "en"))
    (button,) = [b for b in at.button if b.label == words("landcover.series.what_if.reset")]
    at = button.click().run()
    assert any(text.startswith("Nothing is changed:") for text in well(at, "en"))
    assert address(at)["later"] == "0"
    assert address(at)["parcel"] == str(row_of("maize")), "the parcel stays"


def test_the_bars_are_the_model_s_answers(forests):
    row = row_of("maize") - 1
    series = sources.parcels("territory")["reflectance"].values[row]
    model = forests("territory").whole
    at = look(
        look_at="what_if", edit="band", edited_band="B08", edited_month="8", times="0", parcel=str(row + 1)
    )
    changed = series.copy()
    changed[7, 6] *= 0
    before, after = model.predict_proba(np.stack([series, changed]))
    names = [load("en")(f"landcover.series.classes.{c}.name") for c in model.classes]
    (bars,) = [f for f in charts(at) if f["data"][0]["type"] == "bar"]
    for trace, expected in zip(bars["data"], (before, after), strict=True):
        for name, value in zip(trace["y"], _numbers(trace["x"]), strict=True):
            assert value == pytest.approx(100 * expected[names.index(name)], abs=1e-4)


def _numbers(values):
    """Return numbers that plotly wrote as a list or as bytes."""
    if isinstance(values, dict):
        import base64

        return np.frombuffer(base64.b64decode(values["bdata"]), values["dtype"])
    return values


def test_a_neighbour_is_opened_and_kin_are_left_out():
    at = look(look_at="near", parcel="6", distance="dtw")
    well(at, "en")
    found = [b for b in at.button if b.key.startswith("near_other_")]
    assert found
    held = sources.parcels("territory")
    group = held["group"].values
    for button in [b for b in at.button if b.key.startswith("near_")]:
        assert group[int(button.key.rpartition("_")[2])] != group[5]
    number = str(int(found[0].key.rpartition("_")[2]) + 1)
    at = found[0].click().run()
    well(at, "en")
    assert address(at)["parcel"] == number
    assert address(at)["distance"] == "dtw"


def test_only_one_other_class_is_wanted():
    at = look(look_at="near", parcel=str(row_of("maize")), other_class="0")
    well(at, "en")
    held = sources.parcels("territory")
    rows = [int(b.key.rpartition("_")[2]) for b in at.button if b.key.startswith("near_other_")]
    assert (held["label"].values[rows] == 0).all()


def test_nonsense_in_the_address_is_left_aside():
    for panel in ({"edit": "x", "later": "1e9", "ripe": "0"}, {"edit": "clouds", "clouds": "0,13,July"}):
        well(look(look_at="what_if", **panel), "en")
    well(look(look_at="near", distance="none", other_class="99", near_curve="B99"), "en")


def test_the_controls_come_back_to_nothing():
    assert what_if_edits.NOTHING["later"] in LATER
    assert what_if_edits.NOTHING["times"] in TIMES
    assert what_if_edits.NOTHING["plus"] in PLUS


def test_real_parcels(monkeypatch):
    folder = real_data("landcover").parent
    monkeypatch.setenv("EOGEN_DATA", str(folder))
    if "france" not in sources.offered():
        pytest.skip("no French parcels here")
    for lang, panel in zip(("fr", "en", "fr", "en"), PANELS, strict=True):
        at = visit("landcover", lang=lang, **VIEW | {"parcels": "france", "parcel": "3"} | panel)
        assert not at.exception
        assert boxes(at) == []
        assert raw(texts(at)) == []
    assert callable(what_if_science.truly)
