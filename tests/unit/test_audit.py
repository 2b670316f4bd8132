"""What the app stands on is pinned and declared (benchmarks/audit.py)."""

from __future__ import annotations

import pytest

from benchmarks import audit


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_every_requirement_names_one_version(name):
    asked = audit.requirements(name)
    assert len(asked) > 10
    assert audit.unpinned(asked) == []
    assert audit.unpinned({"a": "a>=1", "b": "b", "c": "c==1.*", "d": "d[x]==2.0"}) == ["a>=1", "b", "c==1.*"]


def test_nothing_is_imported_that_is_not_declared():
    asked, modules = audit.requirements(), audit.imported()
    assert {"torch", "streamlit", "numpy"} <= modules
    assert audit.undeclared(modules, asked) == []
    del asked["torch"]
    assert audit.undeclared(modules, asked) == ["torch"]


def test_licences_are_told():
    held = audit.licences({"numpy": "", "no-such-distribution": ""})
    assert "BSD" in held["numpy"]
    assert held["no-such-distribution"] == "not installed"
