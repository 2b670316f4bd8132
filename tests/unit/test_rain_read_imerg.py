"""IMERG: two versions, two layouts and any order of axes say the same; every bad file gets its sentence."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from eogen.errors import InputError, Unavailable
from eogen.rain import maps, read_imerg
from tests import rain_files as files
from tests.real import real_data

START = "2023-05-01T06:30:00"
EPOCH, DAYS = "seconds since 1980-01-06 00:00:00 UTC", "days since 1970-01-01 00:00:00Z"


def granules(folder: Path, count: int = 3, **how) -> tuple[list[Path], np.ndarray, dict[str, np.ndarray]]:
    rain = files.truth(count)
    extra = files.beside(rain)
    lat, lon = files.axes()
    paths = []
    for i in range(count):
        start = str(np.datetime64(START) + np.timedelta64(30 * i, "m"))
        one = {key: values[i : i + 1] for key, values in extra.items()}
        name = f"3B-HHR.MS.MRG.3IMERG.20230501-S{start[11:].replace(':', '')}-E0.0000.V07B.HDF5"
        paths.append(files.granule(folder / name, rain[i : i + 1], start, lat, lon, extra=one, **how))
    return paths, rain, extra


def code(paths, **how) -> str:
    with pytest.raises(InputError) as caught:
        read_imerg.read(paths, **how)
    return caught.value.code


@pytest.mark.parametrize(
    ("version", "subset"), [("V07B", False), ("V06B", False), ("V07B", True), ("V06E", True)]
)
def test_every_layout_gives_the_truth(tmp_path: Path, version: str, subset: bool) -> None:
    paths, rain, extra = granules(tmp_path, version=version, subset=subset)
    found = read_imerg.read(paths[::-1])
    assert found["precipitation"].dims == maps.DIMS
    assert np.array_equal(found["precipitation"].values, rain, equal_nan=True)
    assert np.array_equal(found["quality_index"].values, extra["quality"], equal_nan=True)
    assert np.array_equal(found["microwave_source"].values, extra["source"])
    assert np.allclose(found["infrared_share"].values, extra["infrared"] / 100.0)
    expected = np.datetime64(START) + np.arange(3) * np.timedelta64(30, "m")
    assert np.array_equal(found["time"].values, expected.astype("datetime64[ns]"))
    assert found["time"].attrs["step_minutes"] == 30
    assert found.attrs["version"] == version
    assert found["precipitation"].attrs["units"] == "mm h-1"


def test_ages_follow_the_overpasses(tmp_path: Path) -> None:
    paths, _, extra = granules(tmp_path, 4)
    found = read_imerg.read(paths)["microwave_age"].values
    seen = extra["source"] > 0
    for cell in np.ndindex(seen.shape[1:]):
        last = None
        for i in range(4):
            last = i if seen[(i, *cell)] else last
            expected = np.nan if last is None else 30.0 * (i - last)
            assert found[(i, *cell)] == expected or (np.isnan(expected) and np.isnan(found[(i, *cell)]))


def test_a_missing_half_hour_counts_in_the_age() -> None:
    source = np.array([[[9]], [[0]], [[0]]])
    time = np.array(["2023-01-01T00:00", "2023-01-01T00:30", "2023-01-01T02:00"], "datetime64[ns]")
    assert maps.ages(source, time)[:, 0, 0].tolist() == [0, 30, 120]


def test_longitudes_of_0_to_360_and_descending_latitudes_come_out_ascending(tmp_path: Path) -> None:
    rain = files.truth(1, 4, 6)
    lat, lon = files.axes(4, 6, west=-0.25)
    turned = files.granule(
        tmp_path / "a.HDF5", rain[:, ::-1], START, lat[::-1].copy(), np.where(lon < 0, lon + 360, lon)
    )
    found = read_imerg.read(turned)
    assert np.array_equal(found["lat"], lat)
    assert np.allclose(found["lon"], lon)
    assert np.array_equal(found["precipitation"].values, rain, equal_nan=True)


def test_a_box_reads_its_cells_only(tmp_path: Path) -> None:
    (path,), rain, _ = granules(tmp_path, 1)
    found = read_imerg.read(path, box=(1.5, 43.3, 2.0, 43.6))
    assert found["lat"].values.tolist() == [43.35, 43.45, 43.55]
    assert found["lon"].values.tolist() == [1.55, 1.65, 1.75, 1.85, 1.95]
    assert np.array_equal(found["precipitation"].values, rain[:, 3:6, 5:10], equal_nan=True)


def test_netcdf3_and_bytes_say_the_same(tmp_path: Path) -> None:
    (path,), rain, _ = granules(tmp_path, 1)
    assert np.array_equal(
        read_imerg.read(path.read_bytes(), name=path.name)["precipitation"], rain, equal_nan=True
    )
    lat, lon = files.axes()
    classic = xr.Dataset(
        {"precipitation": (("time", "lon", "lat"), np.nan_to_num(rain, nan=files.FILL).transpose(0, 2, 1),
                           {"units": "mm/hr", "_FillValue": np.float32(files.FILL)})},
        {"time": ("time", np.array([1367389800], np.int32), {"units": EPOCH, "calendar": "julian"}),
         "lat": lat.astype(np.float32), "lon": lon.astype(np.float32)},
    )  # fmt: skip
    target = tmp_path / "3B-HHR.MS.MRG.3IMERG.subset.V07B.nc"
    classic.to_netcdf(target, engine="scipy", format="NETCDF3_64BIT")
    assert np.array_equal(read_imerg.read(target)["precipitation"], rain, equal_nan=True)


@pytest.mark.parametrize("units", ["mm", "mm/day"])
def test_a_day_is_a_rate(tmp_path: Path, units: str) -> None:
    lat, lon = files.axes()
    amount = files.truth(1)
    held = xr.Dataset(
        {"precipitation": (("time", "lon", "lat"), amount.transpose(0, 2, 1), {"units": units})},
        {"time": ("time", [16000], {"units": DAYS, "calendar": "julian"}), "lat": lat, "lon": lon},
    )  # fmt: skip
    path = tmp_path / "3B-DAY.MS.MRG.3IMERG.20131022-S000000-E235959.V07B.nc4"
    held.to_netcdf(path, engine="h5netcdf")
    found = read_imerg.read(path)
    assert np.allclose(found["precipitation"], amount / 24, equal_nan=True)
    assert found["time"].attrs["step_minutes"] == 1440
    assert found["time"].values[0] == np.datetime64("2013-10-22")


def test_every_fault_has_its_sentence(tmp_path: Path) -> None:
    lat, lon = files.axes()
    paths, rain, _ = granules(tmp_path, 2)
    assert code(paths[0], box=(100, 0, 110, 10)) == "rain_box"
    assert code([paths[0], paths[0]]) == "rain_time_order"
    assert (
        code(files.granule(tmp_path / "f.HDF5", np.full_like(rain[:1], np.nan), START, lat, lon))
        == "rain_fill_only"
    )
    assert (
        code(files.granule(tmp_path / "g.HDF5", rain[:1], START, lat, lon, skip=("precipitation",)))
        == "rain_group"
    )
    monthly = files.granule(tmp_path / "m.HDF5", rain[:1], START, lat, lon, algorithm="3IMERGM")
    assert code(monthly) == "rain_product"
    assert code(files.granule(tmp_path / "c.HDF5", rain[:1], START, lat + 0.03, lon)) == "rain_not_cells"
    other = files.granule(tmp_path / "o.HDF5", rain[:1], "2023-05-02T00:00", lat + 5, lon)
    assert code([paths[0], other]) == "rain_mixed"
    (tmp_path / "cut.HDF5").write_bytes(paths[0].read_bytes()[:3000])
    assert code(tmp_path / "cut.HDF5") == "rain_damaged"
    (tmp_path / "x.HDF5").write_text("not a granule")
    assert code(tmp_path / "x.HDF5") == "rain_not_gridded"
    assert code(
        files.cf(tmp_path / "cf.nc", rain[:1], np.array(["2023-05-01"], "datetime64[ns]"), lat, lon)
    ) == ("rain_product")
    with pytest.raises(Unavailable):
        read_imerg.read(tmp_path / "absent.HDF5")


def test_times_that_go_back_within_a_file_are_refused(tmp_path: Path) -> None:
    lat, lon = files.axes()
    held = xr.Dataset(
        {"precipitationCal": (("time", "lat", "lon"), files.truth(3))},
        {"time": ("time", [0, 60, 30], {"units": "minutes since 2023-01-01"}), "lat": lat, "lon": lon},
    )
    held.to_netcdf(tmp_path / "back.nc", engine="h5netcdf")
    assert code(tmp_path / "back.nc") == "rain_time_order"
    held["time"].attrs["calendar"] = "360_day"
    held.to_netcdf(tmp_path / "calendar.nc", engine="h5netcdf")
    assert code(tmp_path / "calendar.nc") == "rain_time_units"


@pytest.mark.real
def test_real_granules_of_both_versions_open() -> None:
    folder = real_data("rain") / "imerg_v06_v07_cut"
    for path in sorted(folder.glob("*.HDF5")):
        found = read_imerg.read(path, empty=True)
        stamp = path.name.split("IMERG.")[1]
        assert (
            str(found["time"].values[0])[:16].replace("-", "").replace(":", "")
            == f"{stamp[:8]}T{stamp[10:14]}"
        )
        assert {"quality_index", "microwave_source", "microwave_age", "infrared_share"} <= set(
            found.data_vars
        )
        assert found["lat"].values[0] == -89.95
        assert found["lon"].values[0] == -179.95


@pytest.mark.real
def test_real_subsets_equal_the_file_put_together_from_them() -> None:
    folder = real_data("rain")
    single = sorted(folder.glob("imerg_*/raw_nc4/*.nc4"))
    whole = sorted(folder.glob("imerg_*/imerg_early_*.nc"))
    if not single or not whole:
        pytest.skip("no subset and its sum here")
    parts, all_of_them = read_imerg.read(single), read_imerg.read(whole[0])
    common = np.intersect1d(parts["time"], all_of_them["time"])
    assert len(common)
    one, other = (each["precipitation"].sel(time=common).values for each in (parts, all_of_them))
    # The sum was stored in hundredths of mm/h; a half falls either way in float32.
    assert np.nanmax(np.abs(one - other)) < 0.0051
    assert np.array_equal(np.isnan(one), np.isnan(other))
