"""Two maps that know nothing of the model; an explanation that does no better tells nothing."""

from __future__ import annotations

import numpy as np

from eogen.landcover.bands import RGB
from eogen.landcover.question import Question

#: ITU-R BT.709 luminance of red, green, blue.
LUMINANCE = (0.2126, 0.7152, 0.0722)


def random_map(question: Question) -> np.ndarray:
    """Return uniform noise in [0, 1), shape (y, x)."""
    return np.random.default_rng(question.seed).random(question.x.shape[-2:], dtype=np.float32)


def sobel(question: Question) -> np.ndarray:
    """Return the Sobel edge strength of the true-colour luminance (of the mean band without true colour)."""
    from skimage.filters import sobel as edges

    image = question.x[0].numpy()
    if set(RGB) <= set(question.bands):
        grey = sum(w * image[question.bands.index(b)] for w, b in zip(LUMINANCE, RGB, strict=True))
    else:
        grey = image.mean(0)
    return edges(grey).astype(np.float32)
