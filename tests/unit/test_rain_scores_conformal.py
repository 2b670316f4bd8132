"""Conformal intervals: they hold on new days as often as they say, which a conformal quantile of maps does not."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import spearmanr
from sklearn.metrics import r2_score

from eogen.errors import InputError
from eogen.rain.conformal import calibrate, calibrate_quantiles, calibration_slope, coverage, day_quantile
from eogen.rain.skill import skill


def drawn(seed, days, each=24, share=0.7):
    """Return (truth, predicted, time, sigma): errors of a day share a part, days have other sizes and other spreads."""
    rng = np.random.default_rng(seed)
    sizes = rng.integers(each // 4, 2 * each, days)
    day = np.repeat(np.arange(days), sizes)
    spread = np.repeat(rng.uniform(0.05, 0.2, days), sizes)
    predicted = rng.uniform(0, 1, len(day))
    shared = np.repeat(rng.normal(size=days), sizes)
    error = np.sqrt(share) * shared + np.sqrt(1 - share) * rng.normal(size=len(day))
    minutes = np.concatenate([np.arange(n) * 15 for n in sizes])
    time = np.datetime64("2023-01-01", "ns") + day * np.timedelta64(1, "D") + minutes * np.timedelta64(1, "m")
    return predicted + spread * error, predicted, time, spread


@pytest.mark.parametrize("days", [6, 12, 30])
def test_a_new_day_is_held_as_often_as_asked(days):
    shares = []
    for seed in range(250):
        truth, predicted, time, _ = drawn(seed, days + 1)
        new = time.astype("M8[D]") == time.astype("M8[D]").max()
        made = calibrate(truth[~new], predicted[~new], time[~new], 0.8)
        low, high = made.interval(predicted[new])
        shares.append(((truth[new] >= low) & (truth[new] <= high)).mean())
        assert made.days == days
    # At least the level, and by no more than the mass of the day to come, 1 / (K + 1); noise of 250 new days: 0.02.
    assert 0.8 - 0.04 < np.mean(shares) < 0.8 + 1 / (days + 1) + 0.04


def test_without_caution_few_days_hold_less_than_asked():
    shares = {True: [], False: []}
    for seed in range(250):
        truth, predicted, time, _ = drawn(seed, 7)
        new = time.astype("M8[D]") == time.astype("M8[D]").max()
        for cautious, held in shares.items():
            made = calibrate(truth[~new], predicted[~new], time[~new], 0.8, cautious=cautious)
            low, high = made.interval(predicted[new])
            held.append(((truth[new] >= low) & (truth[new] <= high)).mean())
    assert np.mean(shares[False]) < np.mean(shares[True]) - 0.04
    assert np.mean(shares[False]) == pytest.approx(0.77, abs=0.05)


def test_the_quantile_is_that_of_equal_days_done_by_hand():
    day = np.datetime64("2023-01-01", "ns")
    time = np.array([day, day, day + np.timedelta64(1, "D"), day + np.timedelta64(2, "D"), day])
    errors = np.array([1.0, 2.0, 3.0, 4.0, np.nan])
    # Three days: the weights are 1/8, 1/8, 1/4, 1/4, and 1/4 at infinity.
    assert day_quantile(errors, time, 0.25) == (2.0, 3)
    assert day_quantile(errors, time, 0.26) == (3.0, 3)
    assert day_quantile(errors, time, 0.75) == (4.0, 3)
    assert day_quantile(errors, time, 0.8) == (np.inf, 3)
    # Without the day to come: 1/6, 1/6, 1/3, 1/3.
    assert day_quantile(errors, time, 0.6, cautious=False) == (3.0, 3)
    assert day_quantile(errors, time, 0.8, cautious=False) == (4.0, 3)


def test_too_few_days_promise_only_the_range_of_the_score():
    truth, predicted, time, _ = drawn(0, 3)
    made = calibrate(truth, predicted, time, 0.8, span=(0, 1))
    assert made.margin == np.inf
    low, high = made.interval(predicted)
    assert (low == 0).all()
    assert (high == 1).all()


def test_equal_maps_would_be_too_few_where_long_days_are_easy():
    """A long quiet day must not speak for the others."""
    start = np.datetime64("2023-01-01", "ns")
    sizes = [96] + [4] * 9
    time = np.concatenate([
        start + k * np.timedelta64(1, "D") + np.arange(n) * np.timedelta64(15, "m") for k, n in enumerate(sizes)
    ])  # fmt: skip
    errors = np.concatenate([np.full(96, 0.01), np.linspace(0.5, 1, 36)])
    assert np.quantile(errors, 0.7) == pytest.approx(0.01)
    assert day_quantile(errors, time, 0.7)[0] > 0.5


def test_a_scale_narrows_the_sure_and_keeps_the_promise():
    held, widths = [], []
    for seed in range(120):
        truth, predicted, time, spread = drawn(seed, 21, share=0.2)
        new = time.astype("M8[D]") == time.astype("M8[D]").max()
        made = calibrate(truth[~new], predicted[~new], time[~new], 0.8, scale=spread[~new])
        low, high = made.interval(predicted[new], spread[new])
        held.append(((truth[new] >= low) & (truth[new] <= high)).mean())
        widths.append((np.mean(high - low), spread[new][0]))
    assert np.mean(held) == pytest.approx(0.82, abs=0.05)
    assert np.corrcoef(np.array(widths).T)[0, 1] > 0.9


def test_quantiles_that_are_too_narrow_are_widened_and_too_wide_ones_drawn_in():
    truth, predicted, time, spread = drawn(4, 30, share=0.0)
    for factor, sign in ((0.3, 1), (4.0, -1)):
        made = calibrate_quantiles(truth, predicted - factor * spread, predicted + factor * spread, time, 0.8)
        assert np.sign(made.margin) == sign
        low, high = made.around(predicted - factor * spread, predicted + factor * spread)
        assert (low <= high).all()
        narrow = calibrate_quantiles(
            truth, predicted - spread, predicted + spread, time, 0.8, span=(0.2, 0.8)
        )
        cut = narrow.around(predicted - spread, predicted + spread)
        assert (cut[0].min(), cut[1].max()) == (0.2, 0.8)
        inside = (truth >= low) & (truth <= high)
        assert inside.mean() == pytest.approx(0.82, abs=0.05)


def test_coverage_says_how_sure_it_is():
    truth, predicted, time, _ = drawn(1, 40)
    low, high = predicted - 0.15, predicted + 0.15
    found = coverage(truth, low, high, time)
    inside = (truth >= low) & (truth <= high)
    assert found["share"] == pytest.approx(inside.mean())
    assert found["low"] < found["share"] < found["high"]
    assert found["width"] == pytest.approx(0.3)
    assert found["days"] == 40
    assert found["worst_day"] == min(
        inside[time.astype("M8[D]") == d].mean() for d in np.unique(time.astype("M8[D]"))
    )
    assert np.isnan(coverage(np.full(3, np.nan), low[:3], high[:3], time[:3])["share"])


def test_the_slope_is_that_of_least_squares_and_its_interval_holds_it():
    truth, predicted, time, _ = drawn(2, 30, share=0.5)
    slope, low, high = calibration_slope(0.5 * truth, predicted, time)
    assert slope == pytest.approx(np.polyfit(predicted, 0.5 * truth, 1)[0])
    assert low < 0.5 < high
    assert np.isnan(calibration_slope(truth, np.ones_like(truth), time)).all()


def test_what_cannot_be_calibrated_is_refused_in_words():
    truth, predicted, time, _ = drawn(3, 5)
    cases = {
        "rain_conformal_size": lambda: calibrate(truth[1:], predicted, time),
        "rain_conformal_level": lambda: calibrate(truth, predicted, time, 80),
        "rain_conformal_none": lambda: calibrate(np.full_like(truth, np.nan), predicted, time),
        "rain_conformal_scale": lambda: calibrate(truth, predicted, time, scale=np.zeros_like(truth)),
    }
    for code, call in cases.items():
        with pytest.raises(InputError) as caught:
            call()
        assert caught.value.code == code


def test_skill_is_that_of_scikit_learn_and_scipy():
    truth, predicted, time, _ = drawn(5, 12)
    truth[3] = np.nan
    found = skill(truth, predicted, time, draws=100)
    good = np.isfinite(truth)
    assert found["r2"][0] == pytest.approx(r2_score(truth[good], predicted[good]))
    assert found["spearman"][0] == pytest.approx(spearmanr(truth[good], predicted[good]).statistic)
    assert found["n"] == good.sum()
    for value, low, high in (found["r2"], found["spearman"], found["slope"]):
        assert low < value < high
    assert found["slope"] == calibration_slope(truth, predicted, time, draws=100)
    assert found["days"] == 12


def test_skill_of_nothing_is_nan_and_of_a_bad_guess_below_zero():
    truth, predicted, time, _ = drawn(6, 8)
    assert np.isnan(skill(np.ones_like(truth), predicted, time)["r2"]).all()
    assert skill(truth, 1 - predicted, time, draws=20)["r2"][0] < 0
    flat = skill(truth, np.full_like(truth, truth.mean()), time, draws=20)
    assert flat["r2"][0] == pytest.approx(0, abs=1e-12)
    assert np.isnan(flat["spearman"]).all()
