"""Cases of the rooms of change and of the ocean, on simulated data."""

from __future__ import annotations

import hashlib
import io
import json
import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from eogen.change import cases_to_judge as change
from eogen.change import sights as lands
from eogen.change.discovery import chance
from eogen.errors import InputError, Unavailable
from eogen.ocean import cases_to_judge as ocean
from eogen.ocean import sights as waters
from eogen.ocean import whole_fields
from eogen.verdicts import pictures
from eogen.verdicts.kinds import Case, Kind, kind
from pages.kit.words import LANGUAGES, load
from tests.real import REPOSITORY

#: Quick choices of each kind.
OPTIONS = {
    "changes": {"change_scenes": ["flood", "none"], "change_estimator": "gaussian_pmi"},
    "real_or_filled": {"ocean_methods": ["convolution", "climatology"]},
    "fillings": {"ocean_methods": ["convolution", "climatology"]},
}
NAMES = tuple(OPTIONS)


@pytest.fixture(scope="module")
def made() -> dict[str, tuple[Kind, list[Case]]]:
    return {name: (kind(name), kind(name).candidates(OPTIONS[name])) for name in NAMES}


def spread(cases: list[Case], count: int = 4) -> list[Case]:
    return [cases[i] for i in np.linspace(0, len(cases) - 1, count).astype(int)]


def leaves(value: object) -> set[object]:
    if isinstance(value, dict):
        return {*value, *(leaf for one in value.values() for leaf in leaves(one))}
    if isinstance(value, list | tuple):
        return {leaf for one in value for leaf in leaves(one)}
    return {value}


@pytest.mark.parametrize("name", NAMES)
def test_cases_keep_the_contract(made, name):
    asked, cases = made[name]
    assert 20 < len(cases) == len({case.item for case in cases})
    for case in cases:
        assert 0 < len(case.item) <= 300
        assert len(json.dumps(case.facts, allow_nan=False)) <= 3000
        assert case.stratum
        assert case.dataset
        assert case.scene
        assert case.thing
        assert case.licence
        assert case.origin == "simulated"
        assert -180 <= case.facts["lon"] <= 180
        assert -90 <= case.facts["lat"] <= 90
        assert case.truth in ("", *asked.answers)
        assert not leaves(dict(case.facts)) & set(asked.answers)
        if name != "real_or_filled":
            assert 0 <= case.score <= 1
    assert len({case.stratum for case in cases}) > 1


@pytest.mark.parametrize("name", NAMES)
def test_pictures_are_small_and_the_same_each_time(made, name):
    asked, cases = made[name]
    for case in spread(cases):
        panels = asked.draw(case)
        assert panels == asked.draw(case)
        sizes = set()
        for panel in panels:
            assert len(panel.png) <= pictures.MOST
            picture = Image.open(io.BytesIO(panel.png))
            picture.load()
            assert picture.format == "PNG"
            assert 256 < max(picture.size) <= pictures.SIDE
            sizes.add(picture.size)
        assert len(sizes) == 1, "panels of one case lie pixel on pixel"
        if asked.sides:
            assert {panel.name for panel in panels} == set(asked.answers)
        assert len({panel.legend for panel in panels if panel.legend}) == 1, "one scale for what is compared"


@pytest.mark.parametrize("name", NAMES)
def test_no_panel_is_called_after_the_truth(made, name):
    asked, cases = made[name]
    one_each = {case.truth: case for case in cases}.values()
    assert len({tuple(panel.name for panel in asked.draw(case)) for case in one_each}) == 1
    if name == "fillings":
        assert len(one_each) == 2
        assert len({tuple(case.facts) for case in cases}) == 1, "a real field has the facts of a filled one"


PROGRAM = """
import json, sys
from tests.unit.test_cases_to_judge_a import told
print(told(json.loads(sys.argv[1])))
"""
#: Few and quick: they are made twice, once by another process.
TWICE = {
    "changes": {"change_scenes": ["flood"], "change_estimator": "cva_median", "change_limit": "0.005"},
    "fillings": {"ocean_methods": ["climatology"]},
}


def told(options: dict[str, dict]) -> str:
    """Hash of all cases and of the pictures of two."""
    found = hashlib.sha256()
    for name, chosen in options.items():
        cases = kind(name).candidates(chosen)
        found.update(repr(cases).encode())
        for case in (cases[0], cases[-1]):
            found.update(b"".join(panel.png for panel in kind(name).draw(case)))
    return found.hexdigest()


def test_another_process_makes_the_same_bytes():
    found = subprocess.run(
        [sys.executable, "-c", PROGRAM, json.dumps(TWICE)], cwd=REPOSITORY, capture_output=True, text=True,
        check=True, timeout=300, env=os.environ | {"PYTHONHASHSEED": "7"},
    ).stdout.split()  # fmt: skip
    assert found == [told(TWICE)]


@pytest.mark.parametrize("name", NAMES)
def test_a_case_is_drawn_from_its_facts_alone_and_other_images_are_refused(made, name):
    asked, cases = made[name]
    case = cases[-1]
    before = asked.draw(case)
    for cached in (lands._simulated, lands._judged, lands.alarming, lands.surprising, waters._simulated):
        cached.cache_clear()
    waters._TRIED.clear()
    kept = replace(case, facts=json.loads(json.dumps(case.facts)))
    assert asked.draw(kept) == before
    with pytest.raises(InputError) as refused:
        asked.draw(replace(case, facts=dict(case.facts) | {"content": "0" * 16}))
    assert refused.value.code == "judged_other_images"


# --- changes ---


