"""Campaigns: what is drawn is kept with its pictures; each reviewer has an order, a place and an undo of their own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from eogen.errors import InputError
from eogen.verdicts import campaigns as c
from eogen.verdicts import database, load, turns
from eogen.verdicts.kinds import Kind
from tests import postgres
from tests.judged import PLAIN, SIDES, draw, propose


@pytest.fixture(params=["sqlite", "postgresql"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    yield f"sqlite:///{tmp_path / 'v.sqlite'}" if request.param == "sqlite" else postgres.fresh()
    database.close()


def test_what_was_created_is_there_with_its_pictures(where):
    made = c.create("  Été  à   l'aveugle ", SIDES, n=12, repeats=0.25, blind=True, seed=3,
                    options={"method": "flow"}, database=where)  # fmt: skip
    assert made.title == "Été à l'aveugle"
    assert made.name.startswith("ete-a-l-aveugle-")
    assert c.campaign(made.name, where) == made
    assert c.campaigns(where) == [made]
    held = c.cases(made.name, where)
    assert len({one.case.item for one in held}) == 12
    assert sum(one.repeats for one in held) == 3
    assert Counter(one.case.stratum for one in held) == {"low": 6, "high": 6}
    assert sum(one.weight for one in held) == pytest.approx(60)
    case = held[0].case
    assert case in propose({"method": "flow"}, lambda *_: None)
    assert c.pictures(made.name, case.item, where) == draw(case)


def test_a_reviewer_has_one_order_and_others_have_others(where):
    made = c.create("order", PLAIN, n=30, repeats=0.2, database=where)
    held = c.cases(made.name, where)
    mine, yours = turns.order(made, "me", held), turns.order(made, "you", held)
    assert mine == turns.order(made, "me", held)
    assert [t.key for t in mine] != [t.key for t in yours]
    assert sorted(t.key for t in mine) == sorted(t.key for t in yours)
    at = {turn.key: k for k, turn in enumerate(mine)}
    again = [key for key in at if key[1]]
    assert len(again) == 6
    assert all(at[key] - at[key[0], 0] > turns.APART for key in again)


def test_two_reviewers_never_get_in_each_others_way_and_each_resumes(where):
    made = c.create("two", PLAIN, n=8, repeats=0, database=where)
    held = c.cases(made.name, where)
    for reviewer, count, answer in (("me", 3, "change"), ("you", 5, "no_change")):
        for _ in range(count):
            turns.judge(
                made, reviewer, turns.place(made, reviewer, held, where).coming[0], answer, database=where
            )
    mine, yours = (turns.place(made, who, held, where) for who in ("me", "you"))
    assert (mine.done, yours.done) == (3, 5)
    assert {row.answer for row in mine.answers.values()} == {"change"}
    assert mine.coming == turns.order(made, "me", held)[3:]


def test_an_answer_says_what_was_judged(where):
    made = c.create("facts", PLAIN, n=5, repeats=0, database=where)
    held = c.cases(made.name, where)
    turn = turns.place(made, "me", held, where).coming[0]
    turns.judge(made, "me", turn, "unsure", confidence=0.5, note="clouds", seconds=2.5, order_shown=["a"],
                database=where)  # fmt: skip
    (row,) = load(database=where)
    case = turn.held.case
    assert (row.room, row.kind, row.campaign) == ("change", "test_plain", made.name)
    assert (row.item, row.dataset, row.scene, row.thing) == (case.item, case.dataset, case.scene, case.thing)
    assert (row.method, row.weights, row.confidence, row.note) == ("oi", "ab" * 32, 0.5, "clouds")
    assert row.context == dict(case.facts) | {"score": case.score, "order": ["a"]}
    assert row.version
    assert row.seconds == 2.5


def test_a_double_press_counts_once_and_an_undo_gives_the_case_back(where):
    made = c.create("undo", PLAIN, n=5, repeats=0, database=where)
    held = c.cases(made.name, where)
    first = turns.place(made, "me", held, where).coming[0]
    kept = turns.judge(made, "me", first, "change", database=where)
    assert turns.judge(made, "me", first, "no_change", database=where) == kept
    assert turns.undo(made, "you", where) is None, "another's answer is not theirs to take back"
    assert turns.undo(made, "me", where) == kept
    assert turns.place(made, "me", held, where).coming[0] == first
    turns.judge(made, "me", first, "no_change", database=where)
    assert turns.place(made, "me", held, where).answers[first.key].answer == "no_change"
    assert [row.answer for row in load(database=where)] == ["change", "", "no_change"]
    assert turns.undo(made, "me", where) is not None
    assert turns.undo(made, "me", where) is None


def test_sides_change_places_fairly_and_the_rest_stays(where):
    made = c.create("sides", SIDES, n=60, repeats=0, database=where)
    held = c.cases(made.name, where)
    lefts = {}
    for who in ("me", "you"):
        left = []
        for turn in turns.order(made, who, held):
            names = turns.shown(made, who, turn, ["place", "real", "filled"])
            assert names == turns.shown(made, who, turn, ["place", "real", "filled"])
            assert names[0] == "place"
            assert sorted(names[1:]) == ["filled", "real"]
            left.append(names[1])
        lefts[who] = left
        assert all(left[k : k + 6].count("real") == 3 for k in range(0, 60, 6)), "each block is balanced"
        assert len({tuple(left[k : k + 6]) for k in range(0, 60, 6)}) > 1, "blocks are not all alike"
    assert lefts["me"] != lefts["you"]


def test_more_sides_than_two_are_each_seen_everywhere_equally_often(where):
    made = replace(c.create("three", SIDES, n=18, repeats=0, database=where), shuffled=("a", "b", "c"))
    seen = Counter()
    for turn in turns.order(made, "me", c.cases(made.name, where)):
        seen.update(enumerate(turns.shown(made, "me", turn, ["a", "place", "b", "c"])))
    assert seen == {(1, "place"): 18} | {(k, name): 6 for k in (0, 2, 3) for name in "abc"}


def test_only_a_blind_campaign_shuffles_panels_that_are_no_answers(where):
    panels = ["place", "real", "filled"]
    seen = {}
    for blind in (False, True):
        made = c.create("panels", PLAIN, n=20, repeats=0, blind=blind, database=where)
        order = turns.order(made, "me", c.cases(made.name, where))
        seen[blind] = {tuple(turns.shown(made, "me", turn, panels)) for turn in order}
    assert seen[False] == {tuple(panels)}
    assert seen[True] == {("place", "real", "filled"), ("place", "filled", "real")}


def refuse_blind(**more) -> Kind:
    return Kind("test_open", "change", ("a", "b"), propose, draw, PLAIN.options, blindable=False)


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"title": "   "}, "campaign_title"),
        ({"title": "x" * 201}, "campaign_title"),
        ({"n": 0}, "campaign_size"),
        ({"n": 2001}, "campaign_size"),
        ({"how": "best"}, "campaign_how"),
        ({"repeats": 0.6}, "campaign_repeats"),
        ({"options": {"method": "magic"}}, "campaign_value"),
        ({"options": {"colour": "red"}}, "campaign_option"),
        ({"kind": refuse_blind(), "blind": True}, "campaign_blind"),
        ({"kind": Kind("test_none", "change", ("a", "b"), lambda *_: [], draw)}, "campaign_empty"),
    ],
)
def test_what_cannot_be_created_is_said_and_leaves_nothing(tmp_path, more, code):
    at = f"sqlite:///{tmp_path / 'v.sqlite'}"
    given = {"title": "t", "kind": PLAIN, "n": 5} | more
    with pytest.raises(InputError) as caught:
        c.create(given.pop("title"), given.pop("kind"), database=at, **given)
    assert caught.value.code == code
    assert c.campaigns(at) == []
    database.close()


def test_answers_and_names_that_are_not_there_are_said(where):
    made = c.create("t", PLAIN, n=2, repeats=0, database=where)
    turn = turns.order(made, "me", c.cases(made.name, where))[0]
    with pytest.raises(InputError) as caught:
        turns.judge(made, "me", turn, "maybe", database=where)
    assert caught.value.code == "campaign_answer"
    with pytest.raises(InputError) as caught:
        c.campaign("no-such", where)
    assert caught.value.code == "no_campaign"
    assert load(database=where) == []
