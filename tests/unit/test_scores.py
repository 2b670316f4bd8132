"""Scores against independent implementations, and against what they must be at the extremes."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import log_softmax
from sklearn import metrics

from eogen.landcover import scores


@pytest.fixture
def answers():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 10, 400)
    logits = rng.normal(size=(400, 10)) + 2.5 * np.eye(10)[labels]
    return logits, labels


def test_the_tables_agree_with_sklearn(answers):
    logits, labels = answers
    predicted = logits.argmax(1)
    counts = scores.confusion(labels, predicted, [str(c) for c in range(10)])
    np.testing.assert_array_equal(counts, metrics.confusion_matrix(labels, predicted))
    precision, recall, f1, n = metrics.precision_recall_fscore_support(labels, predicted)
    table = scores.per_class(counts)
    for mine, theirs in ((table.precision, precision), (table.recall, recall), (table.f1, f1), (table.n, n)):
        np.testing.assert_allclose(mine, theirs)
    assert scores.macro_f1(labels, predicted) == pytest.approx(
        metrics.f1_score(labels, predicted, average="macro")
    )
    assert scores.accuracy(labels, predicted) == metrics.accuracy_score(labels, predicted)


def test_a_class_without_samples_or_answers_is_not_a_perfect_one():
    table = scores.per_class(scores.confusion(np.array([0, 0]), np.array([0, 2]), list("abc")))
    assert np.isnan(table.loc["b", "recall"])
    assert table.loc["b", "precision"] == 0
    assert table.loc["c", "precision"] == 0


def test_probabilities_and_losses_agree_with_independent_ones(answers):
    logits, labels = answers
    p = scores.probabilities(logits, 2.0)
    np.testing.assert_allclose(p, np.exp(log_softmax(logits / 2, axis=1)))
    assert scores.log_loss(logits, labels, 2.0) == pytest.approx(metrics.log_loss(labels, p))
    assert scores.brier(p, labels) == pytest.approx(
        sum(metrics.brier_score_loss(labels == c, p[:, c]) for c in range(10))
    )


@pytest.mark.parametrize("truth", [0.5, 1.0, 3.0])
def test_temperature_scaling_finds_the_temperature_of_a_world(truth):
    rng = np.random.default_rng(1)
    logits = rng.normal(0, 3, (20_000, 10))
    labels = (logits / truth + rng.gumbel(size=logits.shape)).argmax(1)
    assert scores.fit_temperature(logits, labels) == pytest.approx(truth, rel=0.05)


@pytest.mark.parametrize("kind", ["mass", "width"])
def test_calibration_error_knows_an_honest_world_from_a_boasting_one(kind):
    rng = np.random.default_rng(2)
    logits = rng.normal(0, 2, (20_000, 10))
    labels = (logits + rng.gumbel(size=logits.shape)).argmax(1)
    honest = scores.calibration_error(scores.probabilities(logits), labels, kind=kind)
    boasting = scores.calibration_error(scores.probabilities(logits, 0.5), labels, kind=kind)
    assert honest < 0.015 < 0.1 < boasting


def test_calibration_error_by_hand():
    p = np.array([[0.9, 0.1], [0.9, 0.1], [0.6, 0.4], [0.6, 0.4]])
    labels = np.array([0, 1, 0, 0])
    expected = (2 * abs(0.5 - 0.9) + 2 * abs(1 - 0.6)) / 4
    for kind in ("mass", "width"):
        assert scores.calibration_error(
            p, labels, bins=2 if kind == "mass" else 10, kind=kind
        ) == pytest.approx(expected)


def test_the_bootstrap_interval_of_a_mean_is_the_normal_one():
    x = np.random.default_rng(3).normal(size=2000)
    half = 1.96 * x.std() / np.sqrt(len(x))
    low, high = scores.bootstrap(np.mean, x)
    assert (low, high) == pytest.approx((x.mean() - half, x.mean() + half), abs=0.006)
    assert scores.bootstrap(np.mean, x, seed=1) == scores.bootstrap(np.mean, x, seed=1)
