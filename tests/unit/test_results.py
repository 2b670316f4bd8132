"""Reports: what is written is read back, strictly JSON, and says where it was made."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from eogen import results
from eogen.results import Figure, Report


def report():
    return Report(
        "landcover",
        data=[{"name": "d", "n": 3}],
        weights={"m": "ab"},
        machine=results.machine(),
        code_version=results.code_version(),
        figures=[
            Figure("accuracy", "m", "d", 0.9, 0.8, 1.0, 3, target=0.95, seconds=0.1),
            Figure("ece", "m", "d", 0.01, None, None, 3, target=0.02, better="lower"),
            Figure("ratio", "m", "d", float("nan"), float("-inf"), None, 0, better=None),
        ],
        tables={
            "confusion": pd.DataFrame(np.eye(2, dtype=int), pd.Index(["a", "b"], name="true"), ["a", "b"]),
            "curve": pd.DataFrame({"x": [0.0, np.nan]}).rename_axis("step"),
        },
        absent=["Nothing else: élève."],
    )


def test_a_report_survives_json():
    made = report()
    back = Report.from_json(made.to_json())
    assert back.figures[:2] == made.figures[:2]
    assert back.figures[2].value is None
    for name, table in made.tables.items():
        pd.testing.assert_frame_equal(back.tables[name], table, check_dtype=False)
    assert (back.absent, back.data, back.weights, back.machine) == (
        made.absent,
        made.data,
        made.weights,
        made.machine,
    )
    assert back.to_json() == made.to_json()


def test_the_json_is_strict_and_tells_what_was_reached():
    def no_constant(name):
        raise AssertionError(name)

    body = json.loads(report().to_json(), parse_constant=no_constant)
    assert [f["reached"] for f in body["figures"]] == [False, True, None]
    assert "élève" in report().to_json()


def test_another_schema_is_refused():
    with pytest.raises(ValueError, match="schema 99, not 1"):
        Report.from_json(report().to_json().replace('"schema": 1', '"schema": 99'))


def test_the_machine_is_told():
    found = results.machine()
    assert found["cores"] >= 1
    assert found["processor"]
    assert all(found[k] for k in ("system", "python", "torch", "numpy"))


def test_the_figures_make_a_table():
    table = report().table()
    assert list(table["name"]) == ["accuracy", "ece", "ratio"]
    assert {"value", "low", "high", "n", "seconds", "target", "reached"} <= set(table)
