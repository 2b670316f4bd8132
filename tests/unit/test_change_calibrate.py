"""p-values mean what they say: on laws that are known, on identical images, and on ground of several kinds."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from eogen.change import calibrate, methods, strata
from eogen.change.calibrate_cities import leave_one_out
from eogen.change.discovery import benjamini_hochberg
from eogen.change.stack import stack
from eogen.errors import InputError


def score_map(values, estimator="toy", **attrs):
    return xr.Dataset(
        {"nll": (("y", "x"), np.asarray(values, np.float32))}, attrs={"estimator": estimator} | attrs
    )


OTHER = score_map(np.ones((4, 4)), "other")


def gamma_map(seed, side=160, scale=1.0, shape=2.0):
    return score_map(scale * np.random.default_rng(seed).gamma(shape, size=(side, side)))


def with_change(values, share, seed=9, lift=40.0):
    """Return values with a share of pixels far above all others, and where."""
    where = np.random.default_rng(seed).random(values.shape) < share
    return np.where(where, values + lift, values), where


@pytest.mark.parametrize("standardise", ["none", "bulk", "rank"])
def test_p_values_of_a_new_map_of_the_same_law_are_uniform(standardise):
    history = calibrate.usual([gamma_map(k) for k in range(4)], standardise=standardise)
    p = calibrate.p_values(gamma_map(99), history).p_value.values
    for rate in (0.001, 0.01, 0.1, 0.5):
        assert np.mean(p <= rate) == pytest.approx(rate, rel=0.25 if rate < 0.01 else 0.12)


def test_p_values_are_ranks_among_history():
    """The conformal p-value, computed the slow way."""
    rng = np.random.default_rng(0)
    old, new = rng.normal(size=(30, 30)), rng.normal(size=(5, 5))
    p = calibrate.p_values(score_map(new), calibrate.usual([score_map(old)])).p_value.values
    old, new = old.astype(np.float32), new.astype(np.float32)
    slow = np.array([(1 + (old >= v).sum()) / (old.size + 1) for v in new.ravel()]).reshape(5, 5)
    np.testing.assert_allclose(p, slow, rtol=0.03, atol=2e-3)


def test_every_map_of_history_counts_alike_whatever_its_size():
    small, large = (
        score_map(np.full((20, 20), 5.0) + np.eye(20)),
        score_map(np.zeros((200, 200)) + np.eye(200)),
    )
    p = calibrate.p_values(score_map(np.full((3, 3), 4.0)), calibrate.usual([small, large])).p_value.values
    np.testing.assert_allclose(p, 0.5, atol=0.02)


@pytest.mark.parametrize("standardise", ["none", "bulk", "rank"])
def test_surprise_grows_with_the_score_and_is_its_logarithm(standardise):
    one = gamma_map(7)
    made = calibrate.p_values(one, calibrate.usual([gamma_map(1)], standardise=standardise))
    order = np.argsort(one.nll.values.ravel())
    assert (np.diff(made.p_value.values.ravel()[order]) <= 1e-9).all()
    np.testing.assert_allclose(made.surprise, -np.log10(made.p_value), rtol=1e-5)
    assert (made.p_value > 0).all()
    assert (made.p_value <= 1).all()


def test_bulk_and_rank_carry_over_to_maps_of_another_scale_and_plain_scores_do_not():
    realised = {}
    for how in ("none", "bulk", "rank"):
        history = calibrate.usual([gamma_map(k) for k in range(3)], standardise=how)
        realised[how] = np.mean(calibrate.p_values(gamma_map(50, scale=3), history).p_value.values <= 0.01)
    assert realised["none"] > 0.05
    for how in ("bulk", "rank"):
        assert realised[how] == pytest.approx(0.01, rel=0.3)


def test_only_pixels_known_not_to_have_changed_are_history():
    values, where = with_change(gamma_map(1).nll.values, 0.2)
    told = calibrate.usual([score_map(values)], unchanged=[~where])
    fooled = calibrate.usual([score_map(values)])
    new = gamma_map(2)
    assert np.mean(calibrate.p_values(new, told).p_value <= 0.01) == pytest.approx(0.01, rel=0.3)
    assert np.mean(calibrate.p_values(new, fooled).p_value <= 0.01) == 0


@pytest.mark.parametrize("make", [calibrate.self_usual, lambda m: calibrate.usual([gamma_map(0)])])
def test_identical_images_never_alarm(make):
    images = stack(
        np.random.default_rng(0).normal(size=(1, 3, 40, 40)).repeat(2, 0), ["red", "green", "blue"]
    )
    made = methods.score(images, "cva_zscore")
    if make is not calibrate.self_usual:
        made.attrs["estimator"] = "toy"
    p = calibrate.p_values(made, make(made))
    assert (p.p_value == 1).all()
    assert (p.surprise == 0).all()


def test_pixels_without_a_score_have_no_p_value():
    values = gamma_map(1).nll.values.copy()
    values[:10] = np.nan
    p = calibrate.p_values(score_map(values), calibrate.self_usual(score_map(values))).p_value.values
    assert np.isnan(p[:10]).all()
    assert np.isfinite(p[10:]).all()


# Without history ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("share", [0.0, 0.01, 0.1, 0.2, 0.4])
def test_a_map_calibrates_itself_though_a_part_has_changed(share):
    """Exponential scores, for which the tail is right: change does not hide itself up to two fifths of the map."""
    usual_part = np.random.default_rng(3).exponential(size=(200, 200))
    values, where = with_change(usual_part, share)
    p = calibrate.p_values(score_map(values), calibrate.self_usual(score_map(values))).p_value.values
    assert 0.008 <= np.mean(p[~where] <= 0.01) <= 0.0125
    assert (p[where] <= 1e-4).all()


def test_a_map_that_is_mostly_change_alarms_too_little_rather_than_too_much():
    values, where = with_change(np.random.default_rng(3).exponential(size=(200, 200)), 0.7)
    p = calibrate.p_values(score_map(values), calibrate.self_usual(score_map(values))).p_value.values
    assert np.mean(p[~where] <= 0.01) <= 0.01


def test_a_self_calibration_says_so():
    one = gamma_map(1)
    attrs = calibrate.p_values(one, calibrate.self_usual(one)).attrs
    assert (attrs["calibration"], attrs["history_maps"]) == ("self", 0)
    attrs = calibrate.p_values(one, calibrate.usual([gamma_map(2), gamma_map(3)])).attrs
    assert (attrs["calibration"], attrs["history_maps"], attrs["history_pixels"]) == (
        "history",
        2,
        2 * 160**2,
    )


def test_a_constant_map_alarms_nowhere():
    flat = score_map(np.full((30, 30), 2.0))
    assert (calibrate.p_values(flat, calibrate.self_usual(flat)).p_value == 1).all()


# Thresholds --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("standardise", ["none", "bulk", "rank"])
@pytest.mark.parametrize("rate", [0.005, 0.05])
def test_the_threshold_is_where_the_p_value_is_the_rate(standardise, rate):
    history = calibrate.usual([gamma_map(k) for k in range(3)], standardise=standardise)
    new = gamma_map(20, scale=1.0)
    (cut,) = calibrate.threshold(history, rate, new)
    p = calibrate.p_values(new, history).p_value.values
    assert np.mean((new.nll.values > cut) == (p <= rate)) > 0.999


def test_benjamini_hochberg_is_the_step_up_of_its_definition():
    p = np.random.default_rng(4).random(40) ** 3
    for rate in (0.02, 0.1, 0.4):
        ordered = sorted(p)
        slow = max((v for k, v in enumerate(ordered, 1) if v <= rate * k / len(p)), default=0.0)
        assert benjamini_hochberg(p, rate) == slow
    # The step up: 0.03 alone misses its own bound (0.025) and is carried by 0.04, which keeps 0.05.
    assert benjamini_hochberg(np.array([0.03, 0.04]), 0.05) == 0.04
    assert benjamini_hochberg(np.array([0.9, np.nan, 0.8]), 0.05) == 0


def test_the_share_of_false_discoveries_stays_below_the_rate():
    rng = np.random.default_rng(1)
    shares = []
    for _ in range(60):
        changed = np.arange(3000) < 300
        p = np.where(changed, rng.random(3000) ** 6, rng.random(3000))
        called = p <= benjamini_hochberg(p, 0.1)
        shares.append((called & ~changed).sum() / max(called.sum(), 1))
    assert np.mean(shares) <= 0.1
    assert np.mean(shares) > 0.05


# Strata ------------------------------------------------------------------------------------------------------------


def ground(seed, rows=160):
    """Return a pair whose brighter half scores twice as high though nothing changed there either."""
    rng = np.random.default_rng(seed)
    bright = np.zeros((rows, 160))
    bright[:, 80:] = 10
    first = bright + rng.normal(size=bright.shape)
    images = stack(np.stack([first, first])[:, None], ["pan"])
    return images, score_map(rng.gamma(2, size=bright.shape) * np.where(bright > 0, 2, 1))


def grounded(seed):
    images, made = ground(seed)
    return strata.with_strata(made, images)


def test_strata_make_every_kind_of_ground_alarm_alike():
    maps = [grounded(k) for k in range(4)]
    history = calibrate.usual(maps)
    assert history.sides == 4
    p = calibrate.p_values(grounded(9), history).p_value.values
    plain = calibrate.p_values(
        maps[0], calibrate.usual([m.drop_vars("stratum") for m in maps])
    ).p_value.values
    dark, bright = (np.mean(p[:, part] <= 0.02) for part in (slice(0, 80), slice(80, None)))
    assert dark == pytest.approx(0.02, rel=0.4)
    assert bright == pytest.approx(0.02, rel=0.4)
    assert np.mean(plain[:, 80:] <= 0.02) > 5 * np.mean(plain[:, :80] <= 0.02)


@pytest.mark.parametrize(("rows", "sides"), [(20, 1), (80, 2), (400, 4)])
def test_few_pixels_have_fewer_strata(rows, sides):
    images, made = ground(0, rows)
    assert calibrate.usual([strata.with_strata(made, images)]).sides == sides


def test_strata_are_quartiles_of_the_valid_pixels():
    images, _ = ground(0)
    valid = np.ones((160, 160), bool)
    valid[:20] = False
    images = stack(images.values, ["pan"], valid=valid)
    found = strata.strata(images)
    assert (found[:20] == -1).all()
    shares = np.bincount(found[20:].ravel() // 4) / found[20:].size
    np.testing.assert_allclose(shares, 0.25, atol=0.01)
    assert set(np.unique(strata.coarser(found, 2))) <= {-1, 0, 1, 2, 3}


# Leaving one out ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("standardise", ["none", "rank"])
def test_leave_one_out_is_the_calibration_on_all_others(standardise):
    maps = [gamma_map(k, side=60 + 10 * k) for k in range(4)]
    known = [np.random.default_rng(k).random(m.nll.shape) < 0.8 for k, m in enumerate(maps)]
    found = leave_one_out(maps, known, standardise)
    for k, one in enumerate(maps):
        others = [m for j, m in enumerate(maps) if j != k]
        history = calibrate.usual(
            others, unchanged=[u for j, u in enumerate(known) if j != k], standardise=standardise
        )
        np.testing.assert_allclose(
            found[k], calibrate.p_values(one, history).p_value.values, rtol=0.1, atol=2e-3
        )


def test_a_map_alone_has_no_others():
    assert np.isnan(leave_one_out([gamma_map(0)], [np.ones((160, 160), bool)])[0]).all()


# Errors ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "ask"),
    [
        ("change_standardise", lambda: calibrate.usual([gamma_map(0)], standardise="median")),
        ("change_history_mixed", lambda: calibrate.usual([gamma_map(0), OTHER])),
        ("change_history_mixed", lambda: calibrate.p_values(gamma_map(0), calibrate.usual([OTHER]))),
        (
            "change_no_history",
            lambda: calibrate.usual([gamma_map(0)], unchanged=[np.zeros((160, 160), bool)]),
        ),
        ("change_no_history", lambda: calibrate.self_usual(score_map(np.full((3, 3), np.nan)))),
        (
            "change_no_strata",
            lambda: calibrate.p_values(ground(0)[1], calibrate.usual([grounded(k) for k in range(4)])),
        ),
        ("change_rate", lambda: calibrate.threshold(calibrate.usual([gamma_map(0)]), 1.5)),
        ("change_rate", lambda: benjamini_hochberg(np.ones(3), 0)),
        (
            "change_threshold_map",
            lambda: calibrate.threshold(calibrate.usual([gamma_map(0)], standardise="rank"), 0.1),
        ),
    ],
)
def test_what_cannot_be_calibrated_is_refused(code, ask):
    with pytest.raises(InputError) as caught:
        ask()
    assert caught.value.code == code
