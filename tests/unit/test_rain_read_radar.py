"""Radars: what was written comes back, no data stays apart from no rain, and nothing in a file is run."""

from __future__ import annotations

import datetime
import gzip
import io
import tarfile
from pathlib import Path

import h5py
import numpy as np
import pytest

from eogen.errors import InputError
from eogen.rain import (
    read,
    read_cf,
    read_knmi,
    read_meteonet,
    read_mrms,
    read_odim,
    read_radar,
    read_radolan,
    sets,
)
from tests import rain_files as files
from tests.real import real_data


def pixels(rows: int, columns: int, seed: int = 1, highest: float = 30.0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    values = np.where(
        rng.random((rows, columns)) < 0.3, np.round(rng.random((rows, columns)) * highest, 1), 0.0
    )
    values[:5, :7] = np.nan
    return values


def code(call, *arguments, **how) -> str:
    with pytest.raises(InputError) as caught:
        call(*arguments, **how)
    return caught.value.code


def test_odim_nodata_undetect_spikes_and_quality(tmp_path: Path) -> None:
    values = pixels(40, 50)
    values[20, 20] = 8647.0
    quality = np.ones_like(values)
    quality[30, 30] = 0.1
    path = files.odim(tmp_path / "a.hdf", values, quality=quality)
    field = read_odim.read(path)
    expected = np.minimum(values, 150.0)
    assert np.array_equal(field.rate[0], expected.astype(np.float32), equal_nan=True)
    assert field.about["clipped_pixels"] == 1
    assert field.time[0] == np.datetime64("2018-08-24T18:00")
    assert field.step_minutes == 15
    lat, lon = field.geometry.lat_lon()
    assert abs(lat[19:21, 24:26].mean() - 55.0) < 1e-3
    assert abs(lon[19:21, 24:26].mean() - 10.0) < 1e-3
    assert lat[0, 25] > lat[-1, 25]
    assert lon[20, 0] < lon[20, -1]
    strict = read_odim.read(path, least_quality=0.5).rate[0]
    assert np.isnan(strict[30, 30])
    assert np.isnan(strict).sum() == np.isnan(values).sum() + 1


def test_odim_amounts_are_spread_over_their_interval(tmp_path: Path) -> None:
    values = pixels(20, 20)
    field = read_odim.read(
        files.odim(tmp_path / "a.hdf", values, quantity="ACRR", seconds=("170000", "173000"))
    )
    assert np.allclose(field.rate[0], values * 2, equal_nan=True)
    assert field.step_minutes == 30
    assert field.time[0] == np.datetime64("2018-08-24T17:00")
    assert code(read_odim.read, files.odim(tmp_path / "b.hdf", values, quantity="DBZH")) == "rain_quantity"


def test_knmi(tmp_path: Path) -> None:
    amount = pixels(30, 40, highest=2.0)
    end = datetime.datetime(2010, 3, 1, 0, 0)
    field = read_knmi.read(files.knmi(tmp_path / "k.h5", amount, end))
    assert np.allclose(field.rate[0], amount * 12, atol=1e-4, equal_nan=True)
    assert field.time[0] == np.datetime64("2010-02-28T23:55")
    assert field.step_minutes == 5
    lat, lon = field.geometry.lat_lon()
    # Corners of the full product in the files themselves: 55.974 N at the upper left, on the meridian 0.
    assert abs(lat[0, 0] - 55.974) < 0.01
    assert 0 < lon[0, 0] < 0.02
    assert code(
        read_knmi.read, files.knmi(tmp_path / "z.h5", amount, end, parameter="REFLECTIVITY_[DBZ]")
    ) == ("rain_quantity")


@pytest.mark.parametrize("protocol", [2, 3, 4])
def test_meteonet(tmp_path: Path, protocol: int) -> None:
    amount = np.stack([pixels(565, 784, seed, highest=1.0) for seed in (1, 2)])
    dates = [datetime.datetime(2016, 8, 21, 0, 10), datetime.datetime(2016, 8, 21, 0, 5)]
    field = read_meteonet.read(
        files.meteonet(tmp_path / "rainfall_NW_2016_08.3.npz", amount, dates, protocol=protocol)
    )
    assert (
        field.time.tolist() == np.array(["2016-08-21T00:00", "2016-08-21T00:05"], "datetime64[ns]").tolist()
    )
    assert np.allclose(field.rate, amount[::-1, ::-1] * 12, atol=1e-4, equal_nan=True)
    assert abs(field.geometry.lat[-1] - 51.891) < 1e-6
    assert abs(field.geometry.lon[0] + 5.837) < 1e-6


def test_a_pickle_in_meteonet_is_never_run(tmp_path: Path) -> None:
    ran = tmp_path / "ran"

    class Bomb:
        def __reduce__(self):
            return Path.touch, (ran,)

    path = files.meteonet(tmp_path / "rainfall_NW.npz", np.zeros((1, 565, 784)), [Bomb()])
    assert code(read_meteonet.read, path) == "rain_dates"
    assert not ran.exists()


def test_meteonet_refuses_what_is_not_rain(tmp_path: Path) -> None:
    day = [datetime.datetime(2016, 8, 21)]
    other = files.meteonet(tmp_path / "reflectivity_NW.npz", np.zeros((1, 565, 784)), day)
    assert code(read_meteonet.read, other) == "rain_quantity"
    assert (
        code(read_meteonet.read, files.meteonet(tmp_path / "a.npz", np.zeros((1, 9, 9)), day)) == "rain_zone"
    )
    whole = files.meteonet(tmp_path / "b.npz", np.zeros((1, 565, 784)), day).read_bytes()
    assert code(read_meteonet.read, whole[: len(whole) // 2], name="b.npz") == "rain_damaged"


def test_radolan_binary_from_the_south_with_flags(tmp_path: Path) -> None:
    amount = pixels(900, 900, highest=40.0)
    raw = files.radolan(amount)
    field = read_radolan.read(raw, name="raa01")
    assert np.allclose(field.rate[0], amount, atol=1e-4, equal_nan=True)
    assert field.time[0] == np.datetime64("2022-10-17T23:50")
    assert field.step_minutes == 60
    lat, lon = field.geometry.lat_lon()
    # DWD gives the lower left corner of the composite as 46.9526 N, 3.5889 E.
    assert abs(lat[-1, 0] - 46.9526) < 0.01
    assert abs(lon[-1, 0] - 3.5889) < 0.02
    (tmp_path / "r.gz").write_bytes(gzip.compress(raw))
    assert np.array_equal(read_radolan.read(tmp_path / "r.gz").rate, field.rate, equal_nan=True)
    assert code(read_radolan.read, raw[:-10], name="cut") == "rain_damaged"
    assert code(read_radolan.read, files.radolan(amount, product="RX"), name="rx") == "rain_quantity"
    assert code(read_radolan.read, files.radolan(amount[:100, :100]), name="small") == "rain_zone"


def test_radolan_archives_are_put_in_order() -> None:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        for hour in (2, 1):
            raw = files.radolan(np.full((900, 900), hour / 10), when=f"180{hour}50")
            entry = tarfile.TarInfo(f"raa01-rw_{hour}")
            entry.size = len(raw)
            archive.addfile(entry, io.BytesIO(raw))
    field = read_radolan.read(stream.getvalue(), name="RW.tar.gz")
    assert np.allclose(field.rate.mean(axis=(1, 2)), [0.1, 0.2])
    assert (np.diff(field.time) == np.timedelta64(1, "h")).all()


@pytest.mark.parametrize(("units", "factor"), [("mm h-1", 1.0), ("kg m-2 s-1", 3600.0), ("mm", 4.0)])
def test_any_cf_file(tmp_path: Path, units: str, factor: float) -> None:
    rain = np.minimum(files.truth(3), 10)
    lat, lon = files.axes()
    time = np.datetime64("2021-03-01", "ns") + np.arange(3) * np.timedelta64(15, "m")
    field = read_cf.read(files.cf(tmp_path / "a.nc", rain / factor, time, lat, lon, units))
    assert np.allclose(field.rate, rain, rtol=1e-5, equal_nan=True)
    assert np.array_equal(field.time, time)
    assert field.step_minutes == 15
    assert code(read_cf.read, files.cf(tmp_path / "k.nc", rain, time, lat, lon, "K")) == "rain_units"


def test_kinds_are_told_apart(tmp_path: Path) -> None:
    lat, lon = files.axes()
    values = pixels(30, 30)
    rain = files.truth(1)
    time = np.array(["2021-03-01"], "datetime64[ns]")
    made = {
        "odim": files.odim(tmp_path / "o.h5", values),
        "knmi": files.knmi(tmp_path / "k.h5", values, datetime.datetime(2020, 1, 1)),
        "imerg": files.granule(tmp_path / "i.h5", rain, "2020-01-01", lat, lon),
        "cf": files.cf(tmp_path / "c.nc", rain, time, lat, lon),
        "gauges": files.inmet(tmp_path / "g.csv"),
    }
    (tmp_path / "r.bin").write_bytes(files.radolan(np.zeros((900, 900))))
    made["radolan"] = tmp_path / "r.bin"
    assert {kind: read_radar.kind_of(path) for kind, path in made.items()} == {kind: kind for kind in made}
    assert code(read.radar, made["imerg"]) == "rain_not_radar"
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["digits"] = np.zeros((4, 4))
    assert code(read_radar.kind_of, tmp_path / "other.h5") == "rain_not_gridded"
    assert sorted(each.kind for each in sets.sets(tmp_path) if each.kind != "radolan") == sorted(
        set(made) - {"radolan"}
    )


def test_the_sequence_of_a_radar_becomes_half_hours(tmp_path: Path) -> None:
    for i in range(12):
        end = datetime.datetime(2010, 8, 26, 0, 5) + datetime.timedelta(minutes=5 * i)
        files.knmi(tmp_path / f"RAD_{end:%Y%m%d%H%M}.h5", np.full((60, 60), (i + 1) / 100), end)
    found = read.means(read.radar(tmp_path))
    assert found.sizes["time"] == 2
    seen = found["radar"].notnull().any(("lat", "lon"))
    assert bool(seen.all())
    means = found["radar"].max(("lat", "lon")).values
    assert np.allclose(
        means, [12 * np.mean(np.arange(1, 7)) / 100, 12 * np.mean(np.arange(7, 13)) / 100], rtol=1e-5
    )


@pytest.mark.real
def test_real_radars_open_in_their_units() -> None:
    """Bounds of the real rain: a wet share and a conditional mean that weather has; NaN where no radar looks."""
    folder = real_data("rain")
    chosen = [each for each in sets.sets(folder) if each.radar and each.kind != "cf"]
    if not chosen:
        pytest.skip("no radar here")
    rained = 0
    for each in chosen:
        if each.kind == "mrms" and not read_mrms.has_grib():
            continue
        box = {"mrms": (-100, 30, -90, 38), "odim": (-2, 47, 4, 51), "knmi": (3, 51, 7, 53)}.get(each.kind)
        few = each.paths[:2] if each.kind != "radolan" else each.paths[:1]
        found = read.radar(few, box=box)
        rain = found["radar"].values
        assert np.nanmin(rain) >= 0, each.name
        assert np.nanmax(rain) <= 150, each.name
        assert (rain == 0).any(), each.name
        wet = rain[rain >= 0.1]
        rained += wet.size
        assert not wet.size or 0.1 < wet.mean() < 10, each.name
        assert ((found["radar_wet_share"] >= 0) | found["radar"].isnull()).all()
    assert rained


@pytest.mark.real
def test_real_opera_equals_its_derived_pixels() -> None:
    """The 2 km file derived by others from the same composite: the same pixels at the same places."""
    folder = real_data("rain") / "opera"
    raw, derived = sorted(folder.glob("raw_odim/T_PAAH21*.hdf")), sorted(folder.glob("*_2km.nc"))
    if not raw or not derived:
        pytest.skip("no composite and its derived file here")
    field = read_odim.read(raw[0], clip=300)
    lat, lon = field.geometry.lat_lon()
    other = read_cf.read(derived[0], clip=300)
    index = np.flatnonzero(other.time == field.time[0])
    if not len(index):
        pytest.skip("the derived file is of another day")
    y, x = other.geometry.lat_lon()
    i, j = np.unravel_index(np.argmin(np.hypot(lat - y[0, 0], lon - x[0, 0])), lat.shape)
    part = (slice(i, i + y.shape[0]), slice(j, j + y.shape[1]))
    assert np.abs(lat[part] - y).max() < 1e-4
    assert np.abs(lon[part] - x).max() < 1e-4
    one, two = field.rate[0][part], other.rate[index[0]]
    assert np.array_equal(np.isnan(one), np.isnan(two))
    assert np.nanmax(np.abs(one - two)) < 0.0051
