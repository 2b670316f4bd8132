"""Where verdicts are kept: a SQLite file of this machine, or the server that ``EOGEN_DB`` names.

SQLite writes ahead (WAL) and forces every verdict to the disk (``synchronous=FULL``); writers wait for each other.
Several servers share a PostgreSQL: ``EOGEN_DB=postgresql://user@host/name``.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import platformdirs
import sqlalchemy as sa
from filelock import FileLock, Timeout
from sqlalchemy import event, exc

from eogen.errors import InputError
from eogen.readonly import is_read_only, refuse_if_read_only
from eogen.verdicts import tables

#: Newest step of :mod:`eogen.verdicts.migrations` (a test compares).
HEAD = "0001"
#: Seconds to wait for another writer.
PATIENCE = 10.0
#: Key of PostgreSQL's lock on migrations: any number that nobody else uses.
_LOCK = 0x0E06E1


def url(given: str | None = None) -> sa.URL:
    """Return the database's address: the one given, else ``EOGEN_DB``, else a file in the platform's data folder.

    Raises:
        InputError: ``database_address``.
    """
    text = given or os.environ.get("EOGEN_DB", "")
    if not text:
        return sa.URL.create("sqlite", database=str(default_file()))
    try:
        address = sa.make_url(text)
    except (exc.ArgumentError, ValueError) as error:
        raise _bad_address(text) from error
    kind = address.get_backend_name()
    if kind == "postgresql":
        return address.set(drivername="postgresql+psycopg")
    if kind == "sqlite" and address.database and address.database != ":memory:":
        return address.set(drivername="sqlite")
    raise _bad_address(text)


def default_file() -> Path:
    """Return the SQLite file used when nothing else is said (it may not exist)."""
    return folder() / "verdicts.sqlite"


def folder() -> Path:
    """Return the folder of verdicts of this user on this machine (it may not exist)."""
    return platformdirs.user_data_path("eogen", appauthor=False) / "verdicts"


def name(given: str | None = None) -> str:
    """Return the database's address as it may be shown: without its password."""
    return url(given).render_as_string(hide_password=True)


@contextmanager
def reading(given: str | None = None) -> Iterator[sa.Connection]:
    """Open the database for reading, its tables made where they are not.

    On a read-only machine (:mod:`eogen.readonly`) nothing is made: a database that is not there, or has no tables yet,
    answers as an empty one. A PostgreSQL is asked for a transaction that only reads.

    Raises:
        InputError: ``verdict_unreadable``, and what :func:`writing` raises while tables are made.
    """
    with _sentences(given, "verdict_unreadable"), _engine(given).connect() as connection:
        yield connection


@contextmanager
def writing(given: str | None = None) -> Iterator[sa.Connection]:
    """Open one transaction; what it wrote is on the disk when this ends, or nothing of it when it fails.

    Raises:
        InputError: ``verdict_disk`` when it cannot be written, ``verdict_busy`` when another program does not let go,
            ``read_only``.
    """
    refuse_if_read_only("verdict")
    with _sentences(given, "verdict_disk"):
        engine = _engine(given).execution_options(writing=True)
        with engine.begin() as connection:
            yield connection


def close() -> None:
    """Close every connection of this process; the next use opens new ones."""
    with _guard:
        for engine in _engines.values():
            engine.dispose()
        _engines.clear()


_engines: dict[tuple[str, int, bool], sa.Engine] = {}
_guard = threading.Lock()


def _engine(given: str | None) -> sa.Engine:
    """Return the engine of an address, its tables made, one for all threads of this process."""
    address = url(given)
    # A process that was forked must not share its parent's connections.
    key = (address.render_as_string(hide_password=False), os.getpid(), is_read_only())
    with _guard:
        if key not in _engines:
            opened = _looked_at(address) if is_read_only() else _made(address)
            if opened is None:
                return _nothing()  # not kept: another program may make the tables meanwhile
            _engines[key] = opened
        return _engines[key]


def _made(address: sa.URL) -> sa.Engine:
    """Return the engine of an address, its tables made."""
    opened = _opened(address)
    try:
        _migrate(opened)
    except BaseException:
        opened.dispose()
        raise
    return opened


def _looked_at(address: sa.URL) -> sa.Engine | None:
    """Return an engine that can only read, or None where there is no database, or no table in it."""
    if address.get_backend_name() == "sqlite":
        if not Path(str(address.database)).is_file():
            return None
        where = Path(str(address.database)).resolve().as_uri() + "?mode=ro"
        opened = sa.create_engine(
            "sqlite://", creator=lambda: sqlite3.connect(where, uri=True, timeout=PATIENCE, check_same_thread=False),
            poolclass=sa.pool.QueuePool, hide_parameters=True,
        )  # fmt: skip
    else:
        opened = _opened(address).execution_options(postgresql_readonly=True)
    try:
        version = _version(opened)
        if version not in (None, HEAD):
            raise InputError(
                "verdict_unreadable", "The verdicts in {path} cannot be read ({reason}).",
                path=address.render_as_string(hide_password=True), reason=f"{version} ≠ {HEAD}",
            )  # fmt: skip
    except BaseException:
        opened.dispose()
        raise
    if version == HEAD:
        return opened
    opened.dispose()
    return None


