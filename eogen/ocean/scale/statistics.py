"""What is usual at each cell of a cube that does not fit in memory: one pass through all times, column by column.

The same quantities as :mod:`eogen.ocean.background`, from sums that can be added up slab by slab: each cell's mean
(leaning on its neighbours'), two harmonics of the year in a long series (ridge), and the spread of what remains. In a
short series the frames' own shifts are fitted first, on block sums, together with the blocks' means. The land mask,
when the store gives none, is what was never seen at any time: never what a window did not see.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from eogen.ocean.background import FEW, HARMONICS, LONG, ROUNDS, Background, leaned_means, spread

#: Cells read around a column: the widest neighbourhood a mean leans on (sigma 24, cut at 3 sigma).
HALO = 80
#: Longest side of a column, frames read at a time, ridge of the harmonics.
LONGEST, SLAB, RIDGE = 864, 24, 4.0


def design(day_of_year: np.ndarray, days: np.ndarray, harmonics: int = HARMONICS) -> np.ndarray:
    """Return (time, k) float32: a constant, and in a series longer than two years the harmonics of the year."""
    columns = [np.ones(len(days))]
    if len(days) > 1 and days[-1] - days[0] >= LONG:
        phase = 2 * np.pi * np.asarray(day_of_year) / 365.25
        columns += [f(k * phase) for k in range(1, harmonics + 1) for f in (np.cos, np.sin)]
    return np.stack(columns, 1).astype(np.float32)


def block_side(shape: tuple[int, int, int]) -> int:
    """Return the side of the blocks, in cells: their sums over all times must fit in 200 MB."""
    return next((b for b in (16, 48) if np.prod(shape, dtype=float) / b**2 * 8 < 2e8), 144)


def block_sums(values: np.ndarray, side: int) -> tuple[np.ndarray, np.ndarray]:
    """Return sums and counts (time, blocks) float32 of what was seen in blocks of ``side`` × ``side`` cells."""
    t, y, x = values.shape
    padded = np.full((t, -(-y // side) * side, -(-x // side) * side), np.nan, np.float32)
    padded[:, :y, :x] = values
    cut = padded.reshape(t, -1, side, padded.shape[2] // side, side)
    seen = np.isfinite(cut)
    total = np.where(seen, cut, 0).sum((2, 4))
    return total.reshape(t, -1), seen.sum((2, 4), dtype=np.float32).reshape(t, -1)


def shifts(total: np.ndarray, count: np.ndarray) -> np.ndarray:
    """Return (time,) float32: how far each frame is from the blocks' means, fitted together with them (backfitting).

    Args:
        total: (time, blocks) sums of values less the cube's mean.
        count: (time, blocks) of what was seen.
    """
    shift = np.zeros(len(total))
    for _ in range(ROUNDS):
        base = (total - count * shift[:, None]).sum(0) / np.maximum(count.sum(0), 1)
        # A block counts for its share of the sea, so FEW cells still weigh as much as a shift of nought.
        shift = (total - count * base).sum(1) / (count.sum(1) + FEW)
    return shift.astype(np.float32)


@dataclass
class Sums:
    """Moments of what was seen at each cell, added up over time.

    Attributes:
        normal: (k (k + 1) / 2, lat, lon) float64 sums of the products of the design's columns.
        towards: (k, lat, lon) float64 sums of value × column.
        square: (lat, lon) float64 sums of value².
    """

    normal: np.ndarray
    towards: np.ndarray
    square: np.ndarray

    @classmethod
    def zero(cls, columns: int, shape: tuple[int, int]) -> Sums:
        """Return sums of nothing."""
        pairs = columns * (columns + 1) // 2
        return cls(np.zeros((pairs, *shape)), np.zeros((columns, *shape)), np.zeros(shape))

    def add(self, values: np.ndarray, rows: np.ndarray) -> None:
        """Add frames: ``values`` (time, lat, lon) float32 with NaN, ``rows`` (time, k) of the design."""
        seen = np.isfinite(values)
        flat = np.where(seen, values, np.float32(0)).reshape(len(values), -1)
        there = seen.astype(np.float32).reshape(len(values), -1)
        i, j = np.triu_indices(rows.shape[1])
        shape = values.shape[1:]
        self.normal += ((rows[:, i] * rows[:, j]).T @ there).reshape(-1, *shape)
        self.towards += (rows.T @ flat).reshape(-1, *shape)
        self.square += np.einsum("tc,tc->c", flat, flat).reshape(shape)


def finished(
    sums: Sums, sea: np.ndarray | None, middle: float, whole: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the coefficients of what is usual (k, lat, lon), the scale (lat, lon) and the sea (lat, lon).

    Args:
        sums: of values less ``middle``.
        sea: (lat, lon) bool; None: where anything was ever seen.
        middle: mean of a sample of the whole cube.
        whole: variance of the same sample around each cell's mean, of which the scale is made where little was seen.
    """
    count = sums.normal[0]
    sea = count > 0 if sea is None else sea
    columns = len(sums.towards)
    count = np.where(sea, count, 0)
    base = leaned_means(count.astype(np.float32), np.where(sea, sums.towards[0], 0).astype(np.float32), sea)
    coefficients = np.zeros((columns, *sea.shape))
    coefficients[0] = base
    if columns > 1:
        for row in range(sea.shape[0]):  # bounds the memory of the (k, k) systems
            coefficients[1:, row] = _harmonics(sums, base[row], row)
    square = sums.square - 2 * (coefficients * sums.towards).sum(0)
    for n, (i, j) in enumerate(zip(*np.triu_indices(columns), strict=True)):
        square += (2 if i != j else 1) * sums.normal[n] * coefficients[i] * coefficients[j]
    scale = spread(np.where(sea, np.maximum(square, 0), 0), count, whole)
    coefficients[0] += middle
    usual = np.where(sea, coefficients, np.nan).astype(np.float32)
    return usual, np.where(sea, scale, np.float32("nan")), sea


