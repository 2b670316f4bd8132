"""Intervals by days, scores by class, and the noise of a score, against truths that were made."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from eogen.errors import InputError
from eogen.rain import breakdown as by
from eogen.rain.blocks import block_sums, bootstrap, bounds, day_blocks, draws_of, mean_bounds
from eogen.rain.ceiling import ceiling, stepped_up
from eogen.rain.scores import all_sums, from_sums, pooled
from eogen.rain.scores_sums import sums
from tests.rain_fields import pair, stations


def times(days, each):
    start = np.arange(days) * np.timedelta64(1, "D") + np.datetime64("2023-11-02", "ns")
    return (start[:, None] + np.arange(each) * np.timedelta64(30, "m")).ravel()


def test_days_are_those_of_the_calendar_even_when_they_are_not_in_a_row():
    time = np.array(
        ["2023-11-02T23:30", "2023-11-03T00:00", "2023-11-09T12:00", "2023-11-02T00:00"], "M8[ns]"
    )
    days, index = day_blocks(time)
    assert [str(d) for d in days] == ["2023-11-02", "2023-11-03", "2023-11-09"]
    assert index.tolist() == [0, 1, 2, 0]


def test_each_draw_has_as_many_days_as_there_are():
    drawn = draws_of(7, 300, seed=3)
    assert (drawn.sum(1) == 7).all()
    assert drawn.mean(0) == pytest.approx(np.ones(7), abs=0.2)
    assert (draws_of(7, 300, seed=3) == drawn).all()
    assert (draws_of(7, 300, seed=4) != drawn).any()


def test_sums_of_days_are_those_of_their_maps():
    imerg, radar = pair(maps=6, gaps=0.1, step=600)
    of = all_sums(imerg, radar)
    days, index = day_blocks(of["time"])
    found = block_sums(of, index)
    assert len(days) == 3
    xr.testing.assert_allclose(found.sum("block"), of.sum("time"))
    first = from_sums(found.isel(block=0))
    xr.testing.assert_allclose(first, pooled(of.isel(time=index == 0)))


@pytest.mark.parametrize("days", [5, 12])
def test_intervals_of_a_mean_hold_the_truth_as_often_as_they_say(days):
    """Half-hours of a day share their error; with few days plain percentiles would hold it in 67 % instead of 80 %."""
    rng = np.random.default_rng(0)
    held = []
    for k in range(400):
        values = np.repeat(rng.normal(size=days), 6) + 0.5 * rng.normal(size=days * 6)
        _, low, high, count = mean_bounds(values, times(days, 6), draws=300, seed=k)
        held.append(low <= 0 <= high)
    assert count == days
    assert np.mean(held) == pytest.approx(0.8, abs=0.06)


def test_half_hours_taken_for_new_would_be_far_too_sure():
    rng = np.random.default_rng(1)
    values = np.repeat(rng.normal(size=20), 24)
    _, low, high, _ = mean_bounds(values, times(20, 24))
    alone = times(480, 1)
    _, low_alone, high_alone, _ = mean_bounds(values, alone)
    assert high - low > 3 * (high_alone - low_alone)


def test_one_day_has_no_interval():
    _, low, high, days = mean_bounds(np.array([1.0, 2.0, np.nan]), times(1, 3))
    assert days == 1
    assert np.isnan([low, high]).all()
    assert np.isnan(mean_bounds(np.full(3, np.nan), times(1, 3))[0])
    assert np.isnan(bounds(np.ones((10, 2)), 1)).all()


def test_the_bootstrap_is_that_of_maps_drawn_again():
    """Adding sums in other proportions is the same as repeating the days' maps."""
    imerg, gauge = stations(days=4, places=10)
    of = sums(imerg, gauge, (0.2,))
    _, low, high = bootstrap(of, lambda s: from_sums(s, 0.2), draws=40, seed=5)
    _, index = day_blocks(of["time"])
    again = []
    for weights in draws_of(4, 40, 5):
        maps = np.concatenate([np.repeat(np.flatnonzero(index == b), int(w)) for b, w in enumerate(weights)])
        again.append(float(from_sums(of.isel(time=maps).sum("time"), 0.2)["hss"]))
    expected = bounds(np.array(again), 4)
    assert (float(low["hss"]), float(high["hss"])) == pytest.approx(tuple(map(float, expected)))


