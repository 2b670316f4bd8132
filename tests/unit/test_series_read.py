"""Readers of series give what was written, in any order of rows or bands, and a sentence for what cannot be read."""

from __future__ import annotations

import json
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest

from eogen.errors import InputError, Unavailable
from eogen.landcover.bands import ALL
from eogen.landcover.series import (
    read_breizhcrops,
    read_dates,
    read_eopatch,
    read_pastis,
    read_terramesh,
    read_timesen2crop,
    read_worldcereal,
    read_worldcereal_cube,
    sets,
)
from eogen.landcover.series.months import monthly
from eogen.landcover.series.read_common import day_in
from pages.kit.words import load
from tests import series_files as made
from tests.real import real_data


def test_a_long_table_is_what_was_written(tmp_path: Path) -> None:
    held = read_worldcereal.read(made.long_table(tmp_path))
    assert [str(s) for s in held["sample"].values] == ["p0", "p1", "p2", "p4"]
    assert [held.attrs["classes"][k] for k in held["label"].values] == [
        "maize", "grassland", "permanent_crops", "straw_cereals",
    ]  # fmt: skip
    assert (held.attrs["left_out"], held.attrs["left_out_as"]) == (1, "1 potatoes")
    assert tuple(held["band"].values) == made.USUAL  # B8A was never filled
    values = held["reflectance"].values
    assert values[2, 1] == pytest.approx(np.arange(1, 10) * 0.01 + 0.0002)
    assert np.isnan(values[0, 1]).all()  # no row
    assert np.isnan(values[1, 2]).all()  # 65535
    assert np.isnan(values).sum() == 18
    assert held.attrs["step_days"] == 10
    assert len(set(held["group"].values)) == 4  # one tile, so blocks of longitude and latitude
    assert held.attrs["group_rule"] == "block of 0.1 degrees"
    assert monthly(held).sizes == {"parcel": 4, "time": 1, "band": 9}


def test_without_a_legend_nothing_is_left_out_and_nothing_is_known(tmp_path: Path) -> None:
    held = read_worldcereal.read(made.long_table(tmp_path, legend=False))
    assert held.sizes["parcel"] == 5
    assert (held["label"].values == -1).all()
    assert held.attrs["left_out"] == 0


def test_unlabelled_parcels_can_be_kept(tmp_path: Path) -> None:
    held = read_worldcereal.read(made.long_table(tmp_path), unlabelled=True)
    assert held["label"].values.tolist() == [2, 0, 5, -1, 1]


def test_a_wide_table_puts_every_parcel_on_its_own_months(tmp_path: Path) -> None:
    held = read_worldcereal.read(made.wide_table(tmp_path))
    assert [str(t)[:7] for t in held["time"].values] == ["2020-12", "2021-01", "2021-02"]
    blue = held["reflectance"].sel(band="B02").values
    np.testing.assert_allclose(blue, [[0.0100, 0.0101, np.nan], [np.nan, 0.0110, np.nan]], atol=1e-7)
    assert float(held["reflectance"].sel(band="B8A")[0, 0]) == pytest.approx(0.3)
    assert held.attrs["step_days"] == 30.4


def test_a_cube_meets_the_maps_of_its_own_place(tmp_path: Path) -> None:
    paths = made.netcdf_cube(tmp_path)
    held = read_worldcereal_cube.read(paths[0], paths[1:])
    assert held.rio.crs.to_epsg() == 32631
    assert held.attrs["classes"] == ["barley", "maize", "other_crop"]
    assert held["cropland"].values.tolist() == [[True] * 4, [False] * 4, [False] * 4]
    assert held["label"].values.tolist() == [[0] * 4, [-1] * 4, [-1] * 4]
    assert float(held["probability"].mean()) == pytest.approx(0.8)
    assert held["clear"].values.sum() == 23
    assert held["reflectance"].values[0, :, 1, 1] == pytest.approx(np.arange(1, 10) * 0.01)
    assert "far.nc" not in held.attrs["source"]


@pytest.mark.parametrize("offset", [0, 1000])
def test_cloudy_dates_are_told_and_their_offset_is_that_of_the_others(tmp_path: Path, offset: int) -> None:
    held = read_dates.read(made.dated_images(tmp_path, offset=offset)[::-1])
    assert held["cloudy"].values.tolist() == [False, False, True, False, False]
    assert held["clear"].values.mean((1, 2)).tolist() == [1, 1, 0, 1, 1]
    assert float(held["reflectance"].sel(band="B02")[0].mean()) == pytest.approx(0.042, abs=0.001)
    assert float(held["reflectance"].sel(band="B02")[2].mean()) == pytest.approx(0.542, abs=0.001)
    removed = [day for day in held.attrs["offset_removed"].split(", ") if day]
    assert len(removed) == (0 if offset == 0 else 5)
    assert held.attrs["title"] == "Here"


