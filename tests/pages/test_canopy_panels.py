"""The panels of maps, priors, latent space and results, in both languages, with and without data."""

from __future__ import annotations

import base64
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eogen.canopy import models
from eogen.canopy.space import INFERRED
from eogen.canopy.variables import Prior
from pages.kit.words import LANGUAGES, load
from pages.parts.canopy import cloud, layers, prior_edit, results, sets, sources
from pages.parts.canopy.latent import lassoed
from tests import canopy_weights
from tests.canopy_report import made_up
from tests.pages.reading import address, bodies, boxes, faults_of_typography, raw, texts, visit
from tests.real import real_data


@pytest.fixture(scope="module")
def untrained(tmp_path_factory):
    """Weights that have learnt nothing: the page must stand on any."""
    return canopy_weights.untrained(tmp_path_factory.mktemp("weights"))


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch, untrained):
    """A machine without real data, with weights and small sets."""
    monkeypatch.setenv("EOGEN_DATA", str(tmp_path))
    monkeypatch.setattr(models, "FOLDER", untrained)
    monkeypatch.setattr(cloud, "MOST", 150)


@pytest.fixture
def measured(tmp_path, monkeypatch):
    """Results that ``evaluate`` could have written."""
    path = tmp_path / "canopy.json"
    path.write_text(made_up().to_json(), "utf-8")
    monkeypatch.setattr(results, "RESULTS", path)


def well(at, lang, boxed=0):
    """Assert what every page of the app must be; return its texts."""
    assert not at.exception
    assert len(boxes(at)) == boxed, boxes(at)
    shown = texts(at)
    assert raw(shown) == []
    assert "**" not in bodies(at), "markdown does not render in HTML"
    if lang == "fr":
        assert faults_of_typography(shown) == []
    else:
        assert not [text for text in shown if "\u202f?" in text or "«" in text]
    return shown


def panel(name, lang="fr", **more):
    return visit("canopy", lang=lang, view="expert", panel=name, **more)


def chart(at, key):
    return next(json.loads(c.proto.spec) for c in at.get("plotly_chart") if c.proto.id.endswith(f"-{key}"))


# --- maps ---


@pytest.mark.parametrize("lang", LANGUAGES)
def test_maps_are_drawn_with_legends_and_files(lang):
    at = panel("maps", lang)
    words = load(lang)
    shown = well(at, lang)
    assert words("canopy.maps.lead") in shown
    assert bodies(at).count("eogen-legend") >= 3, "the page's own, and one per side"
    assert "(m²/m²)" in bodies(at)
    labels = [b.label for b in at.get("download_button")]
    assert {"GeoTIFF · lai-territory-2-flow", "GeoTIFF · ccc-territory-2-flow"} <= set(labels)


def test_every_layer_of_a_simulated_scene_is_drawn():
    t = load("en")
    offered = layers.offered(sources.simulated(t).data)
    assert offered == ["natural", "lai", "lai_sd", "ccc", "ccc_sd", "misfit", "domain", "truth", "error"]
    for left, right in zip(offered[:-1:2], offered[1::2], strict=False):
        at = panel("maps", "en", map_left=left, map_right=right)
        well(at, "en")
        assert address(at).get("map_left", "lai") == left
        assert address(at).get("map_right", "lai_sd") == right
    at = panel("maps", "en", map_left="domain", map_right="error")
    shown = well(at, "en")
    assert any("within the 90% interval" in text for text in shown), (
        "uncertainty is confronted with the truth"
    )
    assert "GeoTIFF · domain-territory-2-flow" in [b.label for b in at.get("download_button")]


def test_a_spectrum_without_picture_gets_the_territory_and_says_so():
    at = panel("maps", "fr", source="sliders")
    assert load("fr")("canopy.maps.no_picture") in well(at, "fr")


def test_real_maps_beside_sl2p(monkeypatch):
    monkeypatch.setenv("EOGEN_DATA", str(real_data("canopy").parent))
    at = panel("maps", "fr", source="chips", map_left="gap", map_right="domain")
    shown = " ".join(well(at, "fr"))
    assert (at.session_state["map_left"], at.session_state["map_right"]) == ("gap", "domain")
    assert at.session_state["map_family"] == "field", "the chips lack B08"
    assert "Écart moyen" in shown
    assert "eo-badge simulated" not in bodies(at)


