"""Each check passes a method that deserves it and fails one that does not."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from eogen.errors import InputError
from eogen.ocean import methods, scores, validate
from eogen.ocean.cube import cube, like
from eogen.ocean.problem import Estimate
from eogen.ocean.trial import trial

SIDE, DAYS = 30, 24


def field(seed=0, memory=3.0, size=4):
    rng = np.random.default_rng(seed)
    made = gaussian_filter(rng.standard_normal((DAYS, SIDE, SIDE)), (memory, size, size))
    return (made / made.std()).astype(np.float32)


def clouded(values, seed=1, share=0.5, noise=0.0):
    """Return a daily cube of ``values`` under smooth clouds, with noise on what is seen."""
    rng = np.random.default_rng(seed)
    cloud = gaussian_filter(rng.standard_normal(values.shape), (0, 4, 4))
    seen = np.where(
        cloud > np.quantile(cloud, 1 - share), np.nan, values + noise * rng.standard_normal(values.shape)
    )
    time = np.datetime64("2021-01-01") + np.arange(len(values)).astype("timedelta64[D]")
    at = 0.05 * np.arange(SIDE)
    return cube(seen, time, 40 + at, -140 + at, np.ones((SIDE, SIDE), bool))


def knows(values, sd=None):
    def oracle(less, targets):
        spread = None if sd is None else np.full((len(targets), SIDE, SIDE), sd, np.float32)
        return Estimate(values[targets], spread)

    return oracle


def nought(less, targets):
    return Estimate(np.zeros((len(targets), SIDE, SIDE), np.float32))


def rmse(check):
    return scores.score(check.cells).value.rmse


def test_cross_sensor_finds_the_bias_and_the_floor_that_were_put_in():
    truth = field()
    first = clouded(truth, 1, 0.6, 0.1)
    second = clouded(truth + 0.25, 2, 0.5, 0.1)
    check = validate.cross_sensor(first, second, knows(truth, 0.1))
    assert check.facts["bias"] == pytest.approx(0.25, abs=0.01)
    assert check.facts["floor"] == pytest.approx(0.1 * np.sqrt(2), rel=0.03)
    assert rmse(check) == pytest.approx(0.1, rel=0.05)  # who knows the truth errs by the second's noise alone
    raw = check.cells["mean"] - check.cells.raw
    assert np.sqrt((raw**2).mean()) == pytest.approx(np.hypot(0.25, 0.1), rel=0.05)
    assert rmse(check) < rmse(validate.cross_sensor(first, second, "nearest"))


def test_cross_sensor_scores_only_where_the_first_is_blind():
    truth = field()
    first, second = clouded(truth, 1), clouded(truth, 2)
    c = validate.cross_sensor(first, second, "climatology", frames=5).cells
    assert c.frame.nunique() == 5
    assert np.isnan(first.values[c.frame, c.row, c.column]).all()
    assert np.isfinite(second.values[c.frame, c.row, c.column]).all()
    assert c.sd.notna().all()


@pytest.mark.parametrize("fault", ["days", "common", "blind"])
def test_sensors_that_cannot_be_compared_are_told_why(fault):
    first = clouded(field(), 1)
    second = {
        "days": first.assign_coords(time=first.time.values + np.timedelta64(1, "D")),
        "common": like(first, np.where(np.isfinite(first.values), np.nan, 1.0)),
        "blind": first,
    }[fault]
    with pytest.raises(InputError) as caught:
        validate.cross_sensor(first, second, nought)
    assert caught.value.code == "ocean_sensors"


def test_a_still_sea_is_its_own_composite_and_invented_weather_is_not():
    still = np.broadcast_to(field()[:1], (DAYS, SIDE, SIDE))
    daily = clouded(still, 1)
    check = validate.composite(daily, knows(still))
    assert rmse(check) < 1e-6
    assert check.cells.frame.nunique() == 3
    weather = still + np.random.default_rng(0).standard_normal((DAYS, 1, 1))
    assert rmse(validate.composite(daily, knows(weather.astype(np.float32)))) > 0.1
    c = check.cells
    assert c.seen.between(1, 8).all()
    y, x = 3, 7
    period = c[(c.row == y) & (c.column == x)].set_index("frame")
    for k in period.index:
        days = daily.values[8 * k : 8 * k + 8, y, x]
        assert period.truth[k] == pytest.approx(np.nanmean(days), abs=1e-6)
        assert period.seen[k] == np.isfinite(days).sum()


def test_a_cube_shorter_than_a_period_is_told():
    with pytest.raises(InputError) as caught:
        validate.composite(clouded(field()).isel(time=slice(0, 5)), nought)
    assert caught.value.code == "ocean_no_period"


@pytest.mark.parametrize(
    "name", [n for n, row in methods.METHODS.items() if row.kind in ("simple", "statistical")]
)
def test_observed_cells_stay_and_the_seed_repeats(name):
    check = validate.idempotence(clouded(field()), name, np.array([3, 11]), members=2, seed=4)
    assert check.facts == {"observed_change": 0.0, "repeat_change": 0.0}


def test_a_method_that_rolls_dice_of_its_own_is_caught(monkeypatch):
    def dice(problem, targets, seed=0, progress=None):
        return Estimate(
            np.random.default_rng().standard_normal((len(targets), SIDE, SIDE)).astype(np.float32)
        )

    class Row(methods.Method):
        run = staticmethod(dice)

    monkeypatch.setitem(methods.METHODS, "dice", Row("dice", "simple", "", ""))
    check = validate.idempotence(clouded(field()), "dice", np.array([3]))
    assert check.facts["observed_change"] == 0
    assert check.facts["repeat_change"] > 0.1


def test_a_cycle_remembers_what_the_fill_was_made_from():
    daily = clouded(field(memory=0.3, size=9), 1)
    times = np.arange(2, 20, 5)
    remembers = validate.cycle(daily, "convolution", times)
    forgets = validate.cycle(daily, nought, times)
    assert rmse(remembers) < 0.8 * rmse(forgets)
    assert rmse(forgets) == pytest.approx(np.sqrt((forgets.cells.truth**2).mean()))
    assert set(remembers.cells.frame) == set(times)
    np.testing.assert_array_equal(
        daily.values[remembers.cells.frame, remembers.cells.row, remembers.cells.column],
        remembers.cells.truth,
    )


def test_skill_vanishes_on_other_dates():
    truth = field(memory=0.5)
    daily = clouded(truth)
    check = validate.null(daily, trial(daily, knows(truth)))
    assert check.facts["skill"] == pytest.approx(1)
    assert check.facts["skill_shuffled"] < 0.1


def test_dates_mixed_up_show_as_skill_on_the_wrong_ones():
    """Two regimes; the method answers with the one of the other half."""
    two = np.repeat(field()[[0, 12]], DAYS // 2, 0)
    daily = clouded(two)
    check = validate.null(daily, trial(daily, knows(two[::-1])))
    assert check.facts["skill"] < 0
    assert check.facts["skill_shuffled"] > 0.1


def test_the_twin_is_a_trial_under_lent_clouds():
    truth = field()
    complete = clouded(truth, share=0.0)
    clouds = ~np.isfinite(clouded(truth, 5).values)
    found = trial(complete, "convolution", clouds)
    assert found.held.mean() > 0.15
    for k, donor in enumerate(found.signature.donors):
        np.testing.assert_array_equal(found.held[k], clouds[donor])
