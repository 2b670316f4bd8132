"""What can be judged in land cover, rain and canopy: cases that can be kept, drawn again, and give nothing away."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from eogen.canopy import judged as canopy
from eogen.colour import table
from eogen.errors import InputError, Unavailable
from eogen.landcover import judged_images, shelf, simulate
from eogen.landcover.series import judged as years
from eogen.landcover.series import territory
from eogen.rain import judged as rain
from eogen.rain import pictures
from eogen.rain.basis import basis
from eogen.verdicts.kinds import Kind, kind
from pages.kit.words import LANGUAGES, load
from tests.real import real_data

NAMES = ("explanations", "labels", "seasons", "families", "scores", "posteriors")
CACHES = (
    shelf._simulated, judged_images._image, years._territory, rain._day, rain._maps, canopy._simulated,
    canopy._believed, canopy._reference,
)  # fmt: skip


def forget() -> None:
    """Empty what is kept between cases, as another process would start."""
    for held in CACHES:
        held.cache_clear()


@pytest.fixture(scope="module", autouse=True)
def small(tmp_path_factory):
    """A machine without real data, and few cases of each kind."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EOGEN_DATA", str(tmp_path_factory.mktemp("none")))
        patch.setattr(shelf, "EACH", 1)
        patch.setattr(years, "SIMULATED", 24)
        patch.setattr(rain, "DAYS", 5)
        patch.setattr(rain, "NEW_DAYS", 1)
        patch.setattr(canopy, "COUNT", 8)
        forget()
        yield
    forget()


@pytest.fixture(scope="module")
def proposed(small):
    """Every candidate of each kind."""
    return {name: kind(name).candidates() for name in NAMES}


def some(cases: list) -> list:
    """The first and the last."""
    return [cases[0], cases[-1]]


@pytest.mark.parametrize("name", NAMES)
def test_cases_can_be_kept_drawn_by_stratum_and_by_doubt(proposed, name):
    of: Kind = kind(name)
    cases = proposed[name]
    assert len(cases) >= 8
    assert len({case.item for case in cases}) == len(cases)
    for case in cases:
        assert 0 < len(case.item) <= 300
        assert case.score is not None
        assert 0 <= case.score <= 1
        assert case.stratum
        assert case.dataset
        assert case.scene
        assert case.method
        assert (case.origin, bool(case.source), bool(case.licence)) == ("simulated", True, True)
        assert len(case.weights) == 64
        assert case.truth in ("", *of.answers)
        assert len(json.dumps(case.facts)) <= 3000
    if name != "scores":  # the one day of the test has one weather
        assert len({case.stratum for case in cases}) > 1
    assert len({case.score for case in cases}) > 1


@pytest.mark.parametrize("name", NAMES)
def test_the_truth_is_in_no_name_and_no_fact(proposed, name):
    answers = kind(name).answers
    for case in proposed[name]:
        told = json.dumps([case.facts, case.item, case.scene, case.stratum])
        assert not any(f'"{answer}"' in told or "truth" in told or "label" in told for answer in answers)
    # What differs between cases of one truth and of the other is what was said, never which keys there are.
    assert len({tuple(case.facts) for case in proposed[name]}) == 1


@pytest.mark.parametrize("name", NAMES)
def test_the_same_machine_proposes_the_same_cases(proposed, name):
    forget()
    again = kind(name).candidates()
    assert [case.item for case in again] == [case.item for case in proposed[name]]
    assert [case.facts for case in again] == [case.facts for case in proposed[name]]


