"""How a cube is cut: cores that tile it, aligned to the chunks of the output, and what each must read around itself.

Every core is written by one task and holds whole chunks, so no two tasks ever touch one file. Cores start on multiples
of :data:`ALIGN`, the coarsest block of :mod:`eogen.ocean.convolution`: a cell's answer does not depend on the cut.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil

from eogen.ocean.convolution import COARSEST

#: Cells; a chunk's side (a multiple of ALIGN), and the longest side of a core.
ALIGN, CHUNK, LONGEST = COARSEST, 288, 1440
#: Most frames of a core; bytes of working memory for each cell that is read, measured and rounded up.
FRAMES, BYTES = 16, 26


@dataclass(frozen=True)
class Tile:
    """One task: the half-open box (time, lat, lon) it writes, by its ends."""

    index: int
    start: tuple[int, int, int]
    stop: tuple[int, int, int]

    @property
    def name(self) -> str:
        """Return the stable name of its file in the manifest."""
        return "-".join(f"{a:05d}" for a in self.start)

    @property
    def region(self) -> tuple[slice, slice, slice]:
        """Return the box as slices."""
        return tuple(slice(a, b) for a, b in zip(self.start, self.stop, strict=True))  # type: ignore[return-value]

    @property
    def cells(self) -> int:
        """Return how many cells it writes."""
        t, y, x = (b - a for a, b in zip(self.start, self.stop, strict=True))
        return t * y * x


@dataclass(frozen=True)
class Plan:
    """The cut of a cube.

    Attributes:
        shape: (time, lat, lon) of the cube.
        core: of a task; the last ones of each axis may be smaller.
        chunk: of the output; divides ``core``.
        halo: cells read around a core.
        reach: frames read before and after.
        periodic: whether the last longitude touches the first.
        cost: bytes of working memory for each cell that is read.
    """

    shape: tuple[int, int, int]
    core: tuple[int, int, int]
    chunk: tuple[int, int, int]
    halo: int
    reach: int
    periodic: bool
    cost: int = BYTES

    def tiles(self) -> Iterator[Tile]:
        """Yield the tasks, time running fastest: a task's neighbours in time read the same files."""
        index = 0
        for y in range(0, self.shape[1], self.core[1]):
            for x in range(0, self.shape[2], self.core[2]):
                for t in range(0, self.shape[0], self.core[0]):
                    start = (t, y, x)
                    stop = tuple(min(a + c, n) for a, c, n in zip(start, self.core, self.shape, strict=True))
                    yield Tile(index, start, stop)  # type: ignore[arg-type]
                    index += 1

    def columns(self) -> Iterator[Tile]:
        """Yield the cores through all times: what the statistics are computed in."""
        whole = Plan(self.shape, (self.shape[0], *self.core[1:]), self.chunk, 0, 0, self.periodic)
        yield from whole.tiles()

    def read(self, tile: Tile, halo: int | None = None) -> tuple[slice, slice, slice]:
        """Return what a task reads: past the ends of a periodic longitude, cut at every other end."""
        h = self.halo if halo is None else halo
        (t0, y0, x0), (t1, y1, x1) = tile.start, tile.stop
        time = slice(max(t0 - self.reach, 0), min(t1 + self.reach, self.shape[0]))
        lat = slice(max(y0 - h, 0), min(y1 + h, self.shape[1]))
        if self.periodic:
            return time, lat, slice(x0 - h, x1 + h)
        return time, lat, slice(max(x0 - h, 0), min(x1 + h, self.shape[2]))

    @property
    def memory(self) -> int:
        """Return the estimated bytes a task works in."""
        t, y, x = self.core
        side = [min(n, c + 2 * self.halo) for c, n in zip((y, x), self.shape[1:], strict=True)]
        return (min(t + 2 * self.reach, self.shape[0])) * side[0] * side[1] * self.cost


def plan(
    shape: tuple[int, int, int],
    *,
    periodic: bool,
    halo: int,
    reach: int,
    memory: int = 1_000_000_000,
    longest: int = LONGEST,
    chunk: int = CHUNK,
    frames: int = FRAMES,
    cost: int = BYTES,
) -> Plan:
    """Return a cut whose tasks work in about ``memory`` bytes each.

    Args:
        shape: (time, lat, lon).
        periodic: whether the longitude closes on itself.
        halo: cells a method looks around a core; rounded up to a multiple of ALIGN.
        reach: frames it looks before and after.
        memory: of one task, in bytes.
        longest: side of a core, at most.
        chunk: side of a chunk of the output, a multiple of ALIGN.
        frames: of a core, at most.
        cost: bytes for each cell that is read.
    """
    halo = ceil(halo / ALIGN) * ALIGN
    while True:
        side = [ceil(ceil(n / chunk) / ceil(n / longest)) * chunk for n in shape[1:]]
        for t in range(min(frames, shape[0]), 0, -1):
            made = Plan(shape, (t, *side), (t, chunk, chunk), halo, reach, periodic, cost)  # type: ignore[arg-type]
            # A slab much thinner than what is read around it is dear: rather a smaller core.
            if made.memory <= memory and (t >= min(2 * reach, frames, shape[0]) or longest <= chunk):
                return made
        if longest <= chunk:
            return made
        longest = max(longest // 2, chunk)
