"""Following a flow from noise to an image and back, with a fixed number of steps."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor

from eogen.change.protocol import Flow, at
from eogen.progress import Progress, silent


def grid(start: float, stop: float, steps: int) -> list[float]:
    """Return ``steps`` + 1 times from ``start`` to ``stop``, closer together near t = 1.

    An image has directions in which it hardly varies (neighbours are alike): with spread s the velocity turns within
    s of t = 1, so 1 - t runs evenly in its square root.
    """
    a, b = (1 - start) ** 0.5, (1 - stop) ** 0.5
    return [1 - (a + (b - a) * k / steps) ** 2 for k in range(steps + 1)]


@torch.no_grad()
def follow(
    flow: Flow,
    x: Tensor,
    condition: Tensor,
    start: float,
    stop: float,
    steps: int,
    progress: Progress = silent,
    done: int = 0,
    total: int = 0,
) -> Tensor:
    """Return where the flow carries ``x`` (n, band, y, x) from time ``start`` to ``stop``, by the midpoint rule.

    ``done`` and ``total`` place these steps among those the progress is told of.
    """
    for k, (now, then) in enumerate(pairwise(grid(start, stop, steps))):
        progress(done + k, total or steps, "likelihood")
        half = (then - now) / 2
        middle = x + half * at(flow, x, now, condition)
        x = x + 2 * half * at(flow, middle, now + half, condition)
    return x
