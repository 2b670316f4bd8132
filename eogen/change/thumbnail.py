"""The picture on the room's door: left the land before, right after, what has changed since outlined."""

from __future__ import annotations

import numpy as np
from PIL import Image

from eogen import __version__

SIZE, SIDE, SEED = 512, 128, 3
#: Bands shown, and the outline of what changed (the room's accent) with its dark rim.
RGB, RIM, DARK = ("B04", "B03", "B02"), (255, 139, 102), (16, 23, 29)


def key() -> str:
    """Return what the picture depends on: the code alone, the land is simulated. Cheap: imports nothing heavy."""
    return f"{__version__} {SEED} 1"


def draw() -> np.ndarray:
    """Return uint8 pixels (512, 512, 3) of a simulated land, the same on every machine."""
    from scipy.ndimage import binary_dilation

    from eogen.change.seven import seven

    images = seven(SEED, SIDE)
    values = images.sel(band=list(RGB)).values
    light = np.clip(values / np.percentile(values, 99), 0, 1) ** (1 / 1.6)
    before, after = (255 * light).round().astype(np.uint8).transpose(0, 2, 3, 1)
    joined = np.where(np.arange(SIDE)[None, :, None] < SIDE // 2, before, after)
    big = np.array(Image.fromarray(joined).resize((SIZE, SIZE), Image.Resampling.BICUBIC))
    times = SIZE // SIDE
    inside = (images.difference.values > 0).repeat(times, 0).repeat(times, 1)
    cross = np.ones((3, 3), bool)
    rim = binary_dilation(inside, cross, iterations=4) & ~inside
    wide = binary_dilation(inside, cross, iterations=7) & ~inside
    for mask, colour in ((wide, DARK), (rim, RIM)):
        mask[:, : SIZE // 2] = False
        big[mask] = colour
    big[:, SIZE // 2 - 1 : SIZE // 2 + 1] = 255
    return big
