"""Scenes: masks, offsets, angles and maps of made-up chips, and pixels taken out of them."""

from __future__ import annotations

import numpy as np
import pytest

from eogen.canopy.read import check_reflectance, chips, dense_chip, pixel, pixels
from eogen.errors import InputError
from tests.canopy_files import ANGLES, NINE, PRODUCT, UTM, canopy_image, chip, geopackage, tiff, well_made


def field_image(size=14, margin=4):
    values = canopy_image(NINE, size)
    values[:, :margin] = 0
    return values


def test_a_chip_is_read_with_its_mask_its_angles_and_its_maps(tmp_path):
    values = field_image()
    values[3, 7, 7] = 0  # one band alone is missing: the pixel is
    values[:, 8, 8] = 1e20
    path = chip(tmp_path, f"Here__{PRODUCT}", values)
    traits = np.full((3, 14, 14), 2.0, np.float32)
    traits[:, 0], traits[1, 9, 9] = 9e20, np.nan
    path.with_name(f"Here__{PRODUCT}__all_phases_lutinv_traits.tiff").write_bytes(
        tiff(traits, ("lai", "ccc_q05", "lowest_error"))
    )
    (one,) = chips(tmp_path)
    assert (one.site, str(one.date), one.sensor) == ("Here", "2022-05-11", "S2A")
    data = one.load()
    well_made(data)
    valid = np.zeros((14, 14), bool)
    valid[4:] = True
    valid[7, 7] = valid[8, 8] = False
    assert (data.reflectance.sel(band="B03").notnull().values == valid).all()
    np.testing.assert_allclose(data.reflectance.sel(band="B12").values[valid], values[-1][valid])
    assert (data.scl.values == np.where(valid, 4, 0)).all()
    assert {"lut_lai", "lut_ccc_q05"} <= {*data.data_vars}
    assert (data.lut_lai.notnull().values == valid).all()
    assert np.isnan(data.lut_ccc_q05.values[9, 9])
    assert data.rio.crs.to_epsg() == 32632
    assert float(data.x[0]) == UTM["transform"].c + 5
    assert data.attrs["offset_removed"] == 0
    assert str(data.time.values).startswith("2022-05-11T10:2")
    assert 30 < float(data.solar_zenith) < 33


def test_angles_of_the_metadata_beside_a_chip_are_taken(tmp_path):
    path = chip(tmp_path, f"Here__{PRODUCT}", field_image())
    row = {"product_uri": f"{PRODUCT}.SAFE", "sun_zenith_angle": 40.0, "sun_azimuth_angle": 150.0}
    row |= {"sensor_zenith_angle": 7.0, "sensor_azimuth_angle": 290.0, "sensing_time": "2022-05-11T10:31:00"}
    other = row | {"product_uri": "S2A_MSIL2A_20220614T101601_N0400_R065_T32TMT", "sun_zenith_angle": 1.0}
    geopackage(path.with_name("Here__eodal_mapper_metadata.gpkg"), [other, row], [(0, 0)] * 2, 4326)
    data = chips(tmp_path)[0].load()
    assert [float(data[angle]) for angle in ANGLES] == pytest.approx([40, 7, 140])
    assert "metadata" in data.attrs["geometry_source"]


@pytest.mark.parametrize("name", [f"Here__{PRODUCT}", f"Here__{PRODUCT.replace('N0400', 'N0211')}"])
def test_the_offset_is_found_from_the_values_not_from_the_name(tmp_path, name):
    values = field_image()
    chip(tmp_path, name, np.where(values > 0, values + 0.1, 0))
    data = chips(tmp_path)[0].load()
    assert data.attrs["offset_removed"] == 0.1
    np.testing.assert_allclose(data.reflectance.sel(band="B11").values[4:], values[7, 4:], atol=1e-6)


def test_nothing_is_concluded_from_bright_soil(tmp_path):
    soil = np.linspace(0.12, 0.4, 9)[:, None, None] * np.ones((1, 14, 14))
    soil[6] = 0.3  # infrared, not twice the red
    chip(tmp_path, f"Here__{PRODUCT}", soil)
    assert chips(tmp_path)[0].load().attrs["offset_removed"] == 0


def test_no_chip_is_an_empty_list(tmp_path):
    assert chips(tmp_path) == []


@pytest.mark.parametrize("offset", [0, 1000])
def test_the_dense_chip_is_freed_of_its_offset(tmp_path, offset):
    (tmp_path / "s2_patch").mkdir()
    names = ("B1", "B2", "B3", "B4", "B5", "B6", "B7", "B8", "B8A", "B9", "B11", "B12")
    values = canopy_image([f"B{n[1:].rjust(2, '0')}" for n in names])
    numbers = np.round(values * 1e4 + offset).astype(np.uint16)
    numbers[:, 0, 0] = 65535
    (tmp_path / "s2_patch/any.tif").write_bytes(tiff(numbers, names, scale=1e-4, nodata=65535))
    data = dense_chip(tmp_path)
    well_made(data)
    assert data.attrs["offset_removed"] == offset / 1e4
    np.testing.assert_allclose(
        data.reflectance.sel(band="B8A").values.ravel()[1:], values[8].ravel()[1:], atol=1e-4
    )
    assert bool(data.reflectance[:, 0, 0].isnull().all())
    assert "assumed" in data.attrs["geometry_source"]


def test_pixels_lays_out_what_is_valid_and_pixel_takes_one(tmp_path):
    chip(tmp_path, f"Here__{PRODUCT}", field_image())
    scene = chips(tmp_path)[0].load()
    flat = pixels(scene)
    assert flat.sizes["pixel"] == 140
    assert int(flat.row.min()) == 4
    for k in (0, 77, 139):
        one = pixel(scene, int(flat.row[k]), int(flat.column[k]))
        assert one.reflectance.dims == ("pixel", "band")
        np.testing.assert_array_equal(one.reflectance[0], flat.reflectance[k])
        np.testing.assert_array_equal(one.view_zenith, flat.view_zenith[k : k + 1])
    assert check_reflectance(flat) is flat
    for place, code in (
        ((0, 0), "canopy_nodata_pixel"),
        ((14, 0), "canopy_outside"),
        ((4, -1), "canopy_outside"),
    ):
        with pytest.raises(InputError) as caught:
            pixel(scene, *place)
        assert caught.value.code == code
