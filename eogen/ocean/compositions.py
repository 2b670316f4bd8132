"""Parts of a whole as free numbers, and back: isometric log-ratios (Egozcue et al. 2003, Math. Geol. 35, 279-300).

Whatever a method does to the coordinates, the parts come back inside [0, 1] with sum 1. The coordinates are balances of
each part against those after it; of three: micro against nano and pico, ``sqrt(2/3) ln(micro / sqrt(nano pico))``, and
nano against pico, ``sqrt(1/2) ln(nano / pico)``.
"""

from __future__ import annotations

import numpy as np

#: What a zero is replaced by; the other parts shrink to make room, which keeps their ratios (multiplicative
#: replacement: Martín-Fernández, Barceló-Vidal & Pawlowsky-Glahn 2003, Math. Geol. 35, 253-278).
TRACE = 1e-4


def without_zeros(parts: np.ndarray, trace: float = TRACE) -> np.ndarray:
    """Return ``parts`` (part, …; sum 1) with zeros replaced by ``trace``, sum 1 again; NaN stays."""
    small = parts < trace
    lifted = np.where(small, trace, 0.0).sum(0)
    rest = np.where(small, 0.0, parts)
    room = (1 - lifted) / np.maximum(rest.sum(0), trace)
    return np.where(small, trace, rest * room)


def log_ratios(parts: np.ndarray) -> np.ndarray:
    """Return the coordinates (n - 1, …) float64 of n positive parts (n, …); their scale does not matter."""
    return np.einsum("ij,j...->i...", basis(len(parts)), np.log(parts))


def parts(ratios: np.ndarray) -> np.ndarray:
    """Return the n parts (n, …) float64, each in [0, 1], sum 1, of n - 1 coordinates (n - 1, …)."""
    log = np.einsum("ij,i...->j...", basis(len(ratios) + 1), ratios)
    grown = np.exp(log - log.max(0))
    return grown / grown.sum(0)


def basis(count: int) -> np.ndarray:
    """Return (count - 1, count) orthonormal rows of sum 0: row i sets part i against those after it."""
    rows = np.zeros((count - 1, count))
    for i in range(count - 1):
        after = count - 1 - i
        rows[i, i] = np.sqrt(after / (after + 1))
        rows[i, i + 1 :] = -1 / np.sqrt(after * (after + 1))
    return rows
