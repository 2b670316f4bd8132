"""Ask a network that sees windows of one size about an image of any size."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from eogen.errors import InputError
from eogen.progress import Progress, silent

#: (before, after), each (band, window, window) -> (n, n): one value for each cell of ``window / n`` pixels.
Cells = Callable[[np.ndarray, np.ndarray], np.ndarray]


def dense(
    before: np.ndarray,
    after: np.ndarray,
    cells: Cells,
    *,
    window: int,
    patch: int = 1,
    step: int = 0,
    overlap: int = 0,
    progress: Progress = silent,
) -> np.ndarray:
    """Return (y, x) float32: the mean over all windows, and all shifts of the grid, of what each says of a pixel.

    Args:
        before, after: (band, y, x), mirrored outwards where a window reaches beyond them.
        cells: asked of every window.
        window: side in pixels, a multiple of ``patch``.
        patch: side in pixels of a cell of the answer.
        step: the grid of cells is shifted by multiples of it (below ``patch``) in both directions and the answers are
            averaged, so that a change is placed more finely than a patch; 0 for one grid.
        overlap: pixels that neighbouring windows share; what lies near a window's border weighs less.
        progress: one step a window.

    Raises:
        InputError: ``change_model_output`` when an answer has another shape, or is not finite.
    """
    side = window // patch
    shifts = range(0, patch, step) if step else (0,)
    stride = max((window - overlap) // patch, 1) * patch
    ramp = np.minimum(np.arange(1, side + 1), np.arange(side, 0, -1)).clip(max=max(overlap // patch, 1))
    weight = np.kron(np.outer(ramp, ramp), np.ones((patch, patch)))
    rows, columns = before.shape[1:]
    grids = [
        [
            (y, x)
            for y in _starts(rows, dy, window, stride, patch)
            for x in _starts(columns, dx, window, stride, patch)
        ]
        for dy in shifts
        for dx in shifts
    ]
    reach = patch + window  # enough beyond the last row for any shift
    sides = ((0, 0), (max(shifts), reach), (max(shifts), reach))
    one, two = (np.pad(image, sides, mode="symmetric") for image in (before, after))
    origin, count, done = max(shifts), sum(map(len, grids)), 0
    inner = np.s_[origin : origin + rows, origin : origin + columns]
    mean = np.zeros((rows, columns))
    for places in grids:
        total, weights = np.zeros(one.shape[1:]), np.zeros(one.shape[1:])
        for y, x in places:
            progress(done, count, "tiles")
            here = np.s_[origin + y : origin + y + window, origin + x : origin + x + window]
            said = np.asarray(cells(one[:, *here], two[:, *here]), np.float64)
            if said.shape != (side, side) or not np.isfinite(said).all():
                raise _unfit(said, side, window)
            total[here] += np.kron(said, np.ones((patch, patch))) * weight
            weights[here] += weight
            done += 1
        mean += total[inner] / weights[inner] / len(grids)
    progress(count, count, "tiles")
    return mean.astype(np.float32)


def _starts(length: int, shift: int, window: int, stride: int, patch: int) -> list[int]:
    """Return where windows begin that cover ``length`` pixels, of a grid that begins ``shift`` pixels outside."""
    last = max(-(-(length + shift - window) // patch) * patch, 0)
    return [start - shift for start in (*range(0, last, stride), last)]


def _unfit(said: np.ndarray, side: int, window: int) -> InputError:
    shape = " × ".join(map(str, said.shape))
    return InputError(
        "change_model_output",
        "For a window of {window} pixels the model gave {found}; {expected} finite values were expected.",
        window=window, expected=f"{side} × {side}",
        found=shape if said.shape != (side, side) else f"{shape}, NaN/inf",
    )  # fmt: skip
