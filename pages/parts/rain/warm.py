"""What is made ready in the background when the app starts: the first day, and it without its satellite."""

from __future__ import annotations

from pages.parts.rain import days
from pages.parts.rain.stories import STORIES


def warm() -> None:
    """Simulate them."""
    story = STORIES[0]
    for off in ((), (story.satellite,)):
        days.day(story.choice(off))
