"""Where the tests find real data, and why they skip when there is none."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]


def real_data(room: str) -> Path:
    """Return the folder of real data of ``room``; skip the test, saying why, where it is absent.

    Looks in ``EOGEN_TEST_DATA``, then in ``../shared/data`` beside the checkout.
    """
    root = Path(os.environ.get("EOGEN_TEST_DATA", REPOSITORY.parent / "shared" / "data"))
    if not (folder := root / room).is_dir():
        pytest.skip(f"no real data for {room} in {root} (set EOGEN_TEST_DATA)")
    return folder
