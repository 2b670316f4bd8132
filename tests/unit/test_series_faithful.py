"""Deletion, hits, randomisation, agreement and summaries of explanations of series, against what is known."""

from __future__ import annotations

import numpy as np
import pytest

from eogen.errors import InputError
from eogen.landcover.series import when
from eogen.landcover.series.agreement import agreement
from eogen.landcover.series.deletion import deletion
from eogen.landcover.series.hits import average_precision, hits, marked
from eogen.landcover.series.randomisation import chance, randomisation, untrained
from eogen.landcover.series.summaries import summary
from tests.series_models import Forest, Linear, Network, series


def test_srg_of_a_linear_model_is_the_sorted_sum_and_the_best_possible() -> None:
    model, x, background = Linear(), series(20), series(1, seed=9)
    target = np.ones(20, int)
    share = (model.weight * (x - background)).sum(2)
    found = deletion(model, x, target, {"exact": share, "wrong": -share}, background=background)
    # Removing the k-th part takes its share: the area is a sum over turns, so SRG is twice a sorted sum.
    ranked = np.sort(share, 1)[:, ::-1]
    turn = np.arange(6)
    expected = (ranked * (5 - 2 * turn)).sum(1) / 6
    np.testing.assert_allclose(found.srg[0], expected, atol=1e-6)
    np.testing.assert_allclose(found.srg[1], -expected, atol=1e-6)
    assert (found.srg[0] >= found.srg[2]).all()
    np.testing.assert_allclose(found.most[:, :, [0, -1]], found.least[:, :, [0, -1]])
    assert abs(found.mean("random").value) < 4 * found.mean("random").error
    assert found.above_random("exact").value > 5 * found.above_random("exact").error


def test_deletion_of_groups_of_months_ranks_bands_of_months_above_months() -> None:
    model = Forest()
    x, background = series(40, 12, seed=5), series(1, 12, seed=9)
    target = model.predict_proba(x).argmax(1)
    by_month = when.month_shapley(model, x, target, background=background, permutations=4)
    by_group = when.band_group_shapley(model, x, target, background=background, permutations=2)
    given = {"month": by_month, "group": by_group}
    of_groups = deletion(model, x, target, given, background=background, parts="month_group")
    assert of_groups.removed.shape == (37,)
    assert of_groups.mean("group").value >= of_groups.mean("month").value > of_groups.mean("random").value
    of_months = deletion(model, x, target, given, background=background)
    assert of_months.above_random("month").value > 3 * of_months.above_random("month").error


def test_ties_are_chance_and_wrong_shapes_are_said() -> None:
    model, x, background = Linear(), series(200), series(1, seed=9)
    flat = deletion(model, x, np.ones(200, int), {"flat": np.zeros((200, 6))}, background=background)
    assert abs(flat.mean("flat").value) < 3 * flat.mean("flat").error
    with pytest.raises(InputError) as caught:
        deletion(model, x, np.ones(200, int), {"short": np.zeros((200, 5))}, background=background)
    assert caught.value.code == "series_when_importance"


def test_to_know_the_gaps_is_no_merit() -> None:
    model, x, background = Linear(), series(300), series(1, seed=9)
    x[np.random.default_rng(0).random((300, 6)) < 0.4] = np.nan
    x[0] = np.nan
    seen = np.isfinite(x).all(2)
    found = deletion(model, x, np.ones(300, int), {"gaps": seen.astype(float)}, background=background)
    assert abs(found.mean("gaps").value) < 3 * found.mean("gaps").error
    assert found.srg[0, 0] == 0


def test_hits_of_the_truth_its_opposite_and_noise() -> None:
    truth = np.zeros((3, 12, 4))
    truth[0, 6, 2] = truth[0, 7, 2] = 1
    truth[1, 3, 1] = 2
    truth[1, 4, 1] = 0.4  # under half of the heaviest: not a true month
    target = np.arange(300) % 3  # class 2 has no evidence and is left out
    right = hits(truth[target], target, truth)
    assert (right.months.value, right.precision.value, right.bands.value, right.cells.value) == (1, 1, 1, 1)
    assert right.months.n == 200
    assert right.chance == pytest.approx((2 + 1) / 2 / 12)
    assert right.chance_bands == pytest.approx(1 / 4)
    # Of true cells without weights every month with any is true: class 1 then has two.
    cells = hits(truth[target], target, truth > 0)
    assert cells.chance == pytest.approx(2 / 12)
    assert (cells.months.value, cells.precision.value, cells.cells.value) == (1, 1, 1)
    assert hits(-truth[target], target, truth).months.value < right.chance
    noise = np.random.default_rng(0).random((300, 12))
    found = hits(noise, target, truth)
    assert abs(found.months.value - found.chance) < 4 * found.months.error
    assert abs(found.precision.value - found.chance) < 4 * found.precision.error
    assert np.isnan(found.bands.value)
    flat = hits(np.ones((300, 12)), target, truth)
    assert flat.months.value == pytest.approx(flat.chance)
    assert flat.precision.value == pytest.approx(flat.chance)


