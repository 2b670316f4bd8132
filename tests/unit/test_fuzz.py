"""Damaged and hostile files over every reader (benchmarks/fuzz), and whether that suite would notice."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest

from benchmarks.fuzz.__main__ import run
from benchmarks.fuzz.cases import TRAPS, Cases

#: All well-made and hostile files come first (some 225), mutations after. `make fuzz` takes 2,000.
FILES = 330


@pytest.fixture(scope="module")
def cases(tmp_path_factory):
    return Cases(0, "http://127.0.0.1:9", tmp_path_factory.mktemp("fuzz") / "secret.bin")


#: What the suite says of each trap.
NOTICED = {"raises": "RuntimeError", "mute": "no words", "writes": "outside.txt", "asks": "socket",
           "leaves": "left behind", "eats": "MB", "dies": "SIGABRT", "hangs": "no answer"}  # fmt: skip


def memory() -> int:
    """Return the bytes that are free, or that the group of processes we are in may have, whichever is less."""
    limits = [psutil.virtual_memory().available]
    for name in ("memory.max", "memory/memory.limit_in_bytes"):
        file = Path("/sys/fs/cgroup", name)
        if file.is_file() and (text := file.read_text().strip()).isdigit():
            limits.append(int(text))
    return min(limits)


@pytest.fixture(scope="module")
def trapped() -> dict[str, dict]:
    """What was found of each trap; only what never answers is given up soon."""
    soon = [trap for trap in TRAPS if trap != "hangs" and (trap != "eats" or memory() >= 2e9)]
    found = run([-TRAPS.index(trap) - 1 for trap in soon], 0)
    found += run([-TRAPS.index("hangs") - 1], 0, longest=2.0)
    return dict(zip([*soon, "hangs"], found, strict=True))


@pytest.mark.parametrize("trap", TRAPS)
def test_the_suite_notices_what_it_looks_for(trap, trapped):
    if trap not in trapped:
        pytest.skip("1.2 GB would be taken, and less than 2 GB are free")
    assert trapped[trap]["said"] == "failed"
    assert NOTICED[trap] in trapped[trap]["code"]


def test_the_same_seed_and_number_make_the_same_file(cases, tmp_path: Path):
    again = Cases(0, cases.bait, cases.secret)
    start = len(cases.seeds) + len(cases.attacks)
    again.attacks = cases.attacks
    for number in (0, 5, start, start + 1, start + 333):
        assert again[number] == cases[number]
    other = Cases(1, cases.bait, cases.secret)
    other.attacks = cases.attacks
    assert other[start + 1] != cases[start + 1]


@pytest.mark.timeout(900)  # a minute; the suite itself gives up what hangs
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
