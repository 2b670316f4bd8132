"""The picture on the room's door: a place in natural colours, and the leaf area that a network guesses there."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from eogen import __version__, catalog
from eogen.errors import Unavailable

if TYPE_CHECKING:
    import xarray as xr

SIZE, SIDE = 512, 96
MODEL = "flow"
_WEIGHTS = Path(__file__).resolve().parents[2] / "assets" / "weights" / "canopy" / f"{MODEL}.json"


def key() -> str:
    """Return what the picture depends on: the code, the data at hand, the weights. Cheap: imports nothing heavy."""
    weights = _WEIGHTS.read_text("utf-8") if _WEIGHTS.is_file() else ""
    return f"{__version__} {catalog.room_folder('canopy')} {weights}"


def draw() -> np.ndarray:
    """Return uint8 pixels (512, 512, 3): natural colours at left, leaf area in greens at right."""
    from eogen.canopy import models, render
    from eogen.canopy.dataset import pixels
    from eogen.canopy.observation import observe
    from eogen.colour import Scale

    scene = _scene()
    left = render.true_colour(scene.reflectance)[..., :3]
    try:
        network, _ = models.load(MODEL)
    except Unavailable:  # the page of the room says so; its door shows the plain place
        right = left
    else:
        laid = pixels(scene)
        lai = np.full(left.shape[:2], np.nan)
        found = models.posterior(MODEL, network, observe(laid)).marginal("lai").mean.numpy()
        lai[laid.row.values, laid.column.values] = found
        right = Scale("algae", 0.0, 8.0).colour(lai)[..., :3]
    half = left.shape[1] // 2
    joined = np.concatenate([left[:, :half], right[:, half:]], axis=1)
    big = np.array(Image.fromarray(joined).resize((SIZE, SIZE), Image.Resampling.NEAREST))
    big[:, SIZE // 2 - 1 : SIZE // 2 + 1] = 255
    return big


def _scene() -> xr.Dataset:
    """Return a square of the dense real piece where it is at hand, else of the simulated territory."""
    from eogen.canopy import read
    from eogen.canopy.noise import Noise
    from eogen.canopy.territory import territory

    if folder := catalog.room_folder("canopy"):
        try:
            whole = read.dense_chip(folder)
        except Unavailable:
            whole = None
        if whole is not None:
            side = min(whole.sizes["y"], whole.sizes["x"])
            top, left = (whole.sizes["y"] - side) // 2, (whole.sizes["x"] - side) // 2
            return whole.isel(y=slice(top, top + side), x=slice(left, left + side))
    return territory(2, noise=Noise(0.003, 0.01)).isel(y=slice(0, SIDE), x=slice(12, 12 + SIDE))
