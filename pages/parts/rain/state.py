"""What every panel of the expert view is given: which weather, which satellites, which half hour."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from pages.kit.provenance import Provenance
from pages.parts.rain import days
from pages.parts.rain.days import Choice, Day


@dataclass(frozen=True)
class State:
    """What is on the screen.

    Attributes:
        choice: the simulated day and the satellites that are switched off.
        at: the half hour, 0 to 47.
        provenance: said under the pictures.
    """

    choice: Choice
    at: int
    provenance: Provenance

    @property
    def key(self) -> str:
        """Return a text that names the content of the day: what caches are keyed by."""
        return self.choice.key

    @cached_property
    def day(self) -> Day:
        """Return the day with the satellites that are on; simulated when first asked for."""
        return days.day(self.choice)

    @cached_property
    def full(self) -> Day:
        """Return the same weather with all ten satellites."""
        return days.day(self.choice.without())
