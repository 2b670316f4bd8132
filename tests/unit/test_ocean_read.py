"""Every producer's file becomes the same cube; axes shifted, flipped or shuffled change nothing."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from eogen.ocean import read_product
from eogen.ocean.read import arrays, from_dataset, nep, read, sensor_pair
from eogen.ocean.read_axes import unrolled
from tests import ocean_files as files


@pytest.fixture(scope="module", params=files.PRODUCTS)
def product(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("product") / f"{request.param}.nc"
    return files.write(files.PRODUCTS[request.param](), path)


def test_every_producers_file_is_the_same_cube(product: Path) -> None:
    held, truth = read(product), files.truth()
    frames = 1 if product.stem in ("globcolour", "nasa") else len(files.TIME)
    assert held.name == "log10_chl"
    assert held.units == "log10(mg m-3)"
    assert held.dims == ("time", "lat", "lon")
    np.testing.assert_array_equal(held.time, files.TIME[:frames])
    np.testing.assert_allclose(held.lat, files.LAT)
    np.testing.assert_allclose(held.lon, files.LON)
    np.testing.assert_allclose(held.values, truth[:frames], atol=6e-5 if product.stem == "packed" else 2e-6)
    ever = np.isfinite(truth[:frames]).any(0)
    np.testing.assert_array_equal(held.sea, files.sea() if product.stem == "cmems" else ever)
    assert held.attrs["sea_mask"] == ("flags" if product.stem == "cmems" else "ever_seen")
    assert held.attrs["missing_share"] == pytest.approx(
        1 - np.isfinite(truth[:frames]).sum() / (frames * held.sea.values.sum())
    )
    assert held.rio.crs.to_epsg() == 4326
    assert held.attrs["conversion"]


@pytest.mark.parametrize(
    ("product", "sd"),
    [("occci", 0.3), ("cmems", 0.5 / np.log(10)), ("globcolour", 0.4 / np.log(10))],
    indirect=["product"],
)
def test_the_products_own_error_is_an_sd_of_log10(product: Path, sd: float) -> None:
    held = read(product)
    assert held.uncertainty.dims == held.dims
    np.testing.assert_allclose(held.uncertainty.values[np.isfinite(held.values)], sd, rtol=1e-5)


@pytest.mark.parametrize("kind", ["h5netcdf", "scipy", "zarr"])
def test_every_container_and_bytes_are_the_same_cube(kind: str, tmp_path: Path) -> None:
    suffix = "zarr" if kind == "zarr" else "nc"
    path = files.write(
        files.dataset(10 ** files.truth(), "chl", units="mg m-3"), tmp_path / f"x.{suffix}", kind
    )
    held = read(path)
    np.testing.assert_allclose(held.values, files.truth(), atol=2e-6)
    if kind != "zarr":
        np.testing.assert_array_equal(read(path.read_bytes()), held)


@settings(max_examples=25, deadline=None)
@given(
    start=st.floats(-180, 179, allow_nan=False),
    flips=st.tuples(st.booleans(), st.booleans()),
    turn=st.integers(-1, 1),
    order=st.permutations(range(4)),
)
def test_shifted_flipped_and_shuffled_axes_give_the_same_cube(
    start: float, flips: tuple[bool, bool], turn: int, order: list[int]
) -> None:
    """Also across the date line, whatever turn of the circle the longitudes are written in."""
    plain = files.dataset(files.truth(), "chl", units="log10(mg m-3)")
    plain = plain.assign_coords(lon=np.round(start, 3) + 0.5 * np.arange(6))
    other = plain.isel(time=list(order), lat=slice(None, None, -1 if flips[0] else 1))
    other = other.assign_coords(lon=np.mod(other.lon + 180, 360) - 180 + 360 * max(turn, 0))
    other = other.sortby("lon", ascending=not flips[1])
    held, want = from_dataset(other), from_dataset(plain)
    np.testing.assert_array_equal(held.values, want.values)
    np.testing.assert_allclose(held.lon, want.lon, atol=1e-6)
    assert (np.diff(held.lon) > 0).all()
    assert -180 <= float(held.lon[0]) < 180 + 1e-6
    assert float(held.lon[-1] - held.lon[0]) == pytest.approx(2.5)


@pytest.mark.parametrize("start", [-180.0, 0.0, 20.0])
def test_the_whole_circle_starts_at_the_date_line(start: float) -> None:
    order, lon = unrolled(start + np.arange(0, 360, 2.5))
    np.testing.assert_allclose(lon, -180 + np.arange(0, 360, 2.5))
    assert sorted(order) == list(range(144))


def test_a_meridian_written_twice_is_kept_once() -> None:
    _, lon = unrolled(np.arange(0, 361, 10.0))
    assert len(lon) == 36


def test_a_region_across_the_date_line_runs_past_180() -> None:
    _, lon = unrolled(np.array([-179.5, -178.5, 178.5, 179.5]))
    np.testing.assert_allclose(lon, [178.5, 179.5, 180.5, 181.5])


def test_zero_and_negative_chlorophyll_is_missing_and_counted(tmp_path: Path) -> None:
    values = 10 ** files.truth()
    where = np.argwhere(np.isfinite(values))[:5]
    values[tuple(where.T)] = [0, -0.1, -0.01, 0, -1]
    held = read(files.write(files.dataset(values, "chl", units="mg m-3"), tmp_path / "x.nc"))
    assert held.attrs["negative_cells"] == 5
    assert np.isnan(held.values[tuple(where.T)]).all()
    assert np.isfinite(held.values).sum() == np.isfinite(values).sum() - 5


def test_values_no_sea_has_are_missing_and_counted() -> None:
    values = files.truth()
    values[0, 0, 0] = 9.0
    held = from_dataset(files.dataset(values, "chl", units="log10(mg m-3)"))
    assert held.attrs["out_of_range_cells"] == 1
    assert np.isnan(held.values[0, 0, 0])


@pytest.mark.parametrize(
    ("units", "offset"),
    [("kelvin", 273.15), ("K", 273.15), ("degree_C", 0), ("celsius", 0), ("", 0), ("", 273.15)],
)
def test_temperatures_are_degrees_celsius(units: str, offset: float) -> None:
    values = files.truth() + 15 + offset
    attrs = {"units": units} if units else {}
    held = from_dataset(
        files.dataset(values, "analysed_sst", standard_name="sea_surface_foundation_temperature", **attrs)
    )
    assert (held.name, held.units) == ("sst", "degree_Celsius")
    np.testing.assert_allclose(held.values, values - offset, atol=1e-4)


def test_mask_of_one_at_sea_and_bathymetry_are_kept() -> None:
    held = files.dataset(files.truth(), "chl", units="log10(mg m-3)")
    held["mask"] = (("lat", "lon"), files.sea().astype(float) * 0.36)
    held["bathymetry"] = (("lat", "lon"), np.where(files.sea(), -4000.0, 20.0))
    found = from_dataset(held.isel(lat=slice(None, None, -1)))
    np.testing.assert_array_equal(found.sea, files.sea())
    np.testing.assert_array_equal(found.bathymetry < 0, files.sea())
    assert found.attrs["sea_mask"] == "mask"


@pytest.mark.parametrize("days", [[148.0, 158.0, 325.0, 9.0], [1, 2, 3, 366]])
def test_days_of_a_year_are_sorted_into_a_year_that_is_said_unknown(days: list[float]) -> None:
    held = files.dataset(files.truth(), "chl", units="log10(mg m-3)").assign_coords(time=days)
    found = from_dataset(held)
    order = np.argsort(days)
    np.testing.assert_array_equal(found.time.dt.dayofyear[:3], np.sort(days)[:3])
    np.testing.assert_array_equal(found.values, files.truth()[order].astype(np.float32))
    assert found.attrs["year"] == "unknown"
    assert from_dataset(held, name="sst_2018.nc").time.dt.year.values[0] == 2018


@pytest.mark.parametrize(
    ("values", "attrs"),
    [
        ([43523.5, 43524.5, 43526.5, 43529.5], {"units": "days since 1900-01-01"}),
        ([20190301, 20190302, 20190304, 20190307], {}),
        (["2019-03-01T12:00:00Z", "2019-03-02", "2019-03-04", "2019-03-07"], {}),
    ],
)
def test_other_ways_to_write_the_time(values: list, attrs: dict) -> None:
    held = files.dataset(files.truth(), "chl", units="log10(mg m-3)").assign_coords(
        time=("time", values, attrs)
    )
    np.testing.assert_array_equal(
        from_dataset(held).time.astype("datetime64[D]"), files.TIME.astype("datetime64[D]")
    )


@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("A2019060.L3m_DAY_CHL_chlor_a_4km.nc", "2019-03-01"),
        ("AQUA_MODIS.20190301.L3m.DAY.CHL.nc", "2019-03-01"),
        ("A20190602019090.L3m_MO_CHL_chlor_a_4km.nc", "2019-03-01"),
        ("S3A_OL_2_20190301T093000_x.nc", "2019-03-01"),
    ],
)
def test_an_image_is_dated_by_its_name_where_its_attributes_do_not(name: str, day: str) -> None:
    held = files.nasa().assign_attrs(time_coverage_start="")
    found = from_dataset(held, name=name)
    assert str(found.time.values[0])[:10] == day
    assert found.attrs["time_source"] == "file name"


def test_a_large_cube_stays_on_disk_and_is_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = files.write(files.erddap(), tmp_path / "x.nc")
    eager = read(path)
    monkeypatch.setattr(read_product, "EAGER", 10)
    lazy = read(path)
    assert lazy.chunks is not None
    assert lazy.coords["sea"].chunks is not None
    np.testing.assert_allclose(lazy.values, eager.values, atol=1e-6)
    np.testing.assert_array_equal(lazy.sea.values, eager.sea.values)
    assert lazy.attrs["negative_cells"] == 0


def test_files_of_one_grid_are_joined_in_time(tmp_path: Path) -> None:
    whole = files.olci().sortby("time")
    for k in (2, 0, 3, 1):
        files.write(whole.isel(time=[k]), tmp_path / f"{9 - k}.nc")
    held = read(tmp_path)
    np.testing.assert_array_equal(held.time, files.TIME)
    np.testing.assert_allclose(held.values, files.truth(), atol=2e-6)
    np.testing.assert_array_equal(held.sea, np.isfinite(files.truth()).any(0))


def _sensors() -> xr.Dataset:
    nan = np.nan
    held = files.dataset(files.truth(1), "log10chl_modis_poly4", units="log10(mg m-3)")
    held["log10chl_viirs_poly4"] = held.log10chl_modis_poly4 + 0.2
    held["log10chl_viirs_poly4"][0], held["log10chl_modis_poly4"][1] = nan, nan
    held["log10chl_modis_ocx"] = held.log10chl_modis_poly4 + 1.0
    held["ocean"] = (("lat", "lon"), files.sea().astype(np.int8))
    return held


def test_sensors_are_averaged_in_log10_and_algorithms_never_mixed(tmp_path: Path) -> None:
    path = files.write(_sensors(), tmp_path / "nep_2021_daily_modis_viirs.nc")
    truth, held = files.truth(1), nep(path)
    for frame, shift in ((0, 0.0), (1, 0.2), (2, 0.1), (3, 0.1)):
        np.testing.assert_allclose(held[frame], truth[frame] + shift, atol=1e-6)
    assert (held.attrs["sensors"], held.attrs["algorithm"]) == ("modis, viirs", "poly4")
    np.testing.assert_array_equal(held.sea, files.sea())
    np.testing.assert_array_equal(read(path), held)
    modis, viirs = sensor_pair(path)
    np.testing.assert_allclose((viirs - modis).values[2][np.isfinite(truth[2])], 0.2, atol=1e-6)
    np.testing.assert_allclose(nep(path, "modis", "ocx")[2], truth[2] + 1, atol=1e-6)
    ocx = _sensors().drop_vars(["log10chl_modis_poly4", "log10chl_viirs_poly4"])
    only = nep(files.write(ocx, tmp_path / "nep_2020_daily_modis_ocx.nc"))
    assert only.attrs["algorithm"] == "ocx"


def test_bins_become_a_grid_of_their_rows_without_a_new_value() -> None:
    """Sinusoidal rows, a bay of missing bins; every cell holds a bin of its own row, within one spacing."""
    lat, lon, row = [], [], []
    for k, at in enumerate(50.02 + np.arange(12) / 24):
        count = round(360 * 24 * np.cos(np.deg2rad(at)))
        every = -180 + (np.arange(count) + 0.5) * 360 / count
        every = every[(every > -60) & (every < -57) & ~((k < 4) & (every > -58.5) & (every < -58))]
        lat, lon, row = lat + [at] * len(every), lon + list(every), row + [k] * len(every)
    bins = xr.Dataset(
        {"chlor_a": ("bin", 1 + np.arange(len(lat)) * 1e-3, {"units": "mg m-3"})},
        {"latitude": ("bin", lat), "longitude": ("bin", lon)},
        {"time_coverage_start": "2018-09-09"},
    )
    held = from_dataset(bins)
    assert held.sizes["lat"] == 12
    assert not bool(held.sea.sel(lat=slice(0, 50.1), lon=slice(-58.4, -58.1)).any())
    assert bool(held.sea.sel(lat=slice(50.3, 60), lon=slice(-59.9, -57.1)).all())
    back = np.round((10 ** held.values[0] - 1) * 1e3)
    seen = np.isfinite(back)
    index = back[seen].astype(int)
    rows, columns = np.nonzero(seen)
    np.testing.assert_array_equal(np.array(row)[index], rows)
    far = np.abs(np.array(lon)[index] - held.lon.values[columns])
    assert far.max() < 0.75 * 360 / round(360 * 24 * np.cos(np.deg2rad(50.02 + 11 / 24))) + 1e-6
    assert len(np.unique(index)) > 0.95 * len(lat)


@pytest.mark.parametrize("layout", ["time first", "channel first"])
def test_the_internships_arrays_are_read_with_their_axes(layout: str, tmp_path: Path) -> None:
    chl, shape = 10 ** files.truth(), files.truth().shape
    fractions = np.random.default_rng(0).dirichlet([1, 1, 1], shape)
    psc = np.moveaxis(fractions, -1, 1 if layout == "time first" else 0)
    dyn = np.where(files.sea(), np.ones((10, *shape)), np.nan)
    dyn = np.moveaxis(dyn, 0, 1) if layout == "time first" else dyn
    for name, values in (("Chl", chl), ("PSC", psc), ("Dyn", dyn)):
        np.save(tmp_path / f"{name}.npy", values)
    axes = {"time": [str(t)[:10] for t in files.TIME], "lat": list(files.LAT), "lon": list(files.LON)}
    (tmp_path / "axes.json").write_text(json.dumps(axes | {"chl_units": "mg m-3"}))
    held = arrays(tmp_path)
    np.testing.assert_allclose(held.log10_chl, files.truth(), atol=2e-6)
    np.testing.assert_array_equal(held.sea, files.sea())
    np.testing.assert_allclose(held.psc.sel(size="nano"), fractions[..., 1], atol=1e-6)
    assert held.sizes["predictor"] == 10


def test_a_table_of_bins_is_read_as_bins(tmp_path: Path) -> None:
    lat, lon = np.meshgrid(files.LAT, files.LON, indexing="ij")
    rows = zip(lat.ravel(), lon.ravel(), 10 ** files.truth()[0].ravel(), strict=True)
    lines = [f"{y},{x},{'' if np.isnan(v) else repr(float(v))}" for y, x, v in rows]
    path = tmp_path / "bins_20190301.csv"
    path.write_text("latitude,longitude,chlor_a (mg m-3)\n" + "\n".join(lines))
    held = read(path)
    np.testing.assert_allclose(held.values[0], files.truth()[0], atol=2e-6)
    assert (held.attrs["sea_mask"], str(held.time.values[0])[:10]) == ("ocean", "2019-03-01")
