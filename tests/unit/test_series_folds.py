"""Folds of series and the scores of what they answered."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import f1_score

from eogen.errors import InputError
from eogen.landcover.series.cube import parcels
from eogen.landcover.series.folds import OutOfFold, cross_validate, deal
from eogen.landcover.series.methods import MODELS
from eogen.landcover.series.scores import accuracy, confusion, difference, macro_f1, per_class
from eogen.landcover.series.trial import table, trial


def made(right: float, n: int = 200, groups: int = 40, seed: int = 0) -> OutOfFold:
    rng = np.random.default_rng(seed)
    label = np.arange(n) % 3
    said = np.where(rng.random((2, n)) < right, label, (label + 1) % 3)
    group = np.arange(n) % groups
    return OutOfFold(np.eye(3, dtype=np.float32)[said], label, group, np.zeros((2, n), int), np.arange(n),
                     ("a", "b", "c"), 0.0)  # fmt: skip


def test_groups_stay_whole_and_classes_even() -> None:
    rng = np.random.default_rng(0)
    label = rng.choice(3, 300, p=[0.6, 0.3, 0.1])
    group = rng.integers(0, 90, 300)
    fold = deal(label, group, seed=1)
    assert all(len(np.unique(fold[group == g])) == 1 for g in np.unique(group))
    counts = np.array([np.bincount(label[fold == k], minlength=3) for k in range(5)])
    assert (counts.min(0) > 0.5 * counts.mean(0)).all()
    assert np.ptp(counts.sum(1)) < 30


def test_without_groups_folds_are_stratified() -> None:
    label = np.repeat([0, 1, 2], [158, 88, 16])
    fold = deal(label, seed=3)
    counts = np.array([np.bincount(label[fold == k], minlength=3) for k in range(5)])
    assert (np.ptp(counts, axis=0) <= 1).all()
    assert (deal(label, seed=3) == fold).all()
    assert (deal(label, seed=4) != fold).any()


def test_fewer_groups_than_folds_are_refused() -> None:
    with pytest.raises(InputError) as raised:
        deal(np.zeros(9, int), np.arange(9) % 4)
    assert raised.value.code == "series_groups"


def test_every_labelled_parcel_is_asked_once() -> None:
    label = np.repeat([0, 1, -1], [30, 20, 7])
    held = cross_validate(
        MODELS["majority"], np.zeros((57, 4, 2)), label, ("a", "b"), ("B04", "B08"), repeats=2
    )
    assert held.probability.shape == (2, 50, 2)
    assert accuracy(held).value == pytest.approx(0.6)
    assert held.row.tolist() == list(range(50))


def test_scores_agree_with_an_independent_reference() -> None:
    held = made(0.8)
    reference = np.mean([f1_score(held.label, one, average="macro") for one in held.predicted])
    assert macro_f1(held, draws=10).value == pytest.approx(reference)
    assert confusion(held).to_numpy().sum() == 200
    assert per_class(held)["n"].tolist() == [67, 67, 66]


def test_groups_that_agree_widen_the_interval() -> None:
    alone = made(0.8, groups=200)
    label = alone.label
    wrong = (np.arange(200) % 20) < 4
    said = np.where(wrong, (label + 1) % 3, label)
    few = OutOfFold(np.eye(3, dtype=np.float32)[said][None], label, np.arange(200) % 20, np.zeros((1, 200), int),
                    np.arange(200), alone.classes, 0.0)  # fmt: skip
    score, single = accuracy(few), accuracy(alone)
    assert score.low < score.value < score.high
    assert score.high - score.low > 1.5 * (single.high - single.low)


def test_difference_of_a_model_with_itself_is_none() -> None:
    held = made(0.8)
    same = difference(held, held)
    assert (same.value, same.low, same.high) == (0, 0, 0)
    assert difference(made(0.95), made(0.6)).low > 0


def test_trial_has_a_row_for_each_model() -> None:
    series = np.random.default_rng(0).random((30, 3, 2)).astype(np.float32)
    time = np.array(["2023-01", "2023-02", "2023-03"], "datetime64[M]")
    held = parcels(
        series, time, ("B04", "B08"), label=np.arange(30) % 2, classes=("a", "b"), group=np.arange(30) % 9
    )
    found = table(trial(held, ("majority", "random_forest"), repeats=1))
    assert found.index.tolist() == ["majority", "random_forest"]
    assert (found["accuracy_low"] <= found["accuracy"]).all()
