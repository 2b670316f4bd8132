"""The picture on the room's door: a real river (a simulated one without data), and where a network looked."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from eogen import __version__, catalog
from eogen.errors import Unavailable

SIZE = 512
MODEL, METHOD = "index_network", "exact_evidence"
_WEIGHTS = Path(__file__).resolve().parents[2] / "assets" / "weights" / "landcover" / f"{MODEL}.json"


def key() -> str:
    """Return what the picture depends on: the code, the data at hand, the weights. Cheap: imports nothing heavy."""
    folder = catalog.room_folder("landcover")
    weights = _WEIGHTS.read_text("utf-8") if _WEIGHTS.is_file() else ""
    return f"{__version__} bright {folder} {weights}"


def draw() -> np.ndarray:
    """Return uint8 pixels (512, 512, 3): the true colours at left, the network's evidence lit up at right."""
    from eogen.landcover import methods, models, read, render, simulate

    folder = catalog.room_folder("landcover")
    rivers = [s for s in read.eurosat_ms(folder) if s.label == "River"] if folder else []
    image = rivers[min(1, len(rivers) - 1)].load() if rivers else simulate.patch("River", 1).reflectance
    left = render.bright(image)
    try:
        evidence = methods.explain(models.load(MODEL), image, "River", METHOD).evidence
        right = render.spotlight(left, evidence)
    except Unavailable:  # the page of the room says so; its door shows the plain image
        right = left
    half = left.shape[1] // 2
    joined = np.concatenate([left[:, :half], right[:, half:]], axis=1)
    big = np.array(Image.fromarray(joined).resize((SIZE, SIZE), Image.Resampling.NEAREST))
    big[:, SIZE // 2 - 1 : SIZE // 2 + 1] = 255
    return big
