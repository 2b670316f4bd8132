"""A machine that shows and keeps nothing: ``EOGEN_READ_ONLY=1``.

Whatever would write for a visitor asks here first: a verdict, a review, an upload, a fetch.
"""

from __future__ import annotations

import os

from eogen.errors import InputError

VARIABLE = "EOGEN_READ_ONLY"


def is_read_only() -> bool:
    """Return whether ``EOGEN_READ_ONLY`` is set to anything but nothing, 0, no or false."""
    return os.environ.get(VARIABLE, "").strip().lower() not in ("", "0", "no", "false", "off")


def refuse_if_read_only(action: str) -> None:
    """Refuse ``action`` on a read-only machine; do nothing elsewhere.

    Args:
        action: what was asked for: "verdict", "review", "upload" or "fetch".

    Raises:
        InputError: ``read_only``.
    """
    if is_read_only():
        raise InputError(
            "read_only",
            "This machine only shows (EOGEN_READ_ONLY is set): nothing is kept here ({action}). Run your own copy to "
            "do that.",
            action=action,
        )
