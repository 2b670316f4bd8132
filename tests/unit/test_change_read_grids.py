"""An image on another grid is brought onto the first's, right to a tenth of a pixel, and not valid outside it."""

from __future__ import annotations

import numpy as np
import pytest
import rasterio
from affine import Affine
from pyproj import Transformer
from rasterio.crs import CRS
from rasterio.warp import Resampling, calculate_default_transform, reproject

from eogen.change.read import read_pair
from eogen.change.stack import both_valid
from tests import change_files as files
from tests.change_files import PLACE, SIZE, UTM, WGS84
from tests.real import real_data

PARIS = (2.32, 48.86)


def _field(longitude: np.ndarray, latitude: np.ndarray) -> np.ndarray:
    """A smooth field of the place itself, about one unit a pixel of 10 m: what every grid samples."""
    u, v = (longitude - PARIS[0]) * 7300, (latitude - PARIS[1]) * 11_100
    return (100 + u + 0.7 * v + 5 * np.sin(u / 9) * np.cos(v / 7)).astype(np.float32)


def _sampled(crs: CRS, grid: Affine, rows: int, columns: int) -> np.ndarray:
    x, y = grid @ np.meshgrid(np.arange(columns) + 0.5, np.arange(rows) + 0.5)
    return _field(*Transformer.from_crs(crs, WGS84, always_xy=True).transform(x, y))


def _utm(shift: float = 0.0, step: float = 10.0, turned: CRS = UTM) -> Affine:
    x, y = Transformer.from_crs(WGS84, turned, always_xy=True).transform(*PARIS)
    return Affine(step, 0, x - 200 + shift, 0, -step, y + 200 + shift)


_DEGREES = Affine(1.3e-4, 0, PARIS[0] - 0.004, 0, -0.9e-4, PARIS[1] + 0.003)


@pytest.mark.parametrize(
    ("crs", "grid", "other", "other_grid"),
    [
        (UTM, _utm(), WGS84, _DEGREES),
        (WGS84, _DEGREES, UTM, _utm()),
        (UTM, _utm(), UTM, _utm(33.0)),
        (UTM, _utm(), UTM, _utm(step=4.0)),
        (UTM, _utm(), CRS.from_epsg(2154), _utm(turned=CRS.from_epsg(2154))),
    ],
    ids=["degrees on UTM", "UTM on degrees", "shifted", "finer", "Lambert 93"],
)
def test_another_grid_is_brought_onto_the_first_to_a_tenth_of_a_pixel(
    crs: CRS, grid: Affine, other: CRS, other_grid: Affine
) -> None:
    first, second = _sampled(crs, grid, 40, 44), _sampled(other, other_grid, 90, 90)
    pair = read_pair(files.tif(first[None], crs, grid), files.tif(second[None], other, other_grid))
    assert pair.sizes["y"] == 40
    assert pair.rio.crs == crs
    assert pair.attrs["resampled"].startswith(f"EPSG:{other.to_epsg()} -> EPSG:{crs.to_epsg()}")
    inside = both_valid(pair)
    assert inside.mean() > 0.5
    # One pixel of the first grid is about one unit of the field, so the difference is an error in pixels.
    assert np.abs(pair.values[1] - pair.values[0])[0][inside].max() < 0.12


def test_whole_pixels_of_shift_are_moved_exactly_and_what_is_outside_is_not_valid() -> None:
    land = files.noise(3, 1, SIZE + 8)
    moved = PLACE @ Affine.translation(5, -3)
    pair = read_pair(files.tif(land[:, :SIZE, :SIZE]), files.tif(land[:, :SIZE, :SIZE], transform=moved))
    inside = pair.valid.values[1]
    assert inside[: SIZE - 3, 5:].all()
    assert not inside[:, :5].any()
    assert not inside[SIZE - 3 :].any()
    np.testing.assert_array_equal(pair.values[1, 0, : SIZE - 3, 5:], land[0, 3:SIZE, : SIZE - 5])


def test_a_label_follows_the_first_grid_by_its_nearest_pixel() -> None:
    half = PLACE @ Affine.translation(2, 0)
    label = files.tif(files.square()[None], transform=half)
    pair = read_pair(files.tif(files.noise(1)), files.tif(files.noise(2)), label)
    expected = np.full((SIZE, SIZE), -1)
    expected[:, 2:] = (files.square() > 0)[:, :-2]
    np.testing.assert_array_equal(pair.label.values, expected)


def test_missing_pixels_of_the_second_do_not_bleed_into_their_neighbours() -> None:
    second = np.full((1, SIZE, SIZE), 50, np.int16)
    second[0, 10:14, 10:14] = -9999
    moved = PLACE @ Affine.translation(0.5, 0.5)
    pair = read_pair(
        files.tif(np.full((1, SIZE, SIZE), 50, np.int16)), files.tif(second, transform=moved, nodata=-9999)
    )
    seen = pair.valid.values[1]
    assert (pair.values[1, 0][seen] == 50).all()
    assert 9 <= (~seen[4:20, 4:20]).sum() <= 25


def test_equal_sizes_stand_in_for_a_missing_georeference() -> None:
    one, two = files.noise(1), files.noise(2)
    pair = read_pair(files.picture(one), files.tif(two))
    assert pair.attrs["resampled"] == "assumed"
    assert pair.rio.crs == UTM
    np.testing.assert_array_equal(pair.values[1], two)


@pytest.mark.real
def test_a_real_pair_on_two_grids_is_the_pair_on_one() -> None:
    """OSCD's second date carried to UTM and read again: aligned to a tenth of a pixel with the untouched one."""
    folder = real_data("change") / "OSCD_S2L1C"
    if not (found := sorted((folder / "A").glob("*.tif"))):
        pytest.skip("no 13-band OSCD here")
    one, two = found[0], folder / "B" / found[0].name
    with rasterio.open(two) as source:
        values, crs, place = source.read([2, 3, 4]).astype("float32"), source.crs, source.transform
        utm, width, height = calculate_default_transform(
            crs, UTM, source.width, source.height, *source.bounds, resolution=5
        )
        there = np.full((3, height, width), np.nan, np.float32)
        # Cubic, so that going there loses little of what is looked for coming back.
        reproject(
            values, there, src_transform=place, src_crs=crs, dst_transform=utm, dst_crs=UTM,
            resampling=Resampling.cubic, dst_nodata=np.nan,
        )  # fmt: skip
    with rasterio.open(one) as source:
        first = files.tif(source.read([2, 3, 4]), source.crs, source.transform)
    numbers = np.clip(np.nan_to_num(there), 0, 65_535).astype("uint16")
    plain = read_pair(first, files.tif(values.astype("uint16"), crs, place))
    moved = read_pair(first, files.tif(numbers, UTM, utm, nodata=0))
    assert moved.attrs["resampled"] == "EPSG:32631 -> EPSG:4326, bilinear"
    red = [np.where(both_valid(moved), each.values[1, 2], 0) for each in (plain, moved)]
    spectrum = np.fft.fft2(red[0]) * np.conj(np.fft.fft2(red[1]))
    peak = np.fft.ifft2(spectrum / np.maximum(np.abs(spectrum), 1e-12)).real
    assert np.unravel_index(peak.argmax(), peak.shape) == (0, 0)
    # Least squares against the gradient: the shift that is left, in pixels.
    down, right = np.gradient(red[0])
    slopes = np.stack([down.ravel(), right.ravel()], 1)
    shift = np.linalg.lstsq(slopes, (red[1] - red[0]).ravel(), rcond=None)[0]
    assert np.abs(shift).max() < 0.1
