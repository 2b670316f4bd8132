"""The picture on the room's door: a field in natural colours, and the leaf area that a network guesses there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from eogen import __version__
from eogen.errors import Unavailable

SIZE, SIDE = 512, 96
MODEL = "flow"
_WEIGHTS = Path(__file__).resolve().parents[2] / "assets" / "weights" / "canopy" / f"{MODEL}.json"


def key() -> str:
    """Return what the picture depends on: the code and the weights. Cheap: imports nothing heavy."""
    return f"{__version__} {_WEIGHTS.read_text('utf-8') if _WEIGHTS.is_file() else ''}"


def draw() -> np.ndarray:
    """Return uint8 pixels (512, 512, 3): natural colours at left, leaf area in greens at right.

    The door shows the simulated territory: fields that look like fields, wherever the real data are.
    """
    import torch

    from eogen.canopy import models, render
    from eogen.canopy.observation import Observation
    from eogen.canopy.space import GEOMETRY
    from eogen.canopy.territory import territory
    from eogen.colour import Scale

    scene = territory(2).isel(y=slice(0, SIDE), x=slice(12, 12 + SIDE))
    left = render.true_colour(scene.reflectance)[..., :3]
    spectra = torch.from_numpy(
        scene.reflectance.transpose("y", "x", "band").values.reshape(-1, scene.sizes["band"])
    )
    angles = torch.tensor([[float(scene[name]) for name in GEOMETRY]]).expand(len(spectra), -1)
    try:
        network, _ = models.load(MODEL)
    except Unavailable:  # the page of the room says so; its door shows the plain fields
        right = left
    else:
        seen = Observation(spectra, angles)
        lai = models.posterior(MODEL, network, seen).marginal("lai").mean.numpy().reshape(left.shape[:2])
        right = Scale("algae", 0.0, 8.0).colour(lai)[..., :3]
    joined = np.concatenate([left[:, : SIDE // 2], right[:, SIDE // 2 :]], axis=1)
    big = np.array(Image.fromarray(joined).resize((SIZE, SIZE), Image.Resampling.NEAREST))
    big[:, SIZE // 2 - 1 : SIZE // 2 + 1] = 255
    return big
