"""Two images of any kind become a stack: values, grid, validity, label and dates are what the files say."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from affine import Affine
from PIL import Image
from rasterio.enums import ColorInterp

from eogen.change.read import changed, date_in, read_image, read_pair, upload
from eogen.change.read_black import wedges
from tests import change_files as files
from tests.change_files import PLACE, SIZE, UTM


def test_a_pair_of_geotiffs_is_what_it_says() -> None:
    one, two = files.noise(1, 6), files.noise(2, 6)
    pair = read_pair(files.tif(one), files.tif(two), files.tif(files.square()[None]))
    assert pair.dims == ("time", "band", "y", "x")
    np.testing.assert_array_equal(pair.values, np.stack([one, two]))
    assert list(pair.band.values) == ["B1", "B2", "B3", "B4", "B5", "B7"]
    assert (pair.attrs["sensor"], pair.attrs["quantity"]) == ("landsat_tm", "digital number")
    assert (pair.attrs["resampled"], pair.attrs["kind"]) == ("", "real")
    assert pair.rio.crs == UTM
    assert pair.rio.transform() == PLACE
    assert float(pair.x[0]) == PLACE.c + 5
    np.testing.assert_array_equal(pair.label.values, files.square() > 0)
    assert pair.valid.values.all()


@pytest.mark.parametrize("kind", ["PNG", "BMP"])
def test_pictures_are_read_to_the_bit(kind: str) -> None:
    one, two = files.noise(1), files.noise(2)
    pair = read_pair(files.picture(one, kind), files.picture(two, kind), files.picture(files.square(), kind))
    np.testing.assert_array_equal(pair.values, np.stack([one, two]))
    assert list(pair.band.values) == ["red", "green", "blue"]
    assert pair.rio.crs is None
    assert int(pair.label.sum()) == 36


def test_a_jpeg_is_read_nearly() -> None:
    smooth = np.broadcast_to(np.linspace(20, 200, SIZE), (3, SIZE, SIZE)).astype(np.uint8)
    pair = read_pair(files.picture(smooth, "JPEG", quality=95), files.picture(smooth, "PNG"))
    assert np.abs(pair.values[0] - pair.values[1]).max() < 8


def test_grey_and_sixteen_bit_pictures_keep_their_numbers() -> None:
    grey = read_pair(files.picture(files.noise(1, 1)), files.picture(files.noise(2, 1)))
    assert list(grey.band.values) == ["grey"]
    wide = files.noise(1, 1, high=60_000, dtype="uint16")
    assert read_image(files.picture(wide[0])).values.max() == wide.max()


# --- Validity ---


def test_a_declared_value_in_any_band_is_missing_but_zero_only_in_all() -> None:
    values = files.noise(1)
    values[0, 0, 0] = 7
    values[0, 5, 5] = values[:, 6, 6] = 0
    seven = read_pair(
        files.tif(np.where(values == 7, 8, values).astype("uint8")), files.tif(values, nodata=7)
    )
    assert not seven.valid.values[1, 0, 0]
    zero = read_pair(files.tif(files.noise(2)), files.tif(values, nodata=0))
    assert zero.valid.values[1, 5, 5]
    assert not zero.valid.values[1, 6, 6]
    assert zero.valid.values[0].all()


def test_not_finite_is_not_valid_and_stays_out_of_the_values() -> None:
    values = files.noise(1).astype("float64")
    values[0, 3, 3], values[1, 4, 4], values[2, 5, 5] = np.nan, np.inf, 1e300
    pair = read_pair(files.tif(values), files.tif(files.noise(2).astype("float64")))
    assert [bool(pair.valid.values[0, k, k]) for k in (3, 4, 5, 6)] == [False, False, False, True]
    assert np.isfinite(pair.values).all()


_RGBA = (ColorInterp.red, ColorInterp.green, ColorInterp.blue, ColorInterp.alpha)


def test_transparency_hides_in_png_and_geotiff() -> None:
    opaque = np.full((1, SIZE, SIZE), 255, np.uint8)
    opaque[0, :4] = 0
    four = np.concatenate([files.noise(1), opaque])
    for given in (files.picture(four), files.tif(four, meaning=_RGBA)):
        pair = read_pair(given, files.picture(files.noise(2)))
        assert pair.sizes["band"] == 3
        assert not pair.valid.values[0, :4].any()
        assert pair.valid.values[:, 4:].all()


def test_black_wedges_are_those_of_both_dates_at_the_border() -> None:
    one, two = files.noise(1, size=64), files.noise(2, size=64)
    corner = np.add.outer(np.arange(64), np.arange(64)) < 20
    for image in (one, two):
        image[:, corner] = 0
        image[:, 40:44, 40:44] = 0  # a dark roof, inside
        image[:, 63, 63] = 0  # one dark pixel at the border
    two[:, 30:34, :4] = 0  # black on one date only
    np.testing.assert_array_equal(wedges(one, two), corner)
    pair = read_pair(files.picture(one), files.picture(two))
    np.testing.assert_array_equal(~pair.valid.values, np.broadcast_to(corner, (2, 64, 64)))
    assert not wedges(one[:1], two[:1]).any()


# --- Bands ---


def test_sentinel2_numbers_become_reflectance_and_others_stay() -> None:
    values = files.noise(1, 13, high=9000, dtype="uint16")
    pair = read_pair(files.tif(values), files.tif(values + 5))
    assert (pair.attrs["sensor"], pair.attrs["quantity"]) == ("sentinel2", "reflectance")
    np.testing.assert_allclose(pair.values[0], values / 1e4, rtol=1e-6)
    assert list(pair.band.values)[8:11] == ["B8A", "B09", "B10"]
    physical = read_pair(
        files.tif(values.astype("float32") / 1e4), files.tif(values.astype("float32") / 1e4 + 0.1)
    )
    np.testing.assert_allclose(physical.values[0], values / 1e4, rtol=1e-6)
    assert physical.attrs["quantity"] == "physical value"


@pytest.mark.parametrize(
    ("count", "dtype", "sensor", "first"),
    [
        (12, "int16", "sentinel2", "B01"),
        (10, "uint16", "sentinel2", "B02"),
        (6, "uint8", "landsat_tm", "B1"),
        (6, "uint16", "unknown", "band1"),
        (3, "uint8", "unknown", "red"),
        (2, "float32", "unknown", "band1"),
    ],
)
def test_the_sensor_is_guessed_from_the_bands(count: int, dtype: str, sensor: str, first: str) -> None:
    pair = read_pair(
        files.tif(files.noise(1, count, dtype=dtype)), files.tif(files.noise(2, count, dtype=dtype))
    )
    assert (pair.attrs["sensor"], str(pair.band.values[0])) == (sensor, first)


@pytest.mark.parametrize(
    ("names", "sensor", "bands"),
    [
        (("B4", "B3", "B2", "B8"), "sentinel2", ["B04", "B03", "B02", "B08"]),
        (("Band 8A", "b11 (SWIR)", "B012"), "unknown", ["band 8a", "b11 (swir)", "b012"]),
        (("B8A", "b11 (SWIR)", "B12"), "sentinel2", ["B8A", "B11", "B12"]),
        (("B1", "B2", "B3", "B4", "B5", "B7"), "landsat_tm", ["B1", "B2", "B3", "B4", "B5", "B7"]),
        (("SR_B2", "SR_B3", "SR_B4"), "unknown", ["sr_b2", "sr_b3", "sr_b4"]),
        (("VV", "VH"), "sentinel1", ["vv", "vh"]),
        (("same", "same"), "unknown", ["band1", "band2"]),
    ],
)
def test_names_in_the_file_win(names: tuple[str, ...], sensor: str, bands: list[str]) -> None:
    one, two = (files.tif(files.noise(k, len(names), dtype="uint16"), names=names) for k in (1, 2))
    pair = read_pair(one, two)
    assert (pair.attrs["sensor"], list(map(str, pair.band.values))) == (sensor, bands)


def test_bands_in_another_order_are_matched_by_name() -> None:
    values, names = files.noise(1, 3, dtype="uint16"), ("B02", "B03", "B8A")
    pair = read_pair(files.tif(values, names=names), files.tif(values[::-1], names=names[::-1]))
    np.testing.assert_array_equal(pair.values[0], pair.values[1])


def test_names_of_one_date_serve_the_other() -> None:
    values = files.noise(1, 3, dtype="uint16")
    for one, two in ((values, values[:]), (values[:], values)):
        pair = read_pair(files.tif(one, names=("B02", "B03", "B04")), files.tif(two))
        assert list(pair.band.values) == ["B02", "B03", "B04"]
        assert pair.attrs["sensor"] == "sentinel2"
        np.testing.assert_array_equal(pair.values[0], pair.values[1])


def test_a_declared_scale_is_used_once() -> None:
    values = files.noise(1, 12, high=9000, dtype="uint16")
    scaled = files.tif(values, scale=(1e-4, -0.1))
    pair = read_pair(scaled, scaled)
    np.testing.assert_allclose(pair.values[0], values * 1e-4 - 0.1, atol=1e-6)
    assert pair.attrs["quantity"] == "physical value"


def test_a_fourth_band_is_an_image_unless_it_says_it_is_transparency() -> None:
    given = files.tif(files.noise(1, 4), meaning=(ColorInterp.gray, *(ColorInterp.undefined,) * 3))
    assert read_pair(given, given).sizes["band"] == 4


# --- Labels ---


@pytest.mark.parametrize(
    ("values", "rule", "expected"),
    [
        ([0, 255, 127], "mask", [0, 1, -1]),
        ([0, 1, 1], "mask", [0, 1, 1]),
        ([0, 126, 127, 128, 255], "mask", [0, 0, 0, 1, 1]),
        ([1, 2, 0], "oscd", [0, 1, -1]),
        ([0, 255, 255], "oscd", [0, 1, 1]),
        ([0, 1, 6], "second", [0, 1, 1]),
    ],
)
def test_label_rules(values: list[int], rule: str, expected: list[int]) -> None:
    row = np.resize(np.array(values, np.uint8), (SIZE, SIZE))
    found = changed(read_image(files.picture(row)), rule)
    np.testing.assert_array_equal(found, np.resize(np.array(expected), (SIZE, SIZE)))


def test_seconds_white_is_unchanged_and_every_other_colour_changed() -> None:
    colours = np.array([files.WHITE, files.BLUE, files.GREY, (255, 0, 0), (0, 0, 0)], np.uint8)
    row = np.resize(np.arange(5), (SIZE, SIZE))
    coloured = changed(read_image(files.picture(colours[row].transpose(2, 0, 1))), "second")
    np.testing.assert_array_equal(coloured, row > 0)
    nothing = changed(read_image(files.picture(np.full((3, SIZE, SIZE), 255, np.uint8))), "second")
    assert not nothing.any()


def test_a_palette_of_black_and_one_colour_is_a_mask() -> None:
    """A PNG with a palette, as many annotation tools write it."""
    drawn = Image.fromarray((files.square() > 0).astype(np.uint8)).convert("P")
    drawn.putpalette([0, 0, 0, 128, 0, 0])
    buffer = io.BytesIO()
    drawn.save(buffer, "PNG")
    np.testing.assert_array_equal(changed(read_image(buffer.getvalue())), files.square() > 0)


def test_uploads_are_pairs_or_series_and_say_so() -> None:
    one, two, mask = (
        files.picture(files.noise(1)),
        files.picture(files.noise(2)),
        files.picture(files.square()),
    )
    pair = upload([("C:\\x\\a.png", one), ("b.png", two)], ("m.png", mask))
    assert pair.attrs["origin"] == "upload"
    assert pair.attrs["title"] == "a.png, b.png"
    assert int(pair.label.sum()) == 36
    again = upload([("a.png", one), ("b.png", two)], ("m.png", mask))
    assert again.attrs["sha256"] == pair.attrs["sha256"]
    assert upload([("a.png", two), ("b.png", one)]).attrs["sha256"] != pair.attrs["sha256"]
    dates = upload([(f"a_2020010{k}.png", one) for k in (3, 1, 2)])
    assert dates.time.dt.day.values.tolist() == [1, 2, 3]
    assert len(dates.attrs["sha256"]) == 64


# --- Dates ---


@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("Boadella_2020-01-13.tif", "2020-01-13"),
        ("S2A_MSIL1C_20161130T105422_N0204_R051_T31UDQ_20170101T105422.tif", "2016-11-30"),
        ("x_2019_07_04.png", "2019-07-04"),
        ("LT05_L1TP_119038_19990912_20161216.tif", "1999-09-12"),
        ("20210230_20210301.tif", "2021-03-01"),
        ("test_102_0512_0000.png", None),
        ("120200113.tif", None),
        ("2020-0113.tif", None),
        ("2018_2019.png", None),
    ],
)
def test_dates_in_names(name: str, day: str | None) -> None:
    assert date_in(name) == (None if day is None else np.datetime64(day))


def test_dates_come_from_the_caller_or_from_both_names() -> None:
    one, two = files.picture(files.noise(1)), files.picture(files.noise(2))
    named = read_pair(one, two, names=("a_2020-01-02.png", "a_2021-03-04.png"))
    assert list(named.time.values.astype("datetime64[D]").astype(str)) == ["2020-01-02", "2021-03-04"]
    assert named.attrs["dated"] == "name"
    given = read_pair(one, two, names=("a_2020-01-02.png", "b.png"), dates=("2000-01-01", "2001-01-01"))
    assert given.time.dt.year.values.tolist() == [2000, 2001]
    assert given.attrs["dated"] == "given"
    for names in (("a_2020-01-02.png", "b.png"), ("a_2020-01-02.png", "b_2020-01-02.png")):
        undated = read_pair(one, two, names=names)
        assert undated.time.values.tolist() == [0, 1]
        assert undated.attrs["dated"] == ""


def test_bands_in_separate_files_are_put_together_by_their_nearest_pixel(tmp_path: Path) -> None:
    fine = files.noise(1, 1, 36, 5000, "uint16")
    coarse = files.noise(2, 1, 6, 5000, "uint16")
    grid = PLACE @ Affine.scale(6)
    paths = [
        files.put(
            tmp_path / "x_B01.tif", files.tif(np.pad(coarse, ((0, 0), (0, 10), (0, 10))), transform=grid)
        ),
        files.put(tmp_path / "x_B04.tif", files.tif(fine)),
        files.put(tmp_path / "x_B8A.tif", files.tif(fine + 1)),
    ]
    pair = read_pair(paths[::-1], paths)
    assert list(pair.band.values) == ["B01", "B04", "B8A"]
    np.testing.assert_allclose(pair.values[0, 0], np.kron(coarse[0], np.ones((6, 6))) / 1e4, rtol=1e-6)
    np.testing.assert_allclose(pair.values[0, 1], fine[0] / 1e4, rtol=1e-6)
    np.testing.assert_array_equal(pair.values[0], pair.values[1])


def test_a_stack_is_written_and_read_again(tmp_path: Path) -> None:
    pair = read_pair(files.tif(files.noise(1)), files.tif(files.noise(2)), files.picture(files.square()))
    pair.to_netcdf(tmp_path / "pair.nc")
    with xr.open_dataset(tmp_path / "pair.nc", decode_coords="all") as again:
        np.testing.assert_array_equal(again.image.values, pair.values)
        assert again.image.attrs["quantity"] == "digital number"