def test_without_blue_and_red_clouds_are_unknown() -> None:
    hidden, cloudy, rule = read_dates.clouds(np.ones((3, 1, 2, 2)), ["B08"])
    assert not hidden.any()
    assert not cloudy.any()
    assert rule == "unknown"


@pytest.mark.parametrize("flat", [True, False])
def test_a_patch_of_ndvi_in_both_layouts(tmp_path: Path, flat: bool) -> None:
    held = read_eopatch.read(made.eopatch(tmp_path, flat))
    assert held["ndvi"].shape == (3, 4, 5)
    assert held["clear"].values.sum((1, 2)).tolist() == [19, 0, 20]
    assert held["label"].values.ravel().tolist() == [
        (k % 12) - 1 if 0 < k % 12 < 11 else -1 for k in range(20)
    ]
    assert held.rio.crs.to_epsg() == 32633
    assert held["x"].values.tolist() == [400_005, 400_015, 400_025, 400_035, 400_045]
    assert held["y"].values.tolist() == [5_000_035, 5_000_025, 5_000_015, 5_000_005]


@pytest.mark.parametrize("offset", [0, 1000])
def test_a_patch_with_its_mask_loses_the_offset_and_keeps_clouds_apart(tmp_path: Path, offset: int) -> None:
    (patch,) = read_terramesh.patches(made.terramesh(tmp_path, offset))
    held = read_terramesh.read(patch)
    assert held.attrs["offset_removed"] == offset
    assert float(held["reflectance"].sel(band="B01").mean()) == pytest.approx(0.03)
    names = np.array([*held.attrs["classes"], "unknown"])[held["label"].values]
    assert (names[1:, :16] == "trees").all()
    assert (names[1:, 16:] == "crops").all()
    assert (names[0] == "unknown").all()
    assert held["clear"].values[0].all(1).tolist() == [False] + [True] * 31


@pytest.mark.parametrize("level", ["L1C", "L1C, first", "L2A"])
def test_breizhcrops_in_its_three_orders_of_columns(tmp_path: Path, level: str) -> None:
    held = read_breizhcrops.read(made.breizhcrops(tmp_path, level))
    assert held.attrs["level"] == level[:3]
    assert held.attrs["classes"] == ["wheat", "corn"]
    assert held["label"].values.tolist() == [0, 1, 0]
    assert (held.attrs["left_out"], held.attrs["of"]) == (1, 4)
    for band in ("B02", "B8A", "B12"):
        seen = held["reflectance"].sel(band=band).values
        expected = (100 * (ALL.index(band) + 2) + np.array([0, 1, 3])) / 1e4
        assert np.nanmin(seen, axis=1) == pytest.approx(expected)
        assert np.isfinite(seen).sum(1).tolist() == [2, 2, 2]  # the cloudy date is not seen
    assert read_breizhcrops.read(tmp_path / "2017" / level[:3] / "frh01.h5", most=2).sizes["parcel"] == 2


def test_timesen2crop_takes_bands_by_place_and_one_place_for_one_group(tmp_path: Path) -> None:
    root = made.timesen2crop(tmp_path)
    held = read_timesen2crop.read([root / "33UVP", root / "2019_33UVP"])
    assert held.sizes == {"parcel": 9, "time": 5, "band": 9}
    assert [held.attrs["classes"][k] for k in held["label"].values] == ["grassland"] * 3 + ["maize"] * 6
    assert set(held["group"].values.tolist()) == {0}
    assert held["reflectance"].values[1, 0] == pytest.approx((100 * np.arange(1, 10) + 1) / 1e4)
    assert np.isfinite(held["reflectance"].values).all(2).sum(1).tolist() == [2] * 6 + [1] * 3
    assert tuple(held["band"].values) == read_timesen2crop.BANDS
    assert read_timesen2crop.read(root / "33UVP", most=2).sizes["parcel"] == 2


def test_pastis_has_its_dates_folds_and_place(tmp_path: Path) -> None:
    folder = made.pastis(tmp_path)
    assert read_pastis.patches(folder) == ("10000", "10001")
    held = read_pastis.read(folder, 10001)
    assert [str(t)[:10] for t in held["time"].values] == ["2018-09-17", "2018-10-02", "2019-01-01"]
    assert (held.attrs["fold"], held.attrs["tile"], held.rio.crs.to_epsg()) == (1, "t30uxv", 2154)
    assert held["label"].values[:3, 0].tolist() == [-1, 3, 0]
    assert held["x"].values[[0, -1]].tolist() == [700_005, 700_075]
    assert held["y"].values[[0, -1]].tolist() == [6_600_055, 6_600_005]
    assert held["reflectance"].values[0, :, 0, 0] == pytest.approx(0.05 + 0.01 * np.arange(10))
    assert "label" not in read_pastis.read(folder)


