"""How far estimates are from what was measured in the field, with both meanings of R²."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

#: What a field measurement of leaf area is uncertain by where the sheet does not say: 20 %, at least 0.5 (the accuracy
#: GCOS-200, 2016, asks of leaf area), taken as one standard deviation.
FIELD_SHARE, FIELD_LEAST = 0.2, 0.5


def rmse(measured: np.ndarray, estimate: np.ndarray) -> float:
    """Return the root mean square difference."""
    return float(np.sqrt(np.mean((estimate - measured) ** 2)))


def bias(measured: np.ndarray, estimate: np.ndarray) -> float:
    """Return the mean of estimate minus measured."""
    return float(np.mean(estimate - measured))


def r2(measured: np.ndarray, estimate: np.ndarray) -> float:
    """Return the squared correlation: how well a straight line through the estimates would do."""
    if len(measured) < 3 or np.std(estimate) == 0 or np.std(measured) == 0:
        return float("nan")
    return float(np.corrcoef(measured, estimate)[0, 1] ** 2)


def r2_determination(measured: np.ndarray, estimate: np.ndarray) -> float:
    """Return the coefficient of determination: 1 minus squared error over variance; below 0, the mean does better."""
    variance = np.var(measured)
    return float(1 - np.mean((estimate - measured) ** 2) / variance) if variance > 0 else float("nan")


POINT: dict[str, Callable[[np.ndarray, np.ndarray], float]] = {
    "rmse": rmse,
    "bias": bias,
    "r2": r2,
    "r2_determination": r2_determination,
}


def covered(measured: np.ndarray, low: np.ndarray, high: np.ndarray) -> float:
    """Return the share of measured values within their intervals."""
    return float(np.mean((measured >= low) & (measured <= high)))


def field_sd(measured: np.ndarray, told: np.ndarray | None = None) -> np.ndarray:
    """Return the uncertainty of field measurements of leaf area: as told where it is, else the usual one."""
    usual = np.maximum(FIELD_LEAST, FIELD_SHARE * measured)
    return usual if told is None else np.where(np.isfinite(told), told, usual)


def widened(
    draws: np.ndarray, sd: np.ndarray, level: float = 0.95, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Return the interval of what the instrument would say: draws (n, m) with its own error ``sd`` (m) added."""
    noisy = draws + sd * np.random.default_rng(seed).standard_normal(draws.shape)
    low, high = np.quantile(noisy, [0.5 - level / 2, 0.5 + level / 2], axis=0)
    return np.maximum(low, 0), high
