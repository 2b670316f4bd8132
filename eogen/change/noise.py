"""Noise that belongs to a place: any window of an image, cut anywhere, meets the same noise at the same pixel.

The plane is laid out in blocks, each drawn from its own stream of (seed, draw, block row, block column). So tiles that
overlap agree, nothing as large as the image is kept, and the same seed gives the same bits.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

#: Side of a block, pixels.
BLOCK = 64


@dataclass(frozen=True)
class Window:
    """A window of an image: ``rows`` and ``columns`` have non-negative ends and no step."""

    rows: slice
    columns: slice

    def of(self, images: Tensor) -> Tensor:
        """Return the window of (..., y, x)."""
        return images[..., self.rows, self.columns]


@dataclass(frozen=True)
class Noise:
    """All the noise of one seed.

    Attributes:
        seed: not negative.
    """

    seed: int

    def normal(self, draw: int, bands: int, window: Window) -> Tensor:
        """Return N(0, 1) noise (band, y, x) float32; other ``draw`` numbers are independent."""
        return self._window(
            draw, window, lambda r: r.standard_normal((bands, BLOCK, BLOCK), dtype=np.float32)
        )

    def signs(self, draw: int, bands: int, window: Window) -> Tensor:
        """Return -1 or 1 with even chances (Rademacher), (band, y, x) float32."""
        toss = lambda r: r.integers(0, 2, (bands, BLOCK, BLOCK)).astype(np.float32) * 2 - 1
        return self._window(draw, window, toss)

    def labels(self, draw: int, count: int, side: int, window: Window) -> Tensor:
        """Return numbers 0 to ``count`` - 1 (y, x), one for each square of ``side`` pixels of the plane."""
        rows, columns = window.rows, window.columns
        coarse = Window(
            slice(rows.start // side, -(-rows.stop // side)),
            slice(columns.start // side, -(-columns.stop // side)),
        )
        drawn = self._window(
            draw, coarse, lambda r: r.integers(0, count, (1, BLOCK, BLOCK)).astype(np.float32)
        )[0]
        fine = drawn.repeat_interleave(side, 0).repeat_interleave(side, 1)
        top, left = rows.start % side, columns.start % side
        return fine[top : top + rows.stop - rows.start, left : left + columns.stop - columns.start].long()

    def _window(self, draw: int, window: Window, make: Callable[[np.random.Generator], np.ndarray]) -> Tensor:
        rows, columns = window.rows, window.columns
        first, left = rows.start // BLOCK, columns.start // BLOCK
        blocks = [
            np.concatenate(
                [
                    make(np.random.default_rng([self.seed, draw, r, c]))
                    for c in range(left, -(-columns.stop // BLOCK))
                ],
                2,
            )
            for r in range(first, -(-rows.stop // BLOCK))
        ]
        top, side = rows.start - first * BLOCK, columns.start - left * BLOCK
        plane = np.concatenate(blocks, 1)
        cut = plane[:, top : top + rows.stop - rows.start, side : side + columns.stop - columns.start]
        return torch.from_numpy(np.ascontiguousarray(cut))
