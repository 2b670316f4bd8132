"""Verdicts: kept at once, by many at once, never lost, never more than was given."""

from __future__ import annotations

import errno
import json
import multiprocessing
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eogen.errors import InputError
from eogen.verdicts import ANSWERS, Verdict, current, load, store
from eogen.verdicts import store as module_store
from tests.real import REPOSITORY

#: `from eogen.verdicts import store` is the function; its module is reached through the function.
MODULE = sys.modules[module_store.__module__]


def verdict(**more) -> Verdict:
    return Verdict(**{"room": "change", "item": "OSCD/paris/object 3", "answer": "change"} | more)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "er" / "change.jsonl"


def test_what_is_stored_is_loaded(path):
    given_ = verdict(reviewer="AB", seconds=2.5, note="a roof", confidence=0.75, campaign="pilot",
                     context={"estimator": "gaussian_pmi", "rate": 0.01, "bbox": [1, 2, 3, 4]})  # fmt: skip
    assert load(path=path) == load(path=path).__class__([], [])
    assert store(given_, path) == path
    assert store(verdict(answer="unsure"), path) == path
    found = load(path=path)
    assert found.verdicts[0] == given_
    assert found.verdicts[1].answer == "unsure"
    assert found.damaged == []


def test_by_default_they_lie_in_the_data_folder_of_the_platform():
    where = store(verdict(note="default place"))
    assert where == Path(os.environ["XDG_DATA_HOME"]) / "eogen" / "verdicts" / "change.jsonl"
    assert load("change").verdicts[-1].note == "default place"


def test_the_time_is_utc_and_every_row_has_its_own_name():
    one, two = verdict(), verdict()
    assert one.time.endswith("+00:00")
    assert one.id != two.id
    assert one.version


@settings(max_examples=50, deadline=None)
@given(
    note=st.text(max_size=200),
    item=st.text(min_size=1, max_size=100),
    reviewer=st.text(max_size=8),
    context=st.dictionaries(
        st.text(max_size=5), st.one_of(st.integers(), st.booleans(), st.none(), st.text(max_size=9))
    ),
)
def test_any_text_survives_a_line_of_json(note, item, reviewer, context):
    given_ = verdict(note=note, item=item, reviewer=reviewer, context=context)
    line = given_.to_json()
    assert "\n" not in line
    assert Verdict.from_json(line.encode().decode()) == given_


def test_every_script_survives_the_disk(path):
    notes = ["forêt brûlée ?", "變化", "🌍🔥", "a\nb\r\nc", '"\\', "\u2028\u2029\x85\x00", "‮"]
    for note in notes:
        store(verdict(note=note), path)
    assert [row.note for row in load(path=path).verdicts] == notes


# --- many at once ---


def writer(path: Path, who: str, count: int) -> None:
    for k in range(count):
        store(verdict(item=f"{who}/{k}", note="x" * (k % 700), reviewer=who), path)


def test_two_programs_at_once_lose_nothing(path):
    context = multiprocessing.get_context("spawn")
    programs = [context.Process(target=writer, args=(path, who, 200)) for who in ("A", "B")]
    for program in programs:
        program.start()
    for program in programs:
        program.join(60)
        assert program.exitcode == 0
    found = load(path=path)
    assert found.damaged == []
    for who in ("A", "B"):
        assert [row.item for row in found.verdicts if row.reviewer == who] == [
            f"{who}/{k}" for k in range(200)
        ]


def test_a_verdict_is_on_the_disk_before_the_program_is_killed(path):
    code = (
        "import os, sys\nfrom pathlib import Path\nfrom eogen.verdicts import Verdict, store\n"
        "for k in range(5):\n store(Verdict('change', f'item {k}', 'change'), Path(sys.argv[1]))\n"
        "os.kill(os.getpid(), 9)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], cwd=REPOSITORY, timeout=60, check=False)
    assert done.returncode == -9
    assert [row.item for row in load(path=path).verdicts] == [f"item {k}" for k in range(5)]


def test_another_program_that_does_not_let_go_is_named(path, monkeypatch):
    from filelock import FileLock

    path.parent.mkdir(parents=True)
    monkeypatch.setattr(MODULE, "PATIENCE", 0.05)
    with FileLock(path.with_name(path.name + ".lock")), pytest.raises(InputError) as caught:
        store(verdict(), path)
    assert caught.value.code == "verdict_busy"
    assert load(path=path).verdicts == []


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
        b'{"room": "change", "item": "a", "answer": "maybe", "id": "1", "time": ""}',
        b'{"room": "change", "item": 3, "answer": "change", "id": "1", "time": ""}',
        b'{"room": "change", "item": "a", "answer": [], "id": "1", "time": ""}',
        b'{"room": "change", "item": "a", "answer": "change", "id": "1", "time": "", "context": 3}',
        b"[" * 100000,
    ],
)
def test_a_damaged_line_is_reported_and_the_others_are_read(path, line):
    store(verdict(item="before"), path)
    with path.open("ab") as opened:
        opened.write(line + b"\n\n")
    store(verdict(item="after"), path)
    found = load(path=path)
    assert [row.item for row in found.verdicts] == ["before", "after"]
    assert [bad.line for bad in found.damaged] == [2]
    assert found.damaged[0].reason


