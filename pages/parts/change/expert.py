"""The expert view."""

from __future__ import annotations

from pages.kit.hall import Visitor


def show(guest: Visitor) -> None:
    """Draw the page."""
