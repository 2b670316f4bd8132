"""Tiles of large and small images."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from eogen.landcover.read import (
    tile,
    tile_grid,
)


def numbered(height: int, width: int) -> xr.DataArray:
    values = np.arange(height * width, dtype=np.float32).reshape(1, height, width)
    coords = {"band": ["B04"], "y": 100.0 - 10 * np.arange(height), "x": 10.0 * np.arange(width)}
    return xr.DataArray(values, dims=("band", "y", "x"), coords=coords, attrs={"sha256": "ab"})


@settings(max_examples=60, deadline=None)
@given(height=st.integers(16, 200), width=st.integers(16, 200), size=st.sampled_from([16, 33, 64]))
def test_tiles_are_full_and_cover_every_pixel_where_it_is(height, width, size):
    image = numbered(height, width)
    seen = np.zeros((height, width), dtype=bool)
    for row, col in tile_grid(image, size):
        part = tile(image, row, col, size)
        assert part.shape == (1, size, size)
        top, left = part.attrs["tile_y"], part.attrs["tile_x"]
        assert part.attrs["padded"] == (height < size or width < size)
        inside = part.values[0, : height - top, : width - left]
        window = image.values[0, top : top + size, left : left + size]
        np.testing.assert_array_equal(inside, window)
        np.testing.assert_array_equal(part["x"], 10.0 * (left + np.arange(size)))
        seen[top : top + size, left : left + size] = True
    assert seen.all()


def test_tiles_have_hashes_of_their_own_and_a_whole_image_keeps_its_own():
    image = numbered(100, 100)
    hashes = {tile(image, *rc).attrs["sha256"] for rc in tile_grid(image)}
    assert len(hashes) == 4
    assert "ab" not in hashes
    assert tile(numbered(64, 64), 0, 0).attrs["sha256"] == "ab"
    with pytest.raises(IndexError):
        tile(image, 2, 0)


def test_small_images_are_continued_by_reflection():
    part = tile(numbered(16, 64), 0, 0)
    np.testing.assert_array_equal(part.values[0, 16], part.values[0, 14])
    assert np.isfinite(part).all()
