"""Where the tests find real data, and why they skip when there is none."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from eogen.errors import Unavailable

REPOSITORY = Path(__file__).resolve().parents[1]


def data_root() -> Path:
    """Return ``EOGEN_TEST_DATA`` if set, else ``../shared/data`` beside the checkout."""
    return Path(os.environ.get("EOGEN_TEST_DATA", REPOSITORY.parent / "shared" / "data"))


def real_data(room: str) -> Path:
    """Return the folder of real data of ``room``; skip the test, saying why, where it is absent."""
    if not (folder := data_root() / room).is_dir():
        pytest.skip(f"no real data for {room} in {data_root()} (set EOGEN_TEST_DATA)")
    return folder


def available(reader: Callable[..., Any], *arguments: Any) -> Any:
    """Return ``reader(*arguments)``; skip the test, saying why, where its part of the real data is absent."""
    try:
        return reader(*arguments)
    except Unavailable as absent:
        pytest.skip(str(absent))