def test_each_class_has_the_scores_of_its_pixels_alone():
    imerg, radar = pair(maps=6, gaps=0.1, step=600)
    age = radar.copy(data=np.broadcast_to(np.arange(24) * 10.0, radar.shape).copy()).astype(np.float32)
    classes = by.by_age(age)
    table = by.breakdown(imerg, radar, classes)
    assert table["pixels"].sum() / len(by.SHOWN) == int(pooled(all_sums(imerg, radar))["n"])
    inside = (age >= 45) & (age < 105)
    expected = pooled(sums(imerg.where(inside), radar, (0.2,)))
    row = table[table["class"] == "45-105 min"].set_index("score")
    for name in by.SHOWN:
        assert row.loc[name, "value"] == pytest.approx(float(expected[name])), name
    assert (row["low"] <= row["high"]).all()
    assert (row["days"] == 3).all()
    assert set(table["by"]) == {"age"}


def test_classes_of_maps_are_those_of_all_their_pixels_and_may_have_the_fss():
    imerg, radar = pair(maps=8, gaps=0.1, step=600)
    classes = by.by_hour(imerg["time"], width=12)
    pixels = classes.broadcast_like(imerg.drop_vars(imerg.coords)).assign_attrs(classes.attrs)
    maps = by.breakdown(imerg, radar, classes)
    pd.testing.assert_frame_equal(maps, by.breakdown(imerg, radar, pixels))
    found = by.breakdown(imerg, radar, classes, ["fss"]).set_index("class")
    inside = classes.values == 1
    expected = pooled(all_sums(imerg[inside], radar[inside]))
    assert found.loc["12-24 h", "value"] == pytest.approx(float(expected["fss"]))


def test_a_class_that_one_day_holds_has_no_interval_and_an_empty_one_no_value():
    imerg, gauge = stations(days=5)
    names = np.where(np.arange(120) < 24, "front", np.where(np.arange(120) < 48, "", "showers"))
    classes = by.by_regime(xr.DataArray(names, dims="time"))
    table = by.breakdown(imerg, gauge, classes, ["csi"]).set_index("class")
    assert list(table.index) == ["front", "showers"]
    assert table.loc["front", "days"] == 1
    assert np.isfinite(table.loc["front", "value"])
    assert np.isnan(table.loc["front", "low"])
    assert table.loc["showers", "low"] < table.loc["showers", "value"] < table.loc["showers", "high"]
    assert table.loc["showers", "maps"] == 72
    empty = by.breakdown(imerg, gauge, by.by_season(imerg["time"]), ["csi"]).set_index("class")
    assert empty.loc["JJA", "pixels"] == 0
    assert np.isnan(empty.loc["JJA", "value"])


def test_scores_fall_with_age_where_they_were_made_to():
    rng = np.random.default_rng(2)
    imerg, gauge = stations(days=8, skill=0.8)
    age = xr.DataArray(rng.uniform(0, 240, imerg.shape).astype(np.float32), dims=imerg.dims)
    worse = imerg.copy(data=np.where(age.values > 105, rng.permutation(imerg.values, axis=1), imerg.values))
    table = by.breakdown(worse, gauge, by.by_age(age), ["csi"]).set_index("class")
    assert table.loc["15-45 min", "low"] > table.loc["≥ 195 min", "high"]


