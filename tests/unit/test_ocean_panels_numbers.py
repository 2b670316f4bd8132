"""What the expert panels of the ocean compute before they draw: cases, tallies, members, tables."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from eogen.ocean import blind, simulate
from eogen.ocean.blind import Answer
from eogen.ocean.methods import fill
from eogen.ocean.trial import Trial, hidden, trial
from eogen.results import Figure, Report
from pages.kit.words import load
from pages.parts.ocean import (
    bench,
    calibration_views,
    ensemble,
    measured,
    shades,
    tiles,
    trial_table,
    trial_views,
)


@pytest.fixture(scope="module")
def sea() -> xr.DataArray:
    return simulate.ocean(3, 6, (40, 40), gaps="composite").observed


@pytest.fixture(scope="module")
def trials(sea) -> dict[str, Trial]:
    given_ = hidden(sea, range(6), seed=1)
    return {
        n: trial(sea, n, given=given_, members=4, seed=1) for n in ("climatology", "nearest", "convolution")
    }


# --- the blind test ---


@given(st.integers(0, 60), st.integers(0, 1000))
def test_sides_are_balanced_in_every_block_and_repeat(count, seed):
    left = blind.sides(count, seed)
    assert len(left) == count
    for start in range(0, count - blind.BLOCK + 1, blind.BLOCK):
        assert left[start : start + blind.BLOCK].sum() == blind.BLOCK // 2
    assert (left == blind.sides(count, seed)).all()


def test_both_pictures_show_the_hidden_cells_and_nothing_else(trials, sea):
    one = trials["convolution"]
    cases = blind.deal(one, 5, 30)
    assert len({c.name for c in cases}) == len(cases) > 3
    for case in cases:
        real, member = blind.pictures(one, sea.values, case)
        hidden_here = one.held[case.frame][slice(*case.rows), slice(*case.columns)]
        assert (np.isfinite(real) == hidden_here).all()
        assert (np.isfinite(member) == hidden_here).all()
        assert hidden_here.sum() >= blind.LEAST
        assert not np.array_equal(real[hidden_here], member[hidden_here])
    assert cases == blind.deal(one, 5, 30)
    assert cases != blind.deal(one, 6, 30)


def test_no_members_no_cases(sea):
    assert blind.deal(trial(sea, "nearest", targets=[2], seed=1), 0) == []


def answered(correct: list[bool], side: str = "left") -> list[Answer]:
    return [
        Answer("2026-01-01T00:00:00+00:00", f"c{k}", *(("real", "oi") if ok == (side == "left") else ("oi", "real")),
               side, ok, 1.5)
        for k, ok in enumerate(correct)
    ]  # fmt: skip


@given(st.integers(1, 80), st.data())
def test_the_interval_is_the_exact_binomial_one(n, data):
    k = data.draw(st.integers(0, n))
    found = blind.tally(answered([True] * k + [False] * (n - k)))
    assert (found.n, found.correct) == (n, k)
    assert found.low <= k / n <= found.high
    # Clopper and Pearson: at the ends, what was found has a chance of 2.5 %.
    if k:
        assert binom.sf(k - 1, n, found.low) == pytest.approx(0.025, abs=1e-6)
    if k < n:
        assert binom.cdf(k, n, found.high) == pytest.approx(0.025, abs=1e-6)


@pytest.mark.parametrize(("k", "said"), [(30, "seen"), (15, "fooled"), (2, "reversed")])
def test_a_verdict_follows_the_interval(k, said):
    assert blind.tally(answered([True] * k + [False] * (30 - k))).verdict == said


def test_the_file_of_answers_has_its_columns_even_when_empty():
    assert list(blind.table([]).columns) == ["time", "case", "left", "right", "answer", "correct", "seconds"]
    made = blind.table(answered([True, False]))
    assert made.left.tolist() == ["real", "oi"]
    assert made.correct.tolist() == [True, False]


# --- members ---


def test_chances_are_shares_of_members():
    member = np.array([[[0.0, 1.0, np.nan]], [[2.0, 3.0, 4.0]]])
    found = ensemble.above(member, 0.5)
    assert found[0, :2].tolist() == [0.5, 1.0]
    assert np.isnan(found[0, 2])


def test_the_slope_of_a_plane_is_known(sea):
    north, east = np.meshgrid(np.arange(40), np.arange(40), indexing="ij")
    from eogen.ocean.cube import pixel_km

    tall, wide = pixel_km(sea)
    plane = 3.0 * north * tall + 4.0 * east * wide
    assert ensemble.slope(plane, sea) == pytest.approx(5.0)


def test_the_mean_is_smoother_than_the_members(sea):
    found = fill(sea, "convolution", [3], members=8)
    measured_ = ensemble.sharpness(found, sea.values[3], sea)
    assert measured_.mean < measured_.members.min()
    assert np.isfinite(measured_.observed)
    assert ensemble.sharpness(fill(sea, "convolution", [3]), sea.values[3], sea) is None


@given(st.integers(0, 39), st.integers(0, 39), st.integers(1, 60))
def test_a_window_holds_its_place_and_stays_inside(row, column, size):
    rows, columns = ensemble.window((row, column), (40, 40), size)
    assert rows.start <= row < rows.stop <= 40
    assert columns.start <= column < columns.stop <= 40
    assert rows.stop - rows.start == min(size, 40)


def test_the_farthest_cell_is_the_middle_of_the_gap():
    gap = np.zeros((20, 20), bool)
    gap[5:14, 3:12] = True
    assert ensemble.farthest(gap) == (9, 7)
    assert ensemble.farthest(np.zeros((20, 20), bool)) == (10, 10)


# --- pictures and scales ---


def test_logarithms_are_read_as_what_they_are_of():
    assert shades.shown("log10_chl", np.array([0.0, 1.0])).tolist() == [1.0, 10.0]
    assert shades.shown("sst", np.array([4.0])).tolist() == [4.0]
    scale = shades.scale("log10_chl", np.array([-1.0, 1.0]), np.array([np.nan]))
    assert scale.log
    assert scale.low == pytest.approx(0.1, rel=0.1)
    assert shades.scale("sst", np.full(3, np.nan)).low == 0.0
    assert shades.scale("sst", np.full(9, 4.0)).low < 4 < shades.scale("sst", np.full(9, 4.0)).high


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_axes_of_dates_speak_the_language(lang):
    t = load(lang)
    times = np.arange("2021-05-01", "2021-07-01", 8, dtype="datetime64[D]")
    made = shades.dates(t, times)
    assert made["ticktext"][0] == {"fr": "1er\u00a0mai", "en": "1\u00a0May"}[lang]
    assert shades.years(times) == "2021"
    many = np.arange("1998-01", "2023-01", dtype="datetime64[M]")
    assert set(shades.dates(t, many)["ticktext"]) <= {str(y) for y in range(1998, 2023)}
    assert shades.years(many) == "1998–2022"


def test_north_is_up_land_is_grey_and_the_rim_is_on_the_filled_side():
    sea = np.ones((30, 30), bool)
    sea[0] = False
    filled = np.zeros((30, 30), bool)
    filled[10:20, 10:20] = True
    filled[25, 3] = True
    values = np.where(filled, 5.0, 1.0)
    made = tiles.paint(values, shades.scale("sst", np.array([0.0, 6.0])), sea, filled)
    size = made.shape[0] // 30
    assert tuple(made[-1, 0]) == tiles.LAND
    rim = (made == np.array(tiles.EDGE, np.uint8)).all(-1)
    cells = rim.reshape(30, size, 30, size).any((1, 3))[::-1]
    assert cells.any()
    assert not cells[~filled].any()
    assert not cells[25, 3], "a single cell gets no rim: it would hide it"
    assert not (tiles.paint(values, shades.scale("sst", values), sea) == np.array(tiles.EDGE)).all(-1).any()


# --- the trial's tables ---


def test_dates_hold_the_one_on_the_screen(sea):
    for count in bench.DATES:
        found = bench.dates(sea, 4, count)
        assert 4 in found
        assert list(found) == sorted(set(found))
        assert len(found) <= (6 if count == "all" else int(count))


def test_the_leaderboard_is_sorted_and_agrees_with_the_cells(trials):
    board = trial_table.leaderboard(trials)
    rmse = board.xs("rmse", level="score")["value"]
    assert rmse.is_monotonic_increasing
    for name, one in trials.items():
        error = (one.cells["mean"] - one.cells["truth"]).to_numpy()
        assert rmse[name] == pytest.approx(np.sqrt((error**2).mean()))
        frames = trial_table.per_frame(one)
        assert frames["n"].sum() == len(one.cells)
        pooled = np.sqrt((frames["rmse"] ** 2 * frames["n"]).sum() / frames["n"].sum())
        assert pooled == pytest.approx(rmse[name])


def test_the_winner_of_a_class_is_the_best_there(trials):
    won = trial_table.winners(trials)
    table = trial_table.by_class(trials, "distance", "rmse")
    for _, row in won.iterrows():
        here = table[table["class"] == row["class"]].set_index("method")["value"]
        assert here.idxmin() == row["method"]


def test_a_method_does_not_differ_from_itself_and_does_from_a_worse_one(trials):
    assert not trial_table.apart(trials, "nearest", "nearest", "distance", "<=3 px")
    worse = trials["nearest"]
    cells = worse.cells.assign(mean=worse.cells["mean"] + 1.0)
    wrong = Trial("wrong", cells, None, worse.signature, 0.0, worse.held, worse.frames, worse.mean)
    assert trial_table.apart({"nearest": worse, "wrong": wrong}, "nearest", "wrong", "distance", "<=3 px")


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_sentences_never_contradict_the_table(trials, lang):
    t = load(lang)
    won = trial_table.winners(trials)
    simple = won["kind"] == "simple"
    said = trial_views.verdicts(t, trials, "convolution", "log₁₀")
    assert (t("ocean.trial.nowhere") in said) == (not simple.any())
    assert (t("ocean.trial.everywhere") in said) == simple.all()
    two = trial_views.verdicts(t, {n: trials[n] for n in ("climatology", "nearest")}, "climatology", "")
    assert t("ocean.trial.everywhere") in two
    assert t("ocean.trial.nowhere") not in two
    one = trial_views.verdicts(t, {"convolution": trials["convolution"]}, "convolution", "")
    assert one[1:] == [t("ocean.trial.nowhere")]


def test_perfect_is_the_ideal_where_there_is_one():
    assert trial_table.miss("coverage_90", 0.9) == 0
    assert trial_table.miss("coverage_90", 0.99) == pytest.approx(0.09)
    assert trial_table.miss("r", 0.9) < trial_table.miss("r", 0.2)
    assert trial_table.miss("rmse", 0.1) < trial_table.miss("rmse", 0.2)


def test_the_files_hold_the_protocol_and_every_score(trials):
    import json

    made = trial_table.record(trials)
    text = json.dumps(made, allow_nan=False)
    assert made["protocol"]["seed"] == 1
    assert '"by": "season"' in text
    table = trial_table.everything(trials)
    assert set(table["by"]) == {"all", "distance", "depth", "season", "date"}
    assert set(table["method"]) == set(trials)
    assert table[table["by"] == "date"]["class"].nunique() == len(next(iter(trials.values())).frames)


# --- calibration ---


def perfect(n: int = 20_000, wide: float = 1.0) -> Trial:
    rng = np.random.default_rng(0)
    cells = pd.DataFrame({"truth": rng.standard_normal(n), "mean": 0.0, "sd": wide, "frame": 0})
    return Trial("x", cells, None, None, 0.0, np.zeros((1, 1, 1), bool), np.array([0]), np.zeros((1, 1, 1)))


@pytest.mark.parametrize(("wide", "said"), [(1.0, "honest"), (0.5, "bold"), (2.0, "timid")])
def test_coverage_is_worth_what_is_said(wide, said):
    one = perfect(wide=wide)
    told = calibration_views.told(one)
    assert told.verdict == said
    assert told.factor == pytest.approx(1 / wide, rel=0.03)
    if wide == 1:
        curve = calibration_views.coverage_curve(one)
        assert curve == pytest.approx(calibration_views.LEVELS, abs=0.015)


# --- the committed report ---


def report() -> Report:
    row = lambda name, method, value, set_="a, 8-day", **more: Figure(
        name, method, set_, value, value - 0.01, value + 0.01, 100, better="lower", **more
    )
    return Report(
        "ocean",
        figures=[
            row("rmse", "oi", 0.2, target=0.185), row("rmse/<=3 px", "oi", 0.15),
            row("rmse", "nearest", 0.3), row("rmse/<=3 px", "nearest", 0.12),
            row("rmse/>20 px", "oi", 0.2), row("rmse/>20 px", "nearest", 0.5), row("rmse/shelf", "oi", 0.3),
            row("rmsd", "oi", 0.19, "MODIS to VIIRS", target=0.2),
            Figure("seams", "tiles", "scale", None, None, None, 0),
        ],
        machine={"date": "2026-01-01"},
    )  # fmt: skip


def test_a_report_is_asked_by_set_class_and_method():
    found = measured.Measured(report())
    assert found.boards == ["a, 8-day"]
    assert found.methods("a, 8-day") == ["oi", "nearest"]
    assert found.classes("a, 8-day") == ["<=3 px", ">20 px", "shelf"]
    assert found.winners("a, 8-day") == [("<=3 px", "nearest", 0.12)]
    assert [f.name for f in found.others] == ["rmsd", "seams"]
    assert [f.reached for f in found.goals] == [False, True]
    assert np.isnan(found.value("rmse", "oi", "nowhere"))
    assert measured.Measured(Report("ocean")).boards == []
