"""Owen values of a tree of rectangles: Shapley values where neighbours enter and leave together.

The same numbers as ``shap.PartitionExplainer`` with shap's image masker (a test holds them equal), but all
bands of a block come and go together, which that masker cannot do (shap issue 1920), and without shap's
import, which costs 150 MB of the server's memory.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count

import numpy as np


@dataclass(frozen=True)
class Rectangle:
    """Blocks of rows [top, bottom) and columns [left, right)."""

    top: int
    bottom: int
    left: int
    right: int

    @property
    def cells(self) -> tuple[slice, slice]:
        """Return the index of its blocks in the grid."""
        return slice(self.top, self.bottom), slice(self.left, self.right)

    @property
    def size(self) -> int:
        """Return the number of its blocks."""
        return (self.bottom - self.top) * (self.right - self.left)

    def halves(self) -> tuple[Rectangle, Rectangle]:
        """Cut across the longer side (rows first when equal), as shap does."""
        if self.bottom - self.top >= self.right - self.left:
            middle = self.top + (self.bottom - self.top) // 2
            return (
                Rectangle(self.top, middle, self.left, self.right),
                Rectangle(middle, self.bottom, self.left, self.right),
            )
        middle = self.left + (self.right - self.left) // 2
        return (
            Rectangle(self.top, self.bottom, self.left, middle),
            Rectangle(self.top, self.bottom, middle, self.right),
        )


def owen_values(
    score: Callable[[np.ndarray], np.ndarray],
    rows: int,
    columns: int,
    evaluations: int,
    batch: int = 32,
) -> np.ndarray:
    """Divide ``score(all) - score(none)`` among the blocks of a grid, largest shares refined first.

    Args:
        score: from presence (n, rows * columns) of the blocks to scores (n,).
        rows: of the grid.
        columns: of the grid.
        evaluations: scores taken at most; what is not refined by then is shared evenly in its rectangle.
        batch: scores asked at once.

    Returns:
        (rows * columns,) values that add up to ``score(all) - score(none)`` exactly.
    """
    none = np.zeros((rows, columns), bool)
    empty, full = score(np.stack([none.ravel(), ~none.ravel()]))
    values = np.zeros((rows, columns))
    order = count()  # equal shares are refined first come, first served
    # Each entry: a rectangle, what else is present, the score without and with it, its weight.
    queue = [(0.0, next(order), Rectangle(0, rows, 0, columns), none, empty, full, 1.0)]
    left = evaluations - 2
    while queue:
        work, asked = [], []
        while queue and len(asked) < batch:
            _, _, part, context, without, with_, weight = heapq.heappop(queue)
            if part.size == 1 or left < 2:
                values[part.cells] += (with_ - without) * weight / part.size
                continue
            halves = part.halves()
            for half in halves:
                present = context.copy()
                present[half.cells] = True
                asked.append(present)
            work.append((halves, context, without, with_, weight / 2))
            left -= 2
        if not work:
            continue
        scores = score(np.stack(asked).reshape(len(asked), -1)).reshape(-1, 2)
        for i, ((first, second), context, without, with_, weight) in enumerate(work):
            only_first, only_second = scores[i]
            for part, present, before, after in (
                (first, context, without, only_first),
                (second, context, without, only_second),
                (first, asked[2 * i + 1], only_second, with_),
                (second, asked[2 * i], only_first, with_),
            ):
                share = -abs(after - before) * weight
                heapq.heappush(queue, (share, next(order), part, present, before, after, weight))
    return values.ravel()
