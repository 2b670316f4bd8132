"""The statistics and the table that the benchmarks print."""

from __future__ import annotations

import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import opening
from benchmarks.table import Row, cells, percentile

VALUES = st.lists(st.floats(0, 1e6), min_size=1, max_size=40)


@given(VALUES, st.floats(0.01, 1))
def test_a_percentile_is_a_value_that_was_seen_and_holds_its_share(values, share):
    found = percentile(values, share)
    assert found in values
    assert sum(v <= found for v in values) >= share * len(values) - 1e-9


@given(VALUES)
def test_few_values_hide_nothing(values):
    assert statistics.median(values) <= percentile(values, 1) == max(values)
    if len(values) < 20:
        assert percentile(values, 0.95) == max(values)


@pytest.mark.parametrize(("target", "met"), [(None, None), (3.0, True), (2.9, False)])
def test_a_target_is_held_against_the_statistic_that_is_named(target, met):
    row = Row("start", "s", (1.0, 2.0, 3.0), target=target, judged="max", floor=(0.5,))
    assert row.met is met
    assert ("MISSED" in cells(row)) == (met is False)


def test_nothing_measured_is_an_error():
    with pytest.raises(ValueError, match="no value"):
        Row("start", "s", ())


def test_the_home_page_waits_for_no_heavy_library() -> None:
    assert opening.heavy() == []