@pytest.mark.parametrize("name", NAMES)
def test_pictures_are_small_named_and_the_same_again(proposed, name):
    of = kind(name)
    for number, case in enumerate(some(proposed[name])):
        panels = of.draw(case)
        assert panels
        for panel in panels:
            assert len(panel.png) <= 100_000
            with Image.open(io.BytesIO(panel.png)) as opened:
                opened.load()
                assert opened.format == "PNG"
                assert 256 <= max(opened.size) <= 512
            assert not any(answer == panel.name.rpartition("_")[2] for answer in of.answers)
            if panel.legend is not None:
                assert panel.legend.low < panel.legend.high
                assert len(panel.legend.colours) >= 2
            for words in map(load, LANGUAGES):
                assert words.text(f"verdicts.panels.{panel.name}")
                assert words.text(f"verdicts.panels.{panel.name}_alt")
                if panel.legend is not None:
                    assert words.text(f"verdicts.quantities.{panel.legend.quantity}")
        if number == 0:  # what a store gives back is JSON, and another process has nothing in its caches
            forget()
            kept = replace(case, facts=json.loads(json.dumps(case.facts)), truth="", score=None)
            assert [p.png for p in of.draw(kept)] == [p.png for p in panels]


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_every_kind_and_option_has_words(name, lang):
    words, of = load(lang), kind(name)
    for key in ("title", "question", "help", *(f"answers.{answer}" for answer in of.answers)):
        assert words.text(f"verdicts.kinds.{name}.{key}")
    for option in of.options:
        assert words.text(f"verdicts.options.{option.name}")


def test_every_class_that_can_be_said_has_a_panel():
    words = load("fr")
    for label in simulate.LABELS:
        assert f"verdicts.panels.landcover_said_{label}" in words
    for label in territory.CLASSES:
        assert f"verdicts.panels.landcover_year_{label}" in words


@pytest.mark.parametrize("name", NAMES)
def test_what_is_no_option_is_refused(name):
    of = kind(name)
    with pytest.raises(InputError) as refused:
        of.candidates({"colour": "red"})
    assert refused.value.code == "campaign_option"
    for option in of.options:
        with pytest.raises(InputError) as refused:
            of.candidates({option.name: ["none such"] if option.several else "none such"})
        assert refused.value.code == "campaign_value"


# --- land cover ---


def test_a_network_is_not_asked_for_what_it_cannot_give():
    with pytest.raises(InputError) as refused:
        kind("explanations").candidates(
            {"landcover_model": "rgb_cnn", "landcover_methods": ["exact_evidence"]}
        )
    assert refused.value.code == "method_needs"


def test_only_the_random_map_is_known_to_justify_nothing(proposed):
    methods = {case.method: case.truth for case in proposed["explanations"]}
    assert methods == {"exact_evidence": "", "random": "not_sensible", "sobel": ""}


def test_the_truth_of_a_label_is_that_of_the_patch(proposed):
    made = {held.name: held.label for held in shelf.images("simulated")}
    for case in proposed["labels"]:
        assert (case.truth == "right") == (made[case.facts["image"]] == case.facts["said"])


def test_the_order_of_images_says_nothing_of_their_class(monkeypatch):
    monkeypatch.setattr(shelf, "EACH", 20)
    forget()
    labels = [held.label for held in shelf.images("simulated")]
    forget()
    follows = [simulate.LABELS.index(b) == (simulate.LABELS.index(a) + 1) % 10 for a, b in pairwise(labels)]
    assert len(labels) == 200
    assert np.mean(follows) < 0.3  # 0.1 by chance, 1 where they follow each other
    assert np.mean([a == b for a, b in pairwise(labels)]) < 0.3


@settings(max_examples=25, deadline=None)
@given(st.floats(1e-3, 1e3), st.integers(0, 10_000))
def test_a_method_is_not_known_by_the_size_of_its_evidence(factor, seed):
    rng = np.random.default_rng(seed)
    pixels = rng.integers(0, 256, (8, 8, 3), np.uint8)
    evidence = rng.standard_normal((8, 8))
    one, other = (judged_images.lit(pixels, e).astype(int) for e in (evidence, evidence * factor))
    assert np.abs(one - other).max() <= 1
    np.testing.assert_array_equal(
        one, judged_images.lit(pixels, evidence.clip(0))
    )  # what speaks against is silent


def test_the_strongest_place_is_lit_and_the_rest_is_grey():
    evidence = np.full((4, 4), -1.0)
    evidence[1, 2] = 3.0
    drawn = judged_images.lit(np.full((4, 4, 3), 100, np.uint8), evidence)
    assert np.ptp(drawn[0, 0].astype(int)) == 0
    assert np.abs(drawn[1, 2].astype(int) - table("cividis")[-1]).max() < 0.1 * 255
    assert judged_images.lit(np.zeros((4, 4, 3), np.uint8), np.zeros((4, 4))).max() == 0


