"""Verdicts in a database: kept at once, by many at once, never lost, never changed; on SQLite and on PostgreSQL."""

from __future__ import annotations

import multiprocessing
import multiprocessing.context
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from multiprocessing.synchronize import Barrier
from pathlib import Path

import filelock
import pytest
import sqlalchemy as sa

from eogen.errors import InputError
from eogen.verdicts import Verdict, add, current, database, load, store, tables, to_lines
from tests import postgres
from tests.real import REPOSITORY
from tests.unit.test_verdicts import verdict


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    database.close()


@pytest.fixture
def sqlite(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'deep' / 'verdicts.sqlite'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def where(request: pytest.FixtureRequest, sqlite: str) -> str:
    return sqlite if request.param == "sqlite" else postgres.fresh()


def test_what_is_stored_is_loaded_in_its_order(where):
    given = [
        verdict(reviewer="AB", seconds=2.5, note="forêt brûlée ? 變化 🌍\n\"'\\", confidence=0.75, campaign="pilot",
                context={"rate": 0.01, "bbox": [1, 2, 3, 4]}, kind="changes", dataset="OSCD", scene="paris", thing="3",
                method="gaussian_pmi", weights="0" * 64, repeat=1),
        verdict(answer="unsure", item="🌍" * 300),
        verdict(room="ocean", answer="real", reviewer="CD"),
    ]  # fmt: skip
    assert load(database=where) == []
    for row in given:
        store(row, where)
    assert load(database=where) == given
    assert load("change", database=where) == given[:2]
    assert load(campaign="pilot", database=where) == given[:1]
    assert load(campaign="", reviewer="CD", database=where) == given[2:]


def test_a_row_that_is_there_is_not_added_twice(where):
    rows = [verdict(item=str(k)) for k in range(3)]
    assert add(rows, where) == 3
    assert add([*rows, verdict(item="new")], where) == 1
    assert len(load(database=where)) == 4


def test_all_are_kept_or_none(where):
    class Unwritable(str):
        __slots__ = ()

    good, bad = verdict(item="good"), verdict(item="bad")
    object.__setattr__(bad, "item", None)
    with pytest.raises(InputError):
        add([good, bad], where)
    assert load(database=where) == []


@pytest.mark.parametrize("action", ["UPDATE verdicts SET answer = 'no_change'", "DELETE FROM verdicts"])
def test_the_database_itself_refuses_to_change_a_verdict(where, action):
    kept = verdict()
    store(kept, where)
    with pytest.raises(InputError, match="only ever added"), database.writing(where) as connection:
        connection.execute(sa.text(action))
    assert load(database=where) == [kept]


def test_an_undo_is_a_row(where):
    first, second = verdict(item="one"), verdict(item="two")
    add([first, second, verdict(item="one", answer="", undoes=first.id)], where)
    assert len(load(database=where)) == 3
    assert current(load(database=where)) == [second]


# --- many at once ---


def programs() -> multiprocessing.context.ForkServerContext:
    """Clean programs (no thread nor connection of this one), the imports made once for all."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.unit.test_verdicts_store"])
    return context


def writer(where: str, who: str, count: int) -> None:
    database.PATIENCE = 600.0  # two hundred verdicts wait for one disk; how long is not the question
    for k in range(count):
        store(verdict(item=f"{who}/{k}", note="x" * (37 * k % 700), reviewer=who), where)


def test_twenty_writers_at_once_lose_nothing(where):
    store(verdict(item="before"), where)
    context = programs()
    writers = [context.Process(target=writer, args=(where, f"R{k}", 10)) for k in range(20)]
    for one in writers:
        one.start()
    for one in writers:
        one.join()
        assert one.exitcode == 0
    for k in range(20):
        found = [row.item for row in load(reviewer=f"R{k}", database=where)]
        assert found == [f"R{k}/{n}" for n in range(10)]


def test_what_was_said_to_be_kept_survives_a_kill(where):
    code = (
        "import sys\nfrom eogen.verdicts import Verdict, store\n"
        "for k in range(100000):\n"
        " store(Verdict('change', f'item {k}', 'change'), sys.argv[1])\n print(k, flush=True)"
    )
    command = [sys.executable, "-c", code, where]
    with subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        said = -1
        for line in running.stdout:
            said = int(line)
            if said == 20:
                running.send_signal(signal.SIGKILL)
        assert running.wait(30) == -signal.SIGKILL
    assert said >= 20
    kept = [row.item for row in load(database=where)]
    assert kept[: said + 1] == [f"item {k}" for k in range(said + 1)]
    assert len(kept) <= said + 2, "at most one more than was said"
    store(verdict(item="after"), where)
    assert load(database=where)[-1].item == "after"


def starter(where: str, gate: Barrier, item: str) -> None:
    database.PATIENCE = 600.0
    gate.wait()
    store(verdict(item=item), where)


def test_servers_that_start_together_make_the_tables_once(where):
    context = programs()
    gate = context.Barrier(4)
    starters = [context.Process(target=starter, args=(where, gate, str(k))) for k in range(4)]
    for one in starters:
        one.start()
    for one in starters:
        one.join()
        assert one.exitcode == 0
    assert sorted(row.item for row in load(database=where)) == ["0", "1", "2", "3"]


def test_a_new_file_is_left_alone_until_the_one_who_makes_it_is_done(sqlite, monkeypatch):
    """SQLite does not wait for another program when it changes a file to WAL: it refuses (database is locked)."""
    path = Path(str(sa.make_url(sqlite).database))
    path.parent.mkdir()
    asked = threading.Event()

    class Asked(filelock.FileLock):
        def acquire(self, *given: object, **more: object) -> filelock.AcquireReturnProxy:
            asked.set()
            return super().acquire(*given, **more)

    monkeypatch.setattr(database, "FileLock", Asked)
    monkeypatch.setattr(database, "PATIENCE", 600.0)
    with (
        closing(sqlite3.connect(path, isolation_level=None)) as maker,
        ThreadPoolExecutor(1) as pool,
        filelock.FileLock(f"{path}.lock"),
    ):
        maker.execute("BEGIN IMMEDIATE")
        maker.execute("CREATE TABLE begun (a INTEGER)")
        late = pool.submit(store, verdict(item="late"), sqlite)
        while not asked.wait(0.05):
            assert not late.done(), late.exception()
        maker.execute("COMMIT")
    late.result()
    assert [row.item for row in load(database=sqlite)] == ["late"]


# --- the tables ---


def test_the_migrations_make_the_tables_that_the_code_expects(where):
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    with database.reading(where) as connection:
        found = compare_metadata(MigrationContext.configure(connection), tables.metadata)
    assert found == []


def test_the_newest_step_is_the_one_the_code_names(sqlite):
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", "eogen.verdicts:migrations")
    config.set_main_option("path_separator", "os")
    assert ScriptDirectory.from_config(config).get_heads() == [database.HEAD]


def test_sqlite_writes_ahead_and_forces_every_verdict_to_the_disk(sqlite):
    with database.reading(sqlite) as connection:
        assert connection.execute(sa.text("PRAGMA journal_mode")).scalar() == "wal"
        assert connection.execute(sa.text("PRAGMA synchronous")).scalar() == 2


def test_a_verdict_costs_one_transaction_and_nothing_is_opened_again(where, monkeypatch):
    """What a few milliseconds are made of; how many is printed, for that is this machine's affair."""
    store(verdict(item="first"), where)
    held = len(database._engines)
    happened: Counter[str] = Counter()
    listened = [
        (sa.Engine, "begin", lambda *_: happened.update(["begin"])),
        (sa.Engine, "commit", lambda *_: happened.update(["commit"])),
        (sa.Engine, "before_cursor_execute", lambda *_: happened.update(["statement"])),
        (sa.pool.Pool, "connect", lambda *_: happened.update(["connect"])),
    ]
    monkeypatch.setattr(database, "_migrate", lambda _: happened.update(["migrate"]))
    rows = [verdict(item=str(k)) for k in range(20)]
    costs, times = [], []
    for one in listened:
        sa.event.listen(*one)
    try:
        for row in rows:
            happened.clear()
            begun = time.perf_counter()
            store(row, where)
            times.append(time.perf_counter() - begun)
            costs.append(dict(happened))
    finally:
        for one in listened:
            sa.event.remove(*one)
    print(f"a verdict takes {1000 * sorted(times)[10]:.1f} ms here")
    # Is it there? The row. SQLite's BEGIN IMMEDIATE is a statement of its own.
    once = {"begin": 1, "commit": 1, "statement": 3 if where.startswith("sqlite") else 2}
    assert costs == [once] * 20
    assert len(database._engines) == held


# --- what does not go well ---


def test_another_program_that_does_not_let_go_is_named(sqlite, monkeypatch):
    store(verdict(item="before"), sqlite)
    path = sa.make_url(sqlite).database
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    database.close()
    monkeypatch.setattr(database, "PATIENCE", 0.05)
    try:
        with pytest.raises(InputError) as caught:
            store(verdict(), sqlite)
    finally:
        holder.close()
        database.close()
    assert caught.value.code == "verdict_busy"
    assert len(load(database=sqlite)) == 1


def test_a_place_that_cannot_be_written_or_read_gets_a_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError) as caught:
        store(verdict(), f"sqlite:///{tmp_path / 'file' / 'verdicts.sqlite'}")
    assert caught.value.code == "verdict_disk"
    (tmp_path / "text.sqlite").write_text("this is no database, but it is long enough to be looked at" * 20)
    with pytest.raises(InputError) as caught:
        load(database=f"sqlite:///{tmp_path / 'text.sqlite'}")
    assert caught.value.code == "verdict_unreadable"


