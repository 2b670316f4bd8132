"""The visitor's own two images: read once, kept for the session."""

from __future__ import annotations

import xarray as xr


def current() -> tuple[str, xr.DataArray] | None:
    """Return a key and the stack of the visitor's files of this session; None without them."""
    return None


def offer(t: object, column: object) -> None:
    """Draw the button under which two files can be dropped."""
