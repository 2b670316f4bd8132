"""The command line: help, exit codes, clean stdout, and what each command hands to the rooms."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from typer.testing import CliRunner, Result

import eogen
from eogen.catalog import entries
from eogen.cli import app, serve
from tests import pace
from tests.real import REPOSITORY
from tests.unit.faulty_server import serving, stall
from tests.unit.test_fetch import BODY, left, remote, wanted

COMMANDS = ["data", "fetch", "models", "train", "evaluate", "explain", "inpaint", "serve", "poster", "guide"]
ROOM = {
    "__init__": "",
    "train": """
        from eogen.errors import Cancelled, InputError
        from dataclasses import dataclass
        @dataclass
        class Card:
            asked: dict
        def train(model, data, out, *, seed=0, resume=True, progress=None):
            if model == "unknown":
                raise InputError("unknown_model", "There is no model {model}.", model=model)
            if model == "stopped":
                raise Cancelled
            return Card(dict(model=model, data=data, out=out, seed=seed, resume=resume))
    """,
    "models": "MODELS = {'one': None, 'two': None}",
    "evaluate": """
        import json
        from types import SimpleNamespace
        PARTS = ("cask", "cork")
        def evaluate(data, *, seed=0, quick=False, part=None, progress=None):
            figure = SimpleNamespace(dataset="D", method="M", name="accuracy", value=0.5, low=0.4, high=0.6,
                                     n=10, unit="1")
            text = json.dumps(dict(data=str(data), seed=seed, quick=quick, part=part)) + "\\n"
            return SimpleNamespace(figures=[figure], absent=["The set X is absent."], to_json=lambda: text)
    """,
}


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, [str(each) for each in arguments])


def shell(*arguments: str, **more: Any) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "eogen", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=REPOSITORY, **more)


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A room called cellar, with data."""
    package = tmp_path / "code" / "cellar"
    package.mkdir(parents=True)
    for name, text in ROOM.items():
        (package / f"{name}.py").write_text(textwrap.dedent(text))
    monkeypatch.setattr(eogen, "__path__", [str(tmp_path / "code")])
    data = tmp_path / "data"
    (data / "cellar").mkdir(parents=True)
    (data / "cellar" / "wine.csv").write_text("red")
    yield data
    for name in [name for name in sys.modules if name.startswith("eogen.cellar")]:
        del sys.modules[name]


def test_help_is_quick() -> None:
    """It takes 0.2 s of a processor, 1.2 to 1.5 times as long as the help of a command that does nothing."""
    nothing = [sys.executable, "-c", "import typer; typer.run(lambda: None)", "--help"]

    def helped() -> None:
        subprocess.run(nothing, check=True, capture_output=True, timeout=60, cwd=REPOSITORY)

    assert pace.times(lambda: shell("--help"), helped, rounds=3, clock=pace.spent_by_children) < 3


def test_help_is_complete() -> None:
    done = shell("--help")
    assert done.returncode == 0
    assert all(command in done.stdout for command in COMMANDS)
    for command in COMMANDS:
        text = run(command, "--help").stdout
        assert "Examples:" in text, command
        assert f"python -m eogen {command}" in text
        assert "Exit codes: 0 done" in text


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys\nfrom eogen.cli import app\n"
        "heavy = {'torch', 'numpy', 'pandas', 'xarray', 'streamlit', 'requests', 'pooch', 'rasterio'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=REPOSITORY)


def test_version_and_mistyped_commands() -> None:
    assert run("--version").stdout.strip() == eogen.__version__
    assert run("fly").exit_code == 2
    assert run("data", "--colour").exit_code == 2
    assert run("train").exit_code == 2
    assert run("serve", "--port", "99999").exit_code == 2