@pytest.mark.skipif(os.name != "posix", reason="no limits on the size of files here")
def test_a_disk_that_fills_up_keeps_what_was_kept(sqlite):
    store(verdict(item="before"), sqlite)
    code = (
        "import resource, signal, sys\nfrom eogen.errors import InputError\nfrom eogen.verdicts import Verdict, store\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))\n"
        "try:\n store(Verdict('change', 'lost', 'change'), sys.argv[1])\n"
        "except InputError as error:\n print(error.code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, sqlite],
        cwd=REPOSITORY,
        timeout=60,
        check=True,
        capture_output=True,
        text=True,
    )
    assert done.stdout == "verdict_disk\n"
    assert [row.item for row in load(database=sqlite)] == ["before"]
    store(verdict(item="after"), sqlite)
    assert [row.item for row in load(database=sqlite)] == ["before", "after"]


def test_a_server_that_is_not_there_gets_a_sentence_without_its_password(monkeypatch):
    monkeypatch.setattr(database, "PATIENCE", 1.0)
    with pytest.raises(InputError) as caught:
        load(database="postgresql://me:secret@127.0.0.1:1/eogen")
    assert caught.value.code == "verdict_unreadable"
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("text", ["mysql://a/b", "rubbish", "sqlite://", "://", "postgresql+psycopg2x:/"])
def test_an_address_that_names_no_database_gets_a_sentence(monkeypatch, text):
    monkeypatch.setenv("EOGEN_DB", text)
    with pytest.raises(InputError) as caught:
        load()
    assert caught.value.code == "database_address"


# --- the default place ---


def test_by_default_they_lie_in_the_data_folder_and_old_lines_are_taken_over_once(monkeypatch, tmp_path):
    monkeypatch.delenv("EOGEN_DB", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    old = [verdict(item="old 1"), verdict(item="old 2")]
    folder = tmp_path / "eogen" / "verdicts"
    folder.mkdir(parents=True)
    (folder / "change.jsonl").write_text(to_lines(old) + "half a li")
    new = Verdict("ocean", "new", "real")
    store(new)
    assert database.default_file() == folder / "verdicts.sqlite"
    assert load() == [*old, new]
    assert [path.name for path in folder.glob("change*")] == ["change.jsonl.taken_over"]
