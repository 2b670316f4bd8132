"""Reading what cannot be read: one sentence each, in both languages, and never anything but InputError."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from affine import Affine

from eogen import geotiff
from eogen.canopy import read_upload as uploads
from eogen.canopy.read import (
    cesbio,
    check_reflectance,
    chips,
    eth_croptraits,
    eth_rtminv,
    forest,
    read_upload,
)
from eogen.canopy.sensors import BANDS
from eogen.errors import InputError
from pages.kit import errors
from pages.kit.words import load
from tests.canopy_files import (
    ANGLES,
    GREEN,
    NINE,
    PRODUCT,
    canopy_image,
    cesbio_folder,
    chip,
    geopackage,
    tiff,
    visit,
)

IMAGE = canopy_image()
GOOD = tiff(IMAGE)
ROW = dict(zip(BANDS, GREEN, strict=True)) | ANGLES


def code_of(call, *args, **kwargs) -> str:
    with pytest.raises(InputError) as caught:
        call(*args, **kwargs)
    for text in (
        str(caught.value),
        errors.sentence(caught.value, load("fr")),
        errors.sentence(caught.value, load("en")),
    ):
        assert "{" not in text
        assert "\n" not in text
        assert len(text) > 20
    return caught.value.code


def csv(rows=(ROW,), drop=(), **other) -> bytes:
    table = pd.DataFrame(list(rows)).assign(**other).drop(columns=list(drop))
    return table.to_csv(index=False).encode()


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "canopy_empty"),
        (b"%PDF-1.7 nothing of the kind", "canopy_not_readable"),
        (b"B02,B03\n", "canopy_not_readable"),
        (b"\x00\x01\x02\x03" * 50, "canopy_not_readable"),
        (b"<VRTDataset rasterXSize='20' rasterYSize='20'></VRTDataset>", "canopy_not_readable"),
        (b"\xff\xd8\xff\xe0 a photograph", "canopy_picture"),
        (b"\x89PNG\r\n\x1a\n a picture", "canopy_picture"),
        (GOOD[: len(GOOD) // 2], "corrupt_file"),
        (GOOD[:8], "corrupt_file"),
        (tiff(IMAGE[:4]), "canopy_band_count"),
        (tiff(IMAGE[:3], ("red", "green", "blue")), "canopy_band_count"),
        (tiff(canopy_image(("B02",) * 41)), "canopy_band_count"),
        (tiff(IMAGE[:4], BANDS[:4]), "canopy_missing_bands"),
        (tiff(IMAGE[:9], [b for b in BANDS if b != "B05"]), "canopy_missing_bands"),
        (tiff(np.where(np.arange(10)[:, None, None] == 3, np.nan, IMAGE)), "canopy_missing_bands"),
        (tiff(IMAGE, (*BANDS[:9], "B02")), "canopy_band_twice"),
        (tiff(np.round(IMAGE * 1e4).astype(np.uint16)), "canopy_digital_numbers"),
        (tiff(IMAGE * 1e4), "canopy_digital_numbers"),
        (tiff(IMAGE * 100), "canopy_digital_numbers"),
        (tiff(np.round(IMAGE * 255).astype(np.uint8)), "canopy_digital_numbers"),
        (tiff(IMAGE * 1e6), "canopy_reflectance_range"),
        (tiff(IMAGE - 0.5), "canopy_reflectance_range"),
        (tiff(np.where(np.arange(12) < 6, -9999, IMAGE).astype(np.float32)), "canopy_reflectance_range"),
        (tiff(IMAGE + np.float32(0.1)), "canopy_offset"),
        (tiff(IMAGE * 0), "canopy_no_valid_pixel"),
        (tiff(IMAGE * np.float32(np.nan)), "canopy_no_valid_pixel"),
        (tiff(np.full_like(IMAGE, 7), nodata=7), "canopy_no_valid_pixel"),
        (csv(drop=["B04", "B11"]), "canopy_missing_bands"),
        (csv(**{"B04 (red)": 0.1}, drop=["B04"], **{"B4 mean": 0.2}), "canopy_band_twice"),
        (csv(B04="red"), "canopy_missing_bands"),
        (csv([ROW | {band: 1e4 * ROW[band] for band in BANDS}]), "canopy_digital_numbers"),
        (csv([ROW | {band: ROW[band] + 0.1 for band in BANDS}]), "canopy_offset"),
    ],
)  # fmt: skip
def test_every_fault_of_an_upload_has_its_sentence(data, code):
    assert code_of(read_upload, data, "visitor.tif", angles=ANGLES) == code


@pytest.mark.parametrize(
    ("data", "how", "code", "fact"),
    [
        (GOOD, {}, "canopy_missing_angles", "solar_zenith, view_zenith, relative_azimuth"),
        (GOOD, {"angles": {"solar_zenith": 30}}, "canopy_missing_angles", "view_zenith, relative_azimuth"),
        (csv(drop=["view_zenith"]), {}, "canopy_missing_angles", "view_zenith"),
        (csv([ROW, ROW | {"solar_zenith": None}]), {}, "canopy_missing_angles", "solar_zenith"),
        (GOOD, {"angles": {**ANGLES, "solar_zenith": 95}}, "canopy_angle_range", None),
        (csv(view_zenith=-3), {}, "canopy_angle_range", None),
        (GOOD, {"angles": ANGLES, "scale": 0}, "canopy_scale", None),
        (GOOD, {"angles": ANGLES, "scale": float("nan")}, "canopy_scale", None),
        (GOOD, {"angles": ANGLES, "bands": BANDS[:5]}, "canopy_band_count", None),
        (GOOD, {"angles": ANGLES, "offset": 0.5}, "canopy_reflectance_range", None),
    ],
)
def test_what_is_given_beside_is_checked_too(data, how, code, fact):
    assert code_of(read_upload, data, "visitor", **how) == code
    if fact:
        with pytest.raises(InputError) as caught:
            read_upload(data, "visitor", **how)
        assert caught.value.facts["missing"] == fact


def test_digital_numbers_say_what_to_divide_by_and_it_works():
    data = tiff(np.round(IMAGE * 1e4).astype(np.uint16))
    with pytest.raises(InputError) as caught:
        read_upload(data, "a.tif", angles=ANGLES)
    assert caught.value.facts["factor"] == 10_000
    again = read_upload(data, "a.tif", angles=ANGLES, scale=caught.value.facts["scale"])
    np.testing.assert_allclose(again.reflectance, IMAGE, atol=6e-5)


def test_a_product_elsewhere_than_its_pixels_is_told():
    assert code_of(read_upload, GOOD, f"{PRODUCT.replace('R065', 'R030')}.tif") == "canopy_orbit"


def test_coordinates_out_of_this_world_are_told(tmp_path):
    far = tiff(IMAGE, transform=Affine(10, 0, 9e9, 0, -10, 9e9))
    assert code_of(read_upload, far, f"{PRODUCT}.tif") == "canopy_place"
    assert read_upload(far, f"{PRODUCT}.tif", angles=ANGLES).sizes["band"] == 10
    rows = [visit(geometry="POINT (9e9 9e9)")]
    assert code_of(cesbio, cesbio_folder(tmp_path, after_x_T31TCJ_a=rows)) == "canopy_place"


def test_what_is_too_large_is_refused(monkeypatch):
    monkeypatch.setattr(uploads, "MOST_ROWS", 2)
    assert code_of(read_upload, csv([ROW] * 3), "a.csv") == "canopy_rows"
    monkeypatch.setattr(geotiff, "MAX_PIXELS", 100)
    assert code_of(read_upload, GOOD, "a.tif") == "too_many_pixels"
    monkeypatch.setattr(uploads, "MAX_FILE_BYTES", 100)
    assert code_of(read_upload, GOOD, "a.tif") == "file_too_large"


def test_datasets_made_elsewhere_are_checked():
    good = read_upload(GOOD, "a.tif", angles=ANGLES)
    assert check_reflectance(good) is good
    for bad, code in (
        (good.drop_vars("reflectance"), "canopy_missing_bands"),
        (good.sel(band=list(NINE[1:])), "canopy_missing_bands"),
        (good.drop_vars("view_zenith"), "canopy_missing_angles"),
        (good.assign(reflectance=good.reflectance * 1e4), "canopy_digital_numbers"),
        (good.assign(reflectance=good.reflectance + 0.1), "canopy_offset"),
        (good.assign(reflectance=good.reflectance.where(False)), "canopy_no_valid_pixel"),
    ):
        assert code_of(check_reflectance, bad) == code
    shifted = good.assign(reflectance=good.reflectance + 0.1)
    assert check_reflectance(shifted, offset_known=True) is shifted


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda rows: [{k: v for k, v in row.items() if k != "B8A"} for row in rows], "canopy_table"),
        (lambda rows: [row | {"geometry": "LINESTRING (0 0, 1 1)"} for row in rows], "canopy_table"),
        (lambda rows: [], "canopy_table"),
    ],
)
def test_damaged_field_tables_are_told(tmp_path, change, code):
    assert code_of(cesbio, cesbio_folder(tmp_path, after_x_T31TCJ_a=change([visit()]))) == code


def test_visits_without_any_clear_image_are_no_points(tmp_path):
    data = cesbio(cesbio_folder(tmp_path, after_x_T31TCJ_a=[visit(cloud_mask=1)]))
    assert data.sizes["pixel"] == 0
    assert data.attrs["without_image"] == 1


def test_damaged_files_of_other_sets_are_told(tmp_path):
    for folder in ("eth_insitu", "magic_bpww"):
        (tmp_path / folder).mkdir()
    (tmp_path / "eth_insitu/rtminv_s2_x.csv").write_bytes(b"\xff\xfe\x00")
    assert code_of(eth_rtminv, tmp_path) == "canopy_table"
    row = dict.fromkeys((*NINE, "lai", "parcel", "location"), 1) | {"scene_id": "S2A_nothing", "point_id": 0}
    path = tmp_path / "eth_insitu/croptraits_x_insitu_lai.csv"
    pd.DataFrame([row]).to_csv(path)
    assert code_of(eth_croptraits, tmp_path) == "canopy_table"
    pd.DataFrame([row, row]).to_csv(path)
    assert code_of(eth_croptraits, tmp_path) == "canopy_table"
    for text in ("class\noak\n", "class;2018.04.08_B02_BLUE\noak;3\n", "class;2018.14.08_B02_BLUE\noak;3\n"):
        (tmp_path / "magic_bpww/BPWW_extract_2018.csv").write_text(text)
        assert code_of(forest, tmp_path) == "canopy_table"


def test_chips_that_cannot_be_used_are_told(tmp_path):
    values = canopy_image(NINE, 14)
    chip(tmp_path, "Here__unnamed", values)
    assert code_of(chips(tmp_path)[0].load) == "canopy_no_product"
    path = chip(tmp_path, f"Empty__{PRODUCT}", values * 0)
    assert code_of(chips(tmp_path)[0].load) == "canopy_no_valid_pixel"
    path.write_bytes(path.read_bytes()[:300])
    assert code_of(chips(tmp_path)[0].load) == "corrupt_file"
    path = chip(tmp_path, f"Empty__{PRODUCT}", values)
    maps = path.with_name(f"Empty__{PRODUCT}__all_phases_lutinv_traits.tiff")
    maps.write_bytes(tiff(values[:, :5], NINE))
    assert code_of(chips(tmp_path)[0].load) == "canopy_table"
    maps.unlink()
    beside = path.with_name("Empty__eodal_mapper_metadata.gpkg")
    beside.write_bytes(b"not a base")
    assert code_of(chips(tmp_path)[0].load) == "canopy_table"
    beside.unlink()
    geopackage(beside, [{"product_uri": f"{PRODUCT}.SAFE", "sun_zenith_angle": "high"}], [(0, 0)], 4326)
    assert code_of(chips(tmp_path)[0].load) == "canopy_table"


@pytest.mark.parametrize("good", [GOOD, tiff(IMAGE, BANDS, nodata=-1, compress="deflate"), csv([ROW] * 20)])
def test_mutated_uploads_give_a_dataset_or_a_sentence(good):
    """100 seeded mutations of each of three files: bytes changed (half of them early), cut, repeated."""
    rng = np.random.default_rng(3)
    outcomes = {"data": 0, "sentence": 0}
    for k in range(100):
        data = bytearray(good)
        if k % 4 == 0:
            data = data[: rng.integers(1, len(data))]
        if k % 4 == 1:
            start = int(rng.integers(0, len(data) - 40))
            data[start:start] = data[start : start + 40]
        reach = min(len(data), 600 if k % 2 else len(data))
        for position in rng.integers(0, reach, rng.integers(1, 12)):
            data[position] = rng.integers(0, 256)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            try:
                found = read_upload(bytes(data), "mutant", angles=ANGLES)
            except InputError:
                outcomes["sentence"] += 1
            else:
                assert isinstance(found, xr.Dataset)
                outcomes["data"] += 1
    assert outcomes["sentence"] >= 10


def test_mutated_field_tables_give_a_dataset_or_a_sentence(tmp_path):
    path = (
        cesbio_folder(tmp_path, after_x_T31TCJ_a=[visit(k) for k in range(4)])
        / "cesbio_insitu/after_x_T31TCJ_a.csv"
    )
    good, rng, sentences = path.read_bytes(), np.random.default_rng(4), 0
    for _ in range(60):
        data = bytearray(good)
        for position in rng.integers(0, len(data), rng.integers(1, 8)):
            data[position] = rng.integers(0, 256)
        path.write_bytes(data)
        try:
            cesbio(tmp_path)
        except InputError:
            sentences += 1
    assert sentences >= 10
