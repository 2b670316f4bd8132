"""The picture on the room's door: a map of rain, fresh inside the swath of one satellite and hours old beside it."""

from __future__ import annotations

import numpy as np
from PIL import Image

from eogen import __version__

SIZE, SEED, DAY, REGIME, SLOT, SATELLITE = 512, 1, "2023-07-14", "frontal", 8, "DMSP-F16"
#: The line between the halves.
LINE = (16, 23, 29)


def key() -> str:
    """Return what the picture depends on: the code alone, the rain is simulated. Cheap: imports nothing heavy."""
    return f"{__version__} {SEED} {SLOT} 1"


def draw() -> np.ndarray:
    """Return uint8 pixels (512, 512, 3): left the map without the satellite, right with it; equal on every machine."""
    from eogen.rain.pictures import pixels
    from eogen.rain.simulate import simulate

    halves = [
        simulate(SEED, SLOT + 1, start=DAY, regime=REGIME, run="early", drop=drop)["precipitation"].values[
            -1, ::-1
        ]
        for drop in ((SATELLITE,), ())
    ]
    side = min(halves[0].shape)
    rain = np.where(np.arange(side) < side // 2, *(half[:side, :side] for half in halves))
    big = np.array(Image.fromarray(pixels(rain)).resize((SIZE, SIZE), Image.Resampling.NEAREST))
    big[:, SIZE // 2 - 1 : SIZE // 2 + 1] = LINE
    return big
