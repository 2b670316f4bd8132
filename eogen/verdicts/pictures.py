"""Pictures of cases: small PNG files, the same bytes for the same pixels, and the legend of their colours."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from eogen.colour import Scale
from eogen.verdicts.kinds import Legend

#: Longest side (pixels) and most bytes of a picture.
SIDE, MOST = 512, 100_000


def png(pixels: np.ndarray) -> bytes:
    """Return uint8 pixels (y, x, 3) as PNG; each is repeated as often as fits into :data:`SIDE`.

    A picture larger than that is thinned to every second, third, ... pixel; one of more than :data:`MOST` bytes gets a
    palette of 256, 64, 16 colours.
    """
    step = -(-max(pixels.shape[:2]) // SIDE)
    pixels = pixels[::step, ::step]
    times = enlarged(pixels.shape[:2])
    image = Image.fromarray(np.ascontiguousarray(pixels.repeat(times, 0).repeat(times, 1)))
    content = _saved(image)
    for colours in (256, 64, 16):
        if len(content) <= MOST:
            break
        content = _saved(image.quantize(colours, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE))
    return content


def enlarged(shape: tuple[int, ...]) -> int:
    """Return how many pixels a side a pixel becomes in :func:`png`."""
    return max(1, SIDE // max(shape))


def legend(scale: Scale, quantity: str) -> Legend:
    """Return the legend of a scale; ``quantity`` as in :class:`eogen.verdicts.kinds.Legend`."""
    return Legend(tuple(scale.hex_colours()), scale.low, scale.high, quantity, scale.log)


def _saved(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=5)
    return buffer.getvalue()
