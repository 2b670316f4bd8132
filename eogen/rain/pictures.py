"""Maps of rain as pixels: dry ground, then cmocean's "tempo", even in the logarithm of the rain."""

from __future__ import annotations

import numpy as np

from eogen.colour import table

#: Dry ground, and the rain (mm/h) at the two ends of the colours; from the first on it rains.
GROUND, LOW, HIGH = (243, 239, 228), 0.2, 20.0
#: Ground without data.
UNKNOWN = (150, 150, 150)
#: The lightest part of the colours is left out: it would not stand out of the ground.
_FROM = 0.2


def pixels(rain: np.ndarray) -> np.ndarray:
    """Return uint8 pixels (y, x, 3) of rain (y, x), mm/h; NaN is grey. The first row is the first of ``rain``."""
    share = np.log(np.clip(np.nan_to_num(rain), LOW, HIGH) / LOW) / np.log(HIGH / LOW)
    at = (255 * (_FROM + (1 - _FROM) * share)).round().astype(int)
    shown = np.where((np.nan_to_num(rain) >= LOW)[..., None], table("tempo")[at], np.array(GROUND, np.uint8))
    return np.where(np.isnan(rain)[..., None], np.array(UNKNOWN, np.uint8), shown).astype(np.uint8)


def colours(count: int = 9) -> tuple[str, ...]:
    """Return the colours from :data:`LOW` to :data:`HIGH`, even in the logarithm, as ``#rrggbb``."""
    rows = table("tempo")[(255 * np.linspace(_FROM, 1, count)).round().astype(int)]
    return tuple(f"#{r:02x}{g:02x}{b:02x}" for r, g, b in rows)
