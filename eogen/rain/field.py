"""What a radar file holds before it is put on IMERG's cells: rates on the radar's own pixels."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from eogen.errors import InputError
from eogen.rain.geometry import Geometry

#: Highest rate believed, mm h-1: OPERA's composites hold spikes of thousands (ground echoes, interference).
CLIP = 150.0


@dataclass(frozen=True, eq=False)
class Field:
    """Rates of rain on the pixels of a radar.

    Args:
        rate: (time, rows, columns) float32 mm h-1, NaN where the radar does not see, 0 where it sees no rain.
        time: (time,) datetime64[ns] UTC, start of each interval (the moment itself for an instantaneous rate).
        step_minutes: length of the interval, or time between two instantaneous rates.
        geometry: where the pixels lie.
        about: ``title``, ``licence``, ``source``, ``dataset``, ``cell_methods``, ``clipped_pixels``.
    """

    rate: np.ndarray
    time: np.ndarray
    step_minutes: float
    geometry: Geometry
    about: dict[str, object] = field(default_factory=dict)


def clipped(rate: np.ndarray, highest: float = CLIP) -> tuple[np.ndarray, int]:
    """Return (rates with none above ``highest``, how many were), NaN kept; negative rates are no data.

    A spike is lowered, not removed: rain is there as a rule, its rate is not to be believed.
    """
    rate = np.where(rate < 0, np.nan, rate).astype(np.float32)
    above = rate > highest
    return np.where(above, np.float32(highest), rate), int(above.sum())


def not_rain(name: str, found: str) -> InputError:
    """Return the error for a radar file that holds another quantity."""
    return InputError(
        "rain_quantity",
        "{name} holds {found}, not a rate or an amount of rain; give the provider's rain product.",
        name=name,
        found=found or "-",
    )
