"""The expert view."""

from pages.kit.hall import Visitor


def show(guest: Visitor) -> None:
    """Draw the page."""