def test_average_precision_is_that_of_scikit_learn() -> None:
    from sklearn.metrics import average_precision_score

    generator = np.random.default_rng(0)
    values, right = generator.random((9, 20)), marked(generator.random((9, 20)), 0.7)
    reference = [average_precision_score(r, v) for r, v in zip(right, values, strict=True)]
    np.testing.assert_allclose(average_precision(values, right), reference)


def test_randomisation_tells_what_forgets_from_what_does_not() -> None:
    model, x, background = Network(), series(20, 12), series(1, 12, seed=9)
    target = np.zeros(20, int)
    twin = untrained(model, seed=3)
    before = {k: v.clone() for k, v in model.module.state_dict().items()}
    about = {"background": background}
    season = when.season(model, x, target, **about)
    assert randomisation(season, twin, "season", x, target, **about).value == pytest.approx(1)
    noise = when.random(model, x, target, **about)[..., 0]
    shapley = when.month_shapley(model, x, target, permutations=4, **about)
    forgets = randomisation(shapley, twin, "occlusion", x, target, **about)
    assert forgets.value < 0.7
    assert agreement({"noise": noise, "season": season}).rank_correlation[0, 1] < 0.3
    assert all((before[k] == v).all() for k, v in model.module.state_dict().items())
    with pytest.raises(InputError):
        untrained(Forest(trees=1))


def test_chance_of_few_months() -> None:
    # The variance of Spearman's coefficient of n unrelated ranks is 1 / (n - 1).
    assert chance(50) == pytest.approx(np.sqrt(2 / np.pi / 49), rel=0.05)
    assert 0.2 < chance(12) < 0.28


def test_agreement_is_spearman_and_symmetric() -> None:
    from scipy.stats import spearmanr

    a, b = np.random.default_rng(0).random((2, 7, 12))
    found = agreement({"a": a, "b": b, "opposite": -a, "cells": np.stack([a / 2, a / 2], 2)})
    expected = np.mean([spearmanr(x, y).statistic for x, y in zip(a, b, strict=True)])
    assert float(found.rank_correlation.sel(one="a", other="b")) == pytest.approx(expected)
    assert float(found.rank_correlation.sel(one="a", other="opposite")) == pytest.approx(-1)
    assert float(found.rank_correlation.sel(one="cells", other="a")) == pytest.approx(1)
    assert float(found.same_top.sel(one="cells", other="a")) == 1
    np.testing.assert_array_equal(found.rank_correlation, found.rank_correlation.T)


def test_summaries_cover_the_mean_and_leave_unknown_classes_empty() -> None:
    generator = np.random.default_rng(0)
    label = np.arange(400) % 2
    label[:10] = -1
    values = generator.normal(label[:, None, None] * 1.0, 1, (400, 12, 4))
    found = summary(values, label, ("a", "b", "none"), bands=("B03", "B04", "B08", "B11"))
    np.testing.assert_allclose(found["mean"].sel({"class": "b"}), values[label == 1].mean(0))
    centre = np.array([0, 1])[:, None, None]
    covered = (found.low[:2] <= centre) & (found.high[:2] >= centre)
    assert 0.85 < float(covered.mean()) <= 1
    assert found.n.values.tolist() == [195, 195, 0]
    assert np.isnan(found["mean"].sel({"class": "none"})).all()
    # The interval's width is that of the normal one; of clustered copies it does not shrink.
    width = float((found.high - found.low)[:2].mean())
    assert width == pytest.approx(2 * 1.96 / np.sqrt(195), rel=0.15)
    copies = np.tile(values, (4, 1, 1))
    held = summary(copies, np.tile(label, 4), ("a", "b"), group=np.tile(np.arange(400), 4))
    assert float((held.high - held.low).mean()) == pytest.approx(width, rel=0.1)
    by_month = summary(values.sum(2), label, ("a", "b"))
    np.testing.assert_allclose(by_month.month_mean, found.month_mean[:2])
    assert "mean" not in by_month
