"""What the trained model says of a map without seeing the radar. The one door to models, so that none need be there."""

from __future__ import annotations

import numpy as np

from pages.parts.rain.days import Day


def guess(day: Day) -> np.ndarray | None:
    """Return (time,) the note (CSI) that the model gives each half hour of a day, or None while no model is there."""
    return None
