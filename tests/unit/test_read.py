"""Reading: every layout, scale and offset that is met comes out as the same reflectance."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from eogen.landcover.bands import ALL, EUROSAT_ORDER
from eogen.landcover.read import (
    read_image,
    read_upload,
)
from eogen.landcover.render import to_reflectance
from tests.landcover_files import bare_tiff, encoded, scene, tiff


@pytest.mark.parametrize("order", [EUROSAT_ORDER, ALL], ids=["EuroSAT order", "band-number order"])
def test_thirteen_bands_come_out_in_one_order_whatever_the_files(order):
    image = read_upload(tiff(scene(order)), "a.tif")
    expected = scene(order)[[order.index(b) for b in ALL]] / 1e4
    assert tuple(image["band"].values) == ALL
    np.testing.assert_allclose(image, expected, atol=1e-6)
    assert image.attrs["processing_level"] == "L1C"


@pytest.mark.parametrize(
    ("left_out", "level"), [({"B10"}, "L2A"), ({"B01", "B09", "B10"}, "unknown")], ids=["12", "10"]
)
def test_twelve_and_ten_bands(left_out, level):
    order = tuple(b for b in ALL if b not in left_out)
    image = read_upload(tiff(scene(order)), "a.tif")
    assert tuple(image["band"].values) == order
    assert image.attrs["processing_level"] == level
    np.testing.assert_allclose(image, scene(order) / 1e4, atol=1e-6)


@pytest.mark.parametrize("style", ["{}", "Band {n}", "b{n}", "{} - reflectance", "S2A {}"])
def test_names_in_the_file_win(style):
    order = ("B12", "B04", "B03", "B02", "B8A")
    names = tuple(style.format(b, n=b[1:].lstrip("0")) for b in order)
    image = read_upload(tiff(scene(order), names), "a.tif")
    assert tuple(image["band"].values) == ("B02", "B03", "B04", "B8A", "B12")
    np.testing.assert_allclose(image.sel(band="B8A"), scene(order)[4] / 1e4, atol=1e-6)


def test_given_names_win_over_the_files():
    data = tiff(scene(("B04", "B03", "B02")), ("B02", "B03", "B04"))
    image = read_upload(data, "a.tif", bands=("B04", "B03", "B02"))
    np.testing.assert_allclose(image.sel(band="B04"), scene(("B04", "B03", "B02"))[0] / 1e4, atol=1e-6)


@pytest.mark.parametrize("kind", ["PNG", "GTiff"])
def test_pictures_become_the_reflectance_they_were_rendered_from(kind):
    rgb = np.random.default_rng(1).integers(0, 256, (40, 30, 3), dtype=np.uint8)
    data = encoded(rgb, "PNG") if kind == "PNG" else tiff(rgb.transpose(2, 0, 1))
    image = read_upload(data, "a")
    np.testing.assert_array_equal(image, to_reflectance(rgb))
    assert image.attrs["processing_level"] == "rendered"
    assert image.attrs["georeferenced"] is (kind == "GTiff")


def test_jpeg_is_close_to_its_picture():
    rgb = np.full((64, 64, 3), (90, 120, 60), dtype=np.uint8)
    image = read_upload(encoded(rgb, "JPEG", quality=95), "a.jpg")
    assert float(abs(image - to_reflectance(rgb)).max()) < 0.004


@pytest.mark.parametrize("kind", ["PNG", "GTiff"])
def test_transparent_pixels_are_missing(kind):
    rgba = np.full((20, 20, 4), 100, dtype=np.uint8)
    rgba[:5, :, 3] = 0
    if kind == "PNG":
        data = encoded(rgba, "PNG")
    else:
        data = tiff(rgba.transpose(2, 0, 1), photometric="RGB", alpha="YES")
    image = read_upload(data, "a")
    assert image.isel(y=slice(0, 5)).isnull().all()
    assert image.isel(y=slice(5, None)).notnull().all()


@pytest.mark.parametrize("dtype", [np.uint16, np.int16, np.int32, np.float32, np.float64])
def test_digital_numbers_of_any_type(dtype):
    image = read_upload(tiff(scene(ALL).astype(dtype)), "a.tif")
    np.testing.assert_allclose(image, scene(ALL) / 1e4, atol=1e-6)
    assert image.dtype == np.float32


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_reflectances_stay_as_they_are(dtype):
    values = (scene(ALL) / 1e4).astype(dtype)
    np.testing.assert_allclose(read_upload(tiff(values), "a.tif"), values, atol=1e-6)


@pytest.mark.parametrize("order", [EUROSAT_ORDER, ALL, tuple(b for b in ALL if b != "B10")])
def test_offset_of_baseline_04_is_found_and_removed(order):
    dark = scene(order, low=40)
    image = read_upload(tiff(dark + np.uint16(1000)), "a.tif")
    assert image.attrs["offset_removed"] == 1000
    np.testing.assert_allclose(image, read_upload(tiff(dark), "a.tif"), atol=1e-6)
    assert read_upload(tiff(dark), "a.tif").attrs["offset_removed"] == 0


def test_bright_ground_under_a_clear_sky_keeps_its_value_when_b10_is_there():
    desert = scene(EUROSAT_ORDER, low=1800)
    assert read_upload(tiff(desert), "a.tif").attrs["offset_removed"] == 0


def test_bright_scene_without_b10_is_the_known_failure_and_can_be_overruled():
    order = tuple(b for b in ALL if b != "B10")
    desert = tiff(scene(order, low=1800))
    assert read_upload(desert, "a.tif").attrs["offset_removed"] == 1000
    kept = read_upload(desert, "a.tif", offset=0)
    assert kept.attrs["offset_removed"] == 0
    np.testing.assert_allclose(kept, scene(order, low=1800) / 1e4, atol=1e-6)


def test_missing_pixels_are_nan_and_only_they():
    values = scene(ALL)
    values[:, 0, 0] = 0  # the product's own nodata
    values[3, 1, 1] = 0  # dark, not missing
    values[4, 2, 2] = 65535  # saturated
    values[5, 3, 3] = 7777  # declared
    image = read_upload(tiff(values, nodata=7777), "a.tif")
    expected = np.zeros(values.shape, dtype=bool)
    expected[:, 0, 0] = expected[4, 2, 2] = expected[5, 3, 3] = True
    np.testing.assert_array_equal(image.isnull(), expected)


@pytest.mark.parametrize("order", [EUROSAT_ORDER, ALL], ids=["EuroSAT order", "band-number order"])
@pytest.mark.parametrize("offset", [0, 1000])
def test_a_band_missing_everywhere_disturbs_neither_order_nor_offset(order, offset):
    values = scene(order, low=40) + np.uint16(offset)
    values[order.index("B10")] = 9999
    image = read_upload(tiff(values, nodata=9999), "a.tif")
    assert image.attrs["offset_removed"] == offset
    assert image.sel(band="B10").isnull().all()
    np.testing.assert_allclose(
        image.sel(band="B8A"), scene(order, low=40)[order.index("B8A")] / 1e4, atol=1e-6
    )


def test_bright_reflectances_are_not_taken_for_an_offset_even_with_a_huge_nodata_value():
    values = (scene(ALL[:8], low=1800) / 1e4).astype(np.float32)
    values[:, 0, 0] = 1e20
    image = read_upload(tiff(values, ALL[:8], nodata=1e20), "a.tif")
    assert image.attrs["offset_removed"] == 0
    np.testing.assert_allclose(image[:, 1:], values[:, 1:], atol=1e-6)


def test_nan_and_infinity_are_missing():
    values = (scene(ALL) / 1e4).astype(np.float32)
    values[0, 0, 0], values[1, 1, 1] = np.nan, np.inf
    assert int(read_upload(tiff(values), "a.tif").isnull().sum()) == 2


def test_position_hash_and_origin(tmp_path):
    data = tiff(scene(ALL))
    (tmp_path / "patch.tif").write_bytes(data)
    image = read_image(tmp_path / "patch.tif")
    assert image.name == "reflectance"
    assert image.dims == ("band", "y", "x")
    assert image.rio.crs.to_epsg() == 32632
    assert image["x"].values[:2].tolist() == [500_005, 500_015]
    assert image["y"].values[:2].tolist() == [4_999_995, 4_999_985]
    assert image.attrs["sha256"] == hashlib.sha256(data).hexdigest()
    wanted = {"source": "patch.tif", "origin": "real", "georeferenced": True, "units": "1"}
    assert wanted.items() <= image.attrs.items()
    assert read_upload(data, "x").attrs["origin"] == "upload"


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "C:\\a\\b.tif", "/vsicurl/http://x/y.tif", "", "\x00\n", "é" * 300]
)
def test_the_name_of_an_upload_is_only_shown(name):
    source = read_upload(tiff(scene(ALL)), name).attrs["source"]
    assert source
    assert "/" not in source
    assert "\\" not in source
    assert source.isprintable()
    assert len(source) <= 100


def test_an_image_without_crs_says_so_without_a_warning():
    image = read_upload(bare_tiff(scene(ALL)), "a.tif")
    assert image.attrs["georeferenced"] is False
    assert image.rio.crs is None
    assert image["x"].values.tolist() == list(range(20))
