"""Files of results: the two forms that are read, and what is refused with a sentence."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eogen import report_files
from eogen.errors import InputError
from eogen.results import Figure, Report


def report(room: str = "ocean") -> Report:
    return Report(
        room, data=[{"name": "a", "n": 3, "sha256": "f0"}], weights={"m": "aa"}, machine={"cores": 2}, code_version="1",
        figures=[Figure("rmse", "m", "a", 0.5, 0.4, 0.6, 3, better="lower", target=0.4)],
        tables={"t": pd.DataFrame({"v": [1.0]}, index=pd.Index(["x"], name="i"))},
    )  # fmt: skip


def test_one_report_and_those_of_all_are_read_alike():
    one, two = report(), report("rain")
    several = '{"reports": [\n' + one.to_json().rstrip() + ",\n" + two.to_json().rstrip() + "\n]}"
    assert [r.room for r in report_files.read(several.encode(), "all.json")] == ["ocean", "rain"]
    assert report_files.read(one.to_json().encode(), "one.json")[0].to_json() == one.to_json()


def test_every_committed_file_is_read():
    assert len(report_files.committed()) >= 6
    for path in report_files.committed():
        assert report_files.read_file(path)[0].figures, path.name


def broken(**changes: Any) -> bytes:
    return json.dumps(json.loads(report().to_json()) | changes).encode()


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "report_json"),
        (b"\xff\xfe", "report_json"),
        (b"[" * 200_000, "report_json"),
        (b"[]", "report_field"),
        (b"3", "report_field"),
        (b'{"reports": []}', "report_field"),
        (b'{"reports": [7]}', "report_field"),
        (broken(schema=99), "report_version"),
        (broken(room=None), "report_field"),
        (broken(data=[{"n": 1}]), "report_field"),
        (broken(weights={"m": 3}), "report_field"),
        (broken(figures=[{"name": "rmse"}]), "report_field"),
        (broken(figures=[{"name": "rmse", "method": "m", "dataset": "a", "value": "much", "n": 1}]), "report_field"),
        (broken(tables={"t": {"index": None}}), "report_field"),
        (broken(absent=[1]), "report_field"),
        (broken(surprise=1), "report_field"),
    ],
)  # fmt: skip
def test_what_is_no_report_is_refused(content, code):
    with pytest.raises(InputError) as error:
        report_files.read(content, "given.json")
    assert error.value.code == code
    assert "given.json" in str(error.value)


JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=40)
@given(field=st.sampled_from(sorted(json.loads(report().to_json()))), value=JSON)
def test_any_field_may_be_anything_and_nothing_but_a_sentence_comes(field, value):
    try:
        found = report_files.read(broken(**{field: value}), "given.json")
    except InputError as error:
        found = []
        code = error.code
    assert all(isinstance(r, Report) for r in found)
    assert found or code.startswith("report_")


def test_a_file_that_is_too_large_is_not_parsed(monkeypatch):
    monkeypatch.setattr(report_files, "LARGEST", 10)
    with pytest.raises(InputError) as error:
        report_files.read(report().to_json().encode(), "given.json")
    assert error.value.code == "report_large"
