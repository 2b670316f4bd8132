"""A verdict: what it may hold, how it is written as a line, what an undo does."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eogen.errors import InputError
from eogen.verdicts import Verdict, current, read_lines, record, to_lines


def verdict(**more) -> Verdict:
    return Verdict(**{"room": "change", "item": "OSCD/paris/object 3", "answer": "change"} | more)


def test_the_time_is_utc_and_every_row_has_its_own_name():
    one, two = verdict(), verdict()
    assert one.time.endswith("+00:00")
    assert one.id != two.id
    assert one.version


def text(most: int, least: int = 0) -> st.SearchStrategy[str]:
    return st.text(
        st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), min_size=least, max_size=most
    )


@settings(max_examples=50, deadline=None)
@given(
    note=text(200),
    item=text(100, 1),
    reviewer=text(40),
    context=st.dictionaries(
        st.text(max_size=5), st.one_of(st.integers(), st.booleans(), st.none(), st.text(max_size=9))
    ),
)
def test_any_text_survives_a_line_of_json(note, item, reviewer, context):
    given_ = verdict(note=note, item=item, reviewer=reviewer, context=context)
    line = given_.to_json()
    assert "\n" not in line
    assert Verdict.from_json(line.encode().decode()) == given_


# --- damage ---


@pytest.mark.parametrize(
    "line",
    [
        b'{"room": "change", "item": "half',
        b"\xff\xfe\x00",
        b"[]",
        b"3",
        b"{}",
        b'{"room": "moon", "item": "a", "answer": "change", "id": "1", "time": ""}',
        b'{"room": "change", "item": "a", "answer": "may be", "id": "1", "time": ""}',
        b'{"room": "change", "item": 3, "answer": "change", "id": "1", "time": ""}',
        b'{"room": "change", "item": "a", "answer": [], "id": "1", "time": ""}',
        b'{"room": "change", "item": "a", "answer": "change", "id": "1", "time": "", "context": 3}',
        b"[" * 100000,
    ],
)
def test_a_damaged_line_is_reported_and_the_others_are_read(line):
    before, after = verdict(item="before"), verdict(item="after")
    found = read_lines(to_lines([before]).encode() + line + b"\n\n" + to_lines([after]).encode())
    assert found.verdicts == [before, after]
    assert [bad.line for bad in found.damaged] == [2]
    assert found.damaged[0].reason


def test_what_a_later_version_adds_is_left_out():
    line = json.dumps(json.loads(verdict().to_json()) | {"colour": "blue"})
    found = read_lines(line.encode())
    assert found.damaged == []
    assert found.verdicts[0].answer == "change"


# --- limits ---


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"room": "moon"}, "verdict_room"),
        ({"answer": "May be"}, "verdict_answer"),
        ({"answer": "x" * 41}, "verdict_answer"),
        ({"answer": ""}, "verdict_answer"),
    ],
)
def test_rooms_and_answers_are_named(more, code):
    with pytest.raises(InputError) as caught:
        verdict(**more)
    assert caught.value.code == code


@pytest.mark.parametrize(
    "more",
    [
        {"item": ""},
        {"item": "x" * 301},
        {"note": "x" * 1001},
        {"reviewer": "x" * 41},
        {"note": "a\x00b"},
        {"repeat": -1},
        {"repeat": True},
        {"reviewer": 3},
        {"note": "\ud800"},
        {"seconds": -1},
        {"seconds": float("nan")},
        {"seconds": float("inf")},
        {"seconds": True},
        {"confidence": 1.5},
        {"context": {"a": "x" * 5000}},
        {"context": {"a": object()}},
        {"context": {"a": float("nan")}},
        {"context": {"a": "\ud800"}},
        {"context": [1]},
    ],
)
def test_what_is_too_long_or_not_what_it_should_be_is_named(more):
    with pytest.raises(InputError) as caught:
        verdict(**more)
    assert caught.value.code == "verdict_field"
    assert caught.value.facts["field"] == next(iter(more))


def test_an_undo_takes_one_verdict_back_and_an_undo_of_it_gives_it_back():
    first, second = verdict(item="one"), verdict(item="two")
    undo = verdict(item="one", answer="", undoes=first.id)
    assert current([first, second, undo]) == [second]
    redo = verdict(item="one", answer="", undoes=undo.id)
    assert current([first, second, undo, redo]) == [first, second]


def test_the_longest_verdict_is_a_line():
    limits = {k: v for k, v in record.LIMITS.items() if k not in ("id", "undoes", "time", "version")}
    longest = verdict(**{name: "🌍" * limit for name, limit in limits.items()}, context={"a": "é" * 2000})
    assert read_lines(to_lines([longest]).encode()).verdicts == [longest]
