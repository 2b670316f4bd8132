"""The expert panels of the rain room: every one in both languages, and the numbers behind what they draw."""

from __future__ import annotations

import io
import json
import math
import re

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from eogen.rain import basis, examples, som
from eogen.rain.archive import archive
from eogen.rain.examples import TARGETS, day_of
from eogen.rain.judge import judge
from eogen.rain.methods import METHODS
from eogen.rain.past import past as past_maps
from eogen.rain.scores_fss import LEAST, fss_table
from eogen.rain.simulate import simulate
from eogen.results import Figure, Report
from pages.kit.words import LANGUAGES, load
from pages.parts.rain import (
    cards,
    cards_view,
    expert,
    fits,
    fss_view,
    more_days,
    names,
    panel_results,
    panel_score,
    panel_truth,
    results_views,
    score_view,
    som_view,
)
from tests.pages.reading import boxes, texts, visit
from tests.pages.test_rain import well
from tests.real import real_data

#: A method that is fitted in a second, and few days.
FAST = {"view": "expert", "method": "pca_kmeans", "days": "2", "held": "2"}
PANELS = [name for name in expert.PANELS if name != "constellation"]


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """A machine without real data."""
    monkeypatch.setenv("EOGEN_DATA", str(tmp_path))


@pytest.fixture(scope="module")
def day():
    """Half a morning of simulated maps with their truth."""
    return simulate(41_000, 8, start=day_of(41_000))


def chart(at, name):
    """Return the figure of a chart whose alternative text begins so."""
    (found,) = [json.loads(c.proto.spec) for c in at.get("plotly_chart") if c.proto.alt == name]
    return found


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("panel", PANELS)
def test_every_panel_is_drawn(lang, panel):
    at = visit("rain", lang=lang, panel=panel, **FAST)
    shown = well(at, lang)
    words = load(lang)
    if panel != "results":
        assert words(f"rain.{panel}.lead") in shown
    if panel in ("map", "score", "fss", "breakdown"):
        assert words("kit.provenance.simulated") in " ".join(shown)


def test_every_method_and_target_has_a_name_in_both_languages():
    for lang in LANGUAGES:
        words = load(lang)
        assert all(row.title in words for row in METHODS.values())
        assert all(f"rain.scores.{name}" in words for name in TARGETS)


# --- the map of cells ---


def test_cards_hold_the_mean_of_the_maps_of_each_cell():
    held = cards.cells("pca_kmeans")
    kept = archive("late").train
    cell = fits.found("pca_kmeans").model.predict(kept).cluster
    means = pd.DataFrame(kept.scores[list(TARGETS)]).groupby(cell).mean()
    assert held.cards["count"].tolist() == np.bincount(cell, minlength=16).tolist()
    assert np.allclose(held.cards[list(TARGETS)], means, atol=1e-6)
    for name in TARGETS:
        inside = (held.cards[name] >= held.cards[f"{name}_low"]) & (
            held.cards[name] <= held.cards[f"{name}_high"]
        )
        assert inside[held.cards["days"] > 5].all(), name
    regimes = held.cards[[c for c in held.cards if c.startswith("regime_")]].sum(axis=1)
    assert np.allclose(regimes[held.cards["told"] > 0], 1)
    assert held.cards["told"].sum() == len(kept), "what it learnt from is what is kept"


def test_the_maps_of_a_cell_are_its_nearest_and_of_few_days():
    held = cards.cells("pca_kmeans")
    cell = int(held.cards["count"].to_numpy().argmax())
    rows = cards_view.nearest(held, cell)
    assert (held.past.cluster[rows] == cell).all()
    assert len(set(held.past.seed[rows])) <= cards_view.DAYS
    own = held.past.distance[held.past.cluster == cell]
    assert held.past.distance[rows[0]] == own.min()


def test_sensors_are_told_by_orbits_alone():
    held = cards.cells("pca_kmeans")
    found = cards.sensors(held, 0)
    assert set(found) <= {"GMI", "AMSR2", "SSMIS", "MHS", "ATMS"}
    assert all(0 < share <= 1 for share in found.values())


