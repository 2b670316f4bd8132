"""The protocol of hidden cells: the method never sees them, everyone is asked the same, and it can be repeated."""

from __future__ import annotations

import json

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from eogen.errors import InputError
from eogen.ocean import scores, trial
from eogen.ocean.cube import cube
from eogen.ocean.problem import Estimate


def sea_of(seed=0, frames=8, side=40, gaps=True):
    """A cube of smooth fields under smooth clouds, with a strip of land and a shelf."""
    rng = np.random.default_rng(seed)
    field = gaussian_filter(rng.standard_normal((frames, side, side)), (1, 4, 4))
    field /= field.std()
    cloud = gaussian_filter(rng.standard_normal((frames, side, side)), (0, 5, 5))
    values = np.where(cloud > np.quantile(cloud, 0.6), np.nan, field) if gaps else field
    sea = np.ones((side, side), bool)
    sea[:, :4] = False
    depth = np.broadcast_to(np.linspace(0, -2000, side), (side, side))
    time = np.datetime64("2021-01-01") + 8 * np.arange(frames).astype("timedelta64[D]")
    return cube(
        values, time, 40 + 0.05 * np.arange(side), -140 + 0.05 * np.arange(side), sea, bathymetry=depth
    )


def test_the_method_never_sees_what_is_hidden():
    observed = sea_of()
    seen = []

    def spy(less, targets):
        seen.append((less, targets))
        return Estimate(np.zeros((len(targets), *less.sea.shape), np.float32))

    found = trial.trial(observed, spy)
    assert found.method == "spy"
    for less, targets in seen:
        for t in targets:
            hidden = found.held[np.searchsorted(found.frames, t)]
            assert hidden.any()
            assert not less.observed[t][hidden].any()
            np.testing.assert_array_equal(less.observed[t] | hidden, np.isfinite(observed.values[t]))
    c = found.cells
    np.testing.assert_array_equal(observed.values[c.frame, c.row, c.column], c.truth)
    assert len(c) == found.held.sum() == found.signature.cells
    assert (c["mean"] == 0).all()
    assert c.sd.isna().all()


def test_changing_hidden_values_changes_no_answer():
    observed = sea_of()
    folds = trial.hidden(observed)
    other = observed.copy(data=observed.values.copy())
    for fold in folds:
        other.values[fold.held] += 5
    one = trial.trial(observed, "convolution", given=folds[:1])
    # the first fold's cells only: the second fold's are seen while the first is scored
    third = observed.copy(data=np.where(folds[0].held, observed.values + 5, observed.values))
    np.testing.assert_array_equal(
        one.cells["mean"], trial.trial(third, "convolution", given=folds[:1]).cells["mean"]
    )
    assert (one.cells.truth != trial.trial(other, "convolution", given=folds[:1]).cells.truth).all()


def test_a_method_that_knows_the_truth_is_perfect_and_the_nearest_is_not():
    complete = sea_of(gaps=False)
    clouds = ~np.isfinite(sea_of(3).values)

    def oracle(less, targets):
        return Estimate(complete.values[targets], np.full((len(targets), *less.sea.shape), 0.1, np.float32))

    folds = trial.hidden(complete, clouds=clouds)
    perfect = scores.score(trial.trial(complete, oracle, given=folds).cells).value
    assert perfect.rmse == 0
    assert perfect.coverage_50 == 1
    nearest = scores.score(trial.trial(complete, "nearest", given=folds).cells).value
    assert nearest.rmse > 0.1


def test_observed_cells_are_returned_as_observed_in_the_full_fields_and_every_member():
    observed = sea_of()
    found = trial.trial(observed, "climatology", members=3)
    truth = observed.values[found.frames]
    kept = np.isfinite(truth) & ~found.held
    np.testing.assert_array_equal(found.mean[kept], truth[kept])
    for member in found.drawn:
        np.testing.assert_array_equal(member[kept], truth[kept])
    c = found.cells
    at = np.searchsorted(found.frames, c.frame)
    np.testing.assert_array_equal(found.drawn[:, at, c.row, c.column], found.members)
    np.testing.assert_array_equal(found.mean[at, c.row, c.column], c["mean"])


def test_same_seed_same_signature_and_it_is_readable():
    first, again = (trial.trial(sea_of(), "nearest") for _ in range(2))
    assert first.signature == again.signature
    assert trial.trial(sea_of(), "climatology").signature == first.signature
    assert trial.trial(sea_of(), "nearest", seed=5).signature.sha256 != first.signature.sha256
    read = json.loads(first.signature.to_json())
    assert read["cells"] == len(first.cells)
    assert read["frames"][0] == "2021-01-01"
    assert len(read["donors"]) == len(read["frames"]) == len(first.frames)


def test_some_frames_of_the_protocol_are_the_same_cells_as_in_the_whole():
    observed = sea_of()
    whole = trial.trial(observed, "nearest", members=2)
    some = trial.trial(observed, "nearest", only=whole.frames[1:4], members=2)
    part = trial.part(whole, whole.frames[1:4])
    for c in ("frame", "row", "column", "truth", "mean", "distance"):
        np.testing.assert_array_equal(some.cells[c], part.cells[c])
    np.testing.assert_array_equal(some.held, part.held)
    assert some.signature.frames == part.signature.frames
    assert some.signature.donors == part.signature.donors
    with pytest.raises(InputError) as caught:
        trial.trial(observed, "nearest", only=[99])
    assert caught.value.code == "ocean_no_trial"


def test_distances_depths_and_holes_are_those_of_the_cell():
    observed = sea_of()
    found = trial.trial(observed, "nearest")
    c = found.cells
    for row in c.sample(40, random_state=1).itertuples():
        left = np.isfinite(observed.values[row.frame]) & ~found.held[np.searchsorted(found.frames, row.frame)]
        y, x = np.nonzero(left)
        assert row.distance == pytest.approx(np.hypot(y - row.row, x - row.column).min(), rel=1e-5)
        assert row.depth == pytest.approx(observed.bathymetry.values[row.row, row.column])
    assert (c.gap >= c.distance - 1e-6).all()


def test_the_widest_of_two_holes():
    hole = np.zeros((9, 20), bool)
    hole[1:4, 1:4] = True
    hole[1:8, 8:15] = True
    from scipy.ndimage import distance_transform_edt

    found = trial.widest(hole, distance_transform_edt(hole))
    assert found[2, 2] == found[1, 1] == 2
    assert found[1, 8] == 4
    assert found[~hole].max() == 0


def test_a_cube_with_too_few_frames_is_told_before_anything_runs(monkeypatch):
    from dataclasses import replace

    from eogen.ocean import methods

    monkeypatch.setitem(
        methods.METHODS, "greedy", replace(methods.METHODS["nearest"], name="greedy", frames=50)
    )
    with pytest.raises(InputError) as caught:
        trial.trial(sea_of(), "greedy")
    assert caught.value.code == "ocean_frames"