def test_what_is_gone_is_said(proposed):
    of = proposed["labels"][0]
    with pytest.raises(Unavailable) as gone:
        kind("labels").draw(replace(of, facts={**of.facts, "image": "999"}))
    assert gone.value.code == "landcover_case_gone"
    of = proposed["seasons"][0]
    for wrong in ({"print": "0" * 16}, {"row": 10_000}, {"parcels": "france"}):
        with pytest.raises(InputError) as changed:
            kind("seasons").draw(replace(of, facts={**of.facts, **wrong}))
        assert changed.value.code == "landcover_parcel_gone"
    of = proposed["posteriors"][0]
    for wrong in ({"print": "0" * 12}, {"row": 999}, {"source": "cesbio"}):
        with pytest.raises(Unavailable) as lost:
            kind("posteriors").draw(replace(of, facts={**of.facts, **wrong}))
        assert lost.value.code == "canopy_case_gone"


# --- rain ---


def test_two_maps_are_of_one_kind_where_they_share_a_cell(proposed):
    held = basis("desom_aware")
    seed, step = (held.past[name].to_numpy(int) for name in ("seed", "step"))
    cell, _ = held.model.assign(held.model.past_latent)
    for case in proposed["families"]:
        (first, second) = (
            int(cell[np.flatnonzero((seed == s) & (step == h))[0]]) for s, h in case.facts["maps"]
        )
        assert (case.truth == "same") == (first == second)
        assert case.facts["maps"][0][0] != case.facts["maps"][1][0], "maps of one day look alike"
    order = sorted(proposed["families"], key=lambda case: case.facts["distance"])
    assert all(a.score >= b.score for a, b in pairwise(order))


def test_a_map_is_better_than_most_with_the_chance_that_past_errors_give(proposed):
    held = basis("desom_aware")
    median = np.nanmedian(held.past["csi"])
    errors = (held.true - held.predicted)[:, rain.SCORE]
    for case in proposed["scores"]:
        over = [case.facts["csi_predicted"] + e >= median for e in errors if np.isfinite(e)]
        assert case.score == pytest.approx(np.mean(over), abs=0.01)


def test_more_rain_is_darker_and_no_data_is_grey():
    drawn = pictures.pixels(np.array([[np.nan, 0.0, 0.3, 2.0, 20.0, 90.0]]))[0].astype(int)
    assert tuple(drawn[0]) == pictures.UNKNOWN
    assert tuple(drawn[1]) == pictures.GROUND
    assert (np.diff(drawn[1:5].sum(-1)) < 0).all()
    np.testing.assert_array_equal(drawn[4], drawn[5])
    assert pictures.colours()[-1] == "#{:02x}{:02x}{:02x}".format(*drawn[5])


# --- canopy ---


def test_a_control_is_shown_what_another_spectrum_makes_one_believe(proposed):
    controls = [case for case in proposed["posteriors"] if case.method == canopy.SWAPPED]
    assert {case.truth for case in controls} == {"not_plausible"}
    for case in controls:
        assert case.score < canopy.CLEARLY
    own = [case for case in proposed["posteriors"] if case.method != canopy.SWAPPED]
    assert {case.truth for case in own} == {""}
    assert np.median([case.score for case in own]) > 0.2, "a trained family explains what it saw"


# --- real data ---


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("explanations", {"landcover_source": "eurosat_ms"}),
        ("labels", {"landcover_source": "eurosat_rgb", "landcover_model": "rgb_cnn"}),
        ("seasons", {"landcover_parcels": "france"}),
        ("posteriors", {"canopy_source": "cesbio"}),
    ],
)
def test_real_ones_are_drawn_too(name, options, monkeypatch):
    of = kind(name)
    monkeypatch.setenv("EOGEN_DATA", str(real_data(of.room).parent))
    monkeypatch.setattr(canopy, "POINTS", 6)
    monkeypatch.setattr(shelf, "EACH_REAL", 3)
    shelf._real.cache_clear()
    choices = {option.name: list(option.values()) for option in of.options}
    for option, value in options.items():
        if value not in choices[option]:
            pytest.skip(f"no {value} on this machine")
    cases = of.candidates(options)
    assert {case.origin for case in cases} == {"real"}
    if name == "labels":
        assert not any(case.facts["learnt"] for case in cases)
    assert len({case.item for case in cases}) == len(cases)
    assert of.draw(cases[0])
