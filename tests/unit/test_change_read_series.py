"""A series is in order of its dates, on one grid, and without the brightest clouds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from affine import Affine

from eogen.change.read import read_series
from eogen.change.read_series import CLOUD, cloudy
from eogen.change.sets_series import open_series, series
from eogen.change.stack import pair
from tests import change_files as files
from tests.change_files import PLACE, SIZE
from tests.real import real_data

DAYS = ("2020-03-01", "2020-01-05", "2021-06-07", "2020-02-02")


def _scene(seed: int, blue: float = 400.0) -> np.ndarray:
    """Return 12 bands of Sentinel-2 (y, x), int16."""
    values = np.random.default_rng(seed).normal(1500, 50, (12, SIZE, SIZE))
    values[1] = blue + np.random.default_rng(seed).normal(0, 20, (SIZE, SIZE))
    return values.astype(np.int16)


def test_dates_are_put_in_order_whatever_the_files_order(tmp_path: Path) -> None:
    for k, day in enumerate(DAYS):
        files.put(tmp_path / f"lake_{day}.tif", files.tif(_scene(k)))
    (tmp_path / "README.md").write_text("2020-01-01")
    files.put(tmp_path / "map.png", files.picture(files.noise(1)))
    series = read_series(tmp_path, licence="MIT")
    assert series.time.values.astype("datetime64[D]").astype(str).tolist() == sorted(DAYS)
    order = np.argsort(DAYS)
    np.testing.assert_allclose(series.values, np.stack([_scene(k) for k in order]) / 1e4, rtol=1e-6)
    assert list(series.band.values[:2]) == ["B01", "B02"]
    assert "B10" not in series.band.values
    assert (series.attrs["sensor"], series.attrs["quantity"]) == ("sentinel2", "reflectance")
    assert series.attrs["licence"] == "MIT"
    given = read_series({f"{d}.tif": files.tif(_scene(k)) for k, d in enumerate(DAYS)})
    np.testing.assert_array_equal(given.values, series.values)
    listed = read_series(sorted(tmp_path.glob("*.tif"), reverse=True))
    np.testing.assert_array_equal(listed.values, series.values)
    assert pair(series, 1, 3).sizes["time"] == 2


def test_every_date_is_brought_onto_the_first_grid() -> None:
    moved = PLACE @ Affine.translation(2, 0)
    scenes = {"a_20200101": files.tif(_scene(0)), "a_20200201": files.tif(_scene(1), transform=moved)}
    series = read_series(scenes)
    assert series.attrs["resampled"] == "EPSG:32631 -> EPSG:32631, bilinear"
    np.testing.assert_allclose(series.values[1, :, :, 2:], _scene(1)[:, :, :-2] / 1e4, rtol=1e-6)
    assert not series.valid.values[1, :, :2].any()


def test_clouds_are_not_valid_and_stay_visible() -> None:
    scenes = [_scene(k) for k in range(5)]
    scenes[2][:, 3:9, 3:9] = 4000
    hazy = scenes[4] + 900
    series = read_series({f"a_2020010{k}": files.tif(s) for k, s in enumerate([*scenes[:4], hazy], 1)})
    assert series.hazy.values.tolist() == [False] * 4 + [True]
    assert not series.valid.values[4].any()
    assert not series.valid.values[2, 3:9, 3:9].any()
    assert series.valid.values[2].sum() == SIZE**2 - 36
    assert float(series.values[2, 1, 5, 5]) == pytest.approx(0.4)
    np.testing.assert_allclose(series.clear, series.valid.mean(("y", "x")))
    assert f"{CLOUD:g}" in series.attrs["cloud_rule"]
    without = read_series(
        {f"a_2020010{k}": files.tif(s) for k, s in enumerate(scenes, 1)}, cloud=None, haze=None
    )
    assert without.valid.values.all()
    assert without.attrs["cloud_rule"] == ""


def test_pictures_have_no_cloud_mask() -> None:
    series = read_series({f"a_2020010{k}.png": files.picture(files.noise(k)) for k in (1, 2, 3)})
    assert series.valid.values.all()
    assert series.attrs["cloud_rule"] == ""


def test_a_change_of_a_part_is_no_haze() -> None:
    """New bright ground on a third of the place: its date stays."""
    blue = np.full((6, SIZE, SIZE), 0.04)
    blue[3:, :8] = 0.14
    hidden, hazy = cloudy(blue, np.ones_like(blue, bool))
    assert not hidden.any()
    assert not hazy.any()


def test_series_under_a_folder_are_found(tmp_path: Path) -> None:
    for k in (1, 2, 3):
        files.put(tmp_path / "in/Lake" / f"lake_2020-01-0{k}.tif", files.tif(_scene(k)))
        files.put(tmp_path / "two" / f"lake_2020-01-0{min(k, 2)}.tif", files.tif(_scene(k)))
        files.put(tmp_path / "undated" / f"{k}.tif", files.tif(_scene(k)))
    (found,) = series(tmp_path)
    assert (found.name, found.dates, found.dataset) == ("in/Lake", 3, "")
    dates = open_series(found, cloud=None)
    assert dates.sizes["time"] == 3
    assert dates.attrs["set"] == "in/Lake"
    assert series(None) == series(tmp_path / "gone") == []


@pytest.mark.real
def test_the_cloudy_dates_of_boadella_are_found() -> None:
    """The provenance calls 13, 18 and 23 January 2020 cloudy or hazy, and all other dates clear."""
    folder = real_data("landcover") / "s2_timeseries_boadella"
    if not len(list(folder.glob("*.tif"))) > 3:
        pytest.skip("no series of Boadella here")
    (found,) = series(folder)
    assert found.dataset == "boadella"
    dates = open_series(found)
    assert dates.attrs["licence"].startswith("MIT")
    days = dates.time.values.astype("datetime64[D]").astype(str)
    cloudy_days = {"2020-01-13", "2020-01-18", "2020-01-23"}
    assert set(days[dates.hazy.values]) == cloudy_days & set(days)
    assert (dates.clear.values[~dates.hazy.values] > 0.95).all()
    assert dates.sizes["band"] == 12
    assert dates.rio.crs.to_epsg() == 4326
    median = np.median(dates.sel(band="B08").values[~dates.hazy.values])
    assert 0.1 < median < 0.4