def test_a_day_is_found_in_a_name() -> None:
    assert str(day_in("S2A_20200113T105421_x.tif")) == "2020-01-13"
    assert day_in("x_2020-02-31.tif") is None
    assert day_in("120200113.tif") is None


def test_every_layout_is_recognised_and_opened(tmp_path: Path) -> None:
    for name in ("long", "wide", "cube", "images", "flat", "deep", "mesh", "brittany", "austria", "france"):
        (tmp_path / name).mkdir()
    made.long_table(tmp_path / "long", "unusual.parquet")
    made.wide_table(tmp_path / "wide")
    made.netcdf_cube(tmp_path / "cube")
    made.dated_images(tmp_path / "images")
    made.eopatch(tmp_path / "flat", True)
    made.eopatch(tmp_path / "deep", False)
    made.terramesh(tmp_path / "mesh", 0)
    made.breizhcrops(tmp_path / "brittany", "L2A")
    made.timesen2crop(tmp_path / "austria")
    made.pastis(tmp_path / "france")
    pd.DataFrame({"a": [1]}).to_parquet(tmp_path / "other.parquet")
    (tmp_path / "broken.nc").write_bytes(b"\x89HDF\r\n\x1a\nxx")
    found = {each.name: each for each in sets.sets(tmp_path)}
    assert {name: each.kind for name, each in found.items()} == {
        "austria": "timesen2crop", "brittany/2017/L2A/frh01": "breizhcrops", "cube/c": "worldcereal_cube",
        "deep": "eopatch", "flat": "eopatch", "france": "pastis", "images/Here": "dated_images", "mesh": "terramesh",
        "long/unusual": "worldcereal", "wide/wide": "worldcereal",
    }  # fmt: skip
    assert [p.name for p in found["cube/c"].paths] == ["c.nc", "crop.nc", "land.nc"]
    for each in found.values():
        held = sets.open(each)
        assert ("parcel" in held.dims, "ndvi" in held) == (each.shape == "parcels", each.shape == "ndvi")
        assert {"classes", "step_days", "kind", "dataset", "title", "licence", "source"} <= set(held.attrs)
    assert sets.open(found["france"], member="10001").attrs["fold"] == 1
    with pytest.raises(InputError) as caught:
        sets.open(found["france"], member="3")
    assert caught.value.code == "series_member"
    assert sets.sets(tmp_path / "nowhere") == []


def said(code: str, call, *arguments, **options) -> None:
    """Check that the call refuses with ``code``, and that both languages can say it."""
    with pytest.raises(InputError) as caught:
        call(*arguments, **options)
    assert caught.value.code == code, str(caught.value)
    for language in ("en", "fr"):
        assert load(language).text(f"errors.{code}").format(**caught.value.facts)
    assert load("en").text(f"errors.{code}").format(**caught.value.facts) == str(caught.value)


def test_what_cannot_be_read_is_said(tmp_path: Path) -> None:
    with pytest.raises(Unavailable):
        read_worldcereal.read(tmp_path / "none.parquet")
    cut = made.long_table(tmp_path)
    cut.write_bytes(cut.read_bytes()[:-200])
    said("series_lacks", read_worldcereal.read, cut)
    (tmp_path / "b").mkdir()
    paths = made.dated_images(tmp_path / "b")
    said("series_no_dates", read_dates.read, paths[:1])
    twin = paths[0].with_name("There_20200301.tif")
    twin.write_bytes(paths[0].read_bytes())
    said("series_same_date", read_dates.read, [*paths, twin])
    small = paths[0].with_name("Here_2022-01-01.tif")
    small.write_bytes(made.tiff(np.full((12, 18, 18), 900, np.int16), tuple(b for b in ALL if b != "B10")))
    said("series_grid_differs", read_dates.read, [*paths, small])
    fewer = paths[0].with_name("Here_2022-02-01.tif")
    fewer.write_bytes(made.tiff(np.full((10, 20, 20), 900, np.int16)))
    said("series_bands_differ", read_dates.read, [*paths, fewer])


def test_faults_of_a_patch(tmp_path: Path) -> None:
    folder = made.eopatch(tmp_path, True)
    (folder / "timestamps.json").write_text(json.dumps(["2016-01-01", "2015-01-01", "2014-01-01"]))
    said("series_time", read_eopatch.read, folder)
    (folder / "timestamps.json").write_text(json.dumps(["once", 2, None]))
    said("series_dates", read_eopatch.read, folder)
    (folder / "timestamps.json").write_text(json.dumps(["2015-01-01"]))
    said("series_file_shape", read_eopatch.read, folder)
    np.save(folder / "data_NDVI.npy", np.array([{}], object), allow_pickle=True)
    said("series_damaged", read_eopatch.read, folder)
    said("series_lacks", read_eopatch.read, folder / "none")