# --- priors ---


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_studio_opens_on_any_machine(lang):
    at = panel("priors", lang)
    words = load(lang)
    shown = well(at, lang)
    assert words("canopy.studio.lead") in shown
    assert words("canopy.studio.replay_title") in " ".join(shown)
    assert "edits" not in address(at)
    assert at.session_state["against"] == "scene"
    assert "prior-legacy.csv" not in bodies(at)


def test_an_edit_travels_in_the_address_and_can_be_undone():
    at = panel("priors", "fr", edits="lai:u:2:5,cab:n:20:60:45:10", law_of="ala")
    shown = " ".join(well(at, "fr"))
    assert address(at)["edits"] == "lai:u:2:5,cab:n:20:60:45:10"
    assert "Modifié" in shown
    law = chart(at, "canopy_prior_law")
    assert [trace["name"] for trace in law["data"]] == ["avant", "après"]
    assert [len(_numbers(trace["x"])) for trace in chart(at, "canopy_prior_tie")["data"]] == [500, 500]
    at.button(key="prior_reset").click().run()
    well(at, "fr")
    assert "edits" not in address(at)


def test_the_controls_edit_the_chosen_variable():
    at = panel("priors", "en", law_of="lai")
    (bounds,) = [s for s in at.select_slider if s.key.startswith("bounds_")]
    options = np.linspace(0, 15, prior_edit.STEPS + 1).tolist()
    bounds.set_value((options[10], options[40])).run()
    well(at, "en")
    assert address(at)["edits"].startswith("lai:n:1.875:7.5:")
    assert address(at).get("law_legacy_lai_0") is None


def test_what_the_network_never_saw_is_said():
    at = panel("priors", "en", edits="lai:u:0:14")
    shown = " ".join(well(at, "en"))
    assert "no weight can bring back" in shown


def test_a_prior_without_the_pixel_is_called_noise():
    at = panel("priors", "en", edits="lai:u:9.9:10")
    assert "this is noise" in " ".join(well(at, "en"))


@pytest.mark.parametrize("edits", ["lai:u:5:5", "lai:u:-3:4", "cab:n:20:90:45:-1"])
def test_what_is_no_prior_gets_a_sentence_and_the_page_stays(edits):
    at = panel("priors", "fr", edits=edits, law_of="n")
    well(at, "fr", boxed=1)
    at.button(key="prior_reset").click().run()
    well(at, "fr")


@pytest.mark.parametrize(
    "edits", ["²", "lai", "lai:u", "sun:u:1:2", "lai:u:nan:2", "a" * 5000, "lai:u:1e999:2"]
)
def test_edits_that_make_no_sense_are_passed_over(edits):
    well(panel("priors", "fr", edits=edits, shares="²-1", prior="<b>", law_of="sun"), "fr")


def test_the_shares_of_the_covers_are_edited():
    at = panel("priors", "en", prior="crops", shares="0-0-0-0-0-3")
    well(at, "en")
    assert address(at)["shares"] == "0-0-0-0-0-3"
    (forest,) = [s for s in at.slider if s.key.startswith("share_forest")]
    assert forest.value == 3
    forest.set_value(0).run()
    (box,) = boxes(at)
    assert "not 0 everywhere" in box


numbers = st.floats(-1e3, 1e3).map(lambda x: float(f"{x:.6g}"))
laws = st.builds(
    lambda low, high, loc, scale, narrow: Prior(low, high, "normal", loc, scale, narrow),
    *(numbers,) * 4, st.none() | st.tuples(numbers, numbers),
) | st.builds(lambda low, high: Prior(low, high, "uniform"), numbers, numbers)  # fmt: skip


@given(st.dictionaries(st.sampled_from(INFERRED), laws, max_size=3))
def test_what_is_written_is_read(edits):
    assert prior_edit.parse(prior_edit.write(edits)) == edits


def test_real_spectra_judge_the_prior(monkeypatch):
    monkeypatch.setenv("EOGEN_DATA", str(real_data("canopy").parent))
    at = panel("priors", "fr", against="cesbio")
    shown = " ".join(well(at, "fr"))
    assert at.session_state["against"] == "cesbio"
    assert load("fr")("canopy.studio.far") in shown


