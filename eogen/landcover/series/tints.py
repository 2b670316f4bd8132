"""The colours of a field: as the eye would see it from above, as the satellite does, and their names."""

from __future__ import annotations

import colorsys
from collections.abc import Sequence

import numpy as np

from eogen.landcover.bands import RGB

#: Near infrared as red, red as green, green as blue: leaves look red.
FALSE = ("B08", "B04", "B03")
#: Reflectance drawn as full light, in visible light and in the near infrared.
WHITE, WHITE_INFRARED = 0.28, 0.6
#: Brightening of the dark half: fields reflect a tenth of the light.
GAMMA = 1.7
#: Names a colour can have: keys of ``landcover.series.public.colours``.
NAMES = (
    "yellow", "yellow_green", "green", "dark_green", "pale_green", "brown", "pale_brown", "grey", "blue", "dark",
    "white",
)  # fmt: skip

Colour = tuple[int, int, int]


def colours(series: np.ndarray, bands: Sequence[str], shown: Sequence[str] = RGB) -> list[Colour | None]:
    """Return the colour of each month of a series (month, band), 0-255; None for a month that was not seen."""
    index = [list(bands).index(band) for band in shown]
    white = np.array([WHITE_INFRARED if band == "B08" else WHITE for band in shown])
    found: list[Colour | None] = []
    for month in np.asarray(series, float)[:, index]:
        if not np.isfinite(month).all():
            found.append(None)
            continue
        light = np.clip(month / white, 0, 1) ** (1 / GAMMA)
        red, green, blue = (round(255 * float(v)) for v in light)
        found.append((red, green, blue))
    return found


def name(colour: Colour) -> str:
    """Return the name of a colour as it is drawn, one of :data:`NAMES`."""
    hue, grey, bright = colorsys.rgb_to_hsv(*(v / 255 for v in colour))
    hue *= 360
    if bright < 0.2:
        return "dark"
    if grey < (0.17 if hue < 66 else 0.14):  # stone and tarmac are a little warm
        return "white" if bright > 0.85 else "grey"
    if hue < 50 or hue >= 300:
        return "pale_brown" if bright > 0.62 else "brown"
    if hue < 66:
        return "yellow" if bright > 0.55 and grey > 0.3 else "pale_brown" if bright > 0.62 else "brown"
    if hue < 100 and grey > 0.25 and bright > 0.5:
        return "yellow_green"
    if hue < 175:
        return "dark_green" if bright < 0.4 else "pale_green" if bright > 0.62 else "green"
    return "blue"


def css(colour: Colour) -> str:
    """Write a colour for a style sheet."""
    return "#{:02x}{:02x}{:02x}".format(*colour)
