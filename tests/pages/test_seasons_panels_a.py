"""The panels of one parcel's season and of trust: every model, both languages, odd addresses, a year of clouds."""

from __future__ import annotations

import itertools
import json

import numpy as np
import pandas as pd
import pytest

from eogen.landcover.series import territory
from eogen.landcover.series.kept import TEST_SEEDS, prepared
from eogen.landcover.series.methods import EXPLANATIONS, MODELS
from pages.kit.words import LANGUAGES, load
from pages.parts.landcover.seasons import (
    compute,
    explained,
    season_data,
    season_export,
    season_figure,
    season_map,
    sources,
    trust_data,
    trust_views,
)
from pages.parts.landcover.seasons.state import State
from tests.pages.reading import address, boxes, faults_of_typography, raw, texts, visit
from tests.real import data_root, real_data

SEASON = {"topic": "season", "view": "expert", "parcels": "territory"}
MODELS_OFFERED = [name for name in MODELS if name != "majority"]
FEW = 44


@pytest.fixture(scope="module")
def few():
    """A few parcels of the territory; the last was seen in two months only."""
    held = prepared(territory.parcels(TEST_SEEDS[0], FEW))
    held["reflectance"].values[-1, [0, 1, 2, 3, 4, 6, 8, 9, 10, 11]] = np.nan
    held["seen"].values[-1, [0, 1, 2, 3, 4, 6, 8, 9, 10, 11]] = 0
    return held.assign_attrs(title="a few")


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch, few):
    """A machine without real data, and few parcels."""
    monkeypatch.setenv("EOGEN_DATA", str(tmp_path))
    real = sources.parcels
    monkeypatch.setattr(sources, "parcels", lambda source: few if source == "territory" else real(source))
    monkeypatch.setattr(season_data, "USUAL_PARCELS", 80)


def well(at, lang):
    """Return what is shown, when nothing went wrong and nothing raw is on the page."""
    assert not at.exception
    assert not boxes(at)
    shown = texts(at)
    assert not raw(shown)
    if lang == "fr":
        assert not faults_of_typography(shown)
    return shown


def chart(at, begins):
    """Return the figure of the chart whose alternative text begins so."""
    (found,) = [json.loads(c.proto.spec) for c in at.get("plotly_chart") if c.proto.alt.startswith(begins)]
    return found


def state_of(few, method="random_forest", row=0):
    """Return what the panels are given."""
    kept = compute.knows("territory", method)
    model, learnt = kept.unseen_by(few["reflectance"].values[row])
    key = ("territory", "a few", method, "True", "None")
    target = int(model.predict_proba(few["reflectance"].values[[row]])[0].argmax())
    return State("territory", few, row, method, model, kept.whole, learnt, target, None, key)


def need(method):
    if method not in compute.offered("territory"):
        pytest.skip(f"no weights of {method} yet")


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("method", MODELS_OFFERED)
@pytest.mark.parametrize("panel", ["season", "trust"])
def test_every_model_has_both_panels(lang, method, panel):
    need(method)
    at = visit("landcover", lang=lang, reader=method, look_at=panel, tested="8", **SEASON)
    shown = well(at, lang)
    words = load(lang)
    assert words(f"landcover.series.{panel}.lead") in shown
    assert words("kit.provenance.simulated") in " ".join(shown)
    offered = compute.explanations(method)
    for name in explained.defaults(method, offered):
        assert any(words(f"landcover.series.explanations.{name}.name") in text for text in shown)
    if MODELS[method].attentive and panel == "trust":
        assert any(words("landcover.series.explanations.attention.name") in text for text in shown)


def test_the_address_chooses_and_what_it_cannot_mean_is_ignored():
    at = visit(
        "landcover", explain_a="occlusion", explain_b="nonsense", curves="swir-B04-nonsense", parcel="3",
        reader="random_forest", **SEASON,
    )  # fmt: skip
    well(at, "fr")
    held = address(at)
    assert held["explain_a"] == "occlusion"
    assert "explain_b" not in held
    assert held["curves"] == "swir-B04"
    assert held["parcel"] == "3"
    names = [trace.get("name") for trace in chart(at, "Saison")["data"]]
    assert load("fr")("landcover.series.explanations.occlusion.name") in names


