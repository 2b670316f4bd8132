"""Which score says what: made cases whose answer is known, and the real gauges of Southern Brazil."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy import stats

from eogen.rain import read
from eogen.rain.ceiling import ceiling
from eogen.rain.describe import composite, describe, quality, rank_correlations
from eogen.rain.scores import pooled, score_maps
from eogen.rain.scores_sums import sums
from tests.rain_fields import pair
from tests.real import real_data


def made(n=300, seed=0):
    """Scores whose bonds are known: csi is the wet area, hss nearly cc_log, kge noise, pod its own."""
    rng = np.random.default_rng(seed)
    area, skill, own = rng.random((3, n))
    of = {
        "wet_radar": area, "wet_imerg": area + 0.05 * rng.random(n), "csi": area**2, "cc_log": skill,
        "hss": skill + 0.01 * rng.random(n), "pod": own, "kge": rng.random(n),
    }  # fmt: skip
    of["far"] = of["kge"] + 0.3 * area
    return xr.Dataset({k: ("time", v) for k, v in of.items()})


def test_a_score_is_dropped_for_the_reason_it_was_made_for():
    table = describe(made(), pd.Series({"kge": 0.1, "cc_log": 0.9, "csi": 0.9}))
    assert table.loc["csi", "why"] == "area"
    assert table.loc["kge", "why"] == "noise"
    assert sorted(table.loc[["cc_log", "hss"], "why"]) == ["", "same"]
    assert table.loc["pod", "keep"]
    # It repeats kge, but kge is not kept, though it comes first.
    assert abs(table.loc["kge", "wet_radar"]) < abs(table.loc["far", "wet_radar"])
    assert table.loc["far", "redundancy"] > 0.9
    assert table.loc["far", "closest"] == "kge"
    assert table.loc["far", "keep"]
    assert table.loc["csi", "wet_radar"] == pytest.approx(1)
    assert table.loc["cc_log", "closest"] == "hss"
    assert table.loc["cc_log", "redundancy"] > 0.98


def test_rank_correlations_are_of_maps_that_have_both_and_turned_so_that_more_is_better():
    imerg, radar = pair(maps=12)
    of = score_maps(imerg, radar, with_sal=True)
    of["csi"][:3] = np.nan
    table = rank_correlations(of, ["csi", "rmse_log", "log_bias"])
    expected = stats.spearmanr(of["csi"].values[3:], -of["rmse_log"].values[3:]).statistic
    assert table.loc["csi", "rmse_log"] == pytest.approx(expected)
    assert table.loc["csi", "rmse_log"] == table.loc["rmse_log", "csi"]
    assert np.diag(table) == pytest.approx(np.ones(3))
    assert quality(of, "log_bias") == pytest.approx(-np.abs(of["log_bias"].values))
    assert list(describe(of).index) == [
        "cc_log", "fss", "log_bias", "csi", "pod", "far", "hss", "kge", "rmse_log",
        "structure", "amplitude", "location",
    ]  # fmt: skip


def test_the_composite_is_the_mean_of_three_ranks():
    of = xr.Dataset(
        {
            "cc_log": ("time", [0.1, 0.5, 0.9, np.nan]),
            "fss": ("time", [0.2, 0.4, 0.8, 0.5]),
            "log_bias": ("time", [-2.0, 1.0, 0.0, 0.1]),
        },
        {"time": np.arange(4)},
    )
    found = composite(of)
    # Ranks of cc_log 1/6 3/6 5/6, of fss 1/8 3/8 7/8, of the bias 1/8 3/8 7/8.
    assert found.values[:3] == pytest.approx(np.array([1 / 6 + 2 / 8, 3 / 6 + 6 / 8, 5 / 6 + 14 / 8]) / 3)
    assert np.isnan(found.values[3])
    later = composite(of.isel(time=[2]), among=of)
    assert later.values == pytest.approx(found.values[2:3])


@pytest.fixture(scope="module")
def gauges():
    folder = real_data("rain") / "imerg_sbrazil_202311"
    if not (path := folder / "pairs_imergE_inmet_hourly.csv.gz").is_file():
        pytest.skip("the hourly pairs of Southern Brazil are not there")
    table = pd.read_csv(path, parse_dates=["time"])
    wide = [table.pivot(index="time", columns="station", values=c) for c in ("imerg", "gauge")]
    # The hour ends at the time given; ours is its start.
    time = wide[0].index.to_numpy().astype("datetime64[ns]") - np.timedelta64(1, "h")
    return tuple(xr.DataArray(w.to_numpy(), {"time": time}, ("time", "station")) for w in wide)


@pytest.mark.real
def test_real_gauges_give_the_figures_of_the_reference(gauges):
    """The reference computed 14 days; where some of them are kept apart the figures differ by what days differ."""
    imerg, gauge = gauges
    whole = sums(imerg, gauge, (0.2, 5.0))
    light, heavy = (pooled(whole, e) for e in (0.2, 5.0))
    complete = int(light["n"]) == 27899
    close = 0.0006 if complete else 0.05
    expected = {"cc": 0.451, "pod": 0.684, "far": 0.408, "csi": 0.465, "hss": 0.489, "kge": 0.208}
    for name, value in expected.items():
        assert float(light[name]) == pytest.approx(value, abs=close), name
    assert float(np.exp(light["log_bias"])) == pytest.approx(1.52, abs=0.006 if complete else 0.1)
    for name, value in {"pod": 0.509, "far": 0.699, "csi": 0.233, "hss": 0.336}.items():
        assert float(heavy[name]) == pytest.approx(value, abs=close), name


@pytest.mark.real
def test_the_readers_give_the_pairs_that_were_computed(gauges):
    """The table of pairs was made apart from our readers; both come to the same scores."""
    folder = real_data("rain") / "imerg_sbrazil_202311"
    path = folder / "imerg_early_v06_sbrazil_202311.nc"
    if not path.is_file():
        pytest.skip("the half-hours of Southern Brazil are not there")
    together = read.beside(
        read.gauges(folder / "inmet_hourly_202311.csv.gz"), read.imerg(path)["precipitation"]
    )
    ours, theirs = (pooled(sums(x, y)) for x, y in ((together["satellite"], together["gauge"]), gauges))
    assert float(ours["n"]) == pytest.approx(float(theirs["n"]), rel=0.03)
    for name in ("cc", "cc_log", "pod", "far", "csi", "hss", "kge", "log_bias", "rmse_log"):
        assert float(ours[name]) == pytest.approx(float(theirs[name]), abs=0.01), name


@pytest.mark.real
def test_a_shift_in_time_is_seen(gauges):
    """Hours moved by three are far less alike: the times of both sides mean the same."""
    imerg, gauge = gauges
    later = imerg.assign_coords(time=imerg["time"] + np.timedelta64(3, "h"))
    common = np.intersect1d(later["time"], gauge["time"])
    truth = gauge.sel(time=common)
    right, wrong = (float(pooled(sums(x.sel(time=common), truth))["cc"]) for x in (imerg, later))
    assert right > 0.4
    assert wrong < right - 0.1


@pytest.mark.real
def test_real_scores_are_partly_noise_and_some_are_only_the_wet_area(gauges):
    imerg, gauge = gauges
    of = score_maps(imerg, gauge)
    rainy = of.where((of["n"] >= 40) & (of["wet_radar"] >= 0.05), drop=True)
    names = ["cc_log", "csi", "hss", "log_bias", "rmse_log"]
    known = ceiling(imerg.sel(time=rainy["time"]), gauge.sel(time=rainy["time"]), names, splits=10)
    table = describe(rainy, known["reliability"])
    assert abs(table.loc["rmse_log", "wet_radar"]) > abs(table.loc["cc_log", "wet_radar"])
    assert known["reliability"].between(0.4, 0.97).all()