def test_data_lists_and_writes_json(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EOGEN_DATA", str(tmp_path))
    table = json.loads(run("data", "--json").stdout)
    assert {row["name"] for row in table} == set(entries.catalog())
    assert {row["status"] for row in table} == {"absent"}
    assert all(row["licence"] and row["title"]["fr"] for row in table)
    # Only what a portal or a person must bring has no size of its own.
    by_hand = {name for name, entry in entries.catalog().items() if entry.kind == "manual"}
    assert {row["name"] for row in table if row["bytes"] == 0} == by_hand
    text = run("data", "--room", "landcover").stdout
    assert all((name in text) == (each.room == "landcover") for name, each in entries.catalog().items())
    bad = run("data", "--room", "cellar")
    assert (bad.exit_code, bad.stdout) == (1, "")
    assert "there are rooms: canopy, change, landcover" in bad.stderr


def test_fetch_brings_says_and_answers_json(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EOGEN_DATA", str(tmp_path / "data"))
    with serving() as server:
        server.files["/a.bin"] = BODY
        files = wanted(remote(f"{server.url}/a.bin"), remote(None, path="derived.csv"))
        monkeypatch.setattr("eogen.catalog.fetch.select", lambda *_, **__: files)
        first = run("fetch", "a_set", "--json")
        assert first.exit_code == 0, first.output
        assert json.loads(first.stdout)["brought"] == ["room/set/a.bin"]
        assert "--from" in first.stderr
        assert (tmp_path / "data/room/set/a.bin").read_bytes() == BODY
        assert json.loads(run("fetch", "a_set", "--json").stdout)["kept"] == ["room/set/a.bin"]
        server.files.clear()
        (tmp_path / "data/room/set/a.bin").unlink()
        gone = run("fetch", "a_set", "--json")
        assert (gone.exit_code, gone.stdout) == (3, "")
        assert gone.stderr.count("\n") == 1


def test_fetch_without_network_is_one_sentence_and_exit_3(tmp_path: Path) -> None:
    nowhere = {"http_proxy": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9"}
    done = shell("fetch", "--sample", env={**os.environ, **nowhere, "EOGEN_DATA": str(tmp_path)})
    assert done.returncode == 3
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert "cannot be reached" in done.stderr


def test_ctrl_c_ends_a_fetch_with_130_and_keeps_the_part(tmp_path: Path) -> None:
    # A process started in the background may have been told to ignore the interruption: not here.
    script = """if True:
        import signal, sys
        signal.signal(signal.SIGINT, signal.default_int_handler)
        import eogen.catalog.fetch as fetching
        from eogen.cli import main
        from tests.unit.test_fetch import remote, wanted
        fetching.select = lambda *_, **__: wanted(remote(sys.argv.pop() + "/a.bin"))
        main()
    """
    root = tmp_path / "data"
    with serving() as server:
        server.files["/a.bin"] = BODY
        server.faults = [stall(30.0, after=100_000)]
        process = subprocess.Popen(
            [sys.executable, "-c", script, "fetch", "a_set", server.url],
            cwd=REPOSITORY,
            env={**os.environ, "EOGEN_DATA": str(root)},
            stderr=subprocess.PIPE,
            text=True,
        )
        part = root / ".partial/room/set/a.bin.part"
        end = time.monotonic() + 120
        while not (part.exists() and part.stat().st_size) and time.monotonic() < end:
            time.sleep(0.02)
        start = time.perf_counter()
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=20)
    assert (process.returncode, said.strip()) == (130, "Stopped.")
    assert time.perf_counter() - start < 5
    assert left(root) == [".partial/room/set/a.bin.part"]


@pytest.mark.parametrize(
    ("arguments", "code"), [(["fetch"], 1), (["fetch", "nothing"], 1), (["fetch", "--room", "cellar"], 1)]
)
def test_fetch_of_nothing_known(arguments: list[str], code: int) -> None:
    done = run(*arguments)
    assert (done.exit_code, done.stdout) == (code, "")
    assert done.stderr.strip()


def test_train_hands_over_what_was_asked(room: Path, tmp_path: Path) -> None:
    done = run("train", "cellar", "one", "--data", room, "--out", tmp_path / "w", "--seed", "7", "--fresh")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["asked"] == {
        "model": "one",
        "data": str(room / "cellar"),
        "out": str(tmp_path / "w"),
        "seed": 7,
        "resume": False,
    }
    every = run("train", "all", "--data", room / "cellar")  # the room's own folder will do
    assert every.stdout.count('"model"') == 2
    assert str(Path("assets", "weights", "cellar")) in every.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["train", "cellar", "unknown", "--data", "{data}"], 1, "no model unknown"),
        (["train", "cellar", "stopped", "--data", "{data}"], 130, "Stopped"),
        (["train", "attic", "one"], 1, "no room called attic"),
        (["train", "cellar", "one", "--data", "{data}/nowhere"], 1, "not a folder"),
        (["train", "cellar", "one", "--data", "{data}/.."], 3, "holds no data"),
        (["train", "cellar", "one"], 3, "fetch --room cellar"),
        (["evaluate", "attic"], 1, "there are: cellar, all"),
        (
            ["evaluate", "cellar", "--data", "{data}", "--part", "lid"],
            1,
            "has no part lid; it has: cask, cork",
        ),
        (["evaluate", "all", "--data", "{data}/.."], 3, "nothing to measure"),
        (["evaluate", "cellar", "--data", "{data}", "--json", "{data}/no/where.json"], 1, "no folder"),
        (["evaluate", "cellar", "--data", "{data}", "--json", "{data}"], 1, "cannot be written"),
    ],
)
def test_rooms_refuse_in_one_sentence(room: Path, arguments: list[str], code: int, said: str) -> None:
    done = run(*(each.format(data=room) for each in arguments))
    assert done.exit_code == code, done.output
    assert said in done.stderr
    assert done.stdout == ""


