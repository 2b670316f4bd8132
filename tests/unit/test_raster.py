"""Rasters: where pictures lie, what files keep, what colours say."""

from __future__ import annotations

import base64
import io
import json

import numpy as np
import pytest
import xarray as xr
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from pyproj import Transformer
from rasterio.io import MemoryFile

from eogen.colour import SEQUENTIAL, SIGNED, Scale, table
from eogen.errors import InputError
from eogen.raster import cell_bounds, features_geojson, geotiff_bytes, overlay, pixel_at, warp

# rioxarray 0.19 and rasterio 1.4 multiply affine 3 matrices the old way; cmocean 4.0 passes a table's length.
pytestmark = [
    pytest.mark.filterwarnings("ignore:Use .@. matmul:PendingDeprecationWarning"),
    pytest.mark.filterwarnings("ignore:Passing 'N' to ListedColormap"),
]


def grid(
    n=64, m=None, *, crs="EPSG:32631", x0=596_000.0, y0=5_035_000.0, step=10.0, fill=None, dtype="float32"
):
    m = m or n
    values = np.arange(n * m).reshape(n, m).astype(dtype) if fill is None else np.full((n, m), fill, dtype)
    coords = {"y": y0 - step * (np.arange(n) + 0.5), "x": x0 + step * (np.arange(m) + 0.5)}
    array = xr.DataArray(values, coords, ("y", "x"), name="field")
    return array.rio.write_crs(crs) if crs else array


def pixels(placed):
    raw = base64.b64decode(placed.url.split(",", 1)[1])
    return np.asarray(Image.open(io.BytesIO(raw)).convert("RGBA"))


def where(placed, lat, lng):
    """The (row, column) a web map shows at a place: linear between the Mercator corners."""
    mercator = Transformer.from_crs(4326, 3857, always_xy=True).transform
    (south, west), (north, east) = placed.bounds
    left, bottom = mercator(west, south)
    right, top = mercator(east, north)
    x, y = mercator(lng, lat)
    height, width = pixels(placed).shape[:2]
    return (top - y) / (top - bottom) * height, (x - left) / (right - left) * width


