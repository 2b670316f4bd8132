"""Windows of a map: of the size that was learnt from, or parts that divide it."""

from __future__ import annotations

from itertools import pairwise

import numpy as np


def windows(cells: int, side: int) -> list[slice]:
    """Return the fewest windows of ``side`` cells that cover ``cells``, evenly apart; one of all when it is shorter."""
    if cells <= side:
        return [slice(0, cells)]
    starts = np.round(np.linspace(0, cells - side, -(-cells // side))).astype(int)
    return [slice(int(s), int(s) + side) for s in starts]


def parts_of(cells: int, parts: int) -> list[slice]:
    """Return parts without overlap that cover ``cells``, as equal as can be, and none empty."""
    edges = np.unique(np.linspace(0, cells, parts + 1).round().astype(int))
    return [slice(int(a), int(b)) for a, b in pairwise(edges)]
