"""The picture on the room's door: the sea under its clouds at left, filled at right."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from eogen import __version__, catalog
from eogen.colour import Scale

if TYPE_CHECKING:
    import xarray as xr

SIZE, SIDE = 512, 64
LAND, CLOUD = (214, 205, 186), (244, 246, 248)


def key() -> str:
    """Return what the picture depends on: the code and the data at hand. Cheap: imports nothing heavy."""
    return f"{__version__} {catalog.room_folder('ocean')} 1"


def draw() -> np.ndarray:
    """Return uint8 pixels (512, 512, 3): left, what the satellite saw of a sea (white where clouds hid it); right, the
    same sea filled by optimal interpolation. The simulated sea is taken: it is the same on every machine.
    """
    from eogen.ocean.methods import fill

    seen = _scene()
    frame = int(np.argmin(np.abs(_share(seen) - 0.55)))
    found = fill(seen, "oi", [frame])["mean"].values[0]
    sea = seen.sea.values
    low, high = np.quantile(found[sea], [0.02, 0.98])
    scale = Scale("algae", float(low), float(high))
    left = scale.colour(seen.values[frame])[..., :3]
    left[~np.isfinite(seen.values[frame])] = CLOUD
    right = scale.colour(found)[..., :3]
    for half in (left, right):
        half[~sea] = LAND
    middle = SIDE // 2
    joined = np.concatenate([left[:, :middle], right[:, middle:]], axis=1)[::-1]
    big = np.array(Image.fromarray(joined).resize((SIZE, SIZE), Image.Resampling.NEAREST))
    big[:, SIZE // 2 - 1 : SIZE // 2 + 1] = 255
    return big


def _share(seen: xr.DataArray) -> np.ndarray:
    return np.isfinite(seen.values[:, seen.sea.values]).mean(1)


def _scene() -> xr.DataArray:
    from eogen.ocean.simulate import ocean

    return ocean(3, 16, (SIDE, SIDE), gaps="composite").observed