def test_objects_lie_above_the_limit_and_quiet_places_below(made):
    _, cases = made["changes"]
    limit = -np.log10(0.02)
    quiet = [case for case in cases if case.stratum.endswith("quiet")]
    loud = [case for case in cases if not case.stratum.endswith("quiet")]
    assert quiet
    assert loud
    assert all(case.facts["peak_surprise"] < limit for case in quiet if case.facts["pixels"] >= change.LEAST)
    assert all(case.facts["mean_surprise"] >= limit - 1e-3 for case in loud)
    assert all(case.facts["stands_for"] >= 1 for case in cases)
    assert np.mean([case.score for case in loud]) > np.mean([case.score for case in quiet])


def test_a_flood_is_told_from_nothing_by_the_label_of_the_simulation(made):
    _, cases = made["changes"]
    told = {case.truth for case in cases if case.scene.startswith("flood")}
    assert {"change", "no_change"} <= told
    assert {case.truth for case in cases if case.scene.startswith("none")} == {"no_change"}


def test_the_outline_is_drawn_after_and_not_before(made):
    asked, cases = made["changes"]
    gold = np.array(change.display.CHOSEN)
    for case in spread(cases, 4):
        has = {
            panel.name: (np.asarray(Image.open(io.BytesIO(panel.png)).convert("RGB")) == gold).all(-1).any()
            for panel in asked.draw(case)
        }
        assert has == {"change_before": False, "change_after": True, "change_surprise": True}


def test_unknown_images_are_refused_in_sentences():
    with pytest.raises(InputError) as refused:
        change.propose({"change_source": "simulated", "change_scenes": ["atlantis"], "change_seeds": ["3"]},
                       lambda *_: None)  # fmt: skip
    assert refused.value.code == "change_simulated_kind" or refused.value.code == "judged_scene"
    for sight in (lambda: lands.sight("nowhere", "x", 0), lambda: waters.sight("nowhere", 0)):
        with pytest.raises(Unavailable) as absent:
            sight()
        assert absent.value.code == "judged_source"


@given(arrays(np.float64, (6, 7), elements=st.floats(1e-9, 1)))
def test_the_chance_of_a_change_rises_with_surprise_and_is_that_of_storey(p):
    told = chance(p)
    order = np.argsort(p.ravel())
    assert (np.diff(told.ravel()[order]) <= 1e-12).all()
    # The definition, place by place: the least expected share of false alarms over all limits that reach it.
    limits = np.unique(p)
    share = [min(1.0, p.size * limit / (p <= limit).sum()) for limit in limits]
    expected = [1 - min(share[np.searchsorted(limits, one) :]) for one in p.ravel()]
    np.testing.assert_allclose(told.ravel(), expected, atol=1e-12)


def test_places_where_nothing_is_known_have_no_chance():
    p = np.array([[0.5, np.nan], [1.0, 1e-6]])
    assert np.isnan(chance(p)[0, 1])
    assert chance(p)[1, 1] == pytest.approx(1 - 3e-6)


# --- ocean ---


def test_both_sides_show_the_same_cells(made):
    asked, cases = made["real_or_filled"]
    blank = np.array(ocean.BLANK)
    for case in spread(cases, 4):
        real, filled = (
            (np.asarray(Image.open(io.BytesIO(panel.png)).convert("RGB")) == blank).all(-1)
            for panel in asked.draw(case)
        )
        assert (real == filled).all()
        assert 0 < real.mean() < 1


def test_a_real_scene_is_what_was_seen_and_lost_a_usual_part(made):
    _, cases = made["fillings"]
    seen = waters.sight("simulated", 3)
    values, sea = seen.cube.values, seen.cube.sea.values
    real = [case for case in cases if case.truth]
    assert 3 <= len(real) < len(cases) / 2
    for case in real:
        facts = case.facts
        scene = whole_fields.Scene(facts["frame"], facts["row"], facts["column"], facts["side"])
        window = np.isfinite(values[scene.frame][scene.cut])
        assert (~window & sea[scene.cut]).sum() <= whole_fields.UNSEEN * sea[scene.cut].sum()
        lost = whole_fields.hidden_by(values, sea, scene, facts["clouds_of"])
        assert 0.1 < (lost & window).sum() / window.sum() < 0.96
        assert not case.method


def test_a_smooth_field_is_less_ordinary_than_a_real_one():
    rng = np.random.default_rng(0)
    values = rng.normal(size=(30, 40, 40)).astype(np.float32)
    scene = whole_fields.Scene(4, 0, 0, 40)
    inside = np.ones((40, 40), bool)
    own = [
        whole_fields.ordinary(values, whole_fields.Scene(t, 0, 0, 40), values[t], inside) for t in range(30)
    ]
    assert np.median(own) == pytest.approx(0.5, abs=0.15), "ranks of real fields are spread evenly"
    assert whole_fields.ordinary(values, scene, 0.1 * values[4], inside) == pytest.approx(2 / 30)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_variable_has_the_name_of_its_legend(lang):
    from eogen.ocean.variables import VARIABLES

    words = load(lang)
    assert all(f"verdicts.quantities.ocean_{name.removeprefix('log10_')}" in words for name in VARIABLES)
    assert "verdicts.quantities.change_surprise" in words


# --- pictures ---


@pytest.mark.parametrize("side", [3, 36, 200, 700, 1300])
def test_any_picture_becomes_a_small_file(side):
    noise = np.random.default_rng(side).integers(0, 256, (side, side, 3), dtype=np.uint8)
    made = pictures.png(noise)
    picture = Image.open(io.BytesIO(made))
    assert len(made) <= pictures.MOST
    assert max(picture.size) <= pictures.SIDE
    if side == 36:  # nothing is lost of a small one
        large = np.asarray(picture.convert("RGB"))
        assert (large[::14, ::14] == noise).all()
