"""What a folder offers, on names alone; and the real files that are here, whichever they are."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from eogen.catalog import entry
from eogen.ocean.read import Source, alboran, nep, pft, read, sensor_pair, sources
from eogen.ocean.read_open import open_dataset
from eogen.ocean.read_sensors import by_sensor, pair
from eogen.ocean.variables import VARIABLES
from tests import ocean_files as files
from tests.real import available, real_data

NAMES = {
    "nep_2019_daily_viirs_poly4.nc": ("nep_daily", {"8day", "daily"}),
    "nep_2020_daily_modis_ocx.nc": ("nep_daily", {"8day", "daily"}),
    "occci_v6_monthly_azores_1998_2023.nc": ("occci_oahu", {"monthly"}),
    "socal_modis_8day_20220227.nc": ("socal_coastwatch", {"single"}),
    "socal_mur_sst_20220410.nc": ("socal_coastwatch", {"single"}),
    "xcube_olci_southern_north_sea_5scenes.nc": ("xcube_olci", {"daily"}),
    "nwa_modis_20180909_l3b.nc": ("nwa_modis_l3b", {"single"}),
    "My Own Sea (2).nc": ("", {""}),
    "pft_atlantic_regionmean_test.nc": None,
    "dineof_alboran_reference_eof.nc": None,
    "notes.txt": None,
}


def test_a_folder_is_offered_without_opening_a_file(tmp_path: Path) -> None:
    for name in NAMES:
        (tmp_path / name).write_bytes(b"nothing that could be read")
    found = sources(tmp_path)
    keys = [source.key for source in found]
    assert len(set(keys)) == len(keys)
    assert all(re.fullmatch(r"[a-z0-9_-]+", key) for key in keys)
    for name, expected in NAMES.items():
        of_file = [source for source in found if source.path.name == name]
        assert bool(of_file) == (expected is not None), name
        if expected:
            assert {source.dataset for source in of_file} == {expected[0]}
            assert {source.step for source in of_file} == expected[1]
    for source in found:
        assert set(source.title) == {"en", "fr"}
        assert source.variable in (*VARIABLES, "")
        assert not source.dataset or entry(source.dataset).title["fr"] in source.title["fr"]
    assert keys[0] == "nep_2020_modis_ocx_8day"
    assert "2020" in found[0].title["fr"]
    assert "MODIS" in found[0].title["en"]


def test_a_source_loads_its_cube_and_tells_its_shape(tmp_path: Path) -> None:
    days = files.dataset(files.truth(), "log10chl_modis_poly4", units="log10(mg m-3)")
    files.write(days, tmp_path / "nep_2021_daily_modis.nc")
    files.write(files.occci(), tmp_path / "occci_v6_monthly_here.nc")
    held = {source.key: source for source in sources(tmp_path)}
    assert held["nep_2021_modis_daily"].shape_hint == files.truth().shape
    np.testing.assert_array_equal(held["nep_2021_modis_daily"].load(), files.truth().astype(np.float32))
    assert held["nep_2021_modis_8day"].load().sizes["time"] == 1
    monthly = held["occci_v6_monthly_here"].load()
    assert (monthly.attrs["dataset"], monthly.attrs["licence"]) == ("occci_oahu", entry("occci_oahu").licence)


def test_the_sea_of_an_image_is_told_by_the_images_beside_it(tmp_path: Path) -> None:
    held = files.erddap()
    files.write(held.isel(time=[0]), tmp_path / "socal_viirs_1day_20190301.nc")
    files.write(held.isel(time=[1]), tmp_path / "socal_viirs_3day_20190302.nc")
    files.write(held.isel(time=[2]), tmp_path / "socal_modis_3day_20190304.nc")
    first = next(source for source in sources(tmp_path) if "1day" in source.key).load()
    np.testing.assert_array_equal(first.sea, np.isfinite(files.truth()[:2]).any(0))
    np.testing.assert_allclose(first[0], files.truth()[0], atol=2e-6)
    assert first.attrs["missing_share"] > 0


def _real() -> list[Source]:
    return list(sources(real_data("ocean")))


@pytest.mark.real
def test_every_real_file_that_is_offered_is_a_cube() -> None:
    """Of the large daily cubes only the last: the other tests read them."""
    found = _real()
    daily = [source for source in found if source.dataset == "nep_daily"]
    for source in [source for source in found if source not in daily] + daily[-1:]:
        held = source.load()
        row = VARIABLES[str(held.name)]
        assert held.dims == ("time", "lat", "lon")
        assert held.shape == source.shape_hint or source.dataset == "nwa_modis_l3b"
        assert held.attrs["kind"] == "real"
        assert held.attrs["units"] == row.units
        assert not source.variable or held.name == source.variable
        seen = held.values[np.isfinite(held.values)] if held.chunks is None else held[:1].values
        assert row.low <= np.nanmin(seen) <= np.nanmax(seen) <= row.high
        assert -180 <= float(held.lon[0]) <= 180


@pytest.mark.real
def test_the_sensors_differ_as_they_were_measured_to() -> None:
    """PROVENANCE and the reference notes: POLY4 of 2021, n = 498,421, bias +0.045, RMSD 0.137."""
    folder = real_data("ocean")
    for path in sorted(folder.glob("nep_*_daily_*.nc")):
        with open_dataset(path) as dataset:
            two = pair(dataset)
        if two is None or two[2] != "poly4":
            continue
        first, second = sensor_pair(path)
        gap = (first.values - second.values).astype(float)
        gap = gap[np.isfinite(gap)]
        assert 0.08 < np.sqrt((gap**2).mean()) < 0.25
        if path.name == "nep_2021_daily_modis_viirs.nc":
            assert len(gap) == 498_421
            assert gap.mean() == pytest.approx(0.045, abs=5e-4)
            assert np.sqrt((gap**2).mean()) == pytest.approx(0.137, abs=5e-4)
        return
    pytest.skip("no daily cube of two sensors in the real data")


@pytest.mark.real
def test_the_missing_shares_are_those_of_the_provenance() -> None:
    folder = real_data("ocean")
    told = {
        "nep_2021_daily_modis_viirs.nc": (lambda p: nep(p, "modis"), 0.925),
        "occci_v6_monthly_oahu_1998_2022.nc": (read, 0.123),
        "dineof_alboran_sst.nc": (read, 0.454),
        "h8_sst_coralsea_26clear.nc": (read, 0.0016),
    }
    here = {name: row for name, row in told.items() if (folder / name).is_file()}
    if not here:
        pytest.skip("none of the files whose missing share is told")
    for name, (how, share) in here.items():
        assert how(folder / name).attrs["missing_share"] == pytest.approx(share, abs=6e-4), name


@pytest.mark.real
def test_dineofs_reference_is_consistent_with_itself() -> None:
    """The error of the best number of modes is the RMSD between its two lists of withheld points."""
    held = available(alboran, real_data("ocean"))
    rmsd = float(np.sqrt(np.mean((held.cv_initial - held.cv_best) ** 2)))
    assert rmsd == pytest.approx(held.cv_error.min(), rel=1e-6)
    assert len(held.sigma) == len(held.temporal) == len(held.spatial) == int(held.cv_error.argmin()) + 1
    np.testing.assert_allclose(held.temporal @ held.temporal.T, np.eye(len(held.sigma)), atol=1e-4)
    assert held.spatial.shape[1:] == held.sst.shape[1:]
    np.testing.assert_allclose(held.variance.sum(), 94.476, atol=1e-2)


@pytest.mark.real
def test_the_regional_series_have_their_boxes() -> None:
    held = available(pft, real_data("ocean"))
    for series in held.values():
        assert {"CHL", "DIATO"} <= {*series.data_vars}
        assert np.issubdtype(series.time.dtype, np.datetime64)
        if "west" in series.coords:
            assert bool((series.west < series.east).all())
            assert bool((series.south < series.north).all())


@pytest.mark.real
def test_by_sensor_names_every_series_of_a_daily_cube() -> None:
    for path in sorted(real_data("ocean").glob("nep_*_daily_*.nc")):
        with open_dataset(path) as dataset:
            assert all(f"log10chl_{s}_{a}" == key for (s, a), key in by_sensor(dataset).items())
            assert by_sensor(dataset)
