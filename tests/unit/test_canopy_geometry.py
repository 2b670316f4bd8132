"""Where the sun and the satellite stood: against published values, other products, and what must hold anywhere."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Transformer

from eogen.canopy import geometry, geopackage
from eogen.canopy.dataset import fold
from eogen.canopy.read import cesbio, eth_rtminv
from eogen.errors import InputError
from tests.real import available, real_data

DAY = np.datetime64("2022-05-11")
places = st.tuples(st.floats(-180, 180), st.floats(-65, 65))


def test_the_sun_is_where_nrel_says():
    """Reda & Andreas 2004 (NREL/TP-560-34302), their example; their zenith is refracted, by 0.016° there."""
    zenith, azimuth = geometry.solar_position(np.datetime64("2003-10-17T19:30:30"), -105.1786, 39.742476)
    assert zenith == pytest.approx(50.11162 + 0.016, abs=0.01)
    assert azimuth == pytest.approx(194.34024, abs=0.01)


def test_the_sun_is_overhead_at_the_equator_at_noon_of_the_equinox():
    zenith, _ = geometry.solar_position(np.datetime64("2024-03-20T12:07:30"), 0.0, 0.0)
    assert zenith < 0.2


@given(places)
def test_the_sun_stays_within_the_tropics(place):
    """At local solar noon of the June solstice, the zenith is the distance to the tropic."""
    times = (
        np.datetime64("2023-06-21T12:00", "s")
        - np.timedelta64(round(place[0] * 240), "s")
        + np.arange(-1200, 1200, 60)
    )
    zenith, _ = geometry.solar_position(times.astype("datetime64[s]"), *place)
    assert zenith.min() == pytest.approx(abs(place[1] - 23.44), abs=0.15)


@settings(max_examples=30)
@given(places)
def test_the_local_hour_depends_on_the_latitude_alone(place):
    """Sun-synchronous: half past ten at the equator, later in the north, the same at every longitude."""
    passage = geometry.overpass(DAY, *place)
    since = (passage.time - np.datetime64(DAY, "ms")) / np.timedelta64(1, "h")
    local = (since + place[0] / 15) % 24
    elsewhere = geometry.overpass(DAY, 0.0, place[1])
    assert local == pytest.approx(
        (elsewhere.time - np.datetime64(DAY, "ms")) / np.timedelta64(1, "h"), abs=0.01
    )
    assert 9 < local < 12.5
    assert (local > 10.5) == (place[1] > 0) or abs(place[1]) < 0.5


@pytest.mark.parametrize("place", [(0, 0), (1.2, 43.5), (-56.4, -1.5), (151, -34), (179.9, 62), (-120, -50)])
def test_every_place_is_seen_by_an_orbit_and_few_see_it(place):
    """143 tracks are 280 km apart at the equator and the swath is 290 km wide."""

    def view(orbit):
        try:
            return geometry.overpass(DAY, *place, orbit).view_zenith
        except InputError as error:
            return error.code

    views = [view(orbit) for orbit in range(1, 144)]
    seen = [each for each in views if each != "canopy_orbit"]
    assert 1 <= len(seen) <= 4
    assert min(seen) < 11.5
    assert max(seen) <= geometry.WIDEST_VIEW


def test_the_view_is_across_the_track():
    """The satellite comes down from the north-north-east: it stands to the west-north-west or east-south-east."""
    for orbit, azimuth in ((108, 286), (65, 105)):
        assert geometry.overpass(DAY, 8.7, 47.45, orbit).view_azimuth == pytest.approx(azimuth, abs=3)


@pytest.mark.parametrize(
    ("tile", "zone", "corner"),
    [
        ("31TCJ", 32631, (300_000, 4_900_020)),
        ("32TMT", 32632, (399_960, 5_300_040)),
        ("30TUM", 32630, (300_000, 4_700_040)),
        ("33UWP", 32633, (499_980, 5_400_000)),
        ("21MXT", 32721, (600_000, 9_800_020)),
        ("56HLH", 32756, (300_000, 6_300_040)),
    ],
)
def test_tiles_lie_where_their_products_do(tile, zone, corner):
    """Upper left corners as in the products' metadata (ESA's tiling grid)."""
    x, y = Transformer.from_crs(4326, zone, always_xy=True).transform(*geometry.tile_centre(tile))
    assert (x, y) == pytest.approx((corner[0] + 54_900, corner[1] - 54_900), abs=100)


@pytest.mark.parametrize("tile", ["", "32TMTX", "99TMT", "32TMI", "32TXT", "32IMT"])
def test_what_is_no_tile_is_refused(tile):
    with pytest.raises(InputError, match="tile") as caught:
        geometry.tile_centre(tile)
    assert caught.value.code == "canopy_tile"


def test_product_names_are_found_in_longer_texts():
    found = geometry.product(
        "Here__S2B_MSIL2A_20220519T102559_N9999_R108_T32TMT_20230101T000000__SRF_S2.tiff"
    )
    assert found == geometry.Product(
        "S2B_MSIL2A_20220519T102559_N9999_R108_T32TMT",
        "S2B",
        np.datetime64("2022-05-19"),
        "9999",
        108,
        "32TMT",
    )
    assert geometry.product("S2B_20220519.tif") is None
    assert geometry.product("S2A_MSIL2A_20221345T102559_N0400_R108_T32TMT") is None


@given(st.floats(-1000, 1000))
def test_folding_keeps_the_cosine(angle):
    assert 0 <= fold(angle) <= 180
    assert fold(-angle) == pytest.approx(fold(angle), abs=1e-9)
    assert np.cos(np.radians(fold(angle))) == pytest.approx(np.cos(np.radians(angle)), abs=1e-9)


@pytest.mark.real
def test_angles_equal_those_in_a_products_metadata():
    """Sun, hour and satellite; only the view zenith of the product of 2019-04-20 had a part in the model."""
    paths = sorted((real_data("canopy") / "eth_s2_patches").glob("*__eodal_mapper_metadata.gpkg"))
    rows = [row for path in paths for row in geopackage.rows(path)]
    if not rows:
        pytest.skip("no metadata of a product here")
    for row in rows:
        name = geometry.product(row["product_uri"])
        assert name is not None
        centre = geometry.tile_centre(name.tile)
        passage = geometry.overpass(name.date, *centre, name.orbit)
        assert abs(passage.time - np.datetime64(row["sensing_time"], "ms")) < np.timedelta64(60, "s")
        zenith, azimuth = geometry.solar_position(np.datetime64(row["sensing_time"]), *centre)
        assert zenith == pytest.approx(row["sun_zenith_angle"], abs=0.03)
        assert azimuth == pytest.approx(row["sun_azimuth_angle"], abs=0.03)
        assert passage.view_zenith == pytest.approx(row["sensor_zenith_angle"], abs=0.5)
        assert passage.view_azimuth == pytest.approx(row["sensor_azimuth_angle"], abs=4)


@pytest.mark.real
def test_the_sun_equals_that_of_swiss_products():
    """Products give the tile's mean: 0.35° at most from the field's own, by the orbit (65 or 108) that fits better."""
    data = available(eth_rtminv, real_data("canopy"))
    frame = data[["solar_zenith", "longitude", "latitude", "field_date", "site"]].to_dataframe()
    for (_, day), rows in frame.groupby(["site", "field_date"]):
        row = rows.iloc[0]
        gaps = []
        for shift in range(
            -3, 4
        ):  # the field day is not the image's: within three days the sun moves by 1.2°
            date = np.datetime64(day, "D") + np.timedelta64(shift, "D")
            for orbit in (65, 108):
                zenith, _, _ = geometry.angles(
                    date, row.longitude, row.latitude, orbit if row.longitude > 8 else 108
                )
                gaps.append(abs(zenith - row.solar_zenith))
        assert min(gaps) < 0.35


@pytest.mark.real
def test_the_view_equals_that_of_french_products():
    """Theia's angles at Toulouse, whole degrees: orbit 51, which had no part in the fit."""
    data = available(cesbio, real_data("canopy"))
    here = data.isel(pixel=(data.tile == "31TCJ").values)
    if not here.sizes["pixel"]:
        pytest.skip("no points in tile 31TCJ here")
    agree = []
    for k in range(here.sizes["pixel"]):
        one = here.isel(pixel=k)
        zenith, view, relative = geometry.angles(
            one.s2_date.values.astype("datetime64[D]"), float(one.longitude), float(one.latitude), 51
        )
        agree.append(
            abs(zenith - float(one.solar_zenith)) < 1.2
            and abs(view - float(one.view_zenith)) < 1.5
            and abs(fold(relative) - float(one.relative_azimuth)) < 45
        )
    assert np.mean(agree) > 0.7  # the others are of orbit 8, which sees Toulouse from its edge
