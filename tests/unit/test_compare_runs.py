"""Two runs side by side, and who leads a measure: properties, then a case worked by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eogen.compare_runs import Pair, compare
from eogen.results import Figure, Report
from eogen.standing import apart, holds_target, short_of, standing

FIGURE = Figure("rmse", "m", "a", 0.5, 0.4, 0.6, 9, better="lower")
numbers = st.floats(-10, 10, allow_nan=False)


@st.composite
def figures(draw):
    low, value, high = sorted(draw(st.lists(numbers, min_size=3, max_size=3)))
    better = draw(st.sampled_from(["higher", "lower", None]))
    known = draw(st.booleans())
    return replace(
        FIGURE, value=value, low=low if known else None, high=high if known else None, better=better
    )


def run(*rows, **more) -> Report:
    return Report("ocean", figures=list(rows), code_version="1", **more)


@given(a=figures(), b=figures())
def test_what_moved_one_way_moved_back_the_other(a, b):
    b = replace(b, better=a.better)
    there, back = Pair(a, b), Pair(b, a)
    assert there.moved == back.moved
    opposite = {"better": "worse", "worse": "better"}
    assert opposite.get(there.verdict, there.verdict) == back.verdict
    if there.moved:
        assert not a.low <= b.value <= a.high
        assert not b.low <= a.value <= b.high
    if apart(a, b):
        assert there.moved


@given(a=figures())
def test_a_figure_did_not_move_from_itself(a):
    pair = Pair(a, a)
    assert pair.difference == 0
    assert pair.verdict == "same"
    assert not pair.moved


def test_runs_are_aligned_by_figure_method_and_data():
    other = replace(FIGURE, method="n")
    gone, new = replace(FIGURE, dataset="b"), replace(FIGURE, name="mae")
    better = replace(FIGURE, value=0.2, low=0.1, high=0.3)
    made = compare(run(FIGURE, other, gone), run(new, better, other, better))
    assert [(p.first.method, p.verdict) for p in made.pairs] == [("m", "better"), ("n", "same")]
    assert made.only_first == (gone,)
    assert made.only_second == (new,)
    assert made.twice == (("rmse", "m", "a"),)
    assert made.table()["difference"].tolist() == pytest.approx([-0.3, 0.0])


def test_another_unit_is_never_a_difference():
    pair = Pair(FIGURE, replace(FIGURE, unit="degree_Celsius"))
    assert pair.difference is None
    assert pair.verdict == "unknown"


def test_what_the_runs_do_not_share_is_said_the_day_excepted():
    first = run(
        data=[{"name": "a", "sha256": "1"}], weights={"m": "x"}, machine={"cores": 2, "date": "d"}, seed=0
    )
    second = run(data=[{"name": "a", "sha256": "2"}, {"name": "b", "n": 4}], weights={"m": "x"},
                 machine={"cores": 4, "date": "e"}, seed=1)  # fmt: skip
    found = {(d.subject, d.name): (d.first, d.second) for d in compare(first, second).differences}
    assert found == {
        ("data", "a"): ("1", "2"), ("data", "b"): ("", "4"), ("machine", "cores"): ("2", "4"), ("seed", ""): ("0", "1"),
    }  # fmt: skip
    assert compare(first, first).differences == ()


@given(rows=st.lists(figures(), max_size=6), better=st.sampled_from(["higher", "lower"]))
def test_nobody_beats_the_best(rows, better):
    rows = [replace(f, better=better, method=str(k)) for k, f in enumerate(rows)]
    found = standing(rows, lambda method: int(method) % 2 == 0)
    values = [f.value for f in rows]
    assert len(found.ranked) == len(rows)
    if not rows:
        assert found.best is None
        return
    assert found.best.value == (max(values) if better == "higher" else min(values))
    simple = [f.value for f in rows if int(f.method) % 2 == 0]
    assert found.baseline.value == (max(simple) if better == "higher" else min(simple))
    assert found.baseline_leads == (found.best is found.baseline)
    if found.clear:
        assert found.best.high < found.second.low or found.best.low > found.second.high


def test_an_interval_of_no_width_is_none():
    """A bootstrap of one case gives it: nothing is clear from it, nor excused by it."""
    one = replace(FIGURE, value=0.1, low=0.1, high=0.1, target=0.05)
    assert apart(one, FIGURE) is None
    assert apart(FIGURE, one) is None
    assert holds_target(one) is None


def test_where_no_direction_is_good_nobody_leads():
    found = standing([replace(FIGURE, better=None)], lambda _: True)
    assert (found.best, found.baseline, found.clear) == (None, None, None)


@pytest.mark.parametrize(
    ("target", "short", "chance"),
    [(0.6, None, True), (0.45, 0.05, True), (0.3, 0.2, False), (None, None, None)],
)
def test_by_how_much_a_target_is_missed(target, short, chance):
    figure = replace(FIGURE, target=target)
    assert short_of(figure) == (None if short is None else pytest.approx(short))
    assert holds_target(figure) is chance
