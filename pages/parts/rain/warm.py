"""What is made ready in the background when the app starts: the first day, and it without its satellite, judged."""

from __future__ import annotations

from pages.parts.rain import days, judge
from pages.parts.rain.stories import STORIES


def warm() -> None:
    """Simulate them; the first judgement fits the forest, which takes seconds."""
    story = STORIES[0]
    for off in ((), (story.satellite,)):
        judge.guess(days.day(story.choice(off)))
