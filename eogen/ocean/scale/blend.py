"""Windows that overlap and fade into each other, for methods whose answer depends on the window they see.

Along each axis the windows start at fixed places of the whole cube (on a periodic axis they close on themselves), so a
cell's answer does not depend on which task asks. A window's weight is nought in a margin, where it knows least, then
rises as a Hann ramp; the weights are normalised to a partition of unity.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

import numpy as np


@dataclass(frozen=True)
class Axis:
    """The windows along one axis.

    Attributes:
        length: cells of the axis.
        window: cells of a window (the whole axis where it is shorter and not periodic).
        overlap: cells shared by neighbours, at least.
        margin: outer cells of a window that are not used; at most half the overlap.
        periodic: whether the axis closes on itself.
    """

    length: int
    window: int
    overlap: int
    margin: int
    periodic: bool

    @property
    def size(self) -> int:
        """Return the cells of a window."""
        return self.window if self.periodic else min(self.window, self.length)

    @property
    def count(self) -> int:
        """Return how many windows cover the axis."""
        return max(ceil(self.length / (self.window - self.overlap)), 1)

    def start(self, k: int) -> int:
        """Return where the ``k``-th window starts; on a periodic axis any whole number is a window."""
        turns, k = divmod(k, self.count)
        centre = (2 * k + 1) * self.length // (2 * self.count)
        first = centre - self.size // 2
        if not self.periodic:
            return min(max(first, 0), self.length - self.size)
        return first + turns * self.length

    def touching(self, start: int, stop: int) -> list[int]:
        """Return the starts of the windows that have a say in the cells [start, stop)."""
        ks = range(-self.count, 2 * self.count) if self.periodic else range(self.count)
        found = []
        for k in ks:
            at = self.start(k)
            low, high = self.used(at)
            if low < stop and high > start:
                found.append(at)
        return sorted(set(found))

    def used(self, start: int) -> tuple[int, int]:
        """Return the ends of the cells a window has a say in: all but its margins, which the axis's own ends lack."""
        low, high = start + self.margin, start + self.size - self.margin
        if not self.periodic:
            low = start if start == 0 else low
            high = start + self.size if start + self.size == self.length else high
        return low, high

    def weight(self, start: int) -> np.ndarray:
        """Return (size,) float32: a window's weight before normalising."""
        low, high = self.used(start)
        at = np.arange(start, start + self.size) + 0.5
        ramp = max(self.overlap - 2 * self.margin, 1)
        rise = np.clip((at - low) / ramp, 0, 1) if low > start or self.periodic else np.ones(self.size)
        fall = np.clip((high - at) / ramp, 0, 1) if high < start + self.size or self.periodic else 1.0
        return (np.sin(np.pi / 2 * rise) ** 2 * np.sin(np.pi / 2 * fall) ** 2).astype(np.float32)
