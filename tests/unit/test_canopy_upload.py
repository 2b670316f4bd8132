"""What a visitor gives: every layout of a canopy comes out as the same reflectance and angles."""

from __future__ import annotations

import hashlib

import numpy as np
import pandas as pd
import pytest

from eogen.canopy.raster_bands import LAYOUTS, SENTINEL2
from eogen.canopy.read import pixels, read_upload
from eogen.canopy.sensors import BANDS
from tests.canopy_files import ANGLES, GREEN, NINE, PRODUCT, canopy_image, tiff

IMAGE = canopy_image()
EUROSAT = (*(band for band in SENTINEL2 if band != "B8A"), "B8A")


@pytest.mark.parametrize(
    "order", [LAYOUTS[10], LAYOUTS[12], SENTINEL2, EUROSAT], ids=["10", "12", "13", "13 EuroSAT"]
)
def test_unnamed_bands_are_told_by_their_number(order):
    values = canopy_image(order)
    data = read_upload(tiff(values), "a.tif", angles=ANGLES)
    expected = values[[order.index(band) for band in BANDS]]
    np.testing.assert_array_equal(data.reflectance, expected)
    assert data.attrs["processing_level"] == ("L1C" if "B10" in order else "unknown")


@pytest.mark.parametrize("style", ["{}", "Band {n}", "b{n}", "{} - BOA", "S2A {}"])
def test_names_in_the_file_win_over_their_order(style):
    order = tuple(reversed(BANDS))
    names = [style.format(band, n=band[1:].lstrip("0")) for band in order]
    data = read_upload(tiff(IMAGE[::-1], names), "a.tif", angles=ANGLES)
    np.testing.assert_array_equal(data.reflectance, IMAGE)


def test_names_given_win_over_the_files():
    data = read_upload(tiff(IMAGE, BANDS[::-1]), "a.tif", angles=ANGLES, bands=BANDS)
    np.testing.assert_array_equal(data.reflectance, IMAGE)


@pytest.mark.parametrize(
    ("values", "how"),
    [
        (np.round(IMAGE * 1e4).astype(np.uint16), {"scale": 1e-4}),
        (np.round(IMAGE * 1e4).astype(np.int16), {"scale": 1e-4, "offset": 0}),
        (np.round(IMAGE * 1e4 + 1000).astype(np.uint16), {"scale": 1e-4, "offset": 0.1}),
        (IMAGE * 100, {"scale": 0.01}),
        (IMAGE + np.float32(0.1), {"offset": 0.1}),
    ],
    ids=["numbers", "signed", "numbers of 2022", "percentages", "offset"],
)
def test_scale_and_offset_are_as_the_visitor_says(values, how):
    data = read_upload(tiff(values), "a.tif", angles=ANGLES, **how)
    np.testing.assert_allclose(data.reflectance, IMAGE, atol=6e-5)
    assert data.attrs["offset_removed"] == how.get("offset", 0)


def test_scale_and_offset_declared_in_the_file_are_applied():
    numbers = np.round((IMAGE + 0.1) * 1e4).astype(np.uint16)
    data = read_upload(tiff(numbers, scale=1e-4, offset=-0.1), "a.tif", angles=ANGLES)
    np.testing.assert_allclose(data.reflectance, IMAGE, atol=6e-5)


@pytest.mark.parametrize("missing", [-9999.0, np.nan, 1e20, np.inf])
def test_what_is_missing_is_nan(missing):
    values = IMAGE.copy()
    values[:, :3] = missing
    values[4, 5, 5] = missing
    profile = {"nodata": missing} if missing == -9999 else {}
    data = read_upload(tiff(values, **profile), "a.tif", angles=ANGLES)
    assert int(data.reflectance.isnull().sum()) == 3 * 12 * 10 + 1
    assert pixels(data).sizes["pixel"] == 9 * 12 - 1


