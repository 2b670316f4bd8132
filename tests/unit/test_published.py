"""Numbers of others: each has a source, a known report and names a figure that is measured there in the same unit."""

from __future__ import annotations

import json
from functools import cache

import pytest

from eogen.published import COMPARABLE, Published, beside, published
from eogen.report_files import COMMITTED
from pages.kit.words import LANGUAGES


@cache
def measured(report: str) -> dict[tuple[str, str], str]:
    figures = json.loads((COMMITTED / f"{report}.json").read_text("utf-8"))["figures"]
    return {(f["name"], f["dataset"]): f["unit"] for f in figures}


@pytest.mark.parametrize("number", published(), ids=lambda p: f"{p.report}-{p.figure}-{p.method}")
def test_a_number_names_a_figure_that_is_measured_in_its_unit(number: Published):
    assert measured(number.report)[number.figure, number.beside] == number.unit
    assert number.authors in number.source
    assert number.where in number.source
    assert set(number.note) in (set(), set(LANGUAGES))


def test_no_number_is_said_twice():
    said = [(p.report, p.figure, p.beside, p.method, p.dataset) for p in published()]
    assert len(said) == len(set(said))


def test_what_the_notes_measured_is_told_from_what_was_published():
    for p in published():
        assert (p.origin == "reference") == p.title.startswith("Reference notes")


def test_the_most_comparable_stand_first():
    rows = beside("canopy", "rmse", "CESBIO")
    order = [COMPARABLE.index(p.comparable) for p in rows]
    assert rows
    assert order == sorted(order)
    assert beside("canopy", "rmse", "nowhere") == []


@pytest.mark.parametrize(
    "change", [{"comparable": "roughly"}, {"origin": "rumour"}, {"where": " "}, {"value": float("nan")}]
)
def test_a_number_without_its_source_is_refused(change):
    with pytest.raises(ValueError, match=r"known|number|empty"):
        Published(**(vars(published()[0]) | change))
