"""Intervals over images: the pixels of one are no independent samples, so whole images are drawn anew (Efron 1979)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from eogen.change.scores import Curve


def bootstrap(
    parts: Sequence[Curve],
    statistic: Callable[[Curve], float],
    seed: int = 0,
    draws: int = 200,
    level: float = 0.95,
) -> tuple[float, float]:
    """Return the percentile interval of a pooled statistic when images (never pixels) are drawn anew (Efron 1979).

    Args:
        parts: the curve of each image, on thresholds all share (:func:`on_grid`).
        statistic: of a curve.
        seed: of the draws.
        draws: how many.
        level: of the interval.

    Returns:
        NaN, NaN with fewer than two images.
    """
    if len(parts) < 2:
        return float("nan"), float("nan")
    hits, alarms = np.stack([p.hits for p in parts]), np.stack([p.alarms for p in parts])
    sizes = np.array([[p.positives, p.negatives] for p in parts])
    rng = np.random.default_rng(seed)
    drawn = []
    for _ in range(draws):
        times = np.bincount(rng.integers(0, len(parts), len(parts)), minlength=len(parts)).astype(float)
        drawn.append(statistic(Curve(parts[0].threshold, times @ hits, times @ alarms, *(times @ sizes))))
    return interval(np.array(drawn), level)


def interval(drawn: np.ndarray, level: float = 0.95) -> tuple[float, float]:
    """Return the percentile interval of drawn values; NaN is left out."""
    drawn = drawn[np.isfinite(drawn)]
    if not len(drawn):
        return float("nan"), float("nan")
    low, high = np.quantile(drawn, [0.5 - level / 2, 0.5 + level / 2])
    return float(low), float(high)


def bootstrap_sum(
    parts: Sequence[Any],
    statistic: Callable[[Any], float],
    seed: int = 0,
    draws: int = 500,
    level: float = 0.95,
) -> tuple[float, float]:
    """Return the interval of a statistic of summed counts (:class:`Table`, :class:`Objects`), images drawn anew."""
    if len(parts) < 2:
        return float("nan"), float("nan")
    kind, fields = type(parts[0]), list(parts[0].__dataclass_fields__)
    counts = np.array([[getattr(p, f) for f in fields] for p in parts], float)
    rng = np.random.default_rng(seed)
    drawn = [statistic(kind(*counts[rng.integers(0, len(parts), len(parts))].sum(0))) for _ in range(draws)]
    return interval(np.array(drawn), level)