def test_a_few_clouds_are_taken_out_and_counted():
    values = canopy_image(size=40)
    values[:, 0, :5] = 2.5
    data = read_upload(tiff(values), "a.tif", angles=ANGLES)
    assert data.attrs["pixels_out_of_range"] == 5
    assert bool(data.reflectance[:, 0, :5].isnull().all())
    assert int(data.reflectance.isnull().sum()) == 50


def test_b08_alone_may_be_missing():
    data = read_upload(tiff(canopy_image(NINE), NINE), "a.tif", angles=ANGLES)
    assert data.attrs["without_b08"] == 1
    assert bool(data.reflectance.sel(band="B08").isnull().all())
    assert read_upload(tiff(IMAGE), "a.tif", angles=ANGLES).attrs["without_b08"] == 0


def test_angles_are_those_given_or_those_of_the_tags_or_those_of_the_product():
    given = read_upload(tiff(IMAGE), "a.tif", angles={**ANGLES, "relative_azimuth": -230})
    assert [float(given[angle]) for angle in ANGLES] == [31, 6, 130]
    tags = {"SUN_ZENITH": "40", "View_Zenith": "7", "RAA": "12"}
    tagged = read_upload(tiff(IMAGE, tags=tags), f"{PRODUCT}.tif")
    assert [float(tagged[angle]) for angle in ANGLES] == [40, 7, 12]
    named = read_upload(tiff(IMAGE), f"C:\\my\\{PRODUCT}.SAFE.tif")
    assert float(named.solar_zenith) == pytest.approx(31.5, abs=0.3)
    assert named.attrs["sensor"] == "S2A"
    assert named.attrs["geometry_source"].startswith("computed")


def table(**how) -> bytes:
    columns = {band: [value, value * 1.1] for band, value in zip(BANDS, GREEN, strict=True)}
    columns |= {name: [value, value] for name, value in ANGLES.items()}
    return pd.DataFrame(columns).rename(columns=how.pop("rename", {})).to_csv(index=False, **how).encode()


@pytest.mark.parametrize(
    "data",
    [
        table(),
        table(sep=";"),
        table(sep="\t"),
        table(sep=";", decimal=","),
        "\ufeff".encode() + table(),
        table(rename={band: f"B{band[1:].lstrip('0')}" for band in BANDS}),
        table(rename={"solar_zenith": "Sun zenith", "view_zenith": "VZA", "relative_azimuth": "RAA"}),
        table(rename={"solar_zenith": "tts", "view_zenith": "tto", "relative_azimuth": "psi"}),
    ],
    ids=["comma", "semicolon", "tab", "French", "mark of Excel", "B2", "long names", "PROSAIL names"],
)
def test_tables_in_their_many_ways(data):
    found = read_upload(data, "spectra.csv")
    np.testing.assert_allclose(found.reflectance, [GREEN, GREEN * 1.1], rtol=1e-6)
    for angle, value in ANGLES.items():
        assert found[angle].values == pytest.approx([value, value])
    assert found.attrs["sha256"] == hashlib.sha256(data).hexdigest()


def test_two_azimuths_make_the_relative_one_and_leaf_area_is_kept():
    row = dict(zip(BANDS, GREEN, strict=True)) | {
        "sun_zen": 30,
        "join_zen": 2,
        "sun_az": 10,
        "join_az": 200,
        "LAI": 3.2,
    }
    row |= {"B04_sd": 9, "443_1": 7}
    found = read_upload(pd.DataFrame([row]).to_csv(index=False).encode(), "a.csv")
    assert float(found.relative_azimuth[0]) == 170
    assert float(found.lai[0]) == pytest.approx(3.2)
    assert float(found.reflectance.sel(band="B04")[0]) == pytest.approx(0.02)


def test_angles_given_serve_every_row():
    columns = pd.DataFrame([dict(zip(BANDS, GREEN, strict=True))] * 3).to_csv(index=False).encode()
    found = read_upload(columns, "a.csv", angles=ANGLES)
    assert found.view_zenith.values == pytest.approx([6, 6, 6])