def _harmonics(sums: Sums, base: np.ndarray, row: int) -> np.ndarray:
    columns = len(sums.towards)
    i, j = np.triu_indices(columns)
    matrix = np.empty((columns, columns, len(base)))
    matrix[i, j] = matrix[j, i] = sums.normal[:, row]
    rest = sums.towards[1:, row] - matrix[1:, 0] * base
    system = matrix[1:, 1:].transpose(2, 0, 1) + RIDGE * np.eye(columns - 1)
    return np.linalg.solve(system, rest.T[..., None])[..., 0].T


class Usual:
    """What is usual (time, lat, lon), made frame by frame when asked: a tile's worth is never held."""

    def __init__(self, coefficients: np.ndarray, rows: np.ndarray, shift: np.ndarray) -> None:
        self.coefficients, self.rows, self.shift = coefficients, rows, shift
        self.shape = (len(rows), *coefficients.shape[1:])

    def __getitem__(self, at: int | slice | np.ndarray | tuple) -> np.ndarray | Usual:
        """Return the frames asked for, float32; with rows and columns too, the same of a window."""
        if isinstance(at, tuple):
            window = Usual(self.coefficients[(slice(None), *at[1:])], self.rows, self.shift)
            return window if at[0] == slice(None) else window[at[0]]
        return np.tensordot(self.rows[at], self.coefficients, 1) + self.shift[at][..., None, None]

    def __iter__(self) -> Iterator[np.ndarray]:
        return (self[t] for t in range(len(self.rows)))

    def __len__(self) -> int:
        return len(self.rows)

    def __array__(self, dtype: np.dtype | None = None, copy: bool | None = None) -> np.ndarray:
        return self[:] if dtype is None else self[:].astype(dtype)


def ground(values: np.ndarray, usual: Usual, scale: np.ndarray) -> Background:
    """Return the background of a tile from the statistics of the whole cube."""
    anomaly = np.empty_like(values)
    for t in range(len(values)):
        np.subtract(values[t], usual[t], out=anomaly[t])
        anomaly[t] /= scale
    return Background(usual, scale, anomaly)  # type: ignore[arg-type]
