"""The experiment on folders it has never seen: any subset, other names, nothing at all."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest

from eogen.errors import Cancelled, InputError
from eogen.ocean import evaluate, evaluate_figures, evaluate_sets, methods, sets
from eogen.results import Report
from tests import ocean_folder
from tests.real import real_data

#: Quick ones; the last stands for the method to beat and for the one that targets are for.
NAMES = ("climatology", "nearest", "convolution")


def patched(patch):
    patch.setattr(evaluate, "METHODS", {n: methods.METHODS[n] for n in NAMES})
    patch.setattr(evaluate, "MEMBERS", {"8-day": 2, "near-complete": 2})
    patch.setattr(evaluate, "CLAIMED", ("hybrid", "convolution"))
    patch.setattr(evaluate, "REFERENCE", "convolution")


@pytest.fixture
def few(monkeypatch):
    """Three methods; the others have tests of their own."""
    patched(monkeypatch)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("ocean")
    ocean_folder.daily(made)
    ocean_folder.sst(made)
    return made


@pytest.fixture(scope="module")
def report(folder):
    with pytest.MonkeyPatch.context() as patch:
        patched(patch)
        return evaluate.evaluate(folder)


def value(report, name, method, dataset):
    (found,) = [f for f in report.figures if (f.name, f.method, f.dataset) == (name, method, dataset)]
    return found


EIGHT, DAILY = "nep_2019_daily_modis_viirs, 8-day", "nep_2019_daily_modis_viirs, daily"


@pytest.mark.parametrize("dataset", [EIGHT, DAILY, "clear_sst"])
@pytest.mark.parametrize("method", NAMES)
def test_every_method_is_scored_pooled_and_by_frame_with_an_interval(report, dataset, method):
    for name in ("rmse", "rmse_frame", "mae", "crps", "coverage_90"):
        found = value(report, name, method, dataset)
        assert found.low <= found.value <= found.high, name
        assert found.n > 0
        assert found.seconds >= 0


def test_targets_are_for_the_claimed_method_where_the_issue_set_them(report):
    told = {(f.name, f.method, f.dataset) for f in report.figures if f.target is not None}
    assert ("rmse", "convolution", EIGHT) in told
    assert ("rmse", "convolution", "clear_sst") in told
    assert not {m for n, m, _ in told if n == "rmse"} - {"convolution"}


def test_a_baseline_stands_beside_and_ratios_are_on_the_same_cells(report):
    ratio = value(report, "rmse_over_convolution", "nearest", EIGHT)
    mine, theirs = (value(report, "rmse", m, EIGHT) for m in ("nearest", "convolution"))
    assert ratio.value == pytest.approx(mine.value / theirs.value)
    assert mine.n == theirs.n == ratio.n


def test_no_ground_truth_checks_are_there(report):
    dataset = "nep_2019_daily_modis_viirs, modis filled, viirs the judge"
    assert value(report, "sensor_bias", "sensors", dataset).value == pytest.approx(0.04, abs=0.01)
    assert value(report, "sensor_floor", "sensors", dataset).value == pytest.approx(0.1414, rel=0.05)
    for method in NAMES:
        assert value(report, "rmse", method, dataset).value > 0.1
        assert value(report, "observed_change", method, EIGHT).value == 0
        assert value(report, "repeat_change", method, EIGHT).value == 0
        assert value(report, "skill_shuffled", method, EIGHT).value < 0.3
        assert value(report, "cycle_rmse", method, EIGHT).value > 0


def test_what_is_absent_is_said(report):
    text = " ".join(report.absent)
    for word in ("monthly", "series", "Longhurst", "phytoplankton types"):
        assert word in text, word


def test_the_report_survives_its_json_and_tells_its_protocol(report):
    again = Report.from_json(report.to_json())
    assert len(again.figures) == len(report.figures)
    signature = again.tables[f"signature: {EIGHT}"]
    assert signature.sha256.nunique() == 1
    assert signature.cells.iloc[0] == value(report, "rmse", "convolution", EIGHT).n
    classes = again.tables[f"classes: {EIGHT}"]
    assert {"<=3 px", "offshore", "spring"} <= set(classes["class"])
    assert {row["name"] for row in report.data} == {EIGHT, DAILY, "clear_sst", "simulated ocean, seed 0"}


def test_the_hidden_cells_are_the_same_whatever_the_seed_of_the_methods(folder, few):
    one, two = (evaluate.evaluate(folder, seed=s, quick=True) for s in (0, 1))
    assert [r["sha256"] for r in one.data] == [r["sha256"] for r in two.data]
    assert value(one, "rmse", "nearest", EIGHT).value == value(two, "rmse", "nearest", EIGHT).value


def test_an_empty_folder_is_a_report_of_what_is_absent(tmp_path):
    report = evaluate.evaluate(tmp_path)
    assert not report.figures
    assert len(report.absent) >= 4


def test_one_sensor_and_no_masks_to_lend(tmp_path, few):
    ocean_folder.sst(tmp_path, share=0.0)
    ocean_folder.sst(tmp_path, share=0.4, name="dineof_other_sst.nc")
    report = evaluate.evaluate(tmp_path, quick=True)
    assert value(report, "rmse", "nearest", "dineof_other_sst").value > 0
    assert "simulated clouds" in value(report, "rmse", "nearest", "clear_sst").note


def test_a_method_without_its_weights_is_absent_and_the_others_go_on(tmp_path, monkeypatch, few):
    from eogen.errors import Unavailable

    def lacking(problem, targets, **how):
        raise Unavailable("no_model_weights", "The weights are not here.")

    class Row(methods.Method):
        run = staticmethod(lacking)

    rows = {n: methods.METHODS[n] for n in ("nearest", "convolution")} | {
        "lost": Row("lost", "network", "", "")
    }
    monkeypatch.setattr(evaluate, "METHODS", rows)
    monkeypatch.setitem(methods.METHODS, "lost", rows["lost"])
    ocean_folder.sst(tmp_path, share=0.4, name="dineof_other_sst.nc")
    report = evaluate.evaluate(tmp_path, quick=True)
    assert "lost: The weights are not here." in report.absent
    assert value(report, "rmse", "nearest", "dineof_other_sst").value > 0


def test_a_damaged_file_is_named_and_the_others_are_measured(tmp_path, few):
    (tmp_path / "broken.nc").write_bytes(b"CDF\x01 nothing more")
    ocean_folder.sst(tmp_path, share=0.4, name="dineof_other_sst.nc")
    report = evaluate.evaluate(tmp_path, quick=True)
    assert any("broken.nc" in sentence for sentence in report.absent)
    assert report.figures


def test_it_stops_when_asked(folder, few):
    def stop(done, total, what=""):
        raise Cancelled

    with pytest.raises(Cancelled):
        evaluate.evaluate(folder, quick=True, progress=stop)


def test_slow_methods_are_asked_for_some_frames_at_equal_steps():
    frames = np.arange(10, 40)
    some = evaluate._spread(frames, 4)
    assert some.tolist() == [10, 20, 29, 39]
    np.testing.assert_array_equal(evaluate._spread(frames, 100), frames)


def test_the_distance_from_nominal_and_its_interval():
    assert evaluate_figures._distance(0.88, 0.85, 0.92, 0.9) == pytest.approx((0.02, 0.0, 0.05))
    assert evaluate_figures._distance(0.95, 0.93, 0.97, 0.9) == pytest.approx((0.05, 0.03, 0.07))


def test_lent_clouds_are_real_where_they_fit_and_simulated_where_not(folder):
    from eogen.ocean.read import nep

    daily = nep(sets.daily(folder)[0])
    small = sets.series(folder / "clear_sst.nc", print)
    masks, whose = evaluate_sets.lent_clouds(small, daily)
    assert "modis, viirs" in whose
    share = masks.mean((1, 2))
    assert ((share >= 0.15) & (share <= 0.75)).all()
    _, whose = evaluate_sets.lent_clouds(daily, small.isel(lat=slice(0, 5)))
    assert whose == "simulated clouds"


def test_an_analysed_product_is_no_truth(tmp_path):
    said = []
    path = ocean_folder.sst(tmp_path, name="cmems_l4_sst.nc")
    assert sets.series(path, said.append) is None
    assert "L4" in said[0]


@pytest.mark.real
def test_real_cubes_are_found_and_keep_the_protocol():
    root = real_data("ocean")
    said = []
    if not sets.daily(root):
        pytest.skip("no daily cube here")
    first, second = islice(evaluate_sets.cases(root, said.append), 2)
    assert (first.kind, second.kind) == ("8-day", "daily")
    assert first.observed.sizes["lat"] == second.observed.sizes["lat"]
    assert second.targets.max() < second.observed.sizes["time"]


def test_a_cube_whose_clouds_fit_none_is_told(tmp_path, few):
    path = ocean_folder.sst(tmp_path, share=0.4, name="dineof_other_sst.nc")
    observed = sets.series(path, print)
    alone = observed.copy(data=np.where(np.isfinite(observed.values[0]), observed.values, np.nan))
    from eogen.ocean.trial import hidden

    with pytest.raises(InputError) as caught:
        hidden(alone.isel(time=[0, 1]).copy(data=np.stack([alone.values[0]] * 2)))
    assert caught.value.code == "ocean_no_holdout"
