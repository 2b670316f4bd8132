"""Colours of classes: told apart by every eye, the same for the same class."""

from __future__ import annotations

import numpy as np
import pytest

from eogen.landcover.series import read_eopatch, read_terramesh, read_worldcereal
from eogen.landcover.series.territory_laws import LAWS
from pages.parts.landcover.seasons.colours import COLOURS, UNKNOWN, colours, pixels
from tests.unit.test_figures import DICHROMATS

#: Classes of WorldCereal's maps of crops, as its files name them.
CROPS = (
    "barley", "maize", "millet_sorghum", "other_crop", "rapeseed_rape", "soy_soybeans", "sunflower", "wheat",
)  # fmt: skip
LEGENDS = {
    "territory": tuple(LAWS), "parcels": read_worldcereal.CLASSES, "patch": read_eopatch.CLASSES,
    "mask": read_terramesh.CLASSES, "crops": CROPS, "cropland": ("cropland", "other"),
}  # fmt: skip
EYES = DICHROMATS | {"normal": np.eye(3).tolist()}


@pytest.mark.parametrize("eye", EYES)
@pytest.mark.parametrize("legend", LEGENDS)
def test_classes_of_a_legend_are_told_apart(legend, eye):
    from skimage.color import deltaE_ciede2000, rgb2lab

    shown = [*colours(LEGENDS[legend]), UNKNOWN]
    srgb = np.array([[int(c[i : i + 2], 16) for i in (1, 3, 5)] for c in shown]) / 255
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    seen = np.clip(linear @ np.array(EYES[eye]).T, 0, 1)
    lab = rgb2lab(np.where(seen <= 0.0031308, 12.92 * seen, 1.055 * seen ** (1 / 2.4) - 0.055)[None])[0]
    apart = [deltaE_ciede2000(lab[i], lab[j]) for i in range(len(lab)) for j in range(i)]
    assert min(apart) > 11


def test_every_class_that_is_read_or_simulated_has_a_colour():
    assert not [name for legend in LEGENDS.values() for name in legend if name not in COLOURS]


def test_strange_classes_take_what_is_free():
    shown = colours(("maize", "moon_dust", "sea_ice"))
    assert len(set(shown)) == 3
    assert shown[0] == COLOURS["maize"]


def test_a_map_has_the_colours_of_its_legend():
    made = pixels(np.array([[0, 1], [-1, 7]]), ("water", "maize"))
    assert made.shape == (2, 2, 3)
    named = [f"#{r:02X}{g:02X}{b:02X}" for r, g, b in made.reshape(-1, 3)]
    assert named == [COLOURS["water"], COLOURS["maize"], UNKNOWN, UNKNOWN]
