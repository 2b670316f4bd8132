"""Parts of a whole as free numbers, and back: isometric log-ratios (Egozcue et al. 2003, Math. Geol. 35, 279-300).

Whatever a method does to the two coordinates, the three parts come back inside [0, 1] with sum 1. The coordinates are
balances: micro against nano and pico, ``sqrt(2/3) ln(micro / sqrt(nano pico))``, and nano against pico,
``sqrt(1/2) ln(nano / pico)``.
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
    """Return the two coordinates (2, …) float64 of three positive parts (3, …)."""
    log = np.log(parts)
    return np.stack([np.sqrt(2 / 3) * (log[0] - (log[1] + log[2]) / 2), np.sqrt(1 / 2) * (log[1] - log[2])])


def parts(ratios: np.ndarray) -> np.ndarray:
    """Return the three parts (3, …) float64, each in [0, 1], sum 1, of two coordinates (2, …)."""
    first, second = np.sqrt(2 / 3) * ratios[0], np.sqrt(1 / 2) * ratios[1]
    log = np.stack([first, second - first / 2, -second - first / 2])
    grown = np.exp(log - log.max(0))
    return grown / grown.sum(0)
