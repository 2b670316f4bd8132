"""Thresholds that ask for no label: where a map of scores is cut into changed and unchanged.

A rule reads the histogram of one map, counts and centres of ``BINS`` equal bins between the least value and the
quantile ``TOP`` (a few extreme pixels would otherwise leave most bins empty), and returns one number: pixels above it
are called changed.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

BINS, TOP = 512, 0.9995


def histogram(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return counts and centres of the bins; one bin where all values are equal."""
    low, high = float(values.min()), float(np.quantile(values, TOP))
    if not high > low:
        return np.array([float(len(values))]), np.array([low])
    counts, edges = np.histogram(np.minimum(values, high), BINS, (low, high))
    return counts.astype(float), (edges[:-1] + edges[1:]) / 2


def otsu(counts: np.ndarray, centres: np.ndarray) -> float:
    """Return the cut with the greatest variance between the two sides (Otsu 1979, IEEE Trans. SMC 9, 62)."""
    below = counts.cumsum()[:-1]
    above = counts.sum() - below
    first = (counts * centres).cumsum()[:-1]
    apart = first / np.maximum(below, 1) - ((counts * centres).sum() - first) / np.maximum(above, 1)
    return _best(below * above * apart**2, centres)


def kapur(counts: np.ndarray, centres: np.ndarray) -> float:
    """Return the cut with the greatest summed entropy of the two sides (Kapur, Sahoo & Wong 1985, CVGIP 29, 273)."""
    share = counts / counts.sum()
    p = share.cumsum()[:-1]
    plogp = np.where(share > 0, share * np.log(np.maximum(share, 1e-300)), 0)
    low = -plogp.cumsum()[:-1]
    high = -plogp.sum() - low
    q = 1 - p
    good = (p > 1e-9) & (q > 1e-9)
    p, q = np.where(good, p, 0.5), np.where(good, q, 0.5)
    return _best(np.where(good, np.log(p * q) + low / p + high / q, -np.inf), centres)


def triangle(counts: np.ndarray, centres: np.ndarray) -> float:
    """Return the bin farthest under the line from the peak to the last bin (Zack et al. 1977, Rosin 2001)."""
    peak = int(counts.argmax())
    line = np.linspace(counts[peak], counts[-1], len(counts) - peak)
    return float(centres[peak + int((line - counts[peak:]).argmax())])


def minimum_cross_entropy(counts: np.ndarray, centres: np.ndarray) -> float:
    """Return the cut whose two means, as an image, are nearest to it in cross entropy (Li & Lee 1993).

    Solved by the fixed point of Li & Tam 1998 (Pattern Recognition Letters 19, 771) on the bins, lifted above zero.
    """
    step = centres[1] - centres[0] if len(centres) > 1 else 1.0
    lifted = centres - centres[0] + step
    below, first = counts.cumsum(), (counts * lifted).cumsum()
    cut = float(first[-1] / below[-1])
    for _ in range(500):
        k = int(np.clip(np.searchsorted(lifted, cut, side="right") - 1, 0, len(counts) - 2))
        if len(counts) < 2 or below[k] in (0, below[-1]):
            break
        one, two = first[k] / below[k], (first[-1] - first[k]) / (below[-1] - below[k])
        new = float((two - one) / np.log(two / one))
        if abs(new - cut) < step / 100:
            cut = new
            break
        cut = new
    return float(cut + centres[0] - step)


def minimum_error(counts: np.ndarray, centres: np.ndarray) -> float:
    """Return the cut of least error between two normal laws (Kittler & Illingworth 1986, Pattern Recognition 19)."""
    n = counts.cumsum()[:-1]
    m, s = (counts * centres).cumsum()[:-1], (counts * centres**2).cumsum()[:-1]
    sides = []
    for k, a, b in (
        (n, m, s),
        (counts.sum() - n, (counts * centres).sum() - m, (counts * centres**2).sum() - s),
    ):
        k1 = np.maximum(k, 1)
        width = centres[1] - centres[0] if len(centres) > 1 else 1.0
        variance = np.maximum(b / k1 - (a / k1) ** 2, 0) + width**2 / 12
        p = k1 / counts.sum()
        sides.append(np.where(k > 0, p * np.log(variance) - 2 * p * np.log(p), np.inf))
    return _best(-(sides[0] + sides[1]), centres)


def _best(criterion: np.ndarray, centres: np.ndarray) -> float:
    """Return the middle of the bins where a criterion is greatest (empty bins leave plateaus), a value of the map."""
    if not len(criterion) or not np.isfinite(criterion.max()):
        return float(centres[-1])
    at = np.flatnonzero(criterion >= criterion.max())
    return float((centres[at[len(at) // 2]] + centres[at[len(at) // 2] + 1]) / 2)


def middle(counts: np.ndarray, centres: np.ndarray) -> float:
    """Return the mean of the cuts of Otsu and of Kapur.

    Otsu cuts too low where change is rare and Kapur too high where it is common: the pooled F1 of half of the labelled
    pairs of four sets was above Otsu's on every one with the mean, with neither of them alone.
    """
    return (otsu(counts, centres) + kapur(counts, centres)) / 2


#: Name -> rule.
RULES: dict[str, Callable[[np.ndarray, np.ndarray], float]] = {
    "otsu": otsu,
    "kapur": kapur,
    "middle": middle,
    "triangle": triangle,
    "cross_entropy": minimum_cross_entropy,
    "minimum_error": minimum_error,
}


def cut(values: np.ndarray, rule: str) -> float:
    """Return the threshold of a rule for the values (n,) of a map, finite."""
    return RULES[rule](*histogram(values))


def cuts(values: np.ndarray) -> dict[str, float]:
    """Return the threshold of every rule."""
    counts, centres = histogram(values)
    return {name: rule(counts, centres) for name, rule in RULES.items()}