def test_cells_without_a_grid_are_laid_in_the_order_of_their_score():
    value = np.array([0.4, np.nan, 0.1, 0.9])
    place = som_view.places(4, None, value)
    order = np.argsort(place[:, 0] * 2 + place[:, 1])
    assert order.tolist() == [2, 0, 3, 1], "lowest first, without a score last"
    assert som_view.places(6, (2, 3), np.zeros(6))[4].tolist() == [1, 1]


def test_cells_are_as_large_as_they_are_full():
    side = som_view.sides(np.array([0, 25, 100]))
    assert side[0] == som_view.SMALLEST
    assert side[2] == som_view.LARGEST
    assert side[1] == pytest.approx((som_view.SMALLEST + som_view.LARGEST) / 2), (
        "half the side: a quarter of the area"
    )


def test_a_link_opens_a_cell_and_its_frame_is_marked():
    at = visit("rain", lang="en", panel="map", cell="5", **FAST)
    words = load("en")
    assert any(words("rain.map.card", cell=5) in text for text in texts(at))
    shapes = chart(at, words("rain.map.alt"))["layout"]["shapes"]
    assert [s["line"]["width"] > 0 for s in shapes].index(True) == 4
    assert len(chart(at, words("rain.map.alt"))["layout"]["images"]) == 16


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_method_without_its_weights_says_so(lang, tmp_path, monkeypatch):
    for name in ("committed", "ready"):
        real = getattr(fits, name)
        monkeypatch.setattr(fits, name, lambda n, real=real: n != "desom" and real(n))
    at = visit("rain", lang=lang, view="expert", panel="map", method="desom")
    well(at, lang)
    words = load(lang)
    said = words("rain.common.absent", method=words("rain.methods.desom"), name="desom")
    assert any(said in text for text in [i.value for i in at.info])
    assert any(words("rain.common.no_weights") in option for option in at.selectbox(key="map_method").options)


def test_members_are_simulated_again_when_asked():
    at = visit("rain", lang="fr", panel="map", cell="3", **FAST)
    at.button(key="ask_members_pca_kmeans_2").click().run()
    well(at, "fr")
    pictures = [e.proto.body for e in at.get("html") if "figcaption" in e.proto.body]
    assert pictures
    assert pictures[0].count("<img") == 2 * pictures[0].count("<figcaption")


def test_a_network_with_a_grid_brings_its_own_past_maps():
    """Untrained, but with all that a committed one holds."""
    held = examples.simulated([41_005, 41_006], shape=(40, 40))
    model = som.build("som").eval()
    model.learn_scales(held)
    model.remember(held, held)
    of = basis.Basis(
        "som", model, *basis._of_network(model), np.zeros(1), np.ones(1), *basis._errors(model), False
    )
    past = past_maps(of)
    assert sorted(past.seed.tolist()) == sorted(held.block.tolist())
    assert past.cluster.tolist() == model.predict(held).cluster.tolist()
    assert fits.counts(of, past).tolist() == np.bincount(past.cluster, minlength=model.clusters).tolist()
    assert len(fits.centres(of)) == model.clusters == math.prod(model.grid)
    assert past.days[0] == held.days[0]
    board = som_view.Board(
        model.prototypes(), past.scores["csi"].to_numpy()[: model.clusters], fits.counts(of, past),
        som_view.places(model.clusters, model.grid, np.zeros(model.clusters)), "csi",
    )  # fmt: skip
    assert len(som_view.picture(load("fr"), board, 0).layout.images) == model.clusters


# --- scoring a map ---


def test_scores_are_saved_with_intervals_and_the_truth(day):
    said = judge(day, "pca_kmeans")
    truth = panel_score._truth.__wrapped__("k", day)
    with xr.open_dataset(io.BytesIO(panel_score.netcdf(said.maps, truth)), engine="h5netcdf") as held:
        assert held.sizes["time"] == day.sizes["time"]
        assert (held["time"].values == day["time"].values).all()
        assert np.allclose(held["csi"], said.maps["csi"])
        assert np.allclose(held["csi_true"], truth["csi"], equal_nan=True)
        assert (held["csi_low"] <= held["csi_high"]).all()
    shown = score_view.table(load("en"), said, 2, truth)
    assert len(shown) == len(TARGETS)
    assert shown.iloc[0, 1].startswith(load("en").number(float(said.maps[TARGETS[0]][2]), 2))


