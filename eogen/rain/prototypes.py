"""The map that is drawn for a cell: a decoded map, with the rain rates of the cell's own maps.

The mean of many maps is no map: rain lies elsewhere in each, and the decoded centre of a cell is next to flat. So a
cell is drawn from the latent point of one of its most typical maps, decoded; of these, the one whose pattern agrees
best with those of the cells beside. And as a decoder blurs, the pattern only says where it rains more and where less:
how much is taken from the cell's maps together, rank by rank (probability matching: Ebert 2001, Mon. Weather Rev. 129,
2461, who sharpened ensemble means so).
"""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from eogen.rain.som_batch import apart

#: Quantiles that stand for the rates of a cell; typical maps that are chosen from; rounds of the choice.
RATES, TYPICAL, ROUNDS = 256, 16, 5
#: Standard deviation of the smoothing of a pattern, pixels.
SMOOTH = 1.0


def rates(rain: np.ndarray) -> np.ndarray:
    """Return :data:`RATES` quantiles, ascending, of the rain (n, side, side) of a cell's maps, all pixels together."""
    return np.quantile(rain, (np.arange(RATES) + 0.5) / RATES)


def patterns(decoded: np.ndarray) -> np.ndarray:
    """Return (n, side, side) where decoded maps (n, side, side) have more rain, and where less, than such maps have.

    What is common to all of them, at whatever strength, says nothing of one (much of it is the fine chequer of the
    decoder): it is taken out by least squares, and the rest is smoothed over a pixel or so.
    """
    flat = decoded.reshape(len(decoded), -1).astype(float)
    flat = flat - flat.mean(1, keepdims=True)
    common = flat.mean(0)
    strength = flat @ common / max(float(common @ common), 1e-12)
    left = (flat - strength[:, None] * common).reshape(decoded.shape)
    return ndimage.gaussian_filter(left, (0, SMOOTH, SMOOTH), mode="nearest")


def matched(pattern: np.ndarray, quantiles: np.ndarray) -> np.ndarray:
    """Return a map (side, side) with the order of a pattern and the rates of quantiles (:func:`rates`)."""
    order = np.argsort(pattern, axis=None, kind="stable")
    at = (np.arange(order.size) + 0.5) / order.size
    drawn = np.empty(order.size)
    drawn[order] = np.interp(at, (np.arange(RATES) + 0.5) / RATES, quantiles)
    return drawn.reshape(pattern.shape)


def agreeing(patterns: list[np.ndarray], grid: tuple[int, int]) -> list[int]:
    """Return which candidate each cell takes, so that patterns of cells side by side correlate.

    Args:
        patterns: for each cell, (candidate, side, side) patterns, the most typical first; none for an empty cell.
        grid: rows and columns.

    Returns:
        An index for each cell, -1 where it has no candidate. Each cell in turn takes the candidate that correlates
        best with what its direct neighbours took, starting from the most typical (iterated conditional modes).
    """
    scaled = []
    for held in patterns:
        about = held.reshape(len(held), held[0].size if len(held) else 1)
        about = about - about.mean(1, keepdims=True)
        scaled.append(about / np.maximum(np.linalg.norm(about, axis=1, keepdims=True), 1e-12))
    near = np.isclose(apart(grid), 1)
    taken = [0 if len(held) else -1 for held in patterns]
    for _ in range(ROUNDS):
        for cell, held in enumerate(scaled):
            beside = [scaled[k][taken[k]] for k in np.flatnonzero(near[cell]) if taken[k] >= 0]
            if len(held) and beside:
                taken[cell] = int(np.argmax(held @ np.sum(beside, axis=0)))
    return taken
