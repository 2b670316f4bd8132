"""``campaign`` on the command line: kinds, create, list, export, and what cannot be done."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from eogen.cli import app
from eogen.verdicts import campaigns, database, kinds, read_lines, turns
from tests.judged import PLAIN, SIDES


@pytest.fixture(autouse=True)
def _made_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("EOGEN_DB", f"sqlite:///{tmp_path / 'v.sqlite'}")
    monkeypatch.setattr(kinds, "_all", lambda: iter((PLAIN, SIDES)))
    yield
    database.close()


def ran(*words: str, code: int = 0) -> str:
    done = CliRunner().invoke(app, ["campaign", *words])
    assert done.exit_code == code, done.output
    return done.output


def test_kinds_are_told_with_their_options():
    told = json.loads(ran("kinds", "--json"))
    assert told["test_plain"]["options"] == {"method": ["oi", "flow"]}
    assert "--option method=oi" in ran("kinds")


def test_from_a_queue_to_its_files(tmp_path):
    words = (
        "create",
        "test_plain",
        "--title",
        "A look",
        "--n",
        "6",
        "--repeats",
        "0",
        "--option",
        "method=flow",
    )
    name = ran(*words).splitlines()[0]
    made = campaigns.campaign(name)
    assert (made.title, made.options) == ("A look", {"method": "flow"})
    held = campaigns.cases(name)
    for turn in turns.place(made, "AB", held).coming[:4]:
        turns.judge(made, "AB", turn, "change")
    turns.undo(made, "AB")
    (row,) = json.loads(ran("list", "--json"))
    assert (row["name"], row["cases"], row["verdicts"]) == (name, 6, 3)
    assert name in ran("list")
    for ending, count in (("csv", 3), ("geojson", 3), ("jsonl", 5)):
        at = tmp_path / f"answers.{ending}"
        ran("export", name, str(at))
        text = at.read_text(encoding="utf-8")
        if ending == "csv":
            found = list(csv.DictReader(io.StringIO(text)))
            assert {one["method"] for one in found} == {"flow"}
        elif ending == "geojson":
            found = json.loads(text)["features"]
            assert all(one["geometry"]["coordinates"][1] == 48.0 for one in found)
        else:
            found = read_lines(text.encode()).verdicts
        assert len(found) == count, ending


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("create", "nothing", "--title", "t"), "There is nothing called nothing"),
        (("create", "test_plain", "--title", "t", "--option", "rubbish"), "NAME=VALUE"),
        (("create", "test_plain", "--title", "t", "--option", "method=magic"), "magic cannot be chosen"),
        (("export", "nowhere", "x.csv"), "no campaign nowhere"),
        (("export", "all", "x.pdf"), "x.pdf ends in no known format"),
    ],
)
def test_what_cannot_be_done_gets_a_sentence(words, said):
    done = CliRunner().invoke(app, ["campaign", *words])
    assert done.exit_code == 1
    assert said in done.output.replace("\n", " ")
