"""Scores against independent references, and the counts of objects against drawings."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics

from eogen.change import counts, resample, rules, scores


def drawn(seed, n=4000, share=0.05, ties=False):
    rng = np.random.default_rng(seed)
    labels = rng.random(n) < share
    values = (rng.normal(size=n) + 1.2 * labels).astype(np.float32)
    return (np.round(values, 1) if ties else values), labels


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_ap_auroc_and_best_f1_are_those_of_scikit_learn(seed, ties):
    values, labels = drawn(seed, ties=ties)
    found = scores.curve(scores.sample(values, labels))
    assert scores.average_precision(found) == pytest.approx(metrics.average_precision_score(labels, values))
    assert scores.auroc(found) == pytest.approx(metrics.roc_auc_score(labels, values))
    precision, recall, _ = metrics.precision_recall_curve(labels, values)
    f1 = (2 * precision * recall / np.maximum(precision + recall, 1e-12)).max()
    best, threshold = scores.best_f1(found)
    assert best == pytest.approx(f1)
    assert metrics.f1_score(labels, values >= threshold) == pytest.approx(best)


@pytest.mark.parametrize("ties", [False, True])
def test_rates_are_those_of_the_roc_curve(ties):
    values, labels = drawn(5, ties=ties)
    found = scores.curve(scores.sample(values, labels))
    fpr, tpr, _ = metrics.roc_curve(labels, values, drop_intermediate=False)
    for rate in (0.001, 0.01, 0.1):
        assert scores.tpr_at_fpr(found, rate) == pytest.approx(tpr[fpr <= rate].max())
    assert scores.fpr_at_tpr(found, 0.95) == pytest.approx(fpr[tpr >= 0.95].min())
    whole = labels.sum() / (values >= values[labels].min()).sum()
    assert scores.precision_at_full_recall(found) == pytest.approx(whole)


def test_scores_know_only_the_order():
    values, labels = drawn(1)
    one, two = (scores.curve(scores.sample(v, labels)) for v in (values, np.exp(3 * values.astype(float))))
    for statistic in (scores.average_precision, scores.auroc, lambda c: scores.best_f1(c)[0]):
        assert statistic(one) == pytest.approx(statistic(two))


def test_constant_scores_are_worth_the_share_of_change():
    labels = np.arange(100) < 10
    found = scores.curve(scores.sample(np.ones(100, np.float32), labels))
    assert scores.auroc(found) == 0.5
    assert scores.average_precision(found) == pytest.approx(0.1)
    assert scores.tpr_at_fpr(found, 0.01) == 0


@pytest.mark.parametrize("label", [0, 1])
def test_one_class_alone_is_not_defined_rather_than_good(label):
    found = scores.curve(scores.sample(np.arange(9.0), np.full(9, label)))
    assert np.isnan(scores.auroc(found))
    if not label:
        assert np.isnan(scores.average_precision(found))
        assert np.isnan(scores.best_f1(found)[0])


def test_images_pool_to_the_pixels_of_all():
    parts = [drawn(k, 1000 + 100 * k) for k in range(4)]
    joined = scores.curve(scores.pooled([scores.sample(*p) for p in parts]))
    values, labels = (np.concatenate([p[i] for p in parts]) for i in (0, 1))
    assert scores.average_precision(joined) == pytest.approx(metrics.average_precision_score(labels, values))
    shared = [scores.on_grid(scores.sample(*p), scores.grid(joined)) for p in parts]
    hits, alarms = (sum(getattr(c, f) for c in shared) for f in ("hits", "alarms"))
    total = scores.Curve(shared[0].threshold, hits, alarms, joined.positives, joined.negatives)
    assert scores.average_precision(total) == pytest.approx(scores.average_precision(joined), abs=0.003)
    assert scores.auroc(total) == pytest.approx(scores.auroc(joined), abs=0.01)


def test_the_bootstrap_draws_images_and_not_pixels():
    """Copies of one image have no spread over images, however few pixels they have; different ones do."""
    values, labels = drawn(3, 500)
    same = [scores.sample(values, labels)] * 6
    parts = [scores.on_grid(p, scores.grid(scores.curve(same[0]))) for p in same]
    low, high = resample.bootstrap(parts, scores.average_precision)
    assert high - low < 1e-9
    unlike = [scores.sample(*drawn(k, 500, share=0.02 + 0.1 * k)) for k in range(6)]
    thresholds = scores.grid(scores.curve(scores.pooled(unlike)))
    low, high = resample.bootstrap([scores.on_grid(p, thresholds) for p in unlike], scores.average_precision)
    assert high - low > 0.05
    assert np.isnan(resample.bootstrap(parts[:1], scores.average_precision)).all()


def test_tables_are_thin_and_end_at_everything():
    table = scores.curve_table(scores.sample(*drawn(2)))
    assert len(table) <= scores.ROWS
    assert table.recall.iloc[-1] == table.false_alarms.iloc[-1] == 1
    assert (np.diff(table.recall) >= 0).all()


def test_f1_of_change_and_mean_f1_are_two_things():
    labels, called = np.arange(1000) < 20, (np.arange(1000) >= 10) & (np.arange(1000) < 40)
    found = counts.table(called, labels)
    assert found.f1 == pytest.approx(metrics.f1_score(labels, called))
    assert found.mean_f1 == pytest.approx(metrics.f1_score(labels, called, average="macro"))
    assert found.iou == pytest.approx(metrics.jaccard_score(labels, called))
    assert found.mean_f1 > found.f1 + 0.2
    assert found.false_alarms == pytest.approx(20 / 980)


def test_calling_everything_has_the_share_of_change_as_its_precision():
    labels = np.arange(100) < 25
    found = counts.table(np.ones(100, bool), labels)
    assert found.precision == 0.25
    assert found.f1 == pytest.approx(0.4)
    assert found.recall == found.false_alarms == 1


def test_objects_are_matched_by_overlap():
    truth, called = np.zeros((2, 40, 40), bool)
    truth[2:12, 2:12] = truth[20:30, 20:30] = truth[35:37, 2:4] = True
    called[2:12, 2:11] = True  # 0.9 of the first
    called[20:30, 28:38] = True  # 20 of 180: 0.11 of the second
    called[15:17, 35:37] = True  # nothing
    loose, strict = (counts.objects(called, truth, overlap) for overlap in (0.1, 0.5))
    assert (loose.found, loose.truth, loose.right, loose.called) == (2, 3, 2, 3)
    assert (strict.found, strict.right) == (1, 1)
    assert strict.recall == pytest.approx(1 / 3)
    assert counts.objects(called, truth, 0.1, least=5).called == 2
    both = loose + strict
    assert both.truth == 6
    assert both.recall == pytest.approx(0.5)


def test_reliability_of_uniform_p_values_is_the_diagonal():
    rng = np.random.default_rng(0)
    labels = rng.random(200_000) < 0.1
    p = np.where(labels, 1e-6, rng.random(len(labels)))
    table = scores.reliability(p, labels, (0.001, 0.01, 0.1))
    np.testing.assert_allclose(table.realised, table.index, rtol=0.15)
    np.testing.assert_allclose(table.ratio, 1, rtol=0.15)
    assert (table.n == (~labels).sum()).all()


# Rules -------------------------------------------------------------------------------------------------------------


def mixture(share, seed=0, n=40_000, apart=8.0):
    rng = np.random.default_rng(seed)
    labels = rng.random(n) < share
    return rng.normal(size=n) + apart * labels, labels


@pytest.mark.parametrize("rule", sorted(rules.RULES))
@pytest.mark.parametrize("share", [0.1, 0.3])
def test_every_rule_parts_two_far_laws(rule, share):
    values, labels = mixture(share)
    assert counts.table(values > rules.cut(values, rule), labels).f1 > 0.9


@pytest.mark.parametrize("rule", sorted(rules.RULES))
def test_rules_move_with_the_values(rule):
    values, _ = mixture(0.1)
    cut = rules.cut(values, rule)
    assert rules.cut(3 * values + 50, rule) == pytest.approx(3 * cut + 50, abs=0.5)
    assert rules.cuts(values)[rule] == cut


@pytest.mark.parametrize("rule", sorted(rules.RULES))
def test_a_constant_map_alarms_nowhere(rule):
    values = np.full(500, 2.5)
    assert not (values > rules.cut(values, rule)).any()


def test_otsu_is_the_exhaustive_best_between_variance():
    values, _ = mixture(0.2, apart=3.0, n=3000)
    counts_, centres = rules.histogram(values)
    best = max(
        range(1, len(centres)),
        key=lambda k: (
            counts_[:k].sum()
            * counts_[k:].sum()
            * (
                np.average(centres[:k], weights=counts_[:k] + 1e-12)
                - np.average(centres[k:], weights=counts_[k:] + 1e-12)
            )
            ** 2
        ),
    )
    step = centres[1] - centres[0]
    assert rules.otsu(counts_, centres) == pytest.approx(centres[best] - step / 2, abs=step)


def test_the_middle_is_the_mean_of_otsu_and_kapur():
    values, _ = mixture(0.05, apart=4.0)
    cuts = rules.cuts(values)
    assert cuts["middle"] == pytest.approx((cuts["otsu"] + cuts["kapur"]) / 2)
    assert cuts["otsu"] != cuts["kapur"]
