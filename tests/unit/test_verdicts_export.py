"""Exports: what other programs read back is what was given, whatever was written in the notes."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eogen.verdicts.export import COLUMNS, FORMULA, plain, to_csv, to_geojson
from eogen.verdicts.record import Verdict

TEXT = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=20)
VALUE = st.recursive(
    TEXT | st.integers(-9, 9) | st.booleans() | st.none() | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXT, inner, max_size=2),
    max_leaves=5,
)
ROWS = st.lists(
    st.builds(
        Verdict, st.just("rain"), st.text("abc", min_size=1, max_size=9), st.sampled_from(["good", "unsure"]),
        note=TEXT, reviewer=TEXT, context=st.dictionaries(TEXT, VALUE, max_size=4), repeat=st.integers(0, 2),
        seconds=st.none() | st.floats(0, 99), confidence=st.none() | st.floats(0, 1),
    ),
    max_size=5,
)  # fmt: skip


def verdict(**more):
    return Verdict(**{"room": "change", "item": "OSCD/paris/1", "answer": "change"} | more)


def leaves(value, path=()):
    if isinstance(value, dict) and value:
        return [leaf for key, inner in value.items() for leaf in leaves(inner, (*path, key))]
    return [(path, value)]


def names(column):
    """The keys that a column of the context is made of: split at the dots that no backslash hides."""
    parts = re.findall(r"\.((?:\\.|[^.\\])*)", column.removeprefix("context"), re.DOTALL)
    return tuple(re.sub(r"\\(.)", r"\1", part, flags=re.DOTALL) for part in parts)


@given(ROWS)
def test_every_value_of_the_table_is_read_back(rows):
    text = to_csv(rows)
    head, *read = list(csv.reader(io.StringIO(text, newline="")))
    assert tuple(head[: len(COLUMNS)]) == COLUMNS
    assert len(set(head)) == len(head), "every value has a column of its own"
    assert len(read) == len(rows)
    for row, cells in zip(rows, read, strict=True):
        assert len(cells) == len(head)
        for name, cell in zip(COLUMNS, cells, strict=False):
            given_ = getattr(row, name)
            assert (plain(cell) if isinstance(given_, str) else cell) == (
                "" if given_ is None else str(given_)
            )
        told = dict(zip(map(names, head[len(COLUMNS) :]), cells[len(COLUMNS) :], strict=True))
        for path, value in leaves(dict(row.context)) if row.context else []:
            cell = told.pop(path)
            if isinstance(value, str):
                assert plain(cell) == value
            elif value is None:
                assert cell == ""
            else:
                assert json.loads(cell) == value
        assert set(told.values()) <= {""}, "what a verdict does not have is empty"


def runs(cell: str) -> bool:
    """Whether a spreadsheet would run it: a formula's first letter, and no number."""
    return cell.startswith(FORMULA) and not re.fullmatch(r"-?[0-9.]+(e[+-]?[0-9]+)?", cell)


@given(st.lists(st.sampled_from([*FORMULA, "'", "a", "1", " "]), max_size=4).map("".join))
def test_no_text_is_run_as_a_formula_and_all_are_given_back(text):
    row = verdict(note=text, reviewer=text, context={text: text, "list": [text], "deep": {text: 1}})
    head, cells = csv.reader(io.StringIO(to_csv([row]), newline=""))
    assert not any(map(runs, [*head, *cells]))
    told = dict(zip(head, cells, strict=True))
    assert plain(told["note"]) == plain(told["reviewer"]) == text
    assert (told["note"] == text) != text.lstrip("'").startswith(FORMULA)
    assert json.loads(told["context.list"]) == [text]
    assert (
        json.loads(to_geojson([verdict(note=text, context={"lon": 1, "lat": 1})]).text)["features"][0][
            "properties"
        ]["note"]
        == text
    )


def test_numbers_below_nought_stay_numbers():
    told = pd.read_csv(io.StringIO(to_csv([verdict(context={"score": -0.25, "lon": -3})])))
    assert told["context.score"].tolist() == [-0.25]
    assert told["context.lon"].tolist() == [-3]


def test_lines_end_and_quotes_double_as_the_standard_says():
    text = to_csv([verdict(note='says "roof", twice\nor more', id="i", time="t", version="v")])
    assert text.endswith("\r\n")
    assert text.count("\r\n") == 2
    assert '"says ""roof"", twice\nor more"' in text
    assert to_csv([]) == ",".join(COLUMNS) + "\r\n"


def test_pandas_reads_the_table():
    rows = [
        verdict(context={"score": 0.25, "box": [1, 2], "at": {"row": 3}}),
        verdict(context={"score": 0.5}, repeat=1),
    ]
    table = pd.read_csv(io.StringIO(to_csv(rows)))
    assert table["context.score"].tolist() == [0.25, 0.5]
    assert table["context.at.row"].tolist()[0] == 3
    assert json.loads(table["context.box"][0]) == [1, 2]
    assert table["repeat"].tolist() == [0, 1]


def test_only_standing_verdicts_are_told():
    one, two = verdict(context={"lon": 2, "lat": 48}), verdict(context={"lon": 3, "lat": 48})
    undo = replace(one, answer="", undoes=one.id, id="undo")
    assert to_csv([one, two, undo]) == to_csv([two])
    assert to_geojson([one, two, undo]) == to_geojson([two])
    assert "undoes" not in to_csv([two])


@given(st.lists(st.tuples(st.floats(-400, 400), st.floats(-100, 100)), max_size=6))
def test_points_lie_where_the_context_says(places):
    rows = [verdict(context={"lon": lon, "lat": lat}) for lon, lat in places]
    made = to_geojson(rows)
    read = json.loads(made.text)
    assert set(read) == {"type", "features"}
    assert read["type"] == "FeatureCollection"
    inside = [(lon, lat) for lon, lat in places if -180 <= lon <= 360 and abs(lat) <= 90]
    assert (made.kept, made.left_out) == (len(inside), len(places) - len(inside))
    for feature, (lon, lat) in zip(read["features"], inside, strict=True):
        x, y = feature["geometry"]["coordinates"]
        assert -180 <= x <= 180
        assert abs((x - lon + 180) % 360 - 180) < 1e-6
        assert y == pytest.approx(lat, abs=1e-6)
        assert feature["type"] == "Feature"
        assert feature["geometry"]["type"] == "Point"


@pytest.mark.parametrize(
    "context", [{}, {"lon": 2.0}, {"lon": "2", "lat": 48}, {"lon": True, "lat": 48}, {"lon": None, "lat": 48}]
)
def test_what_has_no_position_is_left_out_and_counted(context):
    made = to_geojson([verdict(context=context), verdict(context={"lon": 2, "lat": 48}, note="là")])
    assert (made.kept, made.left_out) == (1, 1)
    (feature,) = json.loads(made.text)["features"]
    assert feature["properties"]["note"] == "là"
    assert feature["properties"]["context"] == {"lon": 2, "lat": 48}
    assert feature["id"]