# --- latent space ---


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("colour", ["lai", "set", "residual"])
def test_the_cloud_is_drawn(lang, colour):
    at = panel("latent", lang, sets="scene-simulated", colour=colour)
    words = load(lang)
    shown = well(at, lang)
    assert words("canopy.latent.how") in shown
    plane = chart(at, "canopy_latent_plane_0")
    assert sum(len(_numbers(trace["x"])) for trace in plane["data"]) == 300
    assert {trace["type"] for trace in plane["data"]} == {"scattergl"}
    assert plane["layout"]["dragmode"] == "lasso"


def _numbers(held):
    """Return an array that plotly may have packed."""
    return (
        np.frombuffer(base64.b64decode(held["bdata"]), held["dtype"])
        if isinstance(held, dict)
        else np.array(held)
    )


def test_a_group_is_chosen_seen_and_taken_away():
    at = panel("latent", "fr", sets="scene-simulated", colour="set", chosen="scene")
    shown = well(at, "fr")
    assert any("150 pixels choisis sur 300" in text for text in shown)
    assert chart(at, "canopy_latent_spectra")["data"]
    (table,) = at.dataframe
    assert len(table.value) == 150
    labels = [b.label for b in at.get("download_button")]
    assert labels.count("CSV") == 2, "the selection, and the draws of the pixel"


def test_the_selection_holds_everything():
    t = load("en")
    scene = sources.simulated(t)
    found = cloud.gather("independent", [sets.load("scene", scene), sets.load("simulated", scene)])
    chosen = np.zeros(len(found), bool)
    chosen[[3, 200]] = True
    table = found.table(chosen)
    assert table.set.tolist() == ["scene", "simulated"]
    row, column = int(table.row[0]), int(table.column[0])
    pixel = scene.data.reflectance[:, row, column].values
    assert table.loc[0, ["B02", "B12"]].tolist() == pytest.approx(pixel[[0, -1]].tolist())
    assert table.kind[0] in ("sparse", "green_cereal", "ripe_cereal", "grassland", "broadleaf_crop", "forest")
    assert (table.row[1], table.kind[1]) == ("", "")
    assert table.ccc_mean.tolist() == pytest.approx((table.lai_mean * table.cab_mean).tolist(), rel=1e-5)


def test_what_is_drawn_around_is_chosen():
    points = np.array([(0, 0), (1, 1), (3, 3), (5, 0)], float)
    assert not lassoed(None, points).any()
    assert not lassoed({"selection": {"lasso": [{"x": [], "y": []}], "box": []}}, points).any()
    triangle = {"x": [-1, 2, -1], "y": [-1, 2, 2]}
    box = {"x": [6, 4], "y": [1, -1]}
    assert lassoed({"selection": {"lasso": [triangle]}}, points + np.array([-0.1, 0.1])).tolist() == [
        True,
        True,
        False,
        False,
    ]
    assert lassoed({"selection": {"box": [box]}}, points).tolist() == [False, False, False, True]


def test_an_outline_is_kept_without_its_points_and_can_be_forgotten():
    from pages.parts.canopy.latent import _OUTLINES

    at = panel("latent", "en", sets="scene-simulated")
    found = cloud.gather(
        "flow", [sets.load(n, sources.simulated(load("en"))) for n in ("scene", "simulated")]
    )
    box = {"x": np.quantile(found.points[:, 0], [0.2, 0.6]).tolist(), "y": [-50, 50]}
    at.session_state[_OUTLINES] = (found.key, {"box": [box]})
    at.run()
    n = int(lassoed({"selection": {"box": [box]}}, found.points).sum())
    assert any(f"{n} pixels chosen of 300" in text for text in well(at, "en"))
    (trace,) = chart(at, "canopy_latent_plane_0")["data"]
    assert len(_numbers(trace["selectedpoints"])) == n
    at.multiselect(key="sets").set_value(["simulated"]).run()
    assert load("en")("canopy.latent.how") in well(at, "en"), "an outline means nothing on another cloud"
    at.multiselect(key="sets").set_value(["scene", "simulated"]).run()
    at.button(key="latent_forget").click().run()
    assert load("en")("canopy.latent.how") in well(at, "en")


