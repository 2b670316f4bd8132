"""Detectability: larger and stronger is easier, nothing planted is found no more than chance, intervals are right."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from eogen.change.detect import CLEAR, detectability, places
from eogen.change.nuisances import NUISANCES, blurred, moved, nuisances, relit
from eogen.change.simulate import simulate
from eogen.change.stack import stack
from eogen.errors import Cancelled, InputError


@pytest.fixture(scope="module")
def quiet():
    return simulate("none", 0, 96)


@pytest.fixture(scope="module")
def curve(quiet):
    return detectability(quiet, "gaussian_pmi", (2, 6), (0.15, 0.5, 1.0), squares=12)


def test_larger_and_stronger_changes_are_found_more_often(curve):
    assert curve.share.dims == ("size", "contrast")
    share, ap = curve.share.values, curve.ap.values
    assert (np.diff(share, axis=1) >= 0).all()
    assert (np.diff(ap, axis=1) > 0).all()
    assert (share[1, 1:] >= share[0, 1:]).all()
    assert share[1, -1] > 0.9
    assert (np.diff(curve.step.values, axis=1) > 0).all()
    np.testing.assert_array_equal(curve.share.values, curve.found.values / curve.planted.values)


def test_what_was_not_planted_is_not_found(quiet, curve):
    """The same places in the picture before painting: rarely above a threshold that a hundredth exceeds."""
    assert curve.unplanted.values.max() <= 0.1
    faint = detectability(quiet, "gaussian_pmi", (3,), (1e-4,), squares=12, rate=0.2)
    assert faint.share.item() == pytest.approx(faint.unplanted.item(), abs=0.1)
    assert faint.ap.item() < 6 * faint.prevalence.item()


def test_more_false_alarms_allowed_find_more(quiet):
    strict, lax = (detectability(quiet, "cva_median", (4,), (0.6,), rate=r, squares=12) for r in (0.002, 0.2))
    assert lax.share.item() > strict.share.item()
    assert lax.ap.item() == strict.ap.item()  # the same pictures


def test_the_same_seed_gives_the_same_bits_another_seed_other_places(quiet):
    one, again, other = (detectability(quiet, "cva_raw", (3,), (0.5,), seed=s, squares=8) for s in (1, 1, 2))
    xr.testing.assert_identical(one, again)
    assert one.ap.item() != other.ap.item()
    assert one.attrs["kind"] == "simulated"


@pytest.mark.parametrize("side", [1, 2, 3, 8])
def test_squares_lie_on_quiet_ground_and_keep_clear_of_each_other(side):
    rng = np.random.default_rng(side)
    ground = np.ones((70, 90), bool)
    ground[rng.integers(0, 70, 25), rng.integers(0, 90, 25)] = False
    rounds = places(ground, side, 20, rng)
    assert sum(map(len, rounds)) <= 20
    for corners in rounds:
        for y, x in corners:
            assert ground[y : y + side, x : x + side].all()
            assert ground[y : y + side, x : x + side].shape == (side, side)
        apart = np.abs(corners[:, None] - corners[None]).max(-1) + 999 * np.eye(len(corners), dtype=int)
        assert apart.min() >= side + CLEAR


def test_squares_reach_every_place_that_fits():
    """On ground with room for one square only, that is where it goes."""
    for side in (1, 2, 3, 4):
        ground = np.zeros((20, 20), bool)
        ground[16 : 16 + side, 20 - side :] = True
        assert places(ground, side, 1, np.random.default_rng(0))[0].tolist() == [[16, 20 - side]]


def test_labelled_change_is_never_planted_on():
    flooded = simulate("flood", 1, 96)
    found = detectability(flooded, "cva_raw", (4,), (1.0,), squares=6)
    assert found.planted.item() == 6
    everything = flooded.assign_coords(label=(("y", "x"), np.ones((96, 96), np.int8)))
    with pytest.raises(InputError) as caught:
        detectability(everything, "cva_raw", (4,), (1.0,), squares=6)
    assert caught.value.code == "change_detect_room"


def test_a_shift_costs_more_than_light_and_nothing_costs_nothing():
    found = [nuisances(simulate("building", s, 96), "gaussian_pmi") for s in range(2)]
    for one in found:
        assert list(one.nuisance.values) == list(NUISANCES)
        assert one.loss.sel(nuisance="none").item() == 0
    mean = {k: np.mean([one.ap.sel(nuisance=k).item() for one in found]) for k in NUISANCES}
    assert mean["none"] > mean["shift_1"] > mean["shift_2"]
    assert mean["light"] > mean["shift_2"]


def test_the_nuisances_do_what_they_say():
    rng = np.random.default_rng(0)
    image, valid = rng.uniform(10, 200, (3, 30, 40)), np.ones((30, 40), bool)
    out, seen = moved(image, valid, 2)
    np.testing.assert_array_equal(out[:, :, 2:], image[:, :, :-2])
    assert not seen[:, :2].any()
    assert seen[:, 2:].all()
    lit, _ = relit(image, valid)
    for before, after in zip(image, lit, strict=True):
        order = np.argsort(before.ravel())
        assert (np.diff(after.ravel()[order]) >= -1e-9).all()  # a rising curve
        assert not np.allclose(before, after)
    flat = np.where(valid, 7.0, 0)[None]
    holes = valid & (rng.random(valid.shape) > 0.2)
    np.testing.assert_allclose(blurred(np.where(holes, flat, 0), holes)[0], 7.0)
    assert blurred(image, valid)[0].std() < 0.5 * image.std()


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (lambda q: detectability(q, "cva_raw", ()), "change_detect"),
        (lambda q: detectability(q, "cva_raw", (0,)), "change_detect"),
        (lambda q: detectability(q, "cva_raw", rate=0.7), "change_detect"),
        (lambda q: detectability(q, "cva_raw", contrasts=(1.5,)), "change_plant_contrast"),
        (lambda q: detectability(q, "cva_raw", (300,)), "change_detect_room"),
        (lambda q: detectability(q, "nonsense"), "change_method"),
        (lambda q: nuisances(q, "cva_raw"), "change_unlabelled"),
        (lambda q: nuisances(stack(np.random.default_rng(0).random((2, 1, 30, 30)), ["a"]), "cva_raw"),
         "change_unlabelled"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_said(quiet, call, code):
    with pytest.raises(InputError) as caught:
        call(quiet)
    assert caught.value.code == code


def test_progress_rises_to_the_end_and_can_stop_the_work(quiet):
    told = []
    detectability(quiet, "cva_raw", (2, 4), (0.5, 1.0), squares=4, progress=lambda *step: told.append(step))
    assert told == [(k, 4, "plant") for k in range(1, 5)]

    def stop(done, total, what=""):
        raise Cancelled

    for work in (detectability, nuisances):
        with pytest.raises(Cancelled):
            work(simulate("fire", 0, 64), "cva_raw", progress=stop)