@pytest.mark.parametrize("n", [64, 400, 900])
@pytest.mark.parametrize("crs", ["EPSG:32631", "EPSG:2154"])
def test_a_bright_pixel_is_shown_where_pyproj_says_it_is(n, crs):
    """At the corners and the middle, to less than one 10 m pixel (one display pixel if coarser)."""
    x0, y0 = (596_000, 5_035_000) if crs == "EPSG:32631" else (810_000, 6_480_000)
    like = grid(n, crs=crs, x0=x0, y0=y0)
    to_degrees = Transformer.from_crs(crs, 4326, always_xy=True).transform
    for row, column in [(2, 2), (2, n - 3), (n - 3, 2), (n - 3, n - 3), (n // 2, n // 3)]:
        picture = np.zeros((n, n, 3), "uint8")
        picture[row - 1 : row + 2, column - 1 : column + 2] = 255
        placed = overlay(picture, like)
        shown = pixels(placed)
        lit = np.argwhere(shown[..., 0] > 0).mean(0) + 0.5
        lng, lat = to_degrees(float(like.x[column]), float(like.y[row]))
        per_pixel = max(shown.shape[:2]) / n
        assert np.abs(lit - where(placed, lat, lng)).max() < max(per_pixel, 1.0)


def test_corners_alone_would_not_do():
    """The reason for warping: laying a UTM picture between its corners is wrong by more than a pixel."""
    like = grid(512)
    to_degrees = Transformer.from_crs(32631, 4326, always_xy=True).transform
    placed = overlay(np.zeros((512, 512), "uint8"), like)
    lng, lat = to_degrees(float(like.x[0]), float(like.y[0]))
    assert np.abs(np.array(where(placed, lat, lng)) - 0.5).max() > 3


def test_the_frame_inside_has_no_empty_corner():
    like = grid(300)
    placed = overlay(np.full((300, 300), 9, "uint8"), like)
    (south, west), (north, east) = placed.inner
    alpha = pixels(placed)[..., 3]
    for lat, lng in [(south, west), (south, east), (north, west), (north, east)]:
        row, column = where(placed, lat, lng)
        row = int(np.clip(row + (1.5 if lat == north else -1.5), 0, alpha.shape[0] - 1))
        column = int(np.clip(column + (1.5 if lng == west else -1.5), 0, alpha.shape[1] - 1))
        assert alpha[row, column] == 255
    assert (alpha == 0).any()


@given(n=st.integers(2, 90), m=st.integers(2, 90), x0=st.floats(2e5, 8e5), y0=st.floats(1e5, 9e6))
@settings(max_examples=30, deadline=None)
def test_the_frame_lies_inside_the_picture(n, m, x0, y0):
    like = grid(n, m, x0=x0, y0=y0)
    placed = overlay(np.zeros((n, m), "uint8"), like)
    (south, west), (north, east) = placed.bounds
    (low, left), (high, right) = placed.inner
    assert south <= low < high <= north
    assert west <= left < right <= east


@pytest.mark.parametrize("angle", [0, 30, 45])
def test_a_grid_known_by_its_transform_alone_is_placed(angle):
    place = Affine.translation(596_000, 5_035_000) @ Affine.rotation(angle) @ Affine.scale(10, -10)
    like = xr.DataArray(np.zeros((60, 60)), dims=("y", "x")).rio.write_crs(32631).rio.write_transform(place)
    picture = np.zeros((60, 60), "uint8")
    picture[29:32, 9:12] = 255
    placed = overlay(picture, like)
    lng, lat = Transformer.from_crs(32631, 4326, always_xy=True).transform(*(place @ (10.5, 30.5)))
    shown = pixels(placed)
    lit = np.argwhere(shown[..., 0] > 0).mean(0) + 0.5
    assert np.abs(lit - where(placed, lat, lng)).max() < max(shown.shape[:2]) / 60
    assert pixel_at(like, lat, lng) == (30, 10)


def test_a_slice_is_placed_where_it_was_cut():
    whole = grid(100)
    whole = whole.rio.write_transform(whole.rio.transform())
    part = whole[40:60, 30:70]
    assert pixel_at(part, *np.mean(cell_bounds(whole, 45, 50), 0)) == (5, 20)
    with MemoryFile(geotiff_bytes(part)) as memory, memory.open() as file:
        assert (file.transform.c, file.transform.f) == (596_300, 5_034_600)


def test_warp_agrees_with_rioxarray():
    source = grid(200)
    ours = warp(source)
    theirs = source.rio.reproject(
        "EPSG:3857", shape=ours.shape, transform=ours.rio.transform(), nodata=np.nan
    )
    np.testing.assert_array_equal(ours.values, theirs.values)
    assert ours.rio.crs.to_epsg() == 3857


def test_warp_keeps_bands_and_does_not_invent_values():
    cube = xr.concat([grid(90), grid(90) + 9000], "band").assign_coords(band=["B04", "B08"])
    cube = cube.where(cube.x > cube.x[10]).rio.write_crs("EPSG:32631")
    out = warp(cube)
    assert list(out.band.values) == ["B04", "B08"]
    assert set(np.unique(out.values[~np.isnan(out.values)])) <= set(
        np.unique(cube.values[~np.isnan(cube.values)])
    )
    assert np.isnan(out.values[:, out.shape[1] // 2, 5]).all()


def test_pictures_are_quicklooks():
    assert max(pixels(overlay(np.zeros((700, 900), "uint8"), grid(700, 900))).shape) <= 512
    plane = overlay(np.zeros((700, 900), "uint8"))
    assert max(pixels(plane).shape) == 512
    assert plane.bounds == [[0, 0], [700, 900]]
    assert not plane.geographic


def test_no_crs_means_the_pixel_plane_and_every_pixel():
    rng = np.random.default_rng(0)
    picture = rng.integers(0, 255, (64, 48, 3), dtype=np.uint8)
    placed = overlay(picture, grid(64, 48, crs=None))
    assert not placed.geographic
    assert placed.size == (48, 64)
    np.testing.assert_array_equal(pixels(placed)[..., :3], picture)


def test_average_keeps_the_mean():
    stripes = np.zeros((1024, 1024), "uint8")
    stripes[::2] = 200
    assert abs(float(pixels(overlay(stripes, resampling="average"))[..., 0].mean()) - 100) < 1
    placed = pixels(overlay(stripes, grid(1024), resampling="average"))
    assert abs(float(placed[placed[..., 3] == 255][..., 0].mean()) - 100) < 1


def test_sizes_must_agree():
    with pytest.raises(InputError) as caught:
        overlay(np.zeros((10, 10), "uint8"), grid(11))
    assert caught.value.code == "picture_shape"


@given(row=st.integers(0, 63), column=st.integers(0, 39))
@settings(max_examples=40, deadline=None)
def test_pixel_at_undoes_cell_bounds(row, column):
    array = grid(64, 40)
    (south, west), (north, east) = cell_bounds(array, row, column)
    assert pixel_at(array, (south + north) / 2, (west + east) / 2) == (row, column)


def test_pixel_at_outside_is_none():
    assert pixel_at(grid(), 0.0, 0.0) is None


# --- files --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float32", "float64", "uint8", "uint16", "int16", "bool"])
def test_geotiff_round_trip(dtype):
    cube = xr.concat([grid(33, 21, dtype=dtype), grid(33, 21, dtype=dtype)], "band").assign_coords(
        band=["B04", "B8A"]
    )
    cube = cube.rio.write_crs("EPSG:32631").assign_attrs(units="1", source="patch.tif", seed=3)
    if dtype.startswith("float"):
        cube[0, 3, 4] = np.nan
    with MemoryFile(geotiff_bytes(cube)) as memory, memory.open() as file:
        assert file.crs.to_epsg() == 32631
        assert file.transform.almost_equals(cube.rio.transform())
        assert file.descriptions == ("B04", "B8A")
        assert file.units == ("1", "1")
        assert file.tags()["source"] == "patch.tif"
        assert file.tags()["seed"] == "3"
        np.testing.assert_array_equal(file.read(), cube.values.astype("uint8" if dtype == "bool" else dtype))
        assert np.isnan(file.nodata) if dtype.startswith("float") else file.nodata is None


def test_geotiff_keeps_a_given_nodata_and_one_band():
    array = grid(dtype="int16").rio.write_nodata(-9999)
    with MemoryFile(geotiff_bytes(array)) as memory, memory.open() as file:
        assert (file.count, file.nodata, file.descriptions) == (1, -9999, ("field",))


@pytest.mark.parametrize("use", [geotiff_bytes, warp, lambda a: features_geojson(a > 0)])
def test_no_crs_is_a_sentence(use):
    with pytest.raises(InputError, match="coordinate reference system") as caught:
        use(grid(crs=None))
    assert caught.value.code == "no_crs"


# --- objects ------------------------------------------------------------------------------------------------


def test_objects_are_where_they_are_and_as_large_as_they_are():
    mask = grid(fill=0, dtype="uint8").astype(bool)
    mask[10:20, 5:9] = True
    mask[12:14, 6:8] = False  # a hole
    mask[40:42, 40:44] = True
    mask[60, 60] = True
    value = grid()
    found = features_geojson(mask, values={"mean": value}, properties={"model": "x"}, min_pixels=2)
    json.dumps(found)
    first, second = found["features"]
    assert [f["properties"]["pixels"] for f in found["features"]] == [36, 8]
    # The grid's scale factor in this part of the UTM zone is within 0.1 % of 1.
    assert first["properties"]["area_m2"] == pytest.approx(3600, rel=2e-3)
    assert second["properties"]["mean"] == pytest.approx(float(value[40:42, 40:44].mean()))
    assert first["properties"]["model"] == "x"
    assert len(first["geometry"]["coordinates"]) == 2
    back = Transformer.from_crs(4326, 32631, always_xy=True).transform
    x, y = np.array([back(*p) for p in second["geometry"]["coordinates"][0]]).T
    assert (x.min(), x.max()) == pytest.approx((596_400, 596_440), abs=0.01)
    assert (y.min(), y.max()) == pytest.approx((5_034_580, 5_034_600), abs=0.01)


def test_outer_rings_turn_left():
    """RFC 7946, 3.1.6."""
    mask = grid(fill=0, dtype="uint8").astype(bool)
    mask[3:9, 3:9] = True
    ring = np.array(features_geojson(mask)["features"][0]["geometry"]["coordinates"][0])
    x, y = ring.T
    assert np.sum(x[:-1] * y[1:] - x[1:] * y[:-1]) > 0


def test_nothing_found_is_an_empty_collection():
    assert features_geojson(grid(fill=0, dtype="uint8").astype(bool))["features"] == []


def test_rasterising_the_objects_gives_the_mask_back():
    from rasterio.features import rasterize
    from rasterio.warp import transform_geom

    mask = grid(fill=0, dtype="uint8").astype(bool)
    mask.values[:] = np.random.default_rng(1).random((64, 64)) > 0.6
    found = features_geojson(mask)
    shapes = [transform_geom("EPSG:4326", "EPSG:32631", f["geometry"]) for f in found["features"]]
    np.testing.assert_array_equal(
        rasterize(shapes, (64, 64), transform=mask.rio.transform()).astype(bool), mask.values
    )


# --- colours ------------------------------------------------------------------------------------------------


def lightness(name):
    from skimage.color import rgb2lab

    return rgb2lab(table(name)[None] / 255.0)[0, :, 0]


@pytest.mark.parametrize("name", SEQUENTIAL)
def test_sequential_scales_only_get_lighter_or_only_darker(name):
    steps = np.diff(lightness(name)[::8])
    assert (steps > 0).all() or (steps < 0).all()


@pytest.mark.parametrize("name", SIGNED)
def test_signed_scales_turn_once_in_the_middle(name):
    light = lightness(name)[::8]
    middle = len(light) // 2
    outward = np.sign(
        np.concatenate([light[middle - 2] - light[: middle - 4], light[middle + 2] - light[middle + 4 :]])
    )
    assert abs(outward.sum()) == len(outward)


@pytest.mark.parametrize("name", ["jet", "rainbow", "hsv", "turbo", "", "../x"])
def test_rainbows_are_refused(name):
    with pytest.raises(InputError) as caught:
        table(name)
    assert caught.value.code == "colormap"


def test_nan_is_transparent_and_ends_are_the_ends():
    out = Scale("cividis", 0, 10).colour(np.array([[np.nan, -5, 0], [10, 20, 5]]))
    assert out[0, 0].tolist() == [0, 0, 0, 0]
    assert out[0, 1, :3].tolist() == out[0, 2, :3].tolist() == table("cividis")[0].tolist()
    assert out[1, 0, :3].tolist() == out[1, 1, :3].tolist() == table("cividis")[255].tolist()
    assert (out[..., 3] == np.array([[0, 255, 255], [255, 255, 255]])).all()


def test_alpha_by_value_hides_what_says_nothing():
    out = Scale("PuOr", -2, 2).colour(np.array([[-2.0, 0, 1, 2]]), alpha=0.8, alpha_by_value=True)
    assert out[0, :, 3].tolist() == [204, 0, 102, 204]


@given(st.floats(0, 1), st.booleans())
def test_value_undoes_fraction(fraction, log):
    scale = Scale("algae", 0.1, 10, log)
    assert scale.fraction(np.array(scale.value(fraction))) == pytest.approx(fraction, abs=1e-9)


def test_a_scale_of_a_field_holds_it():
    field = np.array([[1.0, np.nan], [3.0, -4.0]])
    assert (Scale.of(field).low, Scale.of(field).high) == (-4, 3)
    assert (Scale.of(field, "PuOr").low, Scale.of(field, "PuOr").high) == (-4, 4)
    assert (Scale.of(field, log=True).low, Scale.of(field, log=True).high) == (1, 3)
    assert Scale.of(np.full((2, 2), 7.0)).high > 7
    assert Scale.of(np.full((2, 2), np.nan)).low == 0


@pytest.mark.parametrize(
    ("low", "high", "log", "code"),
    [(1, 1, False, "scale_ends"), (np.nan, 1, False, "scale_ends"), (0, 1, True, "scale_log")],
)
def test_impossible_scales_are_a_sentence(low, high, log, code):
    with pytest.raises(InputError) as caught:
        Scale("cividis", low, high, log)
    assert caught.value.code == code