def test_what_the_file_does_not_tell_is_said(day):
    bare = day[["precipitation", "radar"]]
    said = judge(bare, "pca_kmeans")
    for lang in LANGUAGES:
        words = load(lang)
        sentences = score_view.facts(words, said.facts, bare.sizes["time"])
        assert words("rain.facts.no_age") in sentences
        assert words("rain.facts.simulated") in sentences
    codes = {f.code for f in said.facts}
    assert codes <= {k.rpartition(".")[2] for k in load("fr") if k.startswith("rain.facts.")}


def test_a_hole_in_time_is_no_line(day):
    gone = day.isel(time=[0, 1, 2, 6, 7])
    gone["time"].attrs = dict(day["time"].attrs)
    said = judge(gone, "pca_kmeans")
    figure = score_view.series(load("en"), said, "csi", None, 0)
    assert any(not np.isfinite(v) for v in figure.data[2].y)


def test_the_series_marks_the_true_score():
    at = visit("rain", lang="en", panel="score", **FAST)
    words = load("en")
    held = chart(at, words("rain.score.series_alt"))
    assert words("rain.score.true") in [trace["name"] for trace in held["data"] if "name" in trace]


def test_what_counted_is_shown_when_asked():
    at = visit("rain", lang="en", panel="score", **FAST)
    (button,) = [b for b in at.button if b.label == load("en")("rain.score.occlusion_show")]
    button.click().run()
    shown = well(at, "en")
    # PCA and k-means say the same of all maps of a cell: often no part alone changes it.
    said = ("rain.score.occlusion_alt", "rain.score.occlusion_none")
    assert any(load("en")(key) in text for text in shown for key in said)


# --- true against predicted ---


def test_what_is_said_of_methods_is_what_their_predictions_give():
    held, predicted, bounds = panel_truth._all("pca_kmeans", 0.0, (41_001, 41_002), (40, 40), lambda *a: None)
    assert set(predicted) == {"pca_kmeans", "wet_fraction", "age_only", "forest"}
    assert not set(held.block) & {*archive().train.block, *archive().calibration.block}
    row = panel_truth.measured(held, predicted["forest"], bounds["forest"], "csi")
    truth, said = held.scores["csi"].to_numpy(float), predicted["forest"]["csi"].to_numpy(float)
    good = np.isfinite(truth)
    apart = ((truth - said)[good] ** 2).sum() / ((truth[good] - truth[good].mean()) ** 2).sum()
    assert row["r2"][0] == pytest.approx(1 - apart)
    low, high = bounds["forest"]["csi"]
    assert row["coverage"][0] == pytest.approx(np.mean((truth >= low)[good] & (truth <= high)[good]))
    saved = panel_truth.listed(held, predicted, bounds)
    assert len(saved) == len(held) * 4 * len(TARGETS)


def test_days_in_a_row_are_in_order_and_once():
    one, two = (simulate(s, 3, start=day_of(s), shape=(40, 40)) for s in (41_003, 41_004))
    whole = more_days.in_a_row([one, two, one])
    assert whole.sizes["time"] == 6
    assert (np.diff(whole["time"].values) > np.timedelta64(0)).all()
    assert set(np.unique(whole["regime"].values)) == {*one["regime"].values, *two["regime"].values}


# --- scales ---


def test_what_is_too_rare_is_hidden_and_said(day):
    found = fss_view.table(day["precipitation"], day["radar"])
    plain = fss_table(day["precipitation"], day["radar"])
    assert np.allclose(found["fss"], plain["fss"], equal_nan=True)
    rare = (np.minimum(found["wet_imerg"], found["wet_radar"]) < LEAST).values
    assert np.isnan(found["fss"].values[rare]).all()
    saved = fss_view.listed(found)
    assert len(saved) == found["fss"].size
    assert (saved["shown"] == saved["fss"].notna()).all()
    figure = fss_view.picture(load("en"), found)
    said = [re.sub("<[^>]+>", "", a.text) for a in figure.layout.annotations]
    assert said.count(load("en")("rain.fss.rare")) == int(found["fss"].isnull().sum())
    assert sum("✓" in text for text in said) == int((found["fss"] >= found["useful"]).sum())