def test_evaluate_writes_its_report(room: Path, tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    done = run("evaluate", "cellar", "--data", room, "--json", file, "--quick", "--seed", "3")
    assert done.exit_code == 0, done.output
    assert json.loads(file.read_text()) == {
        "data": str(room / "cellar"), "seed": 3, "quick": True, "part": None,
    }  # fmt: skip
    assert "accuracy = 0.5 [0.4, 0.6]  (n = 10)" in done.stdout
    assert "The set X is absent." in done.stderr
    assert json.loads(run("evaluate", "cellar", "--data", room, "--json", "-").stdout)["seed"] == 0
    part = run("evaluate", "cellar", "--data", room, "--part", "cork", "--json", "-")
    assert json.loads(part.stdout)["part"] == "cork"
    every = run("evaluate", "all", "--data", room, "--json", "-")
    assert len(json.loads(every.stdout)["reports"]) == 1


def test_a_fault_of_ours_is_not_hidden(room: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from eogen.cli import rooms

    monkeypatch.setattr(rooms, "folder_of", lambda *_: 1 / 0)
    done = run("evaluate", "cellar")
    assert isinstance(done.exception, ZeroDivisionError)


def test_serve_refuses_a_busy_port_and_a_strange_address() -> None:
    with serving() as server:
        busy = run("serve", "--no-browser", "--port", server.url.rsplit(":", 1)[1])
    assert busy.exit_code in (1, 3)
    assert "try --port 0" in busy.stderr
    strange = run("serve", "--no-browser", "--address", "host.invalid")
    assert strange.exit_code in (1, 3)
    assert "not an address" in strange.stderr


def streamlits(parent: psutil.Process) -> list[psutil.Process]:
    return [each for each in parent.children() if "streamlit" in each.cmdline()]


def test_serve_opens_and_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "app.py").write_text("import streamlit as st\nst.write('here')\n")
    monkeypatch.setattr(serve, "APP", tmp_path / "app.py")
    opened: list[str] = []
    apps: list[psutil.Process] = []

    def browser(url: str) -> None:
        opened.append(url)
        apps.extend(streamlits(psutil.Process()))
        raise KeyboardInterrupt  # what Ctrl-C does once it is open

    monkeypatch.setattr("webbrowser.open", browser)
    done = run("serve", "--port", "0")
    assert done.exit_code == 0, done.output
    assert opened[0].startswith("http://127.0.0.1:")
    assert opened[0] in done.stderr
    assert [each.is_running() for each in apps] == [False], "the app outlives what served it"


def test_killing_serve_ends_the_app_too(tmp_path: Path) -> None:
    script = """if True:
        import sys
        from pathlib import Path
        from eogen.cli import main, serve
        serve.APP = Path(sys.argv.pop())
        main()
    """
    (tmp_path / "app.py").write_text("")
    command = [sys.executable, "-c", script, "serve", "--no-browser", "--port", "0", tmp_path / "app.py"]
    process = subprocess.Popen(command, cwd=REPOSITORY, stderr=subprocess.PIPE, text=True)
    assert any("is open at" in line for line in process.stderr)
    apps = streamlits(psutil.Process(process.pid))
    process.terminate()
    assert process.wait(timeout=60) == 0
    process.stderr.close()
    assert [each.is_running() for each in apps] == [False], "the app outlives what served it"


def test_serve_says_when_the_app_ends_early(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serve, "APP", tmp_path / "gone.py")
    assert run("serve", "--no-browser").exit_code == 3
    (tmp_path / "gone.py").write_text("")
    monkeypatch.setattr(sys, "executable", "false")
    done = run("serve", "--no-browser", "--port", "0")
    assert done.exit_code == 3
    assert "ended before it was open" in done.stderr
