"""Instruments err as Bogerd et al. (2021) found, and merging follows its own formulas."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice

import numpy as np
import pytest

from eogen.rain.maps import SENSORS as CODES
from eogen.rain.morphing import DRIZZLE, HORIZON, MEMORY_HOURS, Carried, blend, carry, nothing
from eogen.rain.sensors import IR_SKILL, NOISE_KM, SENSORS, infrared, retrieve, two_fields
from eogen.rain.truth import rain, torus
from tests.rain_statistics import correlation, log

START = np.datetime64("2023-06-01")
PLACE = torus((48, 48))
NADIR = np.zeros(PLACE.shape)


def sky(name, slots=24):
    return list(islice(rain(3, START, PLACE, name), slots))


def uniform(moment, amount):
    return replace(moment, rain=np.full(PLACE.shape, amount, np.float32))


@pytest.fixture(scope="module")
def storms():
    return sky("convective")


def seen(moments, name, aside=NADIR):
    swath = 2000.0
    return np.array(
        [
            retrieve(PLACE, m, SENSORS[name], aside, swath, np.random.default_rng((7, k)))
            for k, m in enumerate(moments)
        ]
    )


def test_codes_are_imergs():
    assert all(CODES[sensor.code] == name for name, sensor in SENSORS.items())


def test_noise_has_unit_variance_is_smooth_and_comes_in_independent_pairs():
    pairs = np.array([two_fields(PLACE, np.random.default_rng(k), NOISE_KM) for k in range(60)])
    assert pairs.std() == pytest.approx(1, abs=0.04)
    assert abs(correlation(pairs[:, 0], pairs[:, 1])) < 0.08
    assert correlation(pairs[..., 1:], pairs[..., :-1]) > 0.9
    assert abs(correlation(pairs[..., 14:], pairs[..., :-14])) < 0.1  # 107 km away


@pytest.mark.parametrize("name", SENSORS)
def test_light_rain_is_told_heavier_and_heavy_rain_lighter(name, storms):
    found = {x: seen([uniform(m, x) for m in storms], name) for x in (0.4, 1.0, 20.0)}
    told = {x: values[values > 0].mean() for x, values in found.items()}
    assert told[0.4] > 1.2 * 0.4
    assert told[20.0] < 0.85 * 20


@pytest.mark.parametrize("name", SENSORS)
def test_detection_grows_with_rain_and_fails_where_tops_are_low(name, storms):
    limit = SENSORS[name].limit
    rate = lambda moments, x: (seen([uniform(m, x) for m in moments], name) > 0).mean()
    assert rate(storms, limit) == pytest.approx(0.5, abs=0.06)
    steps = [rate(storms, x) for x in (0.02, 0.1, limit, 0.6, 2.0)]
    assert (np.diff(steps) > 0).all()
    assert steps[0] < 0.06
    assert steps[-1] > 0.97
    assert rate(sky("drizzle"), limit) < 0.4


def test_imagers_see_better_than_sounders_and_edges_worse_than_nadir(storms):
    truth = np.array([m.rain for m in storms])
    skill = {name: correlation(log(seen(storms, name)), log(truth)) for name in SENSORS}
    assert min(skill["GMI"], skill["AMSR2"]) > skill["SSMIS"] > max(skill["MHS"], skill["ATMS"])
    edge = np.full(PLACE.shape, 1000.0)
    assert correlation(log(seen(storms, "ATMS", edge)), log(truth)) < skill["ATMS"] - 0.02
    np.testing.assert_array_equal(seen(storms, "GMI", edge), seen(storms, "GMI"))  # conical: no edge


def test_infrared_sees_storms_and_is_nearly_blind_to_drizzle(storms):
    def skill(moments):
        hot = np.array([infrared(PLACE, m, np.random.default_rng((8, k))) for k, m in enumerate(moments)])
        truth = np.array([m.rain for m in moments])
        return correlation(log(hot), log(truth)), ((hot >= 0.2) & (truth >= 0.2)).sum() / (truth >= 0.2).sum()

    deep, low = skill(storms), skill(sky("drizzle"))
    assert deep[0] > 0.2
    assert abs(low[0]) < 0.15
    assert low[1] < 0.1 < deep[1]


def carried(amount, skill=0.7, age=0, shape=(4, 5)):
    full = lambda value, kind: np.full(shape, value, kind)
    return Carried(full(amount, np.float32), full(skill, np.float32), full(age, np.int16), full(2, np.int16))


def test_weights_are_those_of_the_quality_note():
    shape = (4, 5)
    forward, backward, hot = carried(2.0, 0.76, 2), carried(6.0, 0.68, 4), np.full(shape, 1.0, np.float32)
    r2 = np.array([0.76 * np.exp(-1 / MEMORY_HOURS), 0.68 * np.exp(-2 / MEMORY_HOURS), IR_SKILL]) ** 2
    weight = r2 / (1 - r2)
    got = blend(nothing(shape), np.zeros(shape), forward, backward, hot, IR_SKILL)
    np.testing.assert_allclose(got.rain, weight @ [2, 6, 1] / weight.sum(), rtol=1e-5)
    np.testing.assert_allclose(got.quality, np.sqrt(weight.sum() / (1 + weight.sum())), rtol=1e-5)
    np.testing.assert_allclose(got.infrared_share, weight[2] / weight.sum(), rtol=1e-5)
    assert (got.age == 2).all()


def test_one_estimate_alone_has_its_own_correlation_as_quality():
    shape = (4, 5)
    got = blend(nothing(shape), np.zeros(shape), carried(2.0, 0.76, 1), None, np.ones(shape), IR_SKILL)
    np.testing.assert_allclose(got.quality, 0.76 * np.exp(-0.5 / MEMORY_HOURS), rtol=1e-5)
    assert (got.infrared_share == 0).all()  # half an hour old: infrared is not called
    got = blend(nothing(shape), np.zeros(shape), nothing(shape), None, np.ones(shape), IR_SKILL)
    np.testing.assert_allclose(got.quality, IR_SKILL, rtol=1e-5)
    assert (got.infrared_share == 1).all()
    assert np.isnan(got.age).all()


def test_a_direct_look_is_taken_as_it_is():
    shape = (4, 5)
    look, quality = carried(3.0), np.full(shape, 0.9)
    got = blend(look, quality, look, carried(9.0, 0.76, 1), np.full(shape, 5.0), IR_SKILL)
    assert (got.rain == 3).all()
    np.testing.assert_allclose(got.quality, 0.9)
    assert (got.infrared_share == 0).all()
    assert (got.age == 0).all()


def test_hardly_any_rain_is_dry():
    shape = (4, 5)
    assert (blend(carried(0.9 * DRIZZLE), NADIR[:4, :5], nothing(shape), None, 0, IR_SKILL).rain == 0).all()


def test_rain_is_carried_by_whole_cells_renewed_and_given_up():
    rng = np.random.default_rng(0)
    start = carried(0.0)
    start = replace(start, rain=rng.random((4, 5), np.float32))
    one = carry(start, (1, -2), nothing((4, 5)))
    np.testing.assert_array_equal(one.rain, np.roll(start.rain, (1, -2), (0, 1)))
    assert (one.age == 1).all()
    look = carried(7.0, 0.68)
    partly = replace(look, skill=np.where(np.arange(5) < 2, look.skill, 0).astype(np.float32))
    two = carry(one, (0, 0), partly)
    assert (two.rain[:, :2] == 7).all()
    assert (two.age[:, :2] == 0).all()
    np.testing.assert_array_equal(two.rain[:, 2:], one.rain[:, 2:])
    for _ in range(HORIZON + 1):
        two = carry(two, (0, 0), nothing((4, 5)))
    assert not two.held.any()
    assert (two.who == -1).all()
    assert (two.information == 0).all()
