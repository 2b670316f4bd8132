"""The simulated sea: complete where it should be, hidden where it should be, and its drivers speak of it."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from eogen.errors import InputError
from eogen.ocean.clouds import STYLES
from eogen.ocean.coast import LAND, coast
from eogen.ocean.cube import missing_share
from eogen.ocean.eddies import eddies
from eogen.ocean.sea_state import bloom
from eogen.ocean.simulate import GAPS, PATCH_NOISE, SMOOTH_NOISE, WHITE_NOISE, ocean
from eogen.ocean.size_classes import CLASSES
from eogen.ocean.variables import VARIABLES
from tests import pace

SEEDS = range(6)


@pytest.fixture(scope="module")
def seas():
    return [ocean(seed, gaps="composite") for seed in SEEDS]


def stacked(composition):
    return np.stack([composition[name].values for name in CLASSES])


def anomalies(array):
    """Each frame's mean, then each cell's, taken away."""
    values = array.values.astype(float)
    values = values - np.nanmean(values[:, array.sea.values], 1)[:, None, None]
    return (values - values.mean(0))[:, array.sea.values].ravel()


def test_the_same_seed_gives_the_same_bits():
    one, again, other = ocean(7, 4, (40, 40)), ocean(7, 4, (40, 40)), ocean(8, 4, (40, 40))
    for name in ("truth", "observed", "drivers", "fractions", "fractions_observed"):
        xr.testing.assert_identical(getattr(one, name), getattr(again, name))
    assert not np.array_equal(one.truth.values, other.truth.values, equal_nan=True)


def test_everything_is_a_cube_of_the_room(seas):
    for sea in seas:
        for array in (sea.truth, sea.observed, *sea.drivers.data_vars.values()):
            row = VARIABLES[array.name]
            assert array.dims == ("time", "lat", "lon")
            assert array.shape == (24, 96, 96)
            assert array.attrs["units"] == row.units
            assert array.attrs["kind"] == "simulated"
            assert row.low <= float(array.min())
            assert float(array.max()) <= row.high
            assert array.rio.crs.to_epsg() == 4326
        assert sea.fractions.attrs["kind"] == "simulated"
        assert (np.diff(sea.truth.time.values) == np.timedelta64(8, "D")).all()


def test_truth_drivers_and_fractions_are_complete_over_a_static_sea(seas):
    for sea in seas:
        water = sea.truth.sea.values
        assert LAND[0] - 0.02 < 1 - water.mean() < LAND[1] + 0.02
        complete = (sea.truth, *sea.drivers.data_vars.values(), *sea.fractions.data_vars.values())
        for array in complete:
            np.testing.assert_array_equal(array.sea.values, water)
            np.testing.assert_array_equal(np.isfinite(array.values), np.broadcast_to(water, array.shape))
        depth = sea.truth.bathymetry.values
        np.testing.assert_array_equal(depth < 0, water)


@pytest.mark.parametrize("gaps", [*GAPS, 0.3, (0.2, 0.95)])
def test_gaps_are_those_asked_for(gaps):
    sea = ocean(3, 12, (64, 64), gaps=gaps)
    water = sea.truth.sea.values
    asked = (
        GAPS[gaps][:2]
        if isinstance(gaps, str)
        else gaps
        if isinstance(gaps, tuple)
        else (0.3, 1 - 0.7 * 4 / 9)
    )
    cell = 1 / (12 * water.sum())
    assert missing_share(sea.observed) == pytest.approx(asked[0], abs=2 * cell)
    hidden = np.isnan(sea.fractions_observed.micro.values)
    assert hidden[:, water].mean() == pytest.approx(asked[1], abs=2e-3)
    assert hidden[np.isnan(sea.observed.values)].all()  # what hides CHL hides its fractions


@pytest.mark.parametrize(
    ("days", "size"),
    [
        (8.0, np.sqrt(SMOOTH_NOISE**2 + WHITE_NOISE**2 + PATCH_NOISE**2)),
        (1.0, np.hypot(SMOOTH_NOISE, WHITE_NOISE)),
    ],
)
def test_noise_is_a_tenth_of_a_decade_mostly_smooth_and_patchy_in_composites(days, size):
    some = [ocean(seed, 12, (64, 64), step_days=days, gaps=0.3) for seed in range(4)]
    error = [(s.observed - s.truth).values for s in some]
    known = np.concatenate([e[np.isfinite(e)] for e in error])
    assert np.std(known) == pytest.approx(size, rel=0.06)
    assert abs(known.mean()) < 0.03
    step = np.concatenate([np.diff(e, axis=2).ravel() for e in error])
    step = step[np.isfinite(step)] / np.sqrt(2)
    assert step.std() < 0.65 * size
    # Between patches the composite jumps: more large steps than a Gaussian has.
    kurtosis = np.mean(step**4) / np.mean(step**2) ** 2
    assert kurtosis > 3.3 if days > 1 else kurtosis == pytest.approx(3, abs=0.2)


@pytest.mark.parametrize(("driver", "sign"), [("sst", -1), ("sea_level", -1), ("wind_speed", 1)])
def test_drivers_speak_of_chlorophyll_with_natures_sign_and_not_too_clearly(seas, driver, sign):
    """Cold water, lows of sea level and wind are green; no driver tells CHL by itself."""
    found = [np.corrcoef(anomalies(s.truth), anomalies(s.drivers[driver]))[0, 1] for s in seas]
    assert 0.15 < sign * np.mean(found) < 0.75
    assert min(sign * np.array(found)) > 0


def test_the_shelf_is_greener_than_the_open_sea_and_upwelling_colder(seas):
    for sea in seas:
        water = sea.truth.sea.values
        shelf = water & (sea.truth.bathymetry.values > -200)
        assert sea.truth.values[:, shelf].mean() > sea.truth.values[:, water & ~shelf].mean() + 0.15
        shore = water & (sea.truth.bathymetry.values > -60)
        level = sea.drivers.sst.values
        assert level[:, shore].mean() < level[:, water & ~shelf].mean() + 0.3


def test_the_bloom_comes_to_the_north_later_and_the_autumns_earlier():
    lat, year = np.linspace(42, 56, 8), np.arange(0.0, 365.0)
    green = bloom(lat, year)
    spring, autumn = green[:200].argmax(0), 200 + green[200:].argmax(0)
    assert (np.diff(spring) > 0).all()
    assert (np.diff(autumn) < 0).all()
    assert ((spring > 70) & (spring < 150)).all()
    assert (green.max(0) > 3 * green[0]).all()  # winter is poor


def test_the_bloom_is_in_the_sea():
    """Spring is greener than winter at the same places, the weather averaged out by seeds."""
    made = [ocean(seed, 16, (32, 32), start="2021-01-01").truth for seed in range(12)]
    gain = [np.nanmean(sea.values[12:16]) - np.nanmean(sea.values[:3]) for sea in made]
    assert np.mean(gain) > 0.08


def test_fractions_are_compositions_that_follow_but_do_not_copy_chlorophyll(seas):
    for sea in seas:
        for some in (sea.fractions, sea.fractions_observed):
            parts = stacked(some)
            seen = np.isfinite(parts[0])
            assert np.abs(parts[:, seen].astype(float).sum(0) - 1).max() < 1e-6
            assert parts[:, seen].min() >= 0
        water = sea.truth.sea.values
        micro, chl = sea.fractions.micro.values[:, water].ravel(), sea.truth.values[:, water].ravel()
        assert 0.6 < np.corrcoef(micro, chl)[0, 1] < 0.98


def test_eddies_are_lows_and_highs_that_drift_west():
    days = np.arange(0, 400, 4.0)
    made = eddies(np.random.default_rng(3), days, (80, 120), (4.6, 4.6))
    assert (np.sign(made.sea_level) == -np.sign(made.turn)).mean() > 0.6
    assert 0.02 < made.sea_level.std() < 0.12
    assert abs(made.sea_level.mean()) < 0.03
    # The cross-correlation of frames 16 days apart peaks to the west, at 1 to 4 km a day.
    field = made.sea_level - made.sea_level.mean(0)
    lags = range(-24, 25)
    match = [np.mean(field[:-4, :, 30:90] * field[4:, :, 30 + lag : 90 + lag]) for lag in lags]
    assert -4 * 16 / 4.6 - 1 <= lags[int(np.argmax(match))] <= -1 * 16 / 4.6 + 1


def test_depth_grows_away_from_the_coast():
    shore = coast(np.random.default_rng(4), (96, 96), (4.6, 4.6))
    near = shore.sea & (shore.offshore < 25)
    far = shore.offshore > 150
    assert np.median(-shore.bathymetry[near]) < 120
    assert np.median(-shore.bathymetry[far]) > 2000
    assert all(shore.sea[y, x] for y, x in shore.mouths)


def test_any_size_and_step():
    sea = ocean(0, 1, (17, 33), step_days=1.0)
    assert sea.truth.shape == (1, 17, 33)
    hours = np.diff(ocean(0, 3, (16, 16), step_days=0.5).truth.time.values) / np.timedelta64(1, "h")
    np.testing.assert_array_equal(hours, 12)


def test_daily_frames_resemble_each_other_more():
    def alike(step):
        found = [ocean(s, 8, (48, 48), step_days=step).truth for s in range(3)]
        return np.mean(
            [np.corrcoef(f.values[0][f.sea.values], f.values[1][f.sea.values])[0, 1] for f in found]
        )

    assert alike(1.0) > alike(8.0) > alike(32.0)


@pytest.mark.parametrize(
    "wrong",
    [{"seed": -1}, {"frames": 0}, {"shape": (15, 40)}, {"step_days": 0.0}, {"step_days": float("nan")}],
)
def test_what_cannot_be_simulated_is_said(wrong):
    with pytest.raises(InputError, match="No sea can be simulated"):
        ocean(**wrong)


@pytest.mark.parametrize("gaps", ["cloudy", 0.0, 1.0, (0.5, 0.4), (0.1, 0.2, 0.3), True])
def test_impossible_gaps_are_said(gaps):
    with pytest.raises(InputError, match="were asked for; give one of project, composite, daily"):
        ocean(0, 2, (16, 16), gaps=gaps)


def test_it_is_fast():
    """24 x 96 x 96 take 0.2 s of a processor (9 yardsticks), each of 25 ms; 0.5 s are allowed."""
    assert pace.times(lambda: ocean(1), pace.fields, rounds=3) < 20


def test_every_named_gap_has_its_clouds():
    assert {row[2] for row in GAPS.values()} == set(STYLES)
