"""Every way to keep three of ten satellites, and the note of the day it leaves: measured once, kept beside this file.

``python -m pages.parts.rain.trios`` simulates them anew (120 days a story, 3 minutes of one core in all); a test holds
some of them to the simulator of today.
"""

from __future__ import annotations

import json
from functools import lru_cache
from itertools import combinations
from pathlib import Path

from pages.parts.rain.days import NAMES, note_of
from pages.parts.rain.stories import STORIES, Story

FILE = Path(__file__).with_suffix(".json")
KEEP = 3
TRIOS = tuple(combinations(NAMES, KEEP))


@lru_cache(maxsize=1)
def _held() -> dict[str, list[int]]:
    return json.loads(FILE.read_text("utf-8"))


def notes(story: Story) -> dict[tuple[str, ...], float]:
    """Return the note (CSI of the whole day, 0 to 1) of every trio."""
    return {trio: n / 1000 for trio, n in zip(TRIOS, _held()[str(story.seed)], strict=True)}


def measure(story: Story, trio: tuple[str, ...]) -> int:
    """Return thousandths of the note of the day when only a trio is on."""
    return round(1000 * note_of(story.choice(tuple(n for n in NAMES if n not in trio))))


if __name__ == "__main__":
    made = {}
    for one in STORIES:
        made[str(one.seed)] = [measure(one, trio) for trio in TRIOS]
        print(one.seed, flush=True)
    FILE.write_text(json.dumps(made) + "\n", "utf-8")
