"""What can be told of real hours without their gauges: nothing of a day leaks into what is said of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy.ndimage import gaussian_filter
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel
from sklearn.linear_model import Ridge

from eogen.errors import InputError
from eogen.rain import gauged_learners, maps
from eogen.rain.gauged import TARGETS, hours
from eogen.rain.gauged_places import Places, expected
from eogen.rain.gauged_trial import _sum, gauge_trial
from eogen.rain.novelty import novelty
from eogen.rain.scores import score_maps

DAYS, HOURS, STATIONS, SIDE = 4, 5, 24, 44
ZERO = np.datetime64("2023-11-02", "ns")


def field(rng, count=1):
    """Return (count, side, side) mm h-1 with patches."""
    smooth = gaussian_filter(rng.normal(size=(count, SIDE, SIDE)), (0, 3, 3))
    return np.expm1(np.clip(smooth / smooth.std() - 0.3, 0, None) * 1.2)


def made(seed=0, days=DAYS):
    """Return half hours of IMERG and gauges of ``days`` days, the gauges being the rain with an error of their own."""
    rng = np.random.default_rng(seed)
    time = np.concatenate(
        [ZERO + np.timedelta64(d, "D") + np.arange(2 * HOURS) * np.timedelta64(30, "m") for d in range(days)]
    )
    values = np.concatenate(
        [np.stack([np.roll(f, (k, 2 * k), (0, 1)) for k in range(2 * HOURS)]) for f in field(rng, days)]
    )
    axis = 0.05 + 0.1 * np.arange(SIDE)
    rain = maps.precipitation(values, time, axis - 30, axis - 55)
    places = rng.integers(3, SIDE - 3, (2, STATIONS))
    hour = values.reshape(-1, 2, SIDE, SIDE).mean(1)[:, places[0], places[1]]
    gauge = np.where(rng.random(hour.shape) < 0.8, hour, 0) * rng.lognormal(0, 0.4, hour.shape)
    gauge[0, :2] = np.nan
    gauges = xr.Dataset(
        {"precipitation": (("station", "time"), gauge.T.astype(np.float32))},
        {"time": time[::2], "station": [f"S{k}" for k in range(STATIONS)],
         "lat": ("station", axis[places[0]] - 30), "lon": ("station", axis[places[1]] - 55)},
    )  # fmt: skip
    return maps.imerg(rain), gauges


@pytest.fixture(scope="module")
def few():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gauged_learners, "TREES", 3)
        yield


@pytest.fixture(scope="module")
def real():
    return hours(*made())


@pytest.fixture(scope="module")
def done(real, few):
    return gauge_trial(real, {"latent": real.places[:, :6, 0]}, trees=24)


def test_what_was_only_carried_is_old_and_what_was_seen_anew_is_new():
    rng = np.random.default_rng(1)
    first, other = field(rng, 2)
    values = np.stack([np.roll(first, (k, 2 * k), (0, 1)) for k in range(4)] + [other])
    time = ZERO + np.arange(5) * np.timedelta64(30, "m")
    axis = 0.1 * np.arange(SIDE)
    found = novelty(maps.precipitation(values, time, axis, axis))
    inner = np.s_[12:-12, 12:-12]
    assert np.isnan(found["novelty"].values[0]).all()
    assert np.nanmax(found["novelty"].values[1:4][:, *inner]) < 1e-5
    assert found["age"].values[3][inner] == pytest.approx(90)
    assert np.nanmedian(found["novelty"].values[4]) > 0.5
    assert np.median(found["age"].values[4]) == 0


def test_after_a_hole_nothing_is_known_of_the_map_before():
    rng = np.random.default_rng(1)
    (first,) = field(rng)
    time = ZERO + np.array([0, 60]) * np.timedelta64(1, "m")
    axis = 0.1 * np.arange(SIDE)
    found = novelty(maps.precipitation(np.stack([first, first]), time, axis, axis))
    assert np.isnan(found["novelty"]).all()
    assert (found["age"] == 0).all()


def test_hours_have_the_scores_of_the_pairs(real):
    assert len(real) == DAYS * HOURS
    assert list(np.unique(real.day)) == list(range(DAYS))
    dims = ("time", "station")
    time = {"time": real.time}
    theirs = score_maps(xr.DataArray(real.satellite, time, dims), xr.DataArray(real.gauge, time, dims))
    for name in TARGETS:
        assert real.scores[name].to_numpy() == pytest.approx(theirs[name].values, nan_ok=True)


def test_what_is_told_at_stations_is_read_from_imerg_alone(real):
    imerg, gauges = made()
    other = gauges.copy(deep=True)
    rng = np.random.default_rng(9)
    other["precipitation"].values[:] = rng.permutation(np.nan_to_num(other["precipitation"].values).T).T * 3
    again = hours(imerg, other)
    pd.testing.assert_frame_equal(again.at_stations, real.at_stations)
    pd.testing.assert_frame_equal(again.features, real.features)
    assert np.array_equal(again.places, real.places, equal_nan=True)
    assert not np.allclose(again.scores["csi"], real.scores["csi"])


def test_expectations_that_are_certain_give_the_true_scores(real):
    known = np.isfinite(real.gauge)
    gauge = np.nan_to_num(real.gauge).astype(float)
    log = np.log1p(gauge)
    found = expected(np.nan_to_num(real.satellite), gauge >= 0.2, log, log**2, gauge, known)
    for name in TARGETS:
        assert found[name].to_numpy() == pytest.approx(real.scores[name].to_numpy(), abs=1e-5, nan_ok=True)


def test_nothing_of_a_day_is_in_what_is_said_of_it(real, done):
    """The gauges of one day are replaced: what every learner says of that day stays, to the last bit."""
    gauge, scores = real.gauge.copy(), real.scores.copy()
    rows = real.day == 2
    gauge[rows] = np.random.default_rng(5).gamma(0.5, 4, gauge[rows].shape)
    scores.loc[rows] = np.random.default_rng(6).random(scores.loc[rows].shape)
    other = gauge_trial(
        replace(real, gauge=gauge, scores=scores), {"latent": real.places[:, :6, 0]}, trees=24
    )
    assert {"places", "stacked", "chosen", "mean", "latent", "wet_fraction"} <= set(done.predicted)
    for part in ("predicted", "low", "high"):
        for name, table in getattr(done, part).items():
            same = getattr(other, part)[name]
            assert np.array_equal(table[rows], same[rows], equal_nan=True), (part, name)
    # The test itself can fail: other days learn from that one.
    assert not np.array_equal(done.predicted["stacked"][~rows], other.predicted["stacked"][~rows])
    assert done.chosen.loc[2].equals(other.chosen.loc[2])


def test_every_hour_is_told_with_an_interval_around_it(done):
    for name, table in done.predicted.items():
        assert np.isfinite(table[["csi", "rmse_log"]]).all(axis=None), name
        assert (done.low[name] <= table + 1e-12).all(axis=None)
        assert (done.high[name] >= table - 1e-12).all(axis=None)


def test_examples_of_real_time_show_nothing_of_the_map_after(real):
    before, now, after = (real.examples(True).frames[:, k] for k in range(3))
    assert np.array_equal(after, now)
    assert not np.array_equal(before, now)
    assert not [c for c in real.examples(True).features if c.endswith("_after")]
    assert not np.array_equal(real.examples().frames[:, 2], now)


def test_trees_that_saw_a_day_say_nothing_of_it(real):
    places = Places(real, trees=16)
    assert np.isnan(places.said[places.saw[:, 1]][:, real.day == 1]).all()
    assert np.isfinite(places.without((1,)).loc[real.day == 1, "csi"]).all()
    assert places.without((1,)).loc[real.day != 1].isna().all(axis=None)
    assert places.without(tuple(range(DAYS))).isna().all(axis=None)


def test_weights_of_the_sum_are_shares_and_find_the_good_learner():
    rng = np.random.default_rng(0)
    truth = rng.normal(size=400)
    said = np.column_stack([truth + 0.1 * rng.normal(size=400), rng.normal(size=400), rng.normal(size=400)])
    weights = _sum(said, truth)
    assert weights.min() >= 0
    assert weights.sum() == pytest.approx(1, abs=1e-3)
    assert weights[0] > 0.8


def test_ridge_is_that_of_scikit_learn(monkeypatch):
    rng = np.random.default_rng(0)
    x, new, y = rng.normal(size=(40, 5)), rng.normal(size=(7, 5)), rng.normal(size=(40, 1))
    monkeypatch.setattr(gauged_learners, "STRENGTHS", (0.3,))
    ours = gauged_learners.ridge(x, y, np.arange(40) // 10, new)
    assert ours[:, 0] == pytest.approx(Ridge(alpha=0.3 * 40).fit(x, y[:, 0]).predict(new))


def test_a_gaussian_process_is_that_of_scikit_learn(monkeypatch):
    rng = np.random.default_rng(0)
    x, new = rng.normal(size=(40, 5)), rng.normal(size=(7, 5))
    y = np.sin(x[:, :1]) + 0.1 * rng.normal(size=(40, 1))
    monkeypatch.setattr(gauged_learners, "LENGTHS", (2.0,))
    monkeypatch.setattr(gauged_learners, "NOISES", (0.2,))
    kernel = ConstantKernel(0.8) * RBF(2.0 * np.sqrt(5)) + WhiteKernel(0.2)
    theirs = GaussianProcessRegressor(kernel, optimizer=None, normalize_y=True).fit(x, y[:, 0])
    assert gauged_learners.gaussian_process(x, y, new)[:, 0] == pytest.approx(theirs.predict(new))


def test_too_few_days_are_refused():
    with pytest.raises(InputError) as refused:
        hours(*made(days=3))
    assert refused.value.code == "rain_few_days"
    assert refused.value.facts["days"] == 3