def test_a_coordinate_system_that_nobody_knows(tmp_path: Path) -> None:
    path = made.netcdf_cube(tmp_path)[0]
    with h5py.File(path, "r+") as file:
        file["crs"].attrs["crs_wkt"] = "EPSG:nan"
    said("series_crs", read_worldcereal_cube.read, path)


def test_faults_of_the_layouts(tmp_path: Path) -> None:
    path = made.breizhcrops(tmp_path / "b", "L2A")
    (tmp_path / "b" / "classmapping.csv").rename(tmp_path / "b" / "other.csv")
    said("series_absent", read_breizhcrops.read, path)
    (tmp_path / "b" / "other.csv").rename(tmp_path / "b" / "classmapping.csv")
    path.write_bytes(path.read_bytes()[:900])
    said("series_damaged", read_breizhcrops.read, path)
    tile = made.timesen2crop(tmp_path / "t") / "33UVP"
    pd.DataFrame({"acquisition_date": [20170903]}).to_csv(tile / "dates.csv", index=False)
    said("series_file_shape", read_timesen2crop.read, tile)
    (tile / "dates.csv").write_text("acquisition_date\nsoon\n12345678\n")
    said("series_dates", read_timesen2crop.read, tile)
    folder = made.pastis(tmp_path / "p")
    said("series_absent", read_pastis.read, tmp_path / "nowhere", 3)
    said("series_lacks", read_pastis.read, folder, 3)
    np.save(folder / "DATA_S2" / "S2_10000.npy", np.zeros((2, 10, 6, 8), np.int16))
    said("series_file_shape", read_pastis.read, folder)


DAMAGED = {
    "parquet": lambda folder: made.long_table(folder),
    "netcdf": lambda folder: made.netcdf_cube(folder)[0],
    "array": lambda folder: made.eopatch(folder, True) / "data_NDVI.npy",
    "hdf5": lambda folder: made.breizhcrops(folder, "L2A"),
    "text": lambda folder: made.pastis(folder) / "metadata.geojson",
    "table": lambda folder: made.timesen2crop(folder) / "33UVP" / "1" / "0.csv",
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", DAMAGED)
def test_damaged_files_are_passed_over_or_refused_in_a_sentence(tmp_path: Path, kind: str) -> None:
    """Cut, with bytes changed, or with a piece missing: never another error than one a visitor may read."""
    path = DAMAGED[kind](tmp_path)
    whole, rng = path.read_bytes(), np.random.default_rng(5)
    refusals = []
    for trial in range(6):
        raw = bytearray(whole)
        if trial % 3 == 0:
            raw = raw[: rng.integers(0, len(raw))]
        elif trial % 3 == 1:
            for place in rng.integers(0, len(raw), 5):
                raw[place] = rng.integers(256)
        else:
            first, last = sorted(rng.integers(0, len(raw), 2))
            raw = raw[:first] + raw[last:]
        path.write_bytes(bytes(raw))
        for each in sets.sets(tmp_path):
            try:
                assert sets.open(each).attrs["classes"] is not None
            except InputError as caught:
                refusals.append(caught)
    assert all(load("fr").text(f"errors.{each.code}").format(**each.facts) for each in refusals)


@pytest.mark.real
def test_the_french_parcels_are_those_of_the_reference() -> None:
    """419 parcels of six classes, 0.377 of them grassland: the counts behind the reference's majority score."""
    found = [each for each in sets.sets(real_data("landcover")) if each.kind == "worldcereal"]
    french = [h for h in map(sets.open, found) if h.attrs["step_days"] == 10]
    if not french:
        pytest.skip("the table of French dekads is not here")
    assert french[0].sizes["parcel"] == 419
    assert np.bincount(french[0]["label"].values).tolist() == [158, 95, 88, 16, 34, 28]
    assert len(set(french[0]["group"].values)) >= 5


@pytest.mark.real
def test_every_set_here_is_opened() -> None:
    for each in sets.sets(real_data("landcover")):
        for member in each.members or (None,):
            held = sets.open(each, member=member)
            assert held.attrs["kind"] == "real"
            if each.kind == "dated_images":
                hazy = {"2020-01-13", "2020-01-18", "2020-01-23"}  # PROVENANCE names them cloudy or hazy
                told = {str(t)[:10] for t in held["time"].values[held["cloudy"].values]}
                assert told == hazy & {str(t)[:10] for t in held["time"].values}