def test_an_explanation_the_model_cannot_give_falls_back_on_its_own():
    at = visit(
        "landcover", explain_a="attention", reader="random_forest", look_at="trust", tested="999", **SEASON
    )
    well(at, "fr")
    assert "explain_a" not in address(at)
    assert address(at)["tested"] == "60"


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("panel", ["season", "trust"])
def test_a_parcel_seen_in_two_months_is_drawn_with_its_gaps(lang, panel):
    at = visit(
        "landcover", lang=lang, parcel=str(FEW), look_at=panel, reader="random_forest", tested="8", **SEASON
    )
    shown = well(at, lang)
    if panel == "season":
        assert load(lang)("landcover.series.season.gaps", count=10) in shown
        own = next(
            trace
            for trace in chart(
                at, load(lang)("landcover.series.season.alt", target="", first="", second="")[:6]
            )["data"]
            if trace.get("name") == load(lang)("landcover.series.season.this")
        )
        assert sum(value is not None for value in decoded(own["y"])) == 2


def decoded(values):
    """Return numbers of a trace, None where there are none."""
    if isinstance(values, dict):
        import base64

        found = np.frombuffer(base64.b64decode(values["bdata"]), values["dtype"])
        return [None if np.isnan(v) else float(v) for v in found]
    return values


# --- what is drawn ---


def test_both_explanations_share_a_scale_and_their_parts_are_whole(few):
    state = state_of(few)
    sides = explained.sides(state, ("month_shapley", "band_group_shapley"))
    for side in sides:
        assert np.abs(side.share).sum() == pytest.approx(1)
        assert (np.sign(side.share) == np.sign(side.by_month)).all()
    names, cells = sides[1].cells(state.model.bands)
    assert names == ("visible", "red_edge", "nir", "swir")
    assert np.abs(cells).sum() == pytest.approx(1)
    assert sides[0].cells(state.model.bands) is None
    figure = season_figure.picture(load("fr"), state, sides, ["nir", "B04", "swir"], [])
    bars = [trace for trace in figure.data if trace.type == "bar"]
    ranges = [figure.layout[trace.yaxis.replace("y", "yaxis")].range for trace in bars]
    assert ranges[0] == ranges[1]
    # Strips lie one above the other and none leaves the picture.
    axes = [figure.layout[name] for name in figure.layout if name.startswith("yaxis")]
    domains = sorted((tuple(a.domain) for a in axes if a.domain), reverse=True)
    assert all(low < high for low, high in domains)
    assert all(upper[0] > lower[1] for upper, lower in itertools.pairwise(domains))
    assert domains[-1][0] >= 0
    assert domains[0][1] <= 1


def test_an_explanation_that_says_nothing_has_no_parts():
    side = explained.Side("occlusion", np.zeros(12), 0.0)
    assert (side.share == 0).all()
    assert (explained.Side("random", np.zeros((12, 9)), 0.0).cells(("B02",))[1] == 0).all()


def test_true_evidence_is_framed_on_the_territory_alone(few):
    state = state_of(few)
    sides = explained.sides(state, ("month_shapley", "occlusion"))
    true = season_data.truth(state)
    assert true.shape == (12, 9)
    figure = season_figure.picture(load("en"), state, sides, [], [])
    frames = [s for s in figure.layout.shapes if s.line.color == season_figure.TRUE]
    assert len(frames) == 3 * len(season_figure.runs(true.any(1)))
    assert season_figure.runs(np.array([1, 1, 0, 1], bool)) == [(0, 2), (3, 4)]


def test_curves_are_the_bands_their_means_and_the_index(few):
    series, bands = few["reflectance"].values[0], tuple(map(str, few["band"].values))
    assert np.allclose(season_data.curve(series, bands, "B08"), series[:, bands.index("B08")], equal_nan=True)
    visible = series[:, [bands.index(b) for b in ("B02", "B03", "B04")]].mean(1)
    assert np.allclose(season_data.curve(series, bands, "visible"), visible, equal_nan=True)
    assert season_data.curves(bands)[:4] == ["visible", "red_edge", "nir", "swir"]


def test_every_explanation_has_a_unit_and_is_written_with_it():
    assert set(explained.UNITS) == set(EXPLANATIONS)
    for lang in LANGUAGES:
        for name in EXPLANATIONS:
            said = explained.written(load(lang), name, 0.123)
            assert any(digit in said for digit in "0123456789")
            assert len(said) > 4


@pytest.mark.parametrize("lang", LANGUAGES)
def test_agreement_is_said_in_words(lang):
    t = load(lang)
    up, down = (
        explained.Side(name, np.arange(12.0) * s, 0.0) for name, s in (("occlusion", 1), ("random", -1))
    )
    assert "1" in explained.agreement(t, up, explained.Side("month_shapley", np.arange(12.0), 0.0))
    assert explained.agreement(t, up, up) == t("landcover.series.season.agree.same")
    assert explained.agreement(t, up, down) == t("landcover.series.season.agree.against", rho=-1.0)


