"""Objects from p-values: what they weigh, where they lie, and that every export says the same."""

from __future__ import annotations

import io
import json

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from affine import Affine
from pyproj import Geod
from rasterio.crs import CRS
from rasterio.io import MemoryFile
from shapely.geometry import Point, shape

from eogen.change import objects
from eogen.change.stack import pixel_area, stack
from eogen.errors import InputError

UTM = (CRS.from_epsg(32631), Affine(10, 0, 448_000, 0, -10, 5_411_000))
DEGREES = (CRS.from_epsg(4326), Affine(1e-4, 0, 2.3, 0, -1e-4, 48.9))
NOWHERE = (None, None)


def drawn(place=UTM, side=60):
    """Return p-values with three objects: a square that is surest, a ring with a hole, and a speck of two pixels."""
    p = np.full((side, side), 0.5, np.float32)
    p[5:15, 5:15] = 1e-6
    p[8, 9] = 1e-8
    p[30:40, 20:30] = 1e-3
    p[33:37, 23:27] = 0.5
    p[50, 50:52] = 1e-5
    p[0, 0] = np.nan
    crs, at = place
    like = stack(np.zeros((2, 1, side, side)) + np.arange(side), ["pan"], crs=crs, transform=at)
    coords = {k: v for k, v in like.coords.items() if set(v.dims) <= {"y", "x"}}
    attrs = {
        "title": "drawn",
        "kind": "simulated",
        "estimator": "toy",
        "calibration": "self",
        "least_p": 1e-6,
    }
    return xr.Dataset({"p_value": (("y", "x"), p)}, coords, attrs)


def test_objects_are_listed_the_surest_first():
    table = objects.objects(drawn(), 0.01, 4)
    assert table.index.tolist() == [1, 2]
    assert table.pixels.tolist() == [100, 84]
    assert table.peak_surprise.tolist() == pytest.approx([8, 3])
    assert table.mean_surprise.tolist() == pytest.approx([(99 * 6 + 8) / 100, 3], rel=1e-5)
    assert table.row.tolist() == pytest.approx([9.5, 34.5])
    assert table.column.tolist() == pytest.approx([9.5, 24.5])


@pytest.mark.parametrize(
    ("rate", "least", "count"), [(0.01, 1, 3), (0.01, 3, 2), (1e-4, 1, 2), (1e-7, 1, 1), (1e-9, 1, 0)]
)
def test_the_rate_and_the_least_size_choose(rate, least, count):
    table = objects.objects(drawn(), rate, least)
    assert len(table) == count
    assert list(table.columns) == list(objects.COLUMNS)
    assert len(objects.to_geojson(drawn(), rate, least)["features"]) == count


def test_pixels_that_touch_by_a_corner_are_two_objects():
    p = drawn()
    p.p_value.values[:] = 0.5
    p.p_value.values[3, 3] = p.p_value.values[4, 4] = 1e-4
    assert len(objects.objects(p, 0.01, 1)) == 2


@pytest.mark.parametrize("place", [UTM, DEGREES])
def test_areas_are_those_of_the_pixels_and_of_the_polygon_to_a_hundredth(place):
    p = drawn(place)
    table = objects.objects(p, 0.01)
    names = objects.alarms(p, 0.01)
    area = pixel_area(p.p_value)
    for feature in objects.to_geojson(p, 0.01)["features"]:
        own = area[names == feature["id"]].sum()
        assert table.area_m2[feature["id"]] == pytest.approx(own)
        polygon = shape(feature["geometry"])
        assert abs(Geod(ellps="WGS84").geometry_area_perimeter(polygon)[0]) == pytest.approx(own, rel=0.01)
        assert feature["properties"]["polygon_m2"] == pytest.approx(own, rel=0.01)
    if place is UTM:
        assert table.area_m2.tolist() == [10_000, 8_400]


@pytest.mark.parametrize("place", [UTM, DEGREES])
def test_geojson_is_in_degrees_counterclockwise_and_agrees_with_the_table(place):
    p = drawn(place)
    table = objects.objects(p, 0.01)
    made = json.loads(objects.to_geojson_text(p, 0.01))
    assert "crs" not in made
    assert [f["id"] for f in made["features"]] == table.index.tolist()
    for feature in made["features"]:
        polygon, row = shape(feature["geometry"]), table.loc[feature["id"]]
        assert polygon.exterior.is_ccw
        assert all(not ring.is_ccw for ring in polygon.interiors)
        assert polygon.bounds == pytest.approx([row.west, row.south, row.east, row.north], abs=1e-5)
        assert feature["bbox"] == pytest.approx(polygon.bounds, abs=1e-5)
        assert polygon.convex_hull.contains(Point(row.lon, row.lat))
        assert feature["properties"]["pixels"] == row.pixels
        assert feature["properties"]["peak_surprise"] == pytest.approx(row.peak_surprise)
        assert feature["properties"]["calibration"] == "self"
        assert (2, 48) <= (row.lon, row.lat) <= (3, 49)


def test_the_hole_of_a_ring_is_a_hole():
    rings = [len(f["geometry"]["coordinates"]) for f in objects.to_geojson(drawn(), 0.01)["features"]]
    assert rings == [1, 2]


def test_without_a_place_objects_lie_on_the_pixel_plane():
    table = objects.objects(drawn(NOWHERE), 0.01)
    assert table.area_m2.isna().all()
    assert table[["lon", "lat"]].isna().all(axis=None)
    assert table.loc[1, ["x", "y"]].tolist() == [10, 10]
    assert table.loc[1, ["west", "south", "east", "north"]].tolist() == [5, 15, 15, 5]
    assert objects.objects(drawn(NOWHERE), 0.01, pixel=1.5).area_m2.tolist() == [225, 189]


def test_the_geotiff_brings_the_p_values_back_with_their_place():
    p = drawn()
    with MemoryFile(objects.to_geotiff(p)) as memory, memory.open() as file:
        assert file.crs == UTM[0]
        assert file.transform == UTM[1]
        assert file.dtypes == ("float32",)
        assert file.tags()["estimator"] == "toy"
        assert file.tags()["calibration"] == "self"
        np.testing.assert_array_equal(file.read(1), p.p_value.values)
        assert np.isnan(file.nodata)


def test_the_csv_reads_back():
    table = objects.objects(drawn(), 0.01)
    again = pd.read_csv(io.StringIO(objects.to_csv(table)), index_col="id")
    pd.testing.assert_frame_equal(again, table, check_dtype=False, check_index_type=False)


@pytest.mark.parametrize(
    ("code", "ask"),
    [
        ("change_rate", lambda: objects.objects(drawn(), 1)),
        ("change_rate", lambda: objects.to_geojson(drawn(), -0.1)),
        ("change_least", lambda: objects.objects(drawn(), 0.01, 0)),
        ("no_crs", lambda: objects.to_geojson(drawn(NOWHERE), 0.01)),
        ("no_crs", lambda: objects.to_geotiff(drawn(NOWHERE))),
    ],
)
def test_what_cannot_be_listed_is_refused(code, ask):
    with pytest.raises(InputError) as caught:
        ask()
    assert caught.value.code == code
