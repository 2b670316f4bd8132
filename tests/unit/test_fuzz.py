"""Damaged and hostile files over every reader (benchmarks/fuzz), and whether that suite would notice."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.fuzz.__main__ import run
from benchmarks.fuzz.cases import TRAPS, Cases

#: All well-made and hostile files come first (some 210), mutations after. `make fuzz` takes 2,000.
FILES = 330


@pytest.fixture(scope="module")
def cases(tmp_path_factory):
    return Cases(0, "http://127.0.0.1:9", tmp_path_factory.mktemp("fuzz") / "secret.bin")


def test_the_suite_notices_what_it_looks_for():
    found = run([-k - 1 for k in range(len(TRAPS))], 0, longest=2.0)
    said = dict(zip(TRAPS, (each["code"] for each in found), strict=True))
    assert all(each["said"] == "failed" for each in found), found
    assert "RuntimeError" in said["raises"]
    assert "no words" in said["mute"]
    assert "outside.txt" in said["writes"]
    assert "socket" in said["asks"]
    assert "left behind" in said["leaves"]
    assert "MB" in said["eats"]
    assert "SIGABRT" in said["dies"]
    assert "no answer" in said["hangs"]


def test_the_same_seed_and_number_make_the_same_file(cases, tmp_path: Path):
    again = Cases(0, cases.bait, cases.secret)
    start = len(cases.seeds) + len(cases.attacks)
    again.attacks = cases.attacks
    for number in (0, 5, start, start + 1, start + 333):
        assert again[number] == cases[number]
    other = Cases(1, cases.bait, cases.secret)
    other.attacks = cases.attacks
    assert other[start + 1] != cases[start + 1]


@pytest.mark.timeout(300)
def test_no_file_breaks_a_reader(cases):
    found = run(list(range(FILES)), 0)
    broken = [
        f"0/{r['number']} {r['reader']} ({r['label']}): {r['code']}" for r in found if r["said"] == "failed"
    ]
    assert not broken, "play again with python -m benchmarks.fuzz --only NUMBER:\n" + "\n".join(broken)
    assert len(found) > len(cases.seeds) + len(cases.attacks) + 99, "mutated files are among them"
    well = found[: len(cases.seeds)]
    assert [r["label"] for r in well if r["said"] != "read"] == [], "what is well made is read"
    assert {r["reader"] for r in found if r["said"] == "refused"} == {r["reader"] for r in found} - {
        "verdicts"
    }
