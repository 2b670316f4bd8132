"""How wrong was the spread? Measured on withheld cells of the same scene, and put right.

The errors of a trial fill, in units of their predicted standard deviation, give a factor for each distance to the
nearest observation and one shape (quantiles) for all: errors of ocean colour have a sharper peak and heavier tails
than a Gaussian, so that no single factor can serve the 50 % and the 90 % interval. Nothing but the scene's own
observations is read.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

#: Distances (pixels) between which errors are pooled.
EDGES = np.array([0.0, 1.5, 3.0, 5.0, 8.0, 12.0, 20.0, 35.0, np.inf])
MIDDLES = np.array([1.0, 2.2, 4.0, 6.3, 9.8, 15.5, 26.5, 50.0])
#: Errors a pool needs before it is believed, and with which the factor leans on 1.
FEWEST, LEAN = 30, 30.0
LEVELS = np.arange(1, 100) / 100.0


@dataclass(frozen=True)
class Calibration:
    """What to do to a spread.

    Attributes:
        factor: (8,) of the standard deviation, at ``MIDDLES`` pixels from the nearest observation.
        shape: (99,) quantiles of the standardised error, after the factor; variance 1.
        count: errors it was measured on; 0 is the identity.
    """

    factor: np.ndarray
    shape: np.ndarray
    count: int

    def at(self, distance: np.ndarray) -> np.ndarray:
        """Return the factor at some distances (pixels), same shape, float32."""
        return np.interp(distance, MIDDLES, self.factor).astype(np.float32)


IDENTITY = Calibration(np.ones(len(MIDDLES)), norm.ppf(LEVELS), 0)


def calibrated(error: np.ndarray, sd: np.ndarray, distance: np.ndarray) -> Calibration:
    """Return the calibration told by some withheld cells.

    Args:
        error: (n,) truth minus mean.
        sd: (n,) predicted standard deviation, positive.
        distance: (n,) pixels to the nearest observation that was left.
    """
    if len(error) < FEWEST:
        return IDENTITY
    z = error / sd
    # The spread is matched to what a squared error pays, but no single cell may decide it.
    clipped = np.clip(z, -6, 6)
    whole = np.sqrt((clipped**2).mean())
    pool = np.digitize(distance, EDGES) - 1
    count = np.bincount(pool, minlength=len(MIDDLES))[: len(MIDDLES)]
    square = np.bincount(pool, clipped**2, len(MIDDLES))[: len(MIDDLES)]
    # Trials without any error (a constant sea) leave next to no doubt, but never none.
    factor = np.maximum(np.sqrt((square + LEAN * whole**2) / (count + LEAN)), 1e-3)
    known = count >= FEWEST
    if known.any():
        factor = np.interp(MIDDLES, MIDDLES[known], factor[known])
    z = z / np.interp(distance, MIDDLES, factor)
    z = z - np.median(z)  # a bias of this trial's clouds is not one of the next
    shape = np.quantile(np.clip(z, -8, 8), LEVELS)
    shape = (shape - shape[::-1]) / 2  # neither side is known to be the heavier one
    return Calibration(factor, shape, len(error))


def quantile(mean: np.ndarray, sd: np.ndarray, shape: np.ndarray | None, level: float) -> np.ndarray:
    """Return the quantile ``level`` (0.01 to 0.99) of a prediction, in its units."""
    z = norm.ppf(level) if shape is None else np.interp(level, LEVELS, shape)
    return mean + np.float32(z) * sd


def reshaped(z: np.ndarray, shape: np.ndarray) -> np.ndarray:
    """Return Gaussian numbers with the margins of ``shape``, same order, float32; the far tails go on straight."""
    ends = norm.ppf([0.001, *LEVELS, 0.999])
    low, high = shape[0] * 1.5, shape[-1] * 1.5
    return np.interp(z, ends, np.concatenate([[low], shape, [high]])).astype(np.float32)