# --- the map ---


def test_a_click_on_the_map_opens_the_parcel(few, monkeypatch):
    at = visit("landcover", reader="random_forest", **SEASON)
    well(at, "fr")
    kept = {"some": {"selection": {"points": [{"customdata": [6]}]}}, "empty": {"selection": {"points": []}}}
    monkeypatch.setattr(season_map.st, "session_state", kept)
    season_map.touched("some")
    assert kept["parcel"] == 7
    season_map.touched("empty")
    season_map.touched("never drawn")
    assert kept["parcel"] == 7


def test_the_map_shows_every_parcel_once_and_says_who_is_right(few):
    state = state_of(few, row=5)
    answer = season_data.answers(state).argmax(1)
    figure = season_map.picture(load("en"), state, answer)
    right, wrong, ring = figure.data[-3:]
    assert sorted([*right.customdata, *wrong.customdata]) == list(range(FEW))
    assert (answer[list(right.customdata)] == few["label"].values[list(right.customdata)]).all()
    assert (ring.x[0], ring.y[0]) == (few["lon"].values[5], few["lat"].values[5])


def test_parcels_without_places_have_no_map(few, monkeypatch):
    monkeypatch.setattr(
        sources, "parcels", lambda source: few.drop_vars(["lon", "lat"]).assign_attrs(title="placeless")
    )
    at = visit("landcover", lang="en", reader="random_forest", **SEASON)
    assert load("en")("landcover.series.season.map.none") in well(at, "en")


# --- what is taken away ---


def test_the_files_hold_what_was_computed(few):
    state = state_of(few, row=3)
    sides = explained.sides(state, ("month_shapley", "band_group_shapley"))
    made = season_export.table(state, sides)
    assert made["month"].tolist() == [f"2023-{k:02d}" for k in range(1, 13)]
    assert np.allclose(made["B08"], state.series[:, 6], equal_nan=True)
    assert np.allclose(made["month_shapley"], sides[0].by_month)
    assert np.allclose(made.filter(regex="band_group_shapley_").sum(axis=1), made["band_group_shapley"])
    record = season_export.record(state, sides)
    assert json.loads(json.dumps(record, allow_nan=False))["explained_class"] == state.classes[state.target]
    assert sum(record["probability"].values()) == pytest.approx(1, abs=1e-4)
    whole = compute.probability(state.key, state.model, state.series)[state.target]
    assert record["probability"][state.classes[state.target]] == pytest.approx(whole, abs=1e-6)


# --- trust ---


def test_many_parcels_are_asked_of_models_that_did_not_see_them(few):
    state = state_of(few)
    held = trust_data.many(state, 8)
    assert len(held.rows) == 8
    assert (held.right == (held.target == few["label"].values[held.rows])).all()
    assert set(held.found.gain) == {*trust_data.names("random_forest"), "random"}
    # A forest on shuffled classes is its twin.
    assert held.found.remains["month_shapley"].n == 8
    hit = trust_data.on_territory(state, held)
    assert set(hit) == set(trust_data.names("random_forest"))
    assert 0 < hit["month_shapley"].chance < 1
    from pages.parts.landcover.seasons.panel_trust import table

    assert isinstance(table(held), pd.DataFrame)
    assert (table(held)["parcels"] == 8).all()


def test_every_verdict_has_a_sentence():
    for lang in LANGUAGES:
        words = load(lang)
        for code in ("better", "unsure", "chance", "worse"):
            assert words(f"landcover.series.trust.one.{code}", beaten=0.4, draws=60)
            assert words(f"landcover.series.trust.many.{code}", names="x", n=1)
    assert trust_views.LOW < 0 < trust_views.HIGH


# --- real parcels ---


@pytest.mark.parametrize("panel", ["season", "trust"])
def test_french_parcels(panel, monkeypatch):
    real_data("landcover")
    monkeypatch.setenv("EOGEN_DATA", str(data_root()))
    if "france" not in sources.offered():
        pytest.skip("no French parcels here")
    at = visit(
        "landcover", topic="season", view="expert", parcels="france", reader="random_forest", look_at=panel,
        tested="8",
    )  # fmt: skip
    shown = well(at, "")  # the licence of the data is English: no French typography
    assert load("fr")("kit.provenance.real") in " ".join(shown)
    if panel == "season":
        assert load("fr")("landcover.series.season.who.fold") in shown
