"""Days on which one satellite matters: the half hour it alone saw the rain, and the map that is left without it.

Chosen by searching 40 simulated days of the real-time (early) run for the half hour whose map loses most when one
satellite is switched off. A whole day loses little (0.01 to 0.03 of its note): the others come by soon after.
"""

from __future__ import annotations

from dataclasses import dataclass

from pages.parts.rain.days import Choice


@dataclass(frozen=True)
class Story:
    """A day and its moment.

    Attributes:
        seed, start, regime: of the weather.
        at: the half hour at which it opens.
        satellite: that was alone in seeing it.
    """

    seed: int
    start: str
    regime: str
    at: int
    satellite: str

    def choice(self, off: tuple[str, ...] = ()) -> Choice:
        """Return the day with these satellites switched off, in the run that knows nothing of what comes after."""
        return Choice(self.seed, self.start, self.regime, "early").without(*off)


STORIES = (
    Story(1, "2023-07-14", "frontal", 8, "DMSP-F16"),
    Story(2, "2023-10-12", "showers", 16, "NOAA-19"),
    Story(3, "2023-01-20", "frontal", 19, "MetOp-B"),
)
