"""How well one gap was filled: errors on the withheld cells of one date, with intervals.

Neighbouring cells err together: the interval resamples blocks of cells, not cells (Künsch 1989, Ann. Statist. 17,
1217-1241, in two dimensions).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from eogen.errors import InputError

#: Side of the blocks (cells), and how many times they are drawn.
BLOCK, DRAWS = 8, 400
#: Standard deviations on either side that hold half, and nine tenths, of a normal law.
HALF, NINE = 0.6745, 1.6449


@dataclass(frozen=True)
class GapScore:
    """Errors of one filled gap, in the unit of the variable.

    Attributes:
        rmse: root mean square error.
        low: 5 % of the blocks' resampling of ``rmse``.
        high: 95 % of it.
        mae: mean absolute error.
        bias: mean of estimate minus truth.
        inside_50: share of the truth inside the central 50 % interval; NaN without a spread.
        inside_90: same for 90 %.
        n: withheld cells.
    """

    rmse: float
    low: float
    high: float
    mae: float
    bias: float
    inside_50: float
    inside_90: float
    n: int


def gap_score(
    mean: np.ndarray, sd: np.ndarray | None, truth: np.ndarray, held: np.ndarray, seed: int = 0
) -> GapScore:
    """Return the errors on ``held``.

    Args:
        mean: (lat, lon) the estimate.
        sd: (lat, lon) its standard deviation, or None.
        truth: (lat, lon); cells where it is not known are left out.
        held: (lat, lon) bool.
        seed: of the resampling.

    Raises:
        InputError: ``ocean_nothing_held`` when no cell of ``held`` has a truth and an estimate.
    """
    known = held & np.isfinite(truth) & np.isfinite(mean)
    if not known.any():
        raise InputError(
            "ocean_nothing_held",
            "Nothing that was seen is hidden by this gap, so no error can be known; choose another one.",
        )
    rows, columns = np.nonzero(known)
    error = (mean - truth)[known].astype(float)
    block = rows // BLOCK * (known.shape[1] // BLOCK + 1) + columns // BLOCK
    _, block = np.unique(block, return_inverse=True)
    square, count = np.bincount(block, error**2), np.bincount(block)
    drawn = np.random.default_rng(seed).integers(0, len(count), (DRAWS, len(count)))
    again = np.sqrt(square[drawn].sum(1) / count[drawn].sum(1))
    low, high = np.quantile(again, [0.05, 0.95])
    inside = [np.nan, np.nan]
    if sd is not None:
        inside = [float(np.mean(np.abs(error) <= z * sd[known])) for z in (HALF, NINE)]
    return GapScore(
        float(np.sqrt(np.mean(error**2))), float(low), float(high), float(np.abs(error).mean()),
        float(error.mean()), inside[0], inside[1], int(known.sum()),
    )  # fmt: skip
