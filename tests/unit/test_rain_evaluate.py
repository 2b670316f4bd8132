"""The experiment on folders it has never seen: made-up gauges, other names, nothing at all."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from sklearn.metrics import r2_score

from eogen.rain import (
    evaluate,
    evaluate_gauges,
    evaluate_radars,
    evaluate_sanity,
    evaluate_simulated,
    gauged_learners,
    models,
    simulate_files,
)
from eogen.rain.evaluate_figures import Said, clusters, explained
from eogen.rain.evaluate_gauges import accumulated
from eogen.rain.examples import TARGETS, simulated
from eogen.rain.methods import METHODS
from eogen.rain.protocol import Prediction
from eogen.rain.simulate import simulate
from eogen.results import Report
from tests.real import real_data

NAMES = ("wet_fraction", "pca_kmeans", "desom_aware")
SIDE = 40


def patched(patch, tmp):
    patch.setattr(evaluate_simulated, "METHODS", {n: METHODS[n] for n in NAMES})
    patch.setattr(evaluate_simulated, "SEEDS", range(30000, 30002))
    patch.setattr(evaluate_simulated, "simulated", partial(simulated, shape=(SIDE, SIDE), stride=9))
    patch.setattr(evaluate_sanity, "SEEDS", range(30000, 30002))
    patch.setattr(evaluate_sanity, "simulate", partial(simulate, shape=(SIDE, SIDE)))
    patch.setattr(evaluate_gauges, "AS_THEY_ARE", ("desom_aware",))
    patch.setattr(evaluate_gauges, "LATENTS", ())
    patch.setattr(evaluate_gauges, "QUICK_TREES", 20)
    patch.setattr(gauged_learners, "TREES", 3)
    patch.setattr(models, "FOLDER", tmp)
    models.load.cache_clear()  # another test may have found the committed ones


def write(folder, days=4, stations=24):
    """Write half hours of IMERG of some days, and gauges that say what the truth was."""
    rng = np.random.default_rng(0)
    rows, table = rng.integers(2, SIDE - 2, (2, stations)), []
    for day in range(days):
        pair = simulate(
            day, 4, start=np.datetime64("2023-01-10") + 3 * day, shape=(SIDE, SIDE), regime="frontal"
        )
        simulate_files.write(pair, folder)
        hour = pair["radar"].values.reshape(-1, 2, SIDE, SIDE).mean(1)[:, rows[0], rows[1]]
        end = pair["time"].values[::2] + np.timedelta64(1, "h")
        for k in range(stations):
            table.append(pd.DataFrame({"time": end, "station": f"S{k:02d}", "mm": hour[:, k].round(1)}))
    pd.concat(table).to_csv(folder / "hourly.csv", index=False)
    where = {"lat": pair["lat"].values[rows[0]], "lon": pair["lon"].values[rows[1]]}
    pd.DataFrame({"station": [f"S{k:02d}" for k in range(stations)]} | where).to_csv(
        folder / "inmet_stations.csv", index=False
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("data")
    (made / "rain" / "other_name").mkdir(parents=True)
    write(made / "rain" / "other_name")
    return made


@pytest.fixture(scope="module")
def report(folder, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patched(patch, tmp_path_factory.mktemp("no_weights"))
        return evaluate.evaluate(folder, quick=True)


def value(report, name, method, dataset):
    (found,) = [f for f in report.figures if (f.name, f.method, f.dataset) == (name, method, dataset)]
    return found


def test_methods_on_simulated_days_have_their_figures(report):
    for score in TARGETS:
        for part in ("r2", "spearman", "slope", "coverage_80", "width_80", "cluster_r2", "eta2"):
            found = value(report, f"{part}/{score}", "pca_kmeans", "simulated, late")
            assert found.n > 0
    for part in (
        "silhouette",
        "davies_bouldin",
        "largest_cluster",
        "effective_clusters",
        "collapse",
        "seconds_1000",
    ):
        assert value(report, part, "pca_kmeans", "simulated, late").value is not None
    assert not [f for f in report.figures if f.method == "wet_fraction" and f.name.startswith("cluster")]
    assert value(report, "r2/csi", "wet_fraction", "simulated, early").n > 0


def test_a_method_without_weights_is_said_to_be_absent(report):
    assert [s for s in report.absent if s.startswith("desom_aware on simulated, late")]
    assert not [f for f in report.figures if f.method == "desom_aware"]


def test_gauges_of_any_name_are_found_and_every_learner_is_told(report):
    names = {f.method for f in report.figures if f.dataset == "other_name, day left out"}
    assert {*gauged_learners.LEARNERS, "places", "mean", "chosen", "stacked"} == names
    assert value(report, "csi", "imerg", "other_name, 1 h, 0.2 mm").value > 0.1
    assert value(report, "cc_shift_0", "imerg", "other_name").value > 0.1
    assert value(report, "r2/csi", "ceiling", "other_name").value <= 1
    targets = {f.name for f in report.figures if f.method == evaluate_gauges.CLAIMED and f.target is not None}
    assert {"r2/csi", "spearman/rmse_log", "coverage_80_off/hss", "slope_off/cc_log"} <= targets
    assert not [f for f in report.figures if f.method == "wet_fraction" and f.target is not None]


def test_the_report_survives_its_file_and_holds_its_tables(report):
    again = Report.from_json(report.to_json())
    assert again.figures == report.figures
    assert {"reliability: simulated, late", "breakdown: other_name", "which score: other_name"} <= set(
        again.tables
    )
    assert report.data[0]["name"] == "other_name"


def test_every_undefined_figure_says_why(report):
    assert not [f for f in report.figures if f.value is None and not f.note]


def test_nothing_at_all_is_said(tmp_path):
    bench = evaluate.Bench(Report("rain"), tmp_path, 0, True, lambda *_: None)
    evaluate_gauges.measure(bench)
    evaluate_radars.measure(bench)
    assert not bench.report.figures
    assert len(bench.report.absent) == 2


def test_the_variance_that_groups_explain_is_the_r2_of_their_means():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 4, 200)
    truth = labels + rng.normal(size=200)
    mean = np.array([truth[labels == k].mean() for k in range(4)])[labels]
    assert explained(truth, labels) == pytest.approx(r2_score(truth, mean))
    assert np.isnan(explained(np.ones(5), np.zeros(5, int)))
    truth[0] = np.nan
    assert np.isfinite(explained(truth, labels))


def test_clusters_that_collapsed_are_told():
    scores = pd.DataFrame({"csi": np.linspace(0, 1, 60)})
    labels = np.zeros(60, int)
    labels[:3] = 1
    latent = np.random.default_rng(0).normal(size=(60, 2))
    made = clusters(Said("m", "d"), Prediction(scores, labels, latent=latent), 4, scores)
    found = {f.name: f.value for f in made}
    assert (found["collapse"], found["empty_clusters"], found["largest_cluster"]) == (1.0, 2.0, 0.95)


def test_accumulations_add_up_and_need_every_hour():
    time = np.datetime64("2023-11-02", "ns") + np.arange(48) * np.timedelta64(1, "h")
    values = np.ones((48, 2))
    values[30, 1] = np.nan
    both = xr.Dataset(dict.fromkeys(("satellite", "gauge"), (("time", "station"), values)), {"time": time})
    day, _ = accumulated(both, 24)
    assert np.array_equal(day.values, [[24, 24], [24, np.nan]], equal_nan=True)
    assert accumulated(both, 3)[0].sizes["time"] == 16


def test_hours_between_looks_are_those_of_each_place():
    seen = np.zeros((12, 1, 2), bool)
    seen[[0, 2, 8], 0, 0] = seen[[5, 6], 0, 1] = True
    assert sorted(evaluate_sanity.gap_hours(seen)) == [0.5, 1, 3]


@pytest.mark.real
def test_real_half_hours_are_smoother_than_a_radar():
    bench = evaluate.Bench(Report("rain"), real_data("rain"), 0, True, lambda *_: None)
    evaluate_radars.measure(bench)
    smooth = {
        f.dataset: f for f in bench.report.figures if f.name == "cc_log_one_pixel" and f.value is not None
    }
    imerg = [f.value for f in smooth.values() if f.method == "imerg"]
    opera = [f.value for f in smooth.values() if f.method == "odim"]
    if not imerg or not opera:
        pytest.skip("there are no half hours of IMERG or no OPERA composite")
    assert max(imerg) > max(opera)