def test_a_pair_is_broken_down_by_all_that_it_says():
    imerg, radar = pair(maps=6, step=600)
    age = radar.copy(data=np.full(radar.shape, 60, np.float32))
    given = xr.Dataset({
        "precipitation": imerg, "radar": radar, "microwave_age": age, "microwave_source": (age * 0 + 9).astype(np.int16)
    })  # fmt: skip
    found = by.breakdowns(given, xr.DataArray(["front"] * 6, dims="time"), scores=["csi"], draws=20)
    assert set(found["by"]) == {"all", "season", "hour", "intensity", "satellite", "age", "regime"}
    whole = float(pooled(all_sums(imerg, radar))["csi"])
    for name in ("all", "GMI", "45-105 min", "front", "SON"):
        assert float(found[found["class"] == name]["value"].iloc[0]) == pytest.approx(whole), name
    own = by.breakdowns(given.assign_coords(regime=("time", ["front"] * 6)), scores=["csi"], draws=20)
    pd.testing.assert_frame_equal(own, found)
    plain = by.breakdowns(given[["precipitation", "radar"]], scores=["csi"], draws=20)
    assert set(plain["by"]) == {"all", "season", "hour", "intensity"}


def test_classes_are_told_by_their_edges():
    age = xr.DataArray(np.array([0, 14.9, 15, 200, np.nan], np.float32), dims="time")
    assert by.by_age(age).values.tolist() == [0, 0, 1, 4, -1]
    rate = xr.DataArray(np.array([0, 0.2, 5], np.float32), dims="time")
    assert by.by_intensity(rate).values.tolist() == [0, 1, 3]
    source = xr.DataArray(np.array([[0, 9, 7, -1]], np.int16), dims=("time", "lon"))
    found = by.by_satellite(source)
    assert found.attrs["classes"] == ("none", "MHS", "GMI")
    assert found.values.tolist() == [[0, 2, 1, -1]]
    stamps = np.array(["2023-12-31T23:30", "2023-03-01T00:00", "2023-08-31T12:00"], "M8[ns]")
    time = xr.DataArray(stamps, dims="time")
    assert by.by_season(time).values.tolist() == [0, 1, 2]
    assert by.by_hour(time).values.tolist() == [7, 0, 4]
    # 52.5° west is three and a half hours behind.
    assert by.by_hour(time, lon=-52.5).values.tolist() == [6, 6, 2]


def test_classes_of_other_maps_and_unknown_scores_are_refused():
    imerg, gauge = stations(days=2)
    seasons = by.by_season(imerg["time"])
    with pytest.raises(InputError) as caught:
        by.breakdown(imerg, gauge, seasons[:5])
    assert caught.value.code == "rain_score_classes"
    with pytest.raises(InputError) as caught:
        by.breakdown(imerg, gauge, seasons, ["skill"])
    assert caught.value.code == "rain_score_unknown"


def test_reliability_is_the_share_of_a_score_that_is_signal():
    """Bias of gauges with a known spread from hour to hour and known noise: the share can be worked out."""
    rng = np.random.default_rng(3)
    hours, places = 400, 40
    signal = 0.3 * rng.normal(size=hours)
    truth = np.full((hours, places), 2.0)
    seen = truth * np.exp(signal[:, None] + 0.6 * rng.normal(size=truth.shape))
    time = np.datetime64("2023-11-02", "ns") + np.arange(hours) * np.timedelta64(1, "h")
    x, y = (xr.DataArray(v, {"time": time}, ("time", "station")) for v in (seen, truth))
    found = ceiling(x, y, ["log_bias"], splits=8)
    spread = np.expm1(0.6**2) / places  # relative variance of a mean of lognormals
    assert found.loc["log_bias", "reliability"] == pytest.approx(0.09 / (0.09 + spread), abs=0.03)
    noise = ceiling(
        y.copy(data=truth * np.exp(0.6 * rng.normal(size=truth.shape))), y, ["log_bias"], splits=8
    )
    assert noise.loc["log_bias", "reliability"] < 0.2
    assert found.loc["log_bias", "maps"] == hours


def test_halves_of_neighbours_agree_too_well():
    imerg, radar = pair(maps=40, side=24)
    fine = ceiling(imerg, radar, ["pod"], splits=4, block=1).loc["pod", "reliability"]
    coarse = ceiling(imerg, radar, ["pod"], splits=4, block=8).loc["pod", "reliability"]
    assert fine > coarse
    assert (stepped_up(0.5), stepped_up(-0.2), stepped_up(1.0)) == pytest.approx((2 / 3, 0, 1))
