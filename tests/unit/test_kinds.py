"""Every kind of case that a room offers: its words are there, its options are kept, its panels have names."""

from __future__ import annotations

import ast
import re

import pytest

from eogen.errors import InputError
from eogen.verdicts.kinds import BESIDES, Kind, kinds
from pages.kit.words import LANGUAGES, load
from tests.real import REPOSITORY

KINDS = tuple(kinds().values())


def test_names_are_unique_and_answers_are_two_other_words():
    assert len(KINDS) == len({kind.name for kind in KINDS}) > 0
    for kind in KINDS:
        assert len(set(kind.answers)) == 2
        assert not set(kind.answers) & set(BESIDES)
        assert all(re.fullmatch(r"[a-z][a-z0-9_]{0,39}", word) for word in (kind.name, *kind.answers))


def named_in(room: str, callee: str, position: int) -> set[str]:
    """The texts given to a call in a room's file, e.g. the names of its panels."""
    tree = ast.parse((REPOSITORY / "eogen" / room / "cases_to_judge.py").read_text("utf-8"))
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and callee == getattr(node.func, "id", getattr(node.func, "attr", "")):
            one = node.args[position] if len(node.args) > position else None
            if isinstance(one, ast.Constant) and isinstance(one.value, str):
                found.add(one.value)
    return found


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_every_word_of_a_kind_is_there(kind: Kind, lang: str):
    keys = [f"verdicts.kinds.{kind.name}.{part}" for part in ("title", "question", "help")]
    keys += [f"verdicts.kinds.{kind.name}.answers.{answer}" for answer in kind.answers]
    keys += [f"verdicts.options.{option.name}" for option in kind.options]
    for name in {*named_in(kind.room, "Panel", 0), *(kind.answers if kind.sides else ()), *kind.shuffled}:
        keys += [f"verdicts.panels.{name}", f"verdicts.panels.{name}_alt"]
    keys += [f"verdicts.quantities.{name}" for name in named_in(kind.room, "legend", 1)]
    words = load(lang)
    assert [key for key in keys if key not in words] == []


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_choices_are_distinct_and_what_is_not_offered_is_refused(kind: Kind):
    for option in kind.options:
        values = list(option.values())
        assert len(values) == len(set(values))
        assert all(isinstance(value, str) and value for value in values)
        if values:
            with pytest.raises(InputError) as refused:
                kind.candidates({option.name: ["<b>"] if option.several else "<b>"})
            assert refused.value.code == "campaign_value"
    with pytest.raises(InputError) as refused:
        kind.candidates({"no such option": "1"})
    assert refused.value.code == "campaign_option"
