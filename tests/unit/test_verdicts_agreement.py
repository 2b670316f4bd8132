"""Agreement: against scikit-learn, the package krippendorff and examples worked by hand; and what it must never be."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import krippendorff as package
import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from eogen.verdicts import agreement as ours
from eogen.verdicts.agreement import FEWEST, REASONS
from eogen.verdicts.record import Verdict
from pages.kit.words import LANGUAGES, load


def said(answers, **more):
    """Verdicts from a grid: one text a reviewer, one letter an item, ``.`` for none."""
    return [
        Verdict("change", f"item {k:03}", letter, reviewer=name, campaign="c", **more)
        for name, letters in zip("ABCDEFGH", answers, strict=False)
        for k, letter in enumerate(letters)
        if letter != "."
    ]


def grid(answers):
    return ours.table(said(answers))


#: Reviewers × items over three answers and gaps.
GRIDS = st.integers(2, 5).flatmap(
    lambda n: st.integers(1, 14).flatmap(
        lambda items: st.lists(st.text("abc.", min_size=items, max_size=items), min_size=n, max_size=n)
    )
)

# Krippendorff's own example of four observers and twelve units with gaps (Computing Krippendorff's Alpha-Reliability,
# 2011, section C): nominal α = 0.743.
FOUR = ["abccbadab...", "abccbbdabe.c", ".cccbcdbbea.", "abccbddabea."]


def test_the_published_example_of_four_observers():
    found = ours.krippendorff(grid(FOUR))
    assert found.value == pytest.approx(0.743, abs=0.0005)
    assert found.n == 11, "a unit with one answer says nothing"
    assert found.low < found.value < found.high


def test_the_published_example_of_two_observers():
    """Ten units, two observers, two values: nominal α = 0.095 (the same note, section A)."""
    found = ours.krippendorff(grid(["abaaaaaaba", "bbbaabaaaa"]))
    assert found.value == pytest.approx(0.095, abs=0.0005)


def test_kappa_worked_by_hand():
    """Fifty proposals: 20 twice yes, 15 twice no, 5 and 10 apart: p_o = 0.7, p_e = 0.5, κ = 0.4."""
    found = ours.cohen(grid(["a" * 25 + "b" * 25, "a" * 20 + "b" * 5 + "a" * 10 + "b" * 15]))
    assert found.value == pytest.approx(0.4)
    assert found.low < 0.4 < found.high


@given(GRIDS)
@settings(max_examples=60)
def test_alpha_is_the_packages(answers):
    found = ours.krippendorff(grid(answers))
    if found.value is None:
        assert found.reason in REASONS
        return
    codes = [[np.nan if c == "." else "abc".index(c) for c in line] for line in answers]
    assert found.value == pytest.approx(package.alpha(codes, level_of_measurement="nominal"), abs=1e-9)


@given(GRIDS)
@settings(max_examples=60)
def test_kappa_is_scikit_learns_and_its_mean_the_mean_of_pairs(answers):
    made = grid(answers)
    pairs = ours.cohen_pairs(made)
    for (first, second), found in pairs.items():
        both = made[[first, second]].dropna()
        if found.value is not None:
            assert found.n == len(both)
            assert found.value == pytest.approx(cohen_kappa_score(both[first], both[second]), abs=1e-9)
        elif len(both):
            assert len(set(both[first]) | set(both[second])) == 1
    told = [found.value for found in pairs.values() if found.value is not None]
    if made.shape[1] > 1 and told:
        assert ours.cohen_mean(made).value == pytest.approx(np.mean(told))


@given(GRIDS)
@example(
    ["aaaab", "aabaa", "bbaba"]
)  # one pair of three agrees on every item: drawn again they are all the same
@example(["ab", "ab"])
@settings(max_examples=60)
def test_percent_counts_pairs(answers):
    found = ours.percent(grid(answers))
    pairs = [
        a == b
        for column in zip(*answers, strict=True)
        for a, b in combinations(column, 2)
        if "." not in a + b
    ]
    assert (found.value is None) == (not pairs)
    if pairs:
        assert found.value == pytest.approx(np.mean(pairs))
        assert 0 <= found.low <= found.value + 1e-12
        assert found.value - 1e-12 <= found.high <= 1


@given(GRIDS, st.permutations("abc"), st.randoms())
@settings(max_examples=40)
def test_names_of_answers_and_orders_of_rows_mean_nothing(answers, other, random):
    rows = said(answers)
    shuffled = [replace(row, answer=dict(zip("abc", other, strict=True))[row.answer]) for row in rows]
    random.shuffle(shuffled)
    one, two = ours.agreement(rows), ours.agreement(shuffled)
    for figure in ("percent", "kappa", "alpha"):
        first, second = getattr(one, figure), getattr(two, figure)
        assert first.reason == second.reason
        assert first.n == second.n
        assert (first.value is None) == (second.value is None)
        if first.value is not None:
            assert first.value == pytest.approx(second.value)
    assert (one.items, one.reviewers, one.shared) == (two.items, two.reviewers, two.shared)


@given(GRIDS)
@settings(max_examples=40)
def test_nothing_is_ever_nan(answers):
    made = ours.agreement(said(answers))
    for found in (made.percent, made.kappa, made.alpha, made.consistency):
        assert not any(
            number is not None and np.isnan(number) for number in (found.value, found.low, found.high)
        )
        assert (found.low is None) == (found.high is None)
        assert bool(found.reason) == (found.value is None or found.low is None)


@pytest.mark.parametrize(
    ("answers", "reasons"),
    [
        ([], ("no_answer",) * 3),
        (["abab"], ("one_reviewer",) * 3),
        (["ab..", "..ab"], ("no_shared",) * 3),
        (["aaaaaa", "aaaaaa"], ("", "one_answer", "one_answer")),
        (["aaabbb", "aaabbb"], ("", "all_alike", "all_alike")),
        (["ab", "bb"], ("", "few_items", "few_items")),
    ],
)
def test_what_cannot_be_told_says_why(answers, reasons):
    made = ours.agreement(said(answers))
    assert (made.percent.reason, made.kappa.reason, made.alpha.reason) == reasons
    if answers and len(set(answers)) == 1 and len(answers) == 2:
        assert made.percent.value == 1
        assert made.percent.low < 0.7, "six items are not certainty"


def test_intervals_hold_the_truth_as_often_as_they_say():
    """Two reviewers who are right nine times in ten, 60 items: the 95 % interval of κ holds the true one."""
    rng = np.random.default_rng(0)
    held = 0
    truth = (0.82 - 0.5) / 0.5  # they agree 0.9² + 0.1² of the time, by chance half of it
    for _ in range(200):
        real = rng.random(60) < 0.5
        frame = pd.DataFrame(
            {name: np.where(real ^ (rng.random(60) < 0.1), "a", "b") for name in "AB"}, dtype=object
        )
        found = ours.cohen(frame)
        held += found.low <= truth <= found.high
    assert 0.88 <= held / 200 <= 0.99


def test_two_columns_are_needed_for_two_reviewers():
    with pytest.raises(ValueError, match="two reviewers"):
        ours.cohen(grid(["ab", "ab", "ab"]))


# --- what counts ---


def test_skip_never_counts_and_unsure_as_told():
    rows = said(["aabb", "aabb"])
    rows += [Verdict("change", f"item {k:03}", a, reviewer=r, campaign="c")
             for k, r, a in ((4, "A", "skip"), (4, "B", "a"), (5, "A", "unsure"), (5, "B", "a"))]  # fmt: skip
    own, without = ours.agreement(rows), ours.agreement(rows, unsure="left_out")
    assert own.percent.value == pytest.approx(4 / 5)
    assert without.percent.value == 1
    assert own.answers == without.answers == {"a": 6, "b": 4, "skip": 1, "unsure": 1}
    with pytest.raises(ValueError, match="left_out"):
        ours.agreement(rows, unsure="maybe")


def test_undone_verdicts_and_repeats_do_not_count_between_reviewers():
    rows = said(["aabbab", "aabbaa"])
    last = rows[5]
    undo = replace(last, answer="", undoes=last.id, id="u")
    again = replace(last, answer="a", id="v")
    repeat = replace(rows[0], answer="b", repeat=1, id="w")
    assert ours.agreement(rows).percent.value == pytest.approx(5 / 6)
    made = ours.agreement([*rows, undo, again, repeat])
    assert made.percent.value == 1
    assert made.consistency.value == 0
    assert made.consistency.n == 1


def test_the_same_item_in_two_campaigns_is_two():
    rows = said(["aabb", "aabb"]) + [
        replace(row, campaign="d", id=f"d{row.id[:30]}") for row in said(["b...", "b..."])
    ]
    made = ours.agreement(rows)
    assert (made.items, made.percent.value) == (5, 1)


def test_a_skipped_first_showing_is_answered_by_the_second():
    rows = [*said(["s", "a"]), Verdict("change", "item 000", "a", reviewer="A", campaign="c", repeat=1)]
    rows[0] = replace(rows[0], answer="skip")
    made = ours.agreement(rows)
    assert made.percent.value == 1
    assert made.consistency.reason == "no_repeat", "there is nothing to set it against"


def test_consistency_is_of_each_reviewer_with_themselves():
    rows = said(["aabb", "abab"]) + [
        Verdict("change", f"item {k:03}", answer, reviewer=name, campaign="c", repeat=1)
        for name, answers in (("A", "aabb"), ("B", "bb"))
        for k, answer in enumerate(answers)
    ]
    made = ours.reviewers(rows)
    assert (made["A"].consistency.value, made["A"].consistency.n) == (1, 4)
    assert (made["B"].consistency.value, made["B"].consistency.n) == (0.5, 2)
    assert made["A"].consistency.low < 0.6
    assert ours.consistency(rows).value == pytest.approx(5 / 6)
    assert made["A"].others.value == made["B"].others.value == 0.5
    assert made["A"].kappa.value == made["B"].kappa.value == 0


def test_who_disagrees_with_all_is_seen():
    rows = said(["aabbaabb", "aabbaabb", "bbaabbaa"])
    made = ours.reviewers(rows)
    assert made["C"].others.value == 0
    assert made["A"].others.value == made["B"].others.value == 0.5
    assert made["C"].kappa.value == pytest.approx(-1)
    assert made["C"].others.n == 8
    only = ours.reviewers([*rows, Verdict("change", "item 001", "skip", reviewer="Z", campaign="c")])["Z"]
    assert (only.others.reason, only.answers) == ("no_answer", {"skip": 1})


def test_groups_are_told_apart():
    rows = said(["aabbaa", "aabbaa"], method="one") + [
        replace(row, item=f"x{row.item}", id=f"x{row.id[:30]}") for row in said(["ab", "ba"], method="two")
    ]
    made = ours.breakdown(rows, lambda row: row.method)
    assert list(made) == ["one", "two"]
    assert (made["one"].percent.value, made["two"].percent.value) == (1, 0)
    assert made["two"].items == 2


def test_seconds_are_of_answers():
    rows = [
        Verdict("change", f"{k}", "skip" if k == 5 else "a", seconds=s)
        for k, s in enumerate([1.0, 2.0, 3.0, 4.0, None, 100.0])
    ]
    made = ours.seconds(rows)
    assert (made.n, made.median, made.low, made.high) == (4, 2.5, 1.75, 3.25)
    assert ours.seconds([]).median is None


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_reason_has_its_words(lang):
    words = load(lang)
    assert all(words(f"agreement.reasons.{reason}", few=FEWEST) for reason in REASONS)
