"""Scores against verdicts: scikit-learn's curves, limits found by trying all, and weights that undo the draw."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest
from sklearn import metrics

from eogen.verdicts.curves import (
    FEW_ABOVE,
    LIMITS,
    NEAR,
    TOLD,
    aligned,
    average_precision,
    curve,
    labels,
    limit_for,
    turing,
)
from eogen.verdicts.draw import draw, weights
from eogen.verdicts.kinds import Case
from eogen.verdicts.record import Verdict
from pages.kit.words import LANGUAGES, load


def say(item, reviewer, answer, **more):
    return Verdict("change", item, answer, reviewer=reviewer, campaign="c", **more)


@st.composite
def judged(draw):
    """Scores with ties, labels of both kinds, weights."""
    n = draw(st.integers(2, 40))
    scores = np.array(draw(st.lists(st.integers(0, 12), min_size=n, max_size=n))) / 12
    yes = np.array(draw(st.lists(st.booleans(), min_size=n, max_size=n)))
    yes[:2] = True, False
    each = np.array(draw(st.lists(st.sampled_from([1.0, 2.5, 7.0]), min_size=n, max_size=n)))
    return scores, yes, each


def population(n=3000, seed=1):
    """Cases whose scores say too much: a score of 1 is right 85 times in 100."""
    rng = np.random.default_rng(seed)
    scores = rng.beta(0.6, 1.5, n)
    return scores, rng.random(n) < 0.85 * scores


# --- the curve ---


@given(judged())
@settings(max_examples=80)
def test_the_curve_is_scikit_learns(given_):
    scores, yes, each = given_
    found = curve(scores, yes, each)
    precision, recall, limit = metrics.precision_recall_curve(yes, scores, sample_weight=each)
    theirs = {round(at, 9): (p, r) for at, p, r in zip(limit, precision[:-1], recall[:-1], strict=True)}
    for at, p, r in zip(found.limit, found.precision, found.recall, strict=True):
        assert (p, r) == pytest.approx(theirs[round(at, 9)])
    assert set(found.limit) == set(scores)
    assert found.average.value == pytest.approx(
        metrics.average_precision_score(yes, scores, sample_weight=each)
    )
    rates, _, at = metrics.roc_curve(yes, scores, sample_weight=each, drop_intermediate=False)
    np.testing.assert_allclose(found.false_alarms, rates[1:])
    np.testing.assert_allclose(found.limit, at[1:])
    assert (found.yes, found.no) == (yes.sum(), (~yes).sum())


@given(judged(), st.floats(0.1, 9))
@settings(max_examples=30)
def test_only_the_order_of_scores_and_the_shares_of_weights_matter(given_, factor):
    scores, yes, each = given_
    one, two = curve(scores, yes, each), curve(np.exp(3 * scores), yes, factor * each)
    np.testing.assert_allclose(one.precision, two.precision)
    assert one.average.value == pytest.approx(two.average.value)


def test_a_whole_weight_is_so_many_cases():
    scores, yes = population(60)
    each = np.random.default_rng(0).integers(1, 4, 60)
    one, two = curve(scores, yes, each), curve(np.repeat(scores, each), np.repeat(yes, each))
    np.testing.assert_allclose(one.precision, two.precision)
    assert one.average.value == pytest.approx(two.average.value)


def test_the_interval_holds_the_average_precision_of_the_population():
    scores, yes = population(20_000)
    truth = metrics.average_precision_score(yes, scores)
    rng, held = np.random.default_rng(3), 0
    for seed in range(100):
        at = rng.choice(len(scores), 150, replace=False)
        found = average_precision(scores[at], yes[at], seed=seed)
        held += found.low <= truth <= found.high
    assert held / 100 >= 0.86


def test_weights_give_the_populations_curve_from_a_bent_draw():
    scores, yes = population(1000)
    cases = [Case(f"{k:05}", score=float(s)) for k, s in enumerate(scores)]
    truth, right = metrics.average_precision_score(yes, scores), yes[scores >= 0.7].mean()
    made = {"weighted": [], "plain": [], "above": []}
    for seed in range(24):
        taken = [cases[int(item)] for item, _ in draw(cases, 250, "uncertain", seed, 0)]
        said = {case.item: bool(yes[int(case.item)]) for case in taken}
        s, y, w = aligned({case.item: case.score for case in taken}, said, weights(cases, taken, "uncertain"))
        for name, each in (("weighted", w), ("plain", None)):
            found = curve(s, y, each)
            made[name].append((np.diff(found.recall, prepend=0) * found.precision).sum())
        above = s >= 0.7
        made["above"].append((w * y)[above].sum() / w[above].sum())
    assert np.mean(made["weighted"]) == pytest.approx(truth, abs=0.015)
    assert abs(np.mean(made["plain"]) - truth) > 0.02
    assert np.mean(made["above"]) == pytest.approx(right, abs=0.01)


@pytest.mark.parametrize(
    ("yes", "reason", "told"),
    [
        ([], "no_answer", False),
        ([0, 0], "one_answer", False),
        ([1, 1], "all_alike", True),
        ([1, 0], "few_items", True),
    ],
)
def test_too_little_is_said_so(yes, reason, told):
    found = curve(np.arange(len(yes), dtype=float), np.array(yes, bool))
    assert found.average.reason == reason
    assert (found.average.value is not None) == told
    assert found.average.low is None
    assert len(found.limit) == (len(yes) if told else 0)


# --- limits ---


@given(judged(), st.sampled_from([0.2, 0.5, 0.8, 1.0]), st.sampled_from(["precision", "false_alarms"]))
@settings(max_examples=80)
def test_the_limit_is_the_lowest_of_all_that_hold(given_, wanted, of):
    scores, yes, each = given_
    holding = []
    for at in np.unique(scores):
        above = scores >= at
        if of == "precision":
            ok = above.sum() >= FEW_ABOVE and each[above & yes].sum() >= wanted * each[above].sum() - 1e-9
        else:
            ok = each[above & ~yes].sum() <= wanted * each[~yes].sum() + 1e-9
        if ok:
            holding.append(at)
    found = limit_for(scores, yes, wanted=wanted, of=of, weights=each)
    assert (found.value is None) == (not holding)
    if not holding:
        assert found.reason == "out_of_reach"
        return
    assert found.value == min(holding)
    above = scores >= found.value
    assert found.n == above.sum()
    assert found.recall == pytest.approx(each[above & yes].sum() / each[yes].sum())
    assert found.low <= found.high
    reached = found.reached
    assert reached.low <= reached.value + 1e-12
    assert reached.value <= reached.high + 1e-12
    assert reached.value >= wanted - 1e-9 if of == "precision" else reached.value <= wanted + 1e-9


def test_more_precision_needs_a_higher_limit_and_keeps_it_on_new_cases():
    scores, yes = population(40_000)
    first = slice(0, 2000)
    found = [limit_for(scores[first], yes[first], wanted=wanted) for wanted in (0.4, 0.55, 0.7)]
    values = [one.value for one in found]
    assert values == sorted(values)
    assert values[0] < values[-1]
    for one in found:
        new = yes[2000:][scores[2000:] >= one.value].mean()
        assert one.reached.low - 0.02 <= new <= one.reached.high + 0.02
        assert one.low <= one.value <= one.high
    share = limit_for(scores[first], yes[first], wanted=0.05, of="false_alarms")
    assert (scores[2000:][~yes[2000:]] >= share.value).mean() == pytest.approx(0.05, abs=0.015)


def test_a_lucky_first_case_is_no_precision():
    scores = np.linspace(1, 0, 40)
    yes = np.zeros(40, bool)
    yes[:3] = True
    found = limit_for(scores, yes, wanted=0.9)
    assert (found.value, found.reason) == (None, "out_of_reach")


def test_limits_that_cannot_be_told():
    scores = np.linspace(0, 1, 20)
    assert limit_for(scores, np.zeros(20, bool), wanted=0.5).reason == "no_yes"
    assert limit_for(scores, np.ones(20, bool), wanted=0.1, of="false_alarms").reason == "no_no"
    assert limit_for(np.empty(0), np.empty(0, bool), wanted=0.5).reason == "no_yes"
    with pytest.raises(ValueError, match="wanted"):
        limit_for(scores, scores > 0.5, wanted=0)


def test_unequal_weights_are_less_sure():
    rng = np.random.default_rng(0)
    scores, yes = rng.random(200), rng.random(200) < 0.7
    even = limit_for(scores, yes, wanted=0.5).reached
    uneven = limit_for(scores, yes, wanted=0.5, weights=np.where(rng.random(200) < 0.1, 50.0, 1.0)).reached
    assert uneven.high - uneven.low > 1.5 * (even.high - even.low)


# --- what people say ---


def test_the_majority_decides_and_ties_are_left_out():
    rows = [
        say("a", "A", "yes"), say("a", "B", "yes"), say("a", "C", "no"),
        say("b", "A", "no"), say("b", "B", "unsure"), say("b", "C", "skip"),
        say("c", "A", "yes"), say("c", "B", "no"),
        say("d", "A", "unsure"), say("e", "A", "skip"),
    ]  # fmt: skip
    found = labels(rows, "yes", "no")
    assert found.yes == {"a": True, "b": False}
    assert (found.ties, found.unsure) == (1, 1)
    assert labels(rows, "yes", "no", "C").yes == {"a": False}
    assert labels(rows, "yes", "no", "nobody").yes == {}
    scores, yes, each = aligned({"a": 0.9, "b": None, "z": 1.0}, found.yes)
    assert (scores.tolist(), yes.tolist(), each.tolist()) == ([0.9], [True], [1.0])


# --- the blind test ---


def guesses(right, wrong, unsure=0):
    rows = [say(f"r{k}", "A", "real") for k in range(right)] + [
        say(f"w{k}", "A", "made") for k in range(wrong)
    ]
    rows += [say(f"u{k}", "A", "unsure") for k in range(unsure)]
    return rows, {row.item: "real" for row in rows}


@pytest.mark.parametrize(
    ("right", "wrong", "verdict"),
    [
        (40, 10, "told_apart"),
        (10, 40, "misled"),
        (300, 290, "chance"),
        (4, 3, "open"),
        (0, 0, "open"),
        (60, 45, "open"),
    ],
)
def test_a_blind_test_says_what_its_interval_allows(right, wrong, verdict):
    found = turing(*guesses(right, wrong, 2))
    assert found.verdict == verdict
    assert found.unsure == 2
    if right + wrong:
        n = right + wrong
        theirs = binomtest(right, n)
        ends = theirs.proportion_ci(method="wilson")
        assert (found.share.value, found.share.low, found.share.high) == pytest.approx(
            (right / n, ends.low, ends.high)
        )
        assert found.p_value == pytest.approx(theirs.pvalue)
        assert found.share.n == n
    else:
        assert found.share.value is None


@given(st.integers(0, 60), st.integers(0, 60), st.sampled_from([0.25, 0.5]))
def test_chance_is_said_only_when_the_whole_interval_is_near(right, wrong, chance):
    rows, truth = guesses(right, wrong)
    found = turing(rows, truth, chance)
    near = (
        right + wrong > 0 and chance - NEAR <= found.share.low <= chance <= found.share.high <= chance + NEAR
    )
    assert (found.verdict == "chance") == near
    assert found.verdict in TOLD


def test_only_first_answers_of_cases_with_a_truth_count():
    rows, truth = guesses(3, 1)
    rows += [
        say("r0", "A", "made", repeat=1),
        say("unknown", "A", "real"),
        say("r1", "B", "skip"),
        say("r2", "B", "made"),
    ]
    found = turing(rows, truth | {"unknown": ""})
    assert (found.share.n, found.share.value) == (5, 3 / 5)
    assert turing(rows, truth, reviewer="B").share.n == 1


@pytest.mark.parametrize("lang", LANGUAGES)
def test_what_is_said_has_its_words(lang):
    words = load(lang)
    assert all(words(f"agreement.limits.{reason}", few=FEW_ABOVE) for reason in LIMITS)
    assert all(words(f"agreement.turing.{verdict}") for verdict in TOLD)
