"""Rendering: the official EuroSAT pictures, their inverse, and the other views."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from eogen.errors import InputError
from eogen.landcover.bands import ALL
from eogen.landcover.read import eurosat_ms, eurosat_rgb, pixels
from eogen.landcover.render import as_released, bright, false_colour, spotlight, to_reflectance, true_colour
from tests.real import real_data

VIEWS = (true_colour, as_released, false_colour, bright)


def image(values: np.ndarray, bands: tuple[str, ...] = ("B08", "B04", "B03", "B02")) -> xr.DataArray:
    return xr.DataArray(values.astype(np.float32), dims=("band", "y", "x"), coords={"band": list(bands)})


def random_image(seed: int = 0, size: int = 32) -> xr.DataArray:
    rng = np.random.default_rng(seed)
    return image(rng.uniform(0, 0.35, (len(ALL), size, size)), ALL)


@given(arrays(np.uint8, (16, 16, 3), elements=st.integers(1, 255)))
def test_a_picture_survives_the_way_to_reflectance_and_back(rgb):
    np.testing.assert_array_equal(true_colour(to_reflectance(rgb)), rgb)


@pytest.mark.parametrize(
    ("reflectance", "level"),
    [(-0.01, 1), (0.0, 1), (0.1375, 128), (0.275, 255), (0.9, 255), (np.nan, 0)],
)
def test_grey_levels_of_the_recipe(reflectance, level):
    assert (true_colour(image(np.full((4, 2, 2), reflectance))) == level).all()


@pytest.mark.parametrize("view", VIEWS)
def test_views_are_pictures(view):
    picture = view(random_image())
    assert picture.shape == (32, 32, 3)
    assert picture.dtype == np.uint8


@pytest.mark.parametrize("view", VIEWS)
def test_a_missing_band_has_a_sentence(view):
    with pytest.raises(InputError) as caught:
        view(random_image().sel(band=["B02", "B03", "B05"]))
    assert caught.value.code == "missing_display_bands"
    assert "B04" in str(caught.value)


@pytest.mark.parametrize("view", [true_colour, false_colour, bright])
def test_a_pixel_missing_in_one_band_is_black(view):
    holed = random_image()
    holed[ALL.index("B04"), 3, 4] = np.nan
    assert (view(holed)[3, 4] == 0).all()
    assert (view(holed)[5, 5] > 0).all()


def test_channels_are_in_display_order():
    values = np.stack([np.full((16, 16), v) for v in (0.05, 0.20, 0.10, 0.01)])  # B08, B04, B03, B02
    red, green, blue = true_colour(image(values))[0, 0]
    assert red > green > blue
    first, second, third = false_colour(image(values))[0, 0]
    assert second > third > first


def test_bright_lifts_the_dark_half_and_keeps_the_order():
    plain, lifted = true_colour(random_image()), bright(random_image())
    assert (lifted >= plain).all()
    assert lifted.mean() > plain.mean() + 20
    order = np.argsort(plain.ravel(), kind="stable")
    assert (np.diff(lifted.ravel()[order].astype(int)) >= 0).all()


def test_the_spotlight_lights_the_evidence_and_darkens_the_rest():
    picture = np.full((16, 16, 3), 120, np.uint8)
    evidence = xr.DataArray(np.zeros((16, 16)), dims=("y", "x"))
    evidence[4:8, 4:8] = 1.0
    lit = spotlight(picture, evidence)
    assert lit[5, 5].mean() > 110
    assert lit[0, 0].max() < 40


@pytest.mark.real
def test_the_official_pictures_come_out_exactly():
    """Every patch present both with 13 bands and as a picture: equal to the bit once compressed alike.

    Before compression the difference is that of JPEG alone, in colour (halved in resolution) more than in
    brightness.
    """
    root = real_data("landcover")
    pictures = {s.name: s for s in eurosat_rgb(root)}
    pairs = [(s, pictures[s.name]) for s in eurosat_ms(root) if s.name in pictures]
    if not pairs:
        pytest.skip("no patch is present both as picture and with 13 bands")
    official = pixels([p for _, p in pairs])
    luma = np.array([0.299, 0.587, 0.114])
    for (sample, _), expected in zip(pairs, official, strict=True):
        patch = sample.load()
        np.testing.assert_array_equal(as_released(patch), expected)
        assert np.abs(true_colour(patch) @ luma - expected @ luma).mean() < 1.5
