"""Scores against integrals, sklearn and scipy, and against what they must be when the forecast is the law itself."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats
from sklearn import metrics

from eogen.ocean import law, reliability, scores


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def cells(rng, frames=12, each=400, sd=0.3, told=None, shift=0.0):
    """A well-specified normal forecast of every cell (unless ``told`` another s.d. or shifted)."""
    frame = np.repeat(np.arange(frames) * 3 + 2, each)
    mean = rng.normal(0, 0.5, len(frame)) + rng.normal(0, 0.4, frames)[(frame - 2) // 3]
    truth = mean + sd * rng.standard_normal(len(frame)) - shift
    spread = np.full(len(frame), sd if told is None else told)
    return pd.DataFrame({"frame": frame, "truth": truth, "mean": mean, "sd": spread,
                         "distance": rng.uniform(1, 40, len(frame))})  # fmt: skip


@settings(max_examples=25, deadline=None)
@given(st.floats(-3, 3), st.floats(-2, 2), st.floats(0.05, 3))
def test_gaussian_crps_is_the_integral_that_defines_it(truth, mean, sd):
    below = integrate.quad(lambda x: stats.norm.cdf(x, mean, sd) ** 2, min(truth, mean) - 12 * sd, truth)[0]
    above = integrate.quad(lambda x: stats.norm.sf(x, mean, sd) ** 2, truth, max(truth, mean) + 12 * sd)[0]
    assert law.crps_gaussian(truth, mean, sd) == pytest.approx(below + above, rel=1e-5, abs=1e-7)


def test_a_sure_forecast_scores_its_absolute_error():
    np.testing.assert_allclose(law.crps_gaussian([1.0, 2.0], [0.5, 2.0], [0.0, 0.0]), [0.5, 0.0])
    assert law.crps_gaussian(1.0, 0.5, 1e-9) == pytest.approx(0.5)


@pytest.mark.parametrize("count", [2, 5, 40])
def test_fair_crps_expects_the_same_whatever_the_number_of_members(rng, count):
    """Of members from the truth's own law N(0, 1) it expects 1/sqrt(pi): half of E|X - X'|."""
    truth, members = rng.standard_normal(60_000), rng.standard_normal((count, 60_000))
    found = scores.crps_ensemble(truth, members)
    assert found.mean() == pytest.approx(1 / np.sqrt(np.pi), abs=4 * found.std() / np.sqrt(len(found)))


def test_fair_crps_of_many_members_is_the_gaussian_one_and_equals_the_double_sum(rng):
    truth = np.array([-0.7, 0.2, 2.0])
    members = 0.3 + 0.8 * rng.standard_normal((4000, 3))
    np.testing.assert_allclose(
        scores.crps_ensemble(truth, members), law.crps_gaussian(truth, 0.3, 0.8), atol=0.03
    )
    few = members[:6]
    pairs = np.abs(few[:, None] - few[None]).sum((0, 1)) / (6 * 5)
    np.testing.assert_allclose(
        scores.crps_ensemble(truth, few), np.abs(few - truth).mean(0) - pairs / 2, atol=1e-12
    )
    np.testing.assert_allclose(scores.crps_ensemble(truth, few[:1]), np.abs(few[0] - truth))


def test_pooled_scores_agree_with_sklearn_and_scipy(rng):
    table = cells(rng, shift=0.1)
    found = scores.score(table).value
    assert found.rmse == pytest.approx(metrics.root_mean_squared_error(table.truth, table["mean"]))
    assert found.mae == pytest.approx(metrics.mean_absolute_error(table.truth, table["mean"]))
    assert found.bias == pytest.approx((table["mean"] - table.truth).mean())
    assert found.r == pytest.approx(stats.pearsonr(table.truth, table["mean"]).statistic)
    assert found.width_90 == pytest.approx(np.subtract(*stats.norm.interval(0.9, 0, 0.3)[::-1]))
    assert "crps_members" not in found.index


def test_the_frame_value_is_the_mean_of_frames_scored_alone(rng):
    table = cells(rng)
    alone = [scores.score(part).value for _, part in table.groupby("frame")]
    found = scores.score(table)
    for name in ("rmse", "r", "crps", "coverage_90"):
        assert found.frame_value[name] == pytest.approx(np.mean([a[name] for a in alone]))
        assert found.frame_low[name] <= found.frame_value[name] <= found.frame_high[name]
    assert (found.frames == 12).all()


def test_a_true_forecast_covers_and_boasting_or_timid_ones_do_not(rng):
    right = scores.score(cells(rng, each=3000)).value
    assert right.coverage_50 == pytest.approx(0.5, abs=0.01)
    assert right.coverage_90 == pytest.approx(0.9, abs=0.01)
    assert right.spread_skill == pytest.approx(1, abs=0.02)
    boasting = scores.score(cells(rng, told=0.15)).value
    timid = scores.score(cells(rng, told=0.6)).value
    assert boasting.coverage_90 < 0.7 < 0.95 < timid.coverage_90
    assert right.crps < min(boasting.crps, timid.crps)


def test_no_standard_deviation_no_coverage(rng):
    table = cells(rng, told=np.nan)
    assert set(scores.score(table).index) == {"rmse", "mae", "bias", "r"}
    assert np.isnan(reliability.pit(table)).all()
    assert len(reliability.spread_skill(table)) == 0


def test_a_constant_answer_correlates_with_nothing(rng):
    table = cells(rng).assign(mean=0.25)
    assert "r" not in scores.score(table).index


def test_the_interval_covers_the_expectation_although_cells_of_a_frame_err_together():
    """200 worlds whose frames have an error of their own: intervals over cells would cover a small part of them."""
    hit = naive = 0
    for world in range(200):
        rng = np.random.default_rng(world)
        frame = np.repeat(np.arange(30), 20)
        error = rng.normal(0, 1, 30)[frame] + rng.normal(0, 0.3, 600)
        table = pd.DataFrame({"frame": frame, "truth": 0.0, "mean": error, "sd": 1.0})
        found = scores.score(table, draws=300)
        hit += found.low.bias <= 0 <= found.high.bias
        naive += abs(error.mean()) < 1.96 * error.std() / np.sqrt(600)
    assert 0.84 <= hit / 200 <= 0.98
    assert naive / 200 < 0.6


def test_classes_take_every_cell_once_and_the_pool_is_their_mean(rng):
    table = cells(rng)
    table["distance"] = rng.choice([1.0, 3.0, 3.1, 8.0, 20.0, 20.5, np.inf], len(table))
    named = scores.distance_class(table.distance)
    assert set(named[table.distance == 3.0]) == {"<=3 px"}
    assert set(named[table.distance == 8.0]) == {"3-8 px"}
    assert set(named[np.isinf(table.distance)]) == {">20 px"}
    found = scores.score_by(table, named).xs("rmse", level="score")
    assert found.n.sum() == len(table)
    assert (found.value**2 * found.n).sum() / len(table) == pytest.approx(scores.score(table).value.rmse ** 2)


def test_a_depth_nobody_knows_is_neither_shelf_nor_offshore():
    assert scores.shelf_class([-50, -200, -3000, np.nan]).tolist() == ["shelf", "offshore", "offshore", None]


def test_ranks_and_pit_are_flat_for_the_law_itself_and_not_for_another(rng):
    truth, members = rng.standard_normal(40_000), rng.standard_normal((9, 40_000))
    flat = reliability.rank_histogram(truth, members)
    assert stats.chisquare(flat.share * 40_000).pvalue > 1e-3
    narrow = reliability.rank_histogram(truth, 0.5 * members)
    assert narrow.share.iloc[[0, -1]].min() > 1.5 * narrow.share.iloc[5]
    assert reliability.unevenness(narrow.share) > 5 * reliability.unevenness(flat.share)
    table = cells(rng, each=3000)
    assert stats.kstest(reliability.pit(table), "uniform").pvalue > 1e-3
    assert reliability.pit_histogram(table).share.sum() == pytest.approx(1)


def test_ties_do_not_lean(rng):
    truth = np.zeros(9000)
    assert stats.chisquare(reliability.rank_histogram(truth, np.zeros((2, 9000))).share * 9000).pvalue > 1e-3


def test_spread_and_skill_lie_on_the_diagonal_when_the_forecast_is_right(rng):
    sd = rng.uniform(0.1, 1.0, 50_000)
    table = pd.DataFrame({"frame": 0, "truth": sd * rng.standard_normal(50_000), "mean": 0.0, "sd": sd})
    found = reliability.spread_skill(table)
    np.testing.assert_allclose(found.skill, found.spread, rtol=0.06)
    assert found.n.sum() == 50_000
    assert found.spread.is_monotonic_increasing


def test_same_seed_same_interval(rng):
    table = cells(rng)
    pd.testing.assert_frame_equal(scores.score(table, seed=3), scores.score(table, seed=3))
    assert (scores.score(table, seed=4).low != scores.score(table, seed=3).low).any()


def test_a_gaussian_shape_is_a_gaussian():
    rng = np.random.default_rng(2)
    truth, mean, sd = rng.normal(0, 1, 4000), rng.normal(0, 0.3, 4000), rng.uniform(0.2, 1.5, 4000)
    shape = stats.norm.ppf(np.arange(1, 100) / 100)
    close = np.abs(truth - mean) < 2 * sd
    np.testing.assert_allclose(
        law.crps(truth, mean, sd, shape)[close], law.crps_gaussian(truth, mean, sd)[close], atol=4e-3
    )
    np.testing.assert_allclose(
        law.pit(truth, mean, sd, shape)[close], law.pit(truth, mean, sd)[close], atol=2e-3
    )
    assert law.width(2.0, 0.9, shape) == pytest.approx(law.width(2.0, 0.9)) == pytest.approx(2 * 2 * 1.644854)


@pytest.mark.parametrize("freedom", [3, 5])
def test_a_shape_with_heavy_tails_scores_as_its_integral_and_better_than_a_gaussian(freedom):
    heavy = stats.t(freedom, scale=np.sqrt((freedom - 2) / freedom))
    shape = heavy.ppf(np.arange(1, 100) / 100)
    for z in (-2.0, 0.0, 0.7):
        below = integrate.quad(lambda x: heavy.cdf(x) ** 2, -30, z)[0]
        above = integrate.quad(lambda x: heavy.sf(x) ** 2, z, 30)[0]
        assert law.crps(0.5 * z, 0.0, 0.5, shape) == pytest.approx(0.5 * (below + above), rel=0.03)
    truth = heavy.rvs(40_000, random_state=1)
    shaped, plain = law.crps(truth, 0.0, 1.0, shape), law.crps(truth, 0.0, 1.0)
    assert shaped.mean() < plain.mean()
    assert stats.kstest(law.pit(truth, 0.0, 1.0, shape), "uniform").statistic < 0.01
    assert stats.kstest(law.pit(truth, 0.0, 1.0), "uniform").statistic > 0.03


def test_the_law_in_the_table_is_the_one_that_is_scored(rng):
    table = cells(rng)
    told = table.assign(pit=0.5, crps=1.25, width_50=2.0, width_90=3.0)
    found = scores.score(told).value
    assert (found.crps, found.width_50, found.width_90) == (1.25, 2.0, 3.0)
    assert found.coverage_50 == found.coverage_90 == 1
    assert (reliability.pit(told) == 0.5).all()
