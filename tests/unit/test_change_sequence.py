"""Sequences: memory forgives what was there lately, and breaks have the date and the place they were given."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import xarray as xr
from scipy.ndimage import binary_dilation

from eogen.change.breaks import SEGMENT, Pairs, breaks, statistic
from eogen.change.methods import score
from eogen.change.sequence import same_season, surprise
from eogen.change.simulate_sequence import sequence
from eogen.change.stack import pair, stack
from eogen.errors import Cancelled, InputError


def noise(dates, size=32, bands=2, seed=0, **more):
    """Return a stack of one scene seen many times, with noise."""
    rng = np.random.default_rng(seed)
    scene = rng.standard_normal((1, bands, size, size))
    return stack(
        scene + 0.3 * rng.standard_normal((dates, bands, size, size)), [f"b{k}" for k in range(bands)], **more
    )


@pytest.fixture(scope="module")
def felled():
    return sequence(2, 12, "clear_cut", 64)


def test_a_memory_of_one_is_the_pair_of_neighbours():
    images = noise(4)
    found = surprise(images, "cva_raw", 1)
    assert found.nll.dims == ("time", "y", "x")
    np.testing.assert_array_equal(found.time.values, images.time.values[1:])
    for t in range(1, 4):
        np.testing.assert_array_equal(
            found.nll.values[t - 1], score(pair(images, t - 1, t), "cva_raw").nll.values
        )
        assert (found.against.values[t - 1] == t - 1).all()


def test_memory_is_the_least_over_the_dates_remembered_and_never_more_with_more():
    images = noise(5)
    by_hand = np.min([score(pair(images, k, 4), "cva_raw").nll.values for k in (1, 2, 3)], 0)
    maps = [surprise(images, "cva_raw", k).nll.values for k in (1, 2, 3)]
    np.testing.assert_array_equal(maps[2][3], by_hand)
    for less, more in pairwise(maps):
        assert (more <= less).all()
        assert (more < less).mean() > 0.2


def test_what_comes_back_is_forgiven_by_memory_and_what_is_new_is_not():
    """A square flickers: with a memory of two its return is no surprise; its first show is, and only then."""
    values = noise(5).values.copy()
    values[[1, 3], :, 8:16, 8:16] += 6
    images = stack(values, ["b0", "b1"])
    short, long = (surprise(images, "cva_raw", k).nll.values[:, 9:15, 9:15].mean((1, 2)) for k in (1, 2))
    assert short.min() > 4
    assert long[0] > 4
    assert long[1:].max() < 2


def test_clouds_are_skipped_and_memory_goes_further_back_to_where_the_pixel_was_seen():
    images = noise(5)
    valid = np.ones((5, 32, 32), bool)
    valid[3, :, :16] = False  # the left half of the date before the last
    valid[4, :4] = False
    images = stack(images.values, ["b0", "b1"], valid=valid)
    found = surprise(images, "cva_raw", 1)
    last = found.against.values[-1]
    assert (last[4:, :16] == 2).all()
    assert (last[4:, 16:] == 3).all()
    assert (last[:4] == -1).all()
    np.testing.assert_array_equal(np.isfinite(found.nll.values), found.against.values >= 0)
    np.testing.assert_array_equal(np.isfinite(found.nll.values[2]), valid[3])
    assert found.seen.values[-1] == pytest.approx(28 / 32)
    np.testing.assert_allclose(found.level.values, np.nanmean(found.nll.values, (1, 2)), rtol=1e-5)


def test_a_date_all_clouds_judges_nothing_and_harms_nothing():
    values = noise(4)
    valid = np.ones((4, 32, 32), bool)
    valid[1] = False
    found = surprise(stack(values.values, ["b0", "b1"], valid=valid), "gaussian_pmi", 2)
    assert np.isnan(found.nll.values[0]).all()
    assert np.isnan(found.level.values[0])
    assert np.isfinite(found.nll.values[1:]).all()
    assert not (found.against.values == 1).any()


def test_the_same_season_of_earlier_years_is_found():
    times = ["2020-01-13", "2020-06-21", "2020-09-14", "2021-06-26", "2021-12-30", "2022-03-08", "2022-07-10"]
    images = noise(7, times=times)
    expected = [[], [], [], [1], [0], [], [3, 1]]
    assert same_season(images) == expected  # a summer looks back to summers, newest first
    far = surprise(images, "cva_raw", 1, seasonal=True)
    assert (far.compared.values[-1] == 3).all()
    assert (far.nll.values <= surprise(images, "cva_raw", 1).nll.values).all()


def test_the_surprise_of_a_felled_wood_comes_on_its_day(felled):
    changed = felled.label.values == 1
    found = surprise(felled, memory=3)
    seen = np.isfinite(found.nll.values[:, changed]).mean(1) > 0.5
    excess = np.array([np.nanmean(n[changed]) - np.nanmedian(n[~changed]) if s else -9
                       for n, s in zip(found.nll.values, seen, strict=True)])  # fmt: skip
    first = next(
        t for t in range(felled.attrs["break_index"], 12) if felled.valid.values[t][changed].mean() > 0.5
    )
    assert excess.argmax() == first - 1


def test_the_statistic_is_the_energy_of_the_best_split_on_a_case_by_hand():
    """Six dates, distances 0 within and 10 across a break before the fourth: n m / (n + m) * 2 * 10, no scatter."""
    side = np.array([0, 0, 0, 1, 1, 1])
    one, two = np.triu_indices(6, 1)
    maps = 10.0 * (side[one] != side[two])[:, None].astype(np.float32)
    found = statistic(Pairs(maps, np.ones(15, np.float32), np.ones((6, 1), bool)))[:, 0]
    assert found.argmax() + SEGMENT == 3
    assert found.max() == pytest.approx(3 * 3 / 6 * 20, rel=1e-5)
    assert len(found) == 6 - 2 * SEGMENT + 1


def test_the_order_of_dates_within_a_segment_does_not_matter_and_scale_hardly():
    rng = np.random.default_rng(0)
    pairs = Pairs(
        rng.exponential(1, (15, 40)).astype(np.float32), np.ones(15, np.float32), np.ones((6, 40), bool)
    )
    swapped = pairs.ordered(np.array([2, 0, 1, 5, 3, 4]), slice(None))
    np.testing.assert_allclose(statistic(pairs)[1], statistic(swapped)[1], rtol=1e-4, atol=1e-5)
    large = [statistic(Pairs(k * pairs.maps, pairs.weight, pairs.seen)) for k in (100, 1000)]
    np.testing.assert_allclose(large[0], large[1], rtol=1e-2, atol=1e-2)  # studentised: units drop out


def test_breaks_are_found_where_and_when_they_were_put(felled):
    at, changed = felled.attrs["break_index"], felled.label.values == 1
    found = breaks(felled)
    told = changed & (found["index"].values >= 0)
    later = felled.valid.values & (np.arange(12)[:, None, None] >= at)
    first = later.argmax(0)  # the first date on which each pixel can be seen changed
    assert told.sum() > 0.8 * changed.sum()
    assert (np.abs(found["index"].values - first) <= 1)[told].mean() > 0.9
    assert (found.p_value.values <= 0.01)[told].mean() > 0.6
    away = ~binary_dilation(changed, iterations=2) & np.isfinite(found.p_value.values)
    assert (found.p_value.values <= 0.01)[away].mean() < 0.04
    np.testing.assert_array_equal(found.date.values[told], felled.time.values[found["index"].values[told]])


def test_false_breaks_are_as_rare_as_said_where_dates_are_in_no_order():
    """The same scene with new noise on every date: exchangeable, so p-values are uniform."""
    p = np.concatenate(
        [breaks(noise(8, 40, seed=s), smooth=0, seed=s).p_value.values.ravel() for s in range(3)]
    )
    for level in (0.01, 0.05, 0.2):
        assert (p <= level).mean() == pytest.approx(level, rel=0.35)


def test_where_a_pixel_was_seen_too_rarely_nothing_is_said():
    images = noise(6)
    valid = np.ones((6, 32, 32), bool)
    valid[2:5, :8] = False  # three dates left: no two before and two after
    valid[2, 8:16] = False
    found = breaks(stack(images.values, ["b0", "b1"], valid=valid))
    assert (found["index"].values[:8] == -1).all()
    assert np.isnan(found.p_value.values[:8]).all()
    assert (found["index"].values[8:] >= 2).all()
    assert not (found["index"].values[8:16] == 2).any()  # no break on a date nobody saw
    assert "date" not in found


def test_seasons_compared_with_like_seasons_are_no_break():
    """Two years of a place that is bright in winter: half a year looks broken unless like seasons are compared."""
    times = np.datetime64("2020-01-15") + np.array([0, 30, 60, 150, 180, 210, 365, 395, 425, 515, 545, 575])
    values = noise(12, 40).values.copy()
    winter = np.array([1, 1, 1, 0, 0, 0] * 2, bool)
    values[winter, :, :10, :10] += 4
    values[6:, :, 30:, 30:] += 4  # this one is real: from the second year on
    images = stack(values, ["b0", "b1"], times=times)
    plain, wise = breaks(images, "cva_median"), breaks(images, "cva_median", season=25)
    assert wise.strength.values[1:9, 1:9].mean() < 0.5 * plain.strength.values[1:9, 1:9].mean()
    assert (wise["index"].values[31:, 31:] == 6).mean() > 0.95
    assert (wise.p_value.values[31:, 31:] < 0.01).mean() > 0.9


def test_the_same_seed_gives_the_same_bits_and_provenance_is_kept(felled):
    small = felled.isel(y=slice(0, 40), x=slice(0, 40), time=slice(0, 6))
    for make in (breaks, surprise):
        one, again = make(small, seed=3), make(small, seed=3)
        xr.testing.assert_identical(one, again)
        assert one.attrs["kind"] == "simulated"
        assert one.rio.crs.to_epsg() == 32631


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (lambda: surprise(noise(3), memory=0), "change_memory"),
        (lambda: surprise(noise(3), seasonal=True), "change_undated"),
        (lambda: surprise(noise(3), "nonsense"), "change_method"),
        (lambda: breaks(noise(3)), "change_few_dates"),
        (lambda: breaks(noise(5), season=20.0), "change_undated"),
        (lambda: breaks(noise(5), "nonsense"), "change_method"),
        (lambda: breaks(noise(40, 512, 1)), "change_breaks_size"),
    ],
)
def test_what_cannot_be_done_is_said(call, code):
    with pytest.raises(InputError) as caught:
        call()
    assert caught.value.code == code


@pytest.mark.parametrize("make", [surprise, breaks])
def test_progress_rises_to_the_end_and_can_stop_the_work(make):
    told = []
    make(noise(5), progress=lambda done, total, what="": told.append((what, done, total)))
    for stage in {what for what, _, _ in told}:
        done = [d for what, d, _ in told if what == stage]
        assert done == sorted(done)
        assert done[-1] == next(t for what, _, t in told if what == stage)

    def stop(done, total, what=""):
        raise Cancelled

    with pytest.raises(Cancelled):
        make(noise(5), progress=stop)
