"""Drawing cases: every stratum there, doubt first, repeats apart, and weights that undo the bend of the draw."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eogen.errors import InputError
from eogen.verdicts.draw import APART, HOW, RANDOM_SHARE, draw, weights
from eogen.verdicts.kinds import Case


def population(sizes, seed=0):
    rng = np.random.default_rng(seed)
    return [
        Case(f"{stratum}/{k}", stratum=stratum, score=float(rng.random()))
        for stratum, size in sizes.items()
        for k in range(size)
    ]


def firsts(turns):
    return [item for item, repeat in turns if repeat == 0]


def chosen(cases, turns):
    by_item = {case.item: case for case in cases}
    return [by_item[item] for item in firsts(turns)]


SIZES = st.dictionaries(st.sampled_from("abcdefg"), st.integers(1, 30), min_size=1)


@given(
    SIZES, st.integers(1, 120), st.sampled_from(HOW), st.integers(0, 99), st.sampled_from([0, 0.1, 0.5, 1])
)
def test_a_draw_has_its_size_and_no_case_twice(sizes, n, how, seed, share):
    cases = population(sizes)
    turns = draw(cases, n, how, seed, share)
    items = firsts(turns)
    assert len(items) == len(set(items)) == min(n, len(cases))
    assert set(items) <= {case.item for case in cases}
    again = [item for item, repeat in turns if repeat]
    assert len(again) == len(set(again)) == round(share * len(items))
    assert {repeat for _, repeat in turns} <= {0, 1}
    place = {turn: k for k, turn in enumerate(turns)}
    for item in again:
        between = place[item, 1] - place[item, 0] - 1
        assert between >= min(APART, len(items) - 1)
    assert turns == draw(cases[::-1], n, how, seed, share), "the order of a file is no luck"


@given(SIZES, st.integers(1, 120), st.integers(0, 99))
def test_strata_are_shared_evenly(sizes, n, seed):
    cases = population(sizes)
    counts = Counter(item[0] for item in firsts(draw(cases, n, "stratified", seed)))
    if n >= len(sizes):
        assert set(counts) == set(sizes), "every stratum is there"
    most = max(counts.values())
    for name, size in sizes.items():  # within one of the largest share, unless it gave all it has
        assert counts[name] == size or counts[name] >= most - 1


def test_doubt_comes_first_and_the_rest_is_drawn_from_all_the_others():
    cases = population({"a": 400})
    items = set(firsts(draw(cases, 40, "uncertain", 3)))
    doubt = sorted(cases, key=lambda case: abs(case.score - 0.5))
    certain = {case.item for case in doubt[: 40 - round(40 * RANDOM_SHARE)]}
    assert certain <= items
    others = [case for case in cases if case.item in items - certain]
    assert max(abs(case.score - 0.5) for case in others) > 0.3, "also the surest have a chance"
    assert items != set(firsts(draw(cases, 40, "uncertain", 4)))


@given(SIZES, st.integers(1, 120), st.sampled_from(HOW), st.integers(0, 9))
def test_weights_add_up_to_the_population(sizes, n, how, seed):
    cases = population(sizes)
    found = weights(cases, chosen(cases, draw(cases, n, how, seed)), how)
    assert all(weight >= 1 for weight in found.values())
    if how != "stratified" or n >= len(sizes):
        assert sum(found.values()) == pytest.approx(len(cases))


@pytest.mark.parametrize("n", [3, 12, 40])
@pytest.mark.parametrize("how", HOW)
def test_weighted_sums_are_unbiased_and_plain_ones_are_not(how, n):
    """Horvitz-Thompson by simulation: the mean over many draws is the sum over the population, within its own error."""
    cases = population({"a": 60, "b": 6, "c": 20, "d": 3, "e": 1})
    value = {
        case.item: (3.0 if case.stratum in "bde" else 1.0) + (abs(case.score - 0.5) < 0.1) for case in cases
    }
    truth = sum(value.values())
    sums, plain = [], []
    for seed in range(600):
        taken = chosen(cases, draw(cases, n, how, seed, 0))
        share = weights(cases, taken, how)
        sums.append(sum(share[case.item] * value[case.item] for case in taken))
        plain.append(len(cases) / len(taken) * sum(value[case.item] for case in taken))
    error = np.std(sums) / np.sqrt(len(sums))
    assert abs(np.mean(sums) - truth) <= 4 * error + 1e-9
    if how != "random":
        assert abs(np.mean(plain) - truth) > 4 * np.std(plain) / np.sqrt(len(plain)), (
            "unweighted, it would be biased"
        )


@pytest.mark.parametrize("how", HOW)
def test_the_weight_is_one_over_the_chance(how):
    cases = population({"a": 9, "b": 4, "c": 2})
    rounds, times, told = 3000, Counter(), {}
    for seed in range(rounds):
        taken = chosen(cases, draw(cases, 6, how, seed, 0))  # two of each stratum
        times.update(case.item for case in taken)
        told |= weights(cases, taken, how)
    for item, weight in told.items():
        chance = 1 / weight
        assert times[item] / rounds == pytest.approx(
            chance, abs=5 * np.sqrt(chance * (1 - chance) / rounds) + 1e-9
        )


def test_repeats_fall_on_any_case():
    cases = population({"a": 12})
    times = Counter(
        item for seed in range(800) for item, repeat in draw(cases, 12, "random", seed, 0.25) if repeat
    )
    assert len(times) == 12
    assert min(times.values()) > 140  # 200 each expected; 140 is five deviations away


def test_cases_without_a_score_are_left_to_chance():
    cases = [*population({"a": 30}), *(Case(f"none/{k}") for k in range(30))]
    drawn = [firsts(draw(cases, 20, "uncertain", seed, 0)) for seed in range(40)]
    shares = [sum(item.startswith("none") for item in items) for items in drawn]
    assert 0 < np.mean(shares) <= 10
    with pytest.raises(InputError) as caught:
        draw([Case("x")], 1, "uncertain")
    assert caught.value.code == "draw_scores"


@pytest.mark.parametrize(
    ("code", "ask"),
    [
        ("draw_nothing", lambda cases: draw([], 3)),
        ("draw_size", lambda cases: draw(cases, 0)),
        ("draw_how", lambda cases: draw(cases, 3, "by hand")),
        ("draw_repeats", lambda cases: draw(cases, 3, repeats=1.5)),
        ("draw_twice", lambda cases: draw(cases + cases[:1], 3)),
        ("draw_stranger", lambda cases: weights(cases[1:], cases[:1])),
        ("draw_how", lambda cases: weights(cases, cases[:1], "by hand")),
    ],
)
def test_what_cannot_be_drawn_is_said(code, ask):
    with pytest.raises(InputError) as caught:
        ask(population({"a": 5}))
    assert caught.value.code == code
