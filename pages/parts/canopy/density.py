"""Draws to curves: smoothed densities of one variable, and regions of highest density of two."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter, gaussian_filter1d


def curve(draws: np.ndarray, low: float, high: float, points: int = 96) -> tuple[np.ndarray, np.ndarray]:
    """Return x (points) and the density there of draws (n) within [low, high].

    A fine histogram smoothed by a normal kernel of Silverman's width (1986, p. 48), mirrored at the bounds, where a
    density may end without going down to zero.
    """
    fine = 8
    counts, edges = np.histogram(draws, bins=points * fine, range=(low, high))
    quartiles = np.quantile(draws, [0.25, 0.75])
    spread = min(float(np.std(draws)), float(quartiles[1] - quartiles[0]) / 1.349)
    cell = (high - low) / (points * fine)
    width = max(0.9 * spread * len(draws) ** -0.2 / cell, 0.5)
    smooth = gaussian_filter1d(counts.astype(float), width, mode="reflect") / (len(draws) * cell)
    middle = (edges[1:] + edges[:-1]) / 2
    return middle.reshape(points, fine).mean(1), smooth.reshape(points, fine).mean(1)


def credible(
    a: np.ndarray, b: np.ndarray, ends: tuple[tuple[float, float], tuple[float, float]], cells: int = 40
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the centres of cells and, in each, the mass of the smallest region of highest density that holds it.

    The contour at 0.9 of the result encloses the 90 % region (Hyndman 1996, doi:10.1080/00031305.1996.10474359).

    Args:
        a, b: draws (n) along x and y.
        ends: bounds of both.
        cells: per side.

    Returns:
        x (cells), y (cells), and mass (y, x), 0 to 1.
    """
    counts, x, y = np.histogram2d(a, b, bins=cells, range=ends)
    # Silverman's width for two dimensions, in cells, and a fifth more: contours of some draws are ragged.
    widths = [
        max(1.2 * float(np.std(v)) * len(v) ** (-1 / 6) / ((end[1] - end[0]) / cells), 0.6)
        for v, end in ((a, ends[0]), (b, ends[1]))
    ]
    smooth = gaussian_filter(counts, widths, mode="reflect").T
    order = np.argsort(smooth, axis=None)[::-1]
    mass = np.empty(smooth.size)
    mass[order] = np.cumsum(smooth.ravel()[order]) / smooth.sum()
    return (x[1:] + x[:-1]) / 2, (y[1:] + y[:-1]) / 2, mass.reshape(smooth.shape)
