"""The OI against a dense Gaussian process, its draws against theory, its calibration against simulated truth."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import norm

from eogen.errors import InputError
from eogen.ocean import kriging, read
from eogen.ocean.background import Background, background, restlessness
from eogen.ocean.calibrate import IDENTITY, LEVELS, calibrated, quantile, reshaped
from eogen.ocean.covariance import Covariance, fitted
from eogen.ocean.fields import random_fields
from eogen.ocean.holdout import cloud_shaped, folds, tried
from eogen.ocean.kriging import Interpolator
from eogen.ocean.methods import fill
from eogen.ocean.oi import optimal_interpolation
from eogen.ocean.problem import Problem
from eogen.ocean.texture import matched, roughness, textured
from eogen.ocean.tune import Guess, tuned
from tests import ocean_files

TWO = Covariance(np.array([0.6, 0.4]), np.array([20.0, 90.0]), np.array([4.0, 20.0]), 0.1)
PIXEL = (4.6, 4.2)


def field(frames: int = 6, side: int = 32, seed: int = 0, covariance: Covariance = TWO) -> np.ndarray:
    days = np.arange(frames) * 3.0
    rng = np.random.default_rng(seed)
    made = next(random_fields(covariance, days, (side, side), PIXEL, rng))
    return made + np.sqrt(covariance.nugget) * rng.standard_normal(made.shape, dtype=np.float32)


def problem_of(values: np.ndarray, gaps: float = 0.4, seed: int = 1, step: float = 3.0) -> Problem:
    rng = np.random.default_rng(seed)
    frames, ny, nx = values.shape
    hidden = np.zeros(values.shape, bool)
    for t in range(frames):  # a disc of cloud on each frame
        y, x = rng.integers(0, ny), rng.integers(0, nx)
        hidden[t] = np.hypot(np.arange(ny)[:, None] - y, np.arange(nx) - x) < np.sqrt(gaps * ny * nx / np.pi)
    return Problem(
        np.where(hidden, np.float32("nan"), values.astype(np.float32)),
        np.ones((ny, nx), bool), np.arange(frames) * step, PIXEL,
        np.linspace(45, 46, ny), np.linspace(-30, -29, nx), np.arange(frames) + 1,
    )  # fmt: skip


def plain(problem: Problem, covariance: Covariance) -> Interpolator:
    """The process of a problem that has no background to remove."""
    one = np.ones(problem.sea.shape, np.float32)
    ground = Background(np.zeros_like(problem.values), one, problem.values)
    return Interpolator(problem, ground, one, covariance)


def test_with_every_observation_heard_it_is_the_dense_gaussian_process(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    problem = problem_of(field(2, 12), 0.3)
    monkeypatch.setattr(kriging, "LEVELS", ((1, 10_000),))
    process = plain(problem, TWO)
    at, mean, sd = process.believed(0, process.cells(0))
    t, y, x = np.nonzero(problem.observed)
    place = lambda t, y, x: np.column_stack([y * PIXEL[0], x * PIXEL[1], problem.days[t]])
    seen, own = place(t, y, x), place(np.zeros(len(at), int), at[:, 0], at[:, 1])

    def between(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        d = np.hypot(a[:, None, 0] - b[None, :, 0], a[:, None, 1] - b[None, :, 1])
        return TWO(d, np.abs(a[:, None, 2] - b[None, :, 2]))

    gram = between(seen, seen) + (TWO.nugget + 1e-3 * TWO.total) * np.eye(len(seen))
    solved = np.linalg.solve(gram, between(seen, own))
    expected = solved.T @ problem.values[t, y, x]
    variance = TWO.total - (solved * between(seen, own)).sum(0) + TWO.nugget
    np.testing.assert_allclose(mean, expected, atol=2e-3)
    np.testing.assert_allclose(sd, np.sqrt(variance), atol=2e-3)


def test_three_resolutions_come_near_the_dense_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    truth = field(4, 32)
    process = plain(problem_of(truth, 0.4), TWO)

    def error() -> float:
        at, mean, _ = process.believed(1, process.cells(1))
        return float(np.sqrt(((mean - truth[1][at[:, 0], at[:, 1]]) ** 2).mean()))

    few = error()
    monkeypatch.setattr(kriging, "LEVELS", ((1, 600),))
    assert few < 1.03 * error()


def test_random_fields_have_the_covariance_that_was_asked_for() -> None:
    days = np.array([0.0, 4.0])
    rng = np.random.default_rng(3)
    some = np.stack(list(islice(random_fields(TWO, days, (24, 24), PIXEL, rng), 400)))
    assert some.var() == pytest.approx(TWO.total, rel=0.08)
    step = (some[:, 0, :, :-3] * some[:, 0, :, 3:]).mean()
    assert step == pytest.approx(TWO(3 * PIXEL[1], 0.0), rel=0.1)
    later = (some[:, 0] * some[:, 1]).mean()
    assert later == pytest.approx(TWO(0.0, 4.0), rel=0.12)


def test_the_covariance_is_found_again_through_the_gaps() -> None:
    values = field(16, 96, seed=4)
    problem = problem_of(values, 0.4)
    found = fitted(problem.values, problem.days, PIXEL, np.random.default_rng(0))
    for distance, days in ((9.0, 0.0), (40.0, 0.0), (0.0, 3.0), (20.0, 6.0)):
        assert found(distance, days) == pytest.approx(TWO(distance, days), abs=0.12)
    assert found.nugget == pytest.approx(TWO.nugget, abs=0.07)


def test_the_spread_of_new_observations_is_right_on_a_sea_whose_law_is_known() -> None:
    values = field(12, 64, seed=5)
    problem = problem_of(values, 0.35, seed=6)
    answer = optimal_interpolation(problem, np.arange(12))
    hidden = ~problem.observed
    z = ((values - answer.mean) / np.where(hidden, answer.sd, 1))[hidden]
    for level in (0.5, 0.9):
        low = np.interp(0.5 - level / 2, LEVELS, answer.shape)
        assert np.mean(np.abs(z) <= -low) == pytest.approx(level, abs=0.06)


def test_draws_agree_with_the_mean_and_the_spread_and_leave_observations_alone() -> None:
    problem = problem_of(field(5, 40, seed=7), 0.35)
    answer = optimal_interpolation(problem, np.array([2]), members=24)
    hidden = ~problem.observed[2]
    drawn = answer.members[:, 0]
    assert np.abs(drawn[:, ~hidden] - problem.values[2][~hidden]).max() == 0
    error = (drawn.mean(0) - answer.mean[0])[hidden] / answer.sd[0][hidden]
    assert np.sqrt((error**2).mean()) < 2.0 / np.sqrt(24) * 1.5
    ratio = np.sqrt(drawn[:, hidden].var(0, ddof=1).mean() / (answer.sd[0][hidden] ** 2).mean())
    assert ratio == pytest.approx(1.0, abs=0.2)
    # Neighbours in the gap err together: draws are fields, not noise.
    away = drawn - answer.mean[0]
    both = hidden[:, 1:] & hidden[:, :-1]
    together = np.corrcoef(away[:, :, 1:][:, both].ravel(), away[:, :, :-1][:, both].ravel())[0, 1]
    assert together > 0.3


def test_hidden_values_reach_neither_the_tuning_nor_the_answer() -> None:
    values = field(6, 40, seed=8)
    problem = problem_of(values, 0.3)
    fold = cloud_shaped(problem.observed, problem.sea, np.arange(6), np.random.default_rng(0))
    less = problem.without(fold.held)
    moved = replace(problem, values=problem.values + np.float32(9) * fold.held).without(fold.held)
    a, b = (optimal_interpolation(p, fold.targets) for p in (less, moved))
    np.testing.assert_array_equal(a.mean, b.mean)
    np.testing.assert_array_equal(a.sd, b.sd)


def test_a_calibration_puts_a_wrong_spread_right() -> None:
    rng = np.random.default_rng(0)
    sd = rng.uniform(0.5, 2.0, 20_000)
    error = 1.7 * sd * rng.standard_t(5, 20_000) / np.sqrt(5 / 3)
    found = calibrated(error, sd, rng.uniform(1, 40, 20_000))
    assert found.factor == pytest.approx(1.7, rel=0.08)
    for level in (0.05, 0.25, 0.75, 0.95):
        bound = quantile(np.zeros_like(sd), sd * found.at(np.full(len(sd), 9.0)), found.shape, level)
        assert np.mean(error <= bound) == pytest.approx(level, abs=0.015)
    assert calibrated(error[:5], sd[:5], sd[:5]) is IDENTITY


def test_reshaped_numbers_take_the_margins_and_keep_the_order() -> None:
    z = np.random.default_rng(1).standard_normal(50_000)
    shape = norm.ppf(LEVELS) ** 3 / 4
    made = reshaped(z, shape)
    assert np.all(np.diff(made[np.argsort(z)]) >= 0)
    np.testing.assert_allclose(
        np.quantile(made, [0.1, 0.5, 0.9]), np.interp([0.1, 0.5, 0.9], LEVELS, shape), atol=0.04
    )


def test_members_become_as_rough_as_what_is_seen() -> None:
    rng = np.random.default_rng(2)
    seen = np.zeros((64, 64), bool)
    seen[:, :32] = True
    sea, scale = np.ones_like(seen), np.ones((64, 64), np.float32)
    smooth = textured((1, 64, 64), 3, 2.0)[0]
    mean = np.where(seen, smooth, 0)
    away = np.where(seen, 0, rng.standard_normal((4, 64, 64))).astype(np.float32)
    made = matched(mean, away, seen, sea, scale)
    wanted = roughness(mean, seen)[0]
    before, after = (roughness((mean + a[0]), ~seen)[0] for a in (away, made))
    assert abs(after - wanted) < 0.3 * abs(before - wanted)
    assert (made[:, ~seen] ** 2).mean() == pytest.approx((away[:, ~seen] ** 2).mean(), rel=1e-3)


def test_a_background_of_means_is_not_fooled_by_which_frames_saw_a_cell() -> None:
    rng = np.random.default_rng(4)
    cells, frames = rng.normal(0, 1, (24, 24)), np.linspace(-3, 3, 20)
    values = cells + frames[:, None, None]
    hidden = rng.random(values.shape) < 0.5
    hidden[10:, :, :12] = True  # the left half was only seen when the whole sea was low
    problem = replace(problem_of(values, 0.0), values=np.where(hidden, np.nan, values).astype(np.float32))
    ground = background(problem)
    naive = np.nanmean(problem.values, 0)
    left, right = (slice(None), slice(2, 10)), (slice(None), slice(14, 22))
    tilt = lambda a: (a - cells)[left].mean() - (a - cells)[right].mean()
    assert abs(tilt(naive)) > 1.2
    assert abs(tilt(ground.usual.mean(0))) < abs(tilt(naive)) / 3


def test_restless_cells_are_told_apart() -> None:
    rng = np.random.default_rng(5)
    anomaly = rng.standard_normal((60, 10, 10)).astype(np.float32)
    anomaly[:, 4, 4] *= 4
    told = restlessness(anomaly, np.ones((10, 10), bool))
    assert told.argmax() == 44
    assert np.median(told) == pytest.approx(1.0, abs=0.1)


def test_tuning_mends_a_covariance_that_hears_too_little_of_the_past() -> None:
    values = field(10, 48, seed=9)
    problem = problem_of(values, 0.4)
    guess, calibration = tuned(problem, np.arange(10))
    assert isinstance(guess, Guess)
    assert calibration.count > 100
    assert 0.6 < np.mean(calibration.factor) < 1.6


def test_a_trial_of_one_frame_asks_its_neighbours_too() -> None:
    observed = np.ones((9, 4, 4), bool)
    observed[5] = False
    some = tried(observed, np.array([4]), np.random.default_rng(0), 8)
    assert 4 in some
    assert len(some) >= 4
    assert 5 not in some


def test_folds_hide_each_date_once_and_leave_its_neighbours_whole() -> None:
    problem = problem_of(field(8, 32), 0.3)
    made = folds(problem.observed, problem.sea, np.arange(8))
    assert sorted(np.concatenate([f.targets for f in made])) == list(range(8))
    for fold in made:
        assert not fold.held[~problem.observed].any()
        share = fold.held[fold.targets].sum((1, 2)) / problem.observed[fold.targets].sum((1, 2))
        assert ((share >= 0.15) & (share <= 0.75)).all()
        others = np.setdiff1d(np.arange(8), fold.targets)
        assert not fold.held[others].any()


def test_where_nothing_was_seen_the_usual_is_told_with_the_whole_spread() -> None:
    values = np.full((3, 12, 12), np.nan, np.float32)
    process = plain(replace(problem_of(np.zeros((3, 12, 12)), 0.0), values=values), TWO)
    at, mean, sd = process.believed(1, process.cells(1))
    assert len(at) == 144
    assert not mean.any()
    np.testing.assert_allclose(sd, np.sqrt(TWO.total + TWO.nugget), rtol=1e-6)


@pytest.mark.parametrize("name", ["oi", "hybrid"])
@pytest.mark.parametrize("seen", [0.0, 0.7])
def test_too_small_or_too_cloudy_to_measure_likeness_is_said(name: str, seen: float, tmp_path: Path) -> None:
    path = ocean_files.write(ocean_files.logarithm(), tmp_path / "a.nc")
    cube = read.upload("a.nc", path.read_bytes())
    assert cube.shape == (4, 5, 6)
    if not seen:
        cube = cube.where(np.arange(6) < 1)
    with pytest.raises(InputError) as caught:
        fill(cube, name, [0])
    assert caught.value.code == "ocean_seen_little"
    assert [caught.value.facts[k] for k in ("frames", "rows", "columns")] == [4, 5, 6]


def test_only_the_very_same_cells_are_too_few_too() -> None:
    """A single column of cells each seen alone: pairs at no distance and no delay."""
    lonely = np.full((30, 40, 40), np.nan, np.float32)
    for t in range(30):
        lonely[t, t, t] = 1.0
    with pytest.raises(InputError):
        fitted(lonely, np.arange(30) * 100.0, PIXEL, np.random.default_rng(0))
