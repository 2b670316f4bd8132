"""Natural colours of a pair: one scale for both dates, dark pictures brightened, bright ones as they are."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from eogen.change import display


def pair(most: int) -> xr.DataArray:
    values = np.random.default_rng(0).integers(0, most + 1, (2, 3, 32, 32)).astype("float32")
    return xr.DataArray(
        values, dims=("time", "band", "y", "x"), coords={"band": ["red", "green", "blue"]}
    ).assign_coords(valid=(("time", "y", "x"), np.ones((2, 32, 32), bool)))


@pytest.mark.parametrize("most", [40, 80, 120])
def test_a_dark_picture_is_brightened_on_one_scale(most):
    images = pair(most)
    shown = display.natural(images, 0, display.stretch(images)).transpose(2, 0, 1)
    before = images.values[0]
    assert np.percentile(shown, 99.5) > 150 > np.percentile(before, 99.5)
    ratio = shown[before > 10] / before[before > 10]
    assert ratio.max() / ratio.min() < 1.15, "colours keep their proportions"


def test_a_bright_picture_is_shown_as_it_is():
    images = pair(255)
    shown = display.natural(images, 1, display.stretch(images)).transpose(2, 0, 1)
    np.testing.assert_array_equal(shown, images.values[1])