def test_small_maps_have_no_wide_windows(day):
    assert fss_view.widths(day["precipitation"].isel(lat=slice(0, 6), lon=slice(0, 6))) == [10.0, 30.0]


# --- results ---


def report():
    """A report of two methods, one target missed, one table."""
    rows = [
        Figure("r2/csi", "forest", "simulated_late", 0.84, 0.8, 0.88, 900, target=0.83),
        Figure(
            "r2/csi", "pca_kmeans", "simulated_late", 0.3, 0.2, 0.4, 900, target=0.75, note="Held-out days."
        ),
        Figure("r2/hss", "forest", "simulated_late", None, None, None, 0, note="Not defined."),
        Figure(
            "topographic_error", "som", "simulated_late", 0.05, None, None, 900, target=0.1, better="lower"
        ),
        Figure("r2/csi", "ceiling", "gauges", 0.68, 0.6, 0.7, 300),
    ]
    table = pd.DataFrame({"score": ["csi"], "reliability": [0.68]}).set_index("score")
    return Report("rain", seconds=3.0, figures=rows, tables={"gauges": table}, absent=["No radar pairs."])


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("section", ["board", "targets", "tables", "all"])
def test_what_was_measured_is_shown(lang, section, tmp_path, monkeypatch):
    path = tmp_path / "rain.json"
    path.write_text(report().to_json(), "utf-8")
    monkeypatch.setattr(panel_results, "RESULTS", path)
    at = visit("rain", lang=lang, view="expert", panel="results", measured=section)
    well(at, lang)
    shown = [block.value for block in at.markdown]
    words = load(lang)
    assert words("rain.results.lead") in shown
    frames = [f.value for f in at.dataframe]
    if section == "board":
        assert frames[0].iloc[:, 0].tolist() == [
            words("rain.methods.forest"),
            words("rain.methods.pca_kmeans"),
        ]
        assert "✓" in frames[0].iloc[0, 1]
        assert "✗" in frames[0].iloc[1, 1]
    if section == "targets":
        assert f"**{words('rain.results.reached', reached=2, n=3)}**" in shown
        assert frames[0].iloc[0, 1] == words("rain.methods.pca_kmeans"), "missed ones first"


def test_results_are_ranked_the_better_first():
    held = report()
    assert [f.method for f in results_views.rows_of(held, "simulated_late", "r2/csi")] == [
        "forest",
        "pca_kmeans",
    ]
    assert results_views.leading(held, "simulated_late") == "r2/csi"
    # Gauges have no method of the registry, but scores were predicted there too.
    assert results_views.sets(held) == ["simulated_late", "gauges"]


def test_a_scale_never_makes_much_of_little():
    scale = names.scale("csi", [0.5, 0.501])
    assert scale.high - scale.low == pytest.approx(0.1)
    assert names.scale("log_bias", [0.2, -0.1]).signed
    assert math.isclose(names.scale("log_bias", [0.2, -0.1]).high, 0.2)


@pytest.mark.real
@pytest.mark.parametrize("panel", ["score", "breakdown"])
def test_real_maps_of_this_machine_are_offered(panel, monkeypatch):
    monkeypatch.setenv("EOGEN_DATA", str(real_data("rain").parent))
    at = visit("rain", lang="en", panel=panel, **FAST)
    offered = at.selectbox(key=f"{panel}_maps").options
    if len(offered) < (3 if panel == "score" else 2):
        pytest.skip("no IMERG sequence is there")
    at.selectbox(key=f"{panel}_maps").set_value(at.selectbox(key=f"{panel}_maps").options[1]).run()
    assert not at.exception
    assert boxes(at) == []