def _nothing() -> sa.Engine:
    """Return a database with tables and no rows, in memory, for as long as it is held."""
    empty = sa.create_engine("sqlite://", poolclass=sa.pool.StaticPool, hide_parameters=True)
    tables.metadata.create_all(empty)
    return empty


def _opened(where: sa.URL) -> sa.Engine:
    if where.get_backend_name() == "sqlite":
        return _sqlite(where)
    return sa.create_engine(
        where, pool_pre_ping=True, connect_args={"connect_timeout": int(PATIENCE)}, hide_parameters=True
    )


def _sqlite(where: sa.URL) -> sa.Engine:
    Path(str(where.database)).parent.mkdir(parents=True, exist_ok=True)
    engine = sa.create_engine(where, connect_args={"timeout": PATIENCE}, hide_parameters=True)

    @event.listens_for(engine, "connect")
    def opened(connection: object, _record: object) -> None:
        connection.isolation_level = None  # type: ignore[attr-defined]  # transactions are begun below
        cursor = connection.cursor()  # type: ignore[attr-defined]
        for pragma in ("synchronous=FULL", "foreign_keys=ON"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begun(connection: sa.Connection) -> None:
        # A writer says so at once: one that began by reading could not wait for another any more.
        options = connection.get_execution_options()
        if not options.get("alone"):  # the mode of the file cannot change within a transaction
            connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("writing") else "BEGIN")

    return engine


def _migrate(engine: sa.Engine) -> None:
    """Bring the tables to :data:`HEAD`, one program at a time."""
    if engine.dialect.name == "sqlite":
        if _writes_ahead(engine) and _version(engine) == HEAD:
            return
        # Of two programs that change a file to WAL at once SQLite refuses one without waiting (SQLITE_BUSY): each would
        # deadlock the other. So the change is made under the lock too.
        with FileLock(f"{engine.url.database}.lock", timeout=PATIENCE):
            with engine.execution_options(alone=True).connect() as connection:
                connection.exec_driver_sql("PRAGMA journal_mode=WAL")
            if _version(engine) != HEAD:
                _upgrade(engine)
    elif _version(engine) != HEAD:
        _upgrade(engine)


def _writes_ahead(engine: sa.Engine) -> bool:
    with engine.connect() as connection:
        return connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"


def _upgrade(engine: sa.Engine) -> None:
    with engine.execution_options(writing=True).begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        from alembic import command
        from alembic.config import Config

        config = Config()
        config.set_main_option("script_location", "eogen.verdicts:migrations")
        config.set_main_option("path_separator", "os")
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _version(engine: sa.Engine) -> str | None:
    with engine.connect() as connection:
        if not sa.inspect(connection).has_table("alembic_version"):
            return None
        return connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()


@contextmanager
def _sentences(given: str | None, code: str) -> Iterator[None]:
    """Turn what a database or a disk refuses into a sentence."""
    shown = name(given)
    try:
        yield
    except (exc.DBAPIError, exc.TimeoutError, OSError) as error:
        reason = str(getattr(error, "orig", None) or getattr(error, "strerror", None) or error).strip()
        reason = reason.splitlines()[0][:200] if reason else type(error).__name__
        if isinstance(error, Timeout) or "database is locked" in reason:
            raise InputError(
                "verdict_busy", "Another program has held {path} for {seconds} s; close it, then answer again.",
                path=shown, seconds=int(PATIENCE),
            ) from error  # fmt: skip
        if code == "verdict_unreadable":
            raise InputError(
                "verdict_unreadable", "The verdicts in {path} cannot be read ({reason}).",
                path=shown, reason=reason,
            ) from error  # fmt: skip
        raise InputError(
            "verdict_disk",
            "The verdict could not be written to {path} ({reason}); free some space or give the folder back its right "
            "to be written, then answer again.",
            path=shown, reason=reason,
        ) from error  # fmt: skip


def _bad_address(text: str) -> InputError:
    known = text.partition("://")[0][:40] if "://" in text else "?"
    return InputError(
        "database_address",
        "EOGEN_DB names no database that serves ({scheme}…): sqlite:///FILE or postgresql://USER@HOST/NAME "
        "was expected.",
        scheme=known,
    )
