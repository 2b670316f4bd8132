"""Maps of images larger than a network should be asked at once: tiles that overlap, blended so that no seam shows.

Around each tile ``margin`` pixels are context only, with no weight in the map; then its weight rises as a raised cosine
over ``ramp`` pixels. A map whose value at a pixel depends on nothing further than ``margin`` pixels away comes out as
if it had been asked at once. A network with a norm over the whole image (group norm) or a flow of many steps hears
from further: its tiles differ a little, and the ramp spreads the difference instead of showing it. Tiles begin at
multiples of ``ALIGN``, so that networks that halve the side see the same grid everywhere.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from torch import Tensor

from eogen.change.noise import Window
from eogen.errors import InputError
from eogen.progress import Progress, silent

#: Pixels: side of a tile, context on each side, width of the blend, and the grid tiles begin on.
SIZE, MARGIN, RAMP, ALIGN = 512, 40, 32, 16


def tiled(
    work: Callable[[Window, Progress], Tensor],
    shape: tuple[int, int],
    progress: Progress = silent,
    *,
    size: int = SIZE,
    margin: int = MARGIN,
    ramp: int = RAMP,
) -> np.ndarray:
    """Return the map of a whole image, asked tile by tile.

    Args:
        work: ``work(window, progress)`` returns (..., y, x) of a window; its progress counts the steps of one tile.
        shape: rows and columns of the image.
        progress: told the steps of all tiles; may raise ``Cancelled``.
        size: side of a tile; an image no larger is asked at once.
        margin, ramp: see the module's text; ``size`` is more than ``2 margin + ramp``.

    Returns:
        (..., y, x) float32.

    Raises:
        ValueError: tiles too small for their margins.
    """
    if size <= 2 * margin + ramp + ALIGN:
        raise ValueError(
            f"a tile of {size} pixels has no room for two margins of {margin} and a ramp of {ramp}"
        )
    spans = [_spans(n, size, size - 2 * margin - ramp) for n in shape]
    windows = [(r, c) for r in spans[0] for c in spans[1]]
    total: np.ndarray | None = None
    weights = np.zeros(shape, np.float64)
    for k, (rows, columns) in enumerate(windows):
        window = Window(slice(*rows), slice(*columns))
        values = work(window, _inside(progress, k, len(windows))).detach().numpy()
        if len(windows) == 1:
            return values.astype(np.float32)
        weight = np.outer(_weight(rows, shape[0], margin, ramp), _weight(columns, shape[1], margin, ramp))
        if total is None:
            total = np.zeros((*values.shape[:-2], *shape), np.float64)
        total[..., window.rows, window.columns] += values * weight
        weights[window.rows, window.columns] += weight
    return (total / weights).astype(np.float32)


def _spans(length: int, size: int, stride: int) -> list[tuple[int, int]]:
    """Return first and last + 1 of the tiles along one axis: few, alike, no larger than they must be."""
    if length <= size:
        return [(0, length)]
    overlap = size - stride
    count = -(-(length - overlap) // (stride - ALIGN))
    size = min(size, -(-((length - overlap) / count + overlap) // ALIGN) * ALIGN + ALIGN)
    starts = [int((length - size) * k / (count - 1)) // ALIGN * ALIGN for k in range(count)]
    return [(s, length if k == count - 1 else s + int(size)) for k, s in enumerate(starts)]


def _weight(span: tuple[int, int], length: int, margin: int, ramp: int) -> np.ndarray:
    """Return the weight of each pixel of a tile along one axis; the border of the image has no ramp."""
    first, last = span
    inside = np.arange(last - first) + 0.5
    rise = lambda d: 0.5 - 0.5 * np.cos(np.pi * np.clip((d - margin) / ramp, 0, 1))
    left = np.ones_like(inside) if first == 0 else rise(inside)
    right = np.ones_like(inside) if last == length else rise(last - first - inside)
    return left * right


def _inside(progress: Progress, tile: int, tiles: int) -> Progress:
    """Return a progress for the steps of one tile that reports those of all."""
    return lambda done, total, what="": progress(tile * total + done, tiles * total, what)


def finite(values: np.ndarray, valid: np.ndarray) -> np.ndarray:
    """Return the values (..., y, x) if they are finite at every valid pixel.

    Raises:
        InputError: ``change_diverged``.
    """
    bad = int((~np.isfinite(values)).reshape(-1, *valid.shape).any(0)[valid].sum())
    if bad:
        raise InputError(
            "change_diverged",
            "The network has no finite answer at {count} pixels: these images are too far from those it learnt from. "
            "Choose another normalisation or another estimator.",
            count=bad,
        )  # fmt: skip
    return values


def whole(shape: tuple[int, int]) -> Window:
    """Return the window that is the whole image."""
    return Window(slice(0, shape[0]), slice(0, shape[1]))