def test_after_an_unfinished_line_a_new_one_begins(path):
    store(verdict(item="before"), path)
    with path.open("ab") as opened:
        opened.write(b'{"room": "chan')
    store(verdict(item="after"), path)
    found = load(path=path)
    assert [row.item for row in found.verdicts] == ["before", "after"]
    assert len(found.damaged) == 1


def test_what_a_later_version_adds_is_left_out(path):
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(json.loads(verdict().to_json()) | {"colour": "blue"}) + "\n")
    assert load(path=path).damaged == []
    assert load(path=path).verdicts[0].answer == "change"


# --- limits ---


def test_answers_of_the_room_only():
    assert ANSWERS["change"] == ("change", "no_change", "unsure")
    for more, code in (({"room": "moon"}, "verdict_room"), ({"answer": "maybe"}, "verdict_answer"),
                       ({"answer": ""}, "verdict_answer")):  # fmt: skip
        with pytest.raises(InputError) as caught:
            verdict(**more)
        assert caught.value.code == code


@pytest.mark.parametrize(
    "more",
    [
        {"item": ""},
        {"item": "x" * 301},
        {"note": "x" * 1001},
        {"reviewer": "Jane Smith"},
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


def test_the_longest_verdict_is_kept(path):
    limits = {k: v for k, v in MODULE.LIMITS.items() if k not in ("id", "undoes", "time", "version")}
    longest = verdict(**{name: "🌍" * limit for name, limit in limits.items()}, context={"a": "é" * 2000})
    store(longest, path)
    assert load(path=path).verdicts == [longest]


def test_an_undo_is_a_row_and_takes_one_verdict_back(path):
    first, second = verdict(item="one"), verdict(item="two")
    undo = verdict(item="one", answer="", undoes=first.id)
    for row in (first, second, undo):
        store(row, path)
    found = load(path=path).verdicts
    assert len(found) == 3
    assert current(found) == [second]
    redo = verdict(item="one", answer="", undoes=undo.id)
    assert current([*found, redo]) == [first, second]


# --- disks ---


def test_a_place_that_cannot_be_written_gets_a_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError) as caught:
        store(verdict(), tmp_path / "file" / "change.jsonl")
    assert caught.value.code == "verdict_disk"
    with pytest.raises(InputError) as caught:
        load(path=tmp_path)
    assert caught.value.code == "verdict_unreadable"


@pytest.mark.parametrize("number", [errno.EROFS, errno.ENOSPC, errno.EACCES])
def test_a_disk_that_is_full_or_read_only_gets_a_sentence_and_no_half_line(path, monkeypatch, number):
    store(verdict(item="before"), path)
    before = path.read_bytes()

    def refuse(_: int) -> None:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patched:
        patched.setattr(MODULE.os, "fsync", refuse)
        with pytest.raises(InputError) as caught:
            store(verdict(item="lost"), path)
    assert caught.value.code == "verdict_disk"
    assert caught.value.facts["reason"] == os.strerror(number)
    assert path.read_bytes() == before
    store(verdict(item="after"), path)
    assert [row.item for row in load(path=path).verdicts] == ["before", "after"]


@pytest.mark.skipif(sys.platform == "win32", reason="no limits on the size of files here")
def test_a_disk_that_fills_up_within_a_line_keeps_nothing_of_it(path):
    store(verdict(item="before"), path)
    before = path.read_bytes()
    code = (
        "import resource, sys\nfrom pathlib import Path\nfrom eogen.errors import InputError\n"
        "from eogen.verdicts import Verdict, store\npath = Path(sys.argv[1])\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 20,) * 2)\n"
        "try:\n store(Verdict('change', 'lost', 'change'), path)\nexcept InputError as error:\n print(error.code)"
    )
    command = [sys.executable, "-c", code, str(path)]
    done = subprocess.run(command, cwd=REPOSITORY, timeout=60, check=True, capture_output=True, text=True)
    assert done.stdout == "verdict_disk\n"
    assert path.read_bytes() == before