def test_a_step_of_the_walk_moves_leaf_and_canopy():
    at = panel("latent", "en", sets="simulated", along="lai")
    well(at, "en")
    before = [trace for key in ("canopy_walk_leaf", "canopy_walk") for trace in chart(at, key)["data"]]
    (position,) = [s for s in at.select_slider if s.key.startswith("walk_lai")]
    position.set_value(40).run()
    well(at, "en")
    after = [trace for key in ("canopy_walk_leaf", "canopy_walk") for trace in chart(at, key)["data"]]
    moved = [
        np.abs(_numbers(one["y"]) - _numbers(two["y"])).max() for one, two in zip(before, after, strict=True)
    ]
    changed = [gap > 1e-4 for gap in moved]
    assert changed == [False, False, False, False, True, True, False], "the leaf stays, the canopy moves"
    at.selectbox(key="along").select("cab").run()
    well(at, "en")


@pytest.mark.parametrize("along", ["wide1", "narrow"])
def test_directions_are_walked_in_french(along):
    at = panel("latent", "fr", sets="simulated", along=along)
    well(at, "fr")
    assert address(at).get("along", "wide1") == along


def test_no_set_and_nonsense_are_survived():
    at = panel(
        "latent", "fr", sets="²-<b>", colour="{x}", chosen="nobody", along="sun", latent_family="magic"
    )
    well(at, "fr")
    at.multiselect(key="sets").set_value([]).run()
    assert load("fr")("canopy.latent.none") in well(at, "fr")


def test_real_sets_are_encoded(monkeypatch):
    monkeypatch.setenv("EOGEN_DATA", str(real_data("canopy").parent))
    at = panel("latent", "fr", sets="forest-cesbio", colour="month")
    shown = " ".join(well(at, "fr"))
    assert "Forêts" in shown
    assert "2018" in json.dumps(chart(at, "canopy_latent_plane_0"), ensure_ascii=False)


# --- results ---


@pytest.mark.parametrize("lang", LANGUAGES)
def test_absent_results_name_their_command(lang, monkeypatch, tmp_path):
    monkeypatch.setattr(results, "RESULTS", tmp_path / "none.json")
    at = panel("results", lang)
    shown = well(at, lang)
    assert load(lang)("canopy.results.none") in shown
    assert any("python -m eogen evaluate canopy" in block.value for block in at.code)


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("section", results.SECTIONS)
def test_every_section_of_the_results_is_drawn(measured, lang, section):
    at = panel("results", lang, measured=section)
    shown = " ".join(well(at, lang))
    words = load(lang)
    exhibit = words.text("canopy.results.exhibit").split("{")[0].strip("*")
    assert exhibit.split("*")[0] in shown, "the gap that coverage cannot see is always said"
    tables = [frame.value for frame in at.dataframe]
    if section == "families":
        assert len(tables[0]) == 3
        assert any("3,60" in str(cell) or "3.60" in str(cell) for cell in tables[0].to_numpy().ravel())
        assert words("canopy.results.targets", reached=3, n=5) in shown
        assert str(tables[1].iloc[0, 4]).endswith("✗"), "what was missed comes first"
    if section == "calibration":
        keys = ("canopy_coverage", "canopy_width", "canopy_sbc_a", "canopy_sbc_b", "canopy_tarp")
        assert all(chart(at, key)["data"] for key in keys)
    if section == "field":
        assert len(tables[0]) == 7
        assert "SL2P" in str(tables[0].to_numpy())
        assert words("canopy.results.pai_note") in shown
        assert "0,08" in shown or "0.08" in shown
    if section == "all":
        assert len(tables[0]) == len(made_up().figures)


def test_an_empty_report_is_survived(tmp_path, monkeypatch):
    from eogen.results import Report

    path = tmp_path / "canopy.json"
    path.write_text(Report("canopy", machine={"date": "2026-01-02"}).to_json(), "utf-8")
    monkeypatch.setattr(results, "RESULTS", path)
    for section in results.SECTIONS:
        well(panel("results", "fr", measured=section), "fr")
