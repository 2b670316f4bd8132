"""The picture on the room's door: the same land before and after a change, cut down the middle."""

from __future__ import annotations

import numpy as np

from eogen import __version__

SIZE = 512


def key() -> str:
    """Return what the picture depends on. Cheap: imports nothing heavy."""
    return f"{__version__} 0"


def draw() -> np.ndarray:
    """Return uint8 pixels (512, 512, 3)."""
    return np.full((SIZE, SIZE, 3), 180, np.uint8)
