"""The picture on the room's door: a real river (a simulated one without data), and where a network looked."""

from __future__ import annotations

import numpy as np
import xarray as xr
from PIL import Image

from eogen import catalog
from eogen.errors import Unavailable
from eogen.landcover import methods, models, read, render, simulate

SIZE = 512


def draw() -> np.ndarray:
    """Return uint8 pixels (512, 512, 3): the true colours at left, the network's evidence lit up at right."""
    image = _river()
    left = render.true_colour(image)
    try:
        classifier = models.load("rgb_cnn")
        evidence = methods.explain(classifier, image, "River", "grad_cam").evidence
        right = render.spotlight(left, evidence)
    except Unavailable:  # the page says so; the door shows the plain image
        right = left
    half = left.shape[1] // 2
    joined = np.concatenate([left[:, :half], right[:, half:]], axis=1)
    big = np.array(Image.fromarray(joined).resize((SIZE, SIZE), Image.Resampling.NEAREST))
    big[:, SIZE // 2 - 1 : SIZE // 2 + 1] = 255
    return big


def _river() -> xr.DataArray:
    folder = catalog.room_folder("landcover")
    rivers = [s for s in read.eurosat_ms(folder) if s.label == "River"] if folder else []
    return rivers[0].load() if rivers else simulate.patch("River", 1).reflectance
