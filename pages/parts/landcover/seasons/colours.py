"""One colour for each class of land, the same on every map and chart of the seasons.

Rapeseed is the yellow of its flower, water is blue, forests are dark green; the rest was moved from such beginnings
until every two classes that can meet in one legend lie 11 CIEDE2000 apart for normal, protan and deutan sight (a test
holds them to it). Classes of different sources that mean the same share a colour.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

#: What has no class: grey, as nothing else is.
UNKNOWN = "#7F7F7F"
#: Class of the territory and of the French parcels -> colour.
_OWN = {
    "winter_cereal": "#D7B478", "late_fertilised_cereal": "#AE8058", "rapeseed": "#FFF952", "forage_rape": "#C2C705",
    "maize": "#DB7804", "irrigated_maize": "#B64C02", "sunflower": "#783612", "grassland": "#B3F6B7",
    "hay_meadow": "#69AC8F", "deciduous_forest": "#2E6F4A", "evergreen_forest": "#0B3D2E", "water": "#005EE5",
    "town": "#E047A5", "bare_soil": "#D5CCC5", "permanent_crops": "#91339E", "wetland": "#56C4E8", "snow": "#FFFFFF",
}  # fmt: skip
#: Class of another source -> the class whose colour it has.
_LIKE = {
    "straw_cereals": "winter_cereal", "sunflower_soy": "sunflower",
    "cultivated": "winter_cereal", "forest": "deciduous_forest", "grass": "grassland", "shrub": "permanent_crops",
    "tundra": "hay_meadow", "artificial": "town", "bare": "bare_soil",
    "trees": "deciduous_forest", "flooded_vegetation": "wetland", "crops": "winter_cereal", "built": "town",
    "snow_ice": "snow", "rangeland": "grassland",
    "wheat": "winter_cereal", "barley": "late_fertilised_cereal", "rapeseed_rape": "rapeseed",
    "soy_soybeans": "forage_rape", "millet_sorghum": "irrigated_maize", "other_crop": "permanent_crops",
    "cropland": "winter_cereal", "other": "hay_meadow",
}  # fmt: skip
COLOURS: dict[str, str] = _OWN | {name: _OWN[like] for name, like in _LIKE.items()}
#: For classes nobody foresaw, in order; they are told apart by the names beside them.
_SPARE = tuple(_OWN.values())


def colours(classes: Sequence[str]) -> list[str]:
    """Return the colour ``#rrggbb`` of each class of one legend; a class nobody foresaw gets one that is still free."""
    taken = {COLOURS[name] for name in classes if name in COLOURS}
    free = [each for each in _SPARE if each not in taken] or list(_SPARE)
    strange = [name for name in classes if name not in COLOURS]
    return [COLOURS.get(name) or free[strange.index(name) % len(free)] for name in classes]


def pixels(label: np.ndarray, classes: Sequence[str]) -> np.ndarray:
    """Return a map of classes (y, x) int, -1 unknown, as uint8 (y, x, 3)."""
    rows = [*colours(classes), UNKNOWN]
    table = np.array([[int(row[k : k + 2], 16) for k in (1, 3, 5)] for row in rows], np.uint8)
    return table[np.where((label >= 0) & (label < len(classes)), label, len(classes))]
