"""Where the tests find real data, and why they skip when there is none."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]


def data_root() -> Path:
    """Return ``EOGEN_TEST_DATA`` if set, else ``../shared/data`` beside the checkout."""
    return Path(os.environ.get("EOGEN_TEST_DATA", REPOSITORY.parent / "shared" / "data"))


def real_data(room: str) -> Path:
    """Return the folder of real data of ``room``; skip the test, saying why, where it is absent."""
    if not (folder := data_root() / room).is_dir():
        pytest.skip(f"no real data for {room} in {data_root()} (set EOGEN_TEST_DATA)")
    return folder
