"""Onto IMERG's cells: water is kept, what is not seen takes no part, and the wet share is that of the pixels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from eogen.errors import InputError
from eogen.rain import half_hours, maps, read, regrid, sets
from eogen.rain.field import Field, clipped
from eogen.rain.geometry import Axes, Curved, Projected
from eogen.rain.read_radolan import PROJ
from tests import rain_files as files
from tests.real import real_data

TIME = np.array(["2020-01-01"], "datetime64[ns]")


def field(rate: np.ndarray, geometry) -> Field:
    return Field(rate[None].astype(np.float32), TIME, 5.0, geometry, {"source": "x"})


def code(call, *arguments, **how) -> str:
    with pytest.raises(InputError) as caught:
        call(*arguments, **how)
    return caught.value.code


def test_cells_are_imergs() -> None:
    lat, lon = regrid.cells(-0.1, 43.0, 0.2, 43.2)
    assert lat.tolist() == [43.05, 43.15]
    assert lon.tolist() == [-0.05, 0.05, 0.15]
    assert code(regrid.cells, 5, 40, 4, 41) == "rain_empty_box"


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.004, 0.03), st.floats(-0.05, 0.05))
def test_water_is_kept_on_axes(seed: int, side: float, shift: float) -> None:
    """Sum of rate times area over the cells = over the pixels, for pixels that fill the cells."""
    rng = np.random.default_rng(seed)
    lat = 45 + shift + side * (np.arange(int(0.9 / side)) + 0.5)
    lon = 3 + shift + side * (np.arange(int(0.9 / side)) + 0.5)
    rain = rng.gamma(0.5, 3.0, (len(lat), len(lon)))
    found = regrid.to_cells(field(rain, Axes(lat, lon)), (2.8, 44.8, 4.2, 46.2), least_seen=0.0)["radar"][0]
    pixel = np.cos(np.radians(lat))[:, None] * np.ones(len(lon)) * side**2
    # Amount per cell: mean times the part that is seen; the part is what a field of ones reaches.
    down = regrid.overlaps(
        np.append(lat - side / 2, lat[-1] + side / 2),
        np.append(found.lat - 0.05, found.lat[-1] + 0.05),
        sine=True,
    )
    across = regrid.overlaps(
        np.append(lon - side / 2, lon[-1] + side / 2), np.append(found.lon - 0.05, found.lon[-1] + 0.05)
    )
    covered = np.asarray(down.sum(axis=1))[:, None] * np.asarray(across.sum(axis=1))[None]
    water = np.nansum(np.where(covered > 0, found.values, 0.0) * covered) * np.degrees(1)
    assert np.isclose(water, (rain * pixel).sum(), rtol=1e-3)


@pytest.mark.parametrize("kind", ["axes", "projected", "curved"])
def test_a_constant_stays_and_nodata_is_not_zero(kind: str) -> None:
    if kind == "axes":
        geometry = Axes(50 + 0.01 * np.arange(100), 9 + 0.01 * np.arange(120))
        shape = (100, 120)
    else:
        geometry, shape = Projected(PROJ, -40000.0, -4200000.0, 1000.0, -1000.0, 100, 90), (100, 90)
        geometry = geometry if kind == "projected" else Curved(*geometry.lat_lon())
    rain = np.full(shape, 2.5)
    rain[:, : shape[1] // 2] = np.nan
    found = regrid.to_cells(field(rain, geometry))
    values = found["radar"].values
    assert np.isnan(values).any()
    assert np.isfinite(values).any()
    assert np.allclose(values[np.isfinite(values)], 2.5, rtol=1e-5)
    assert np.allclose(found["radar_wet_share"].values[np.isfinite(values)], 1.0)


def test_projected_pixels_agree_with_axes_of_the_same_field() -> None:
    """A smooth field sampled on a projection and on axes gives the same cells."""

    def smooth(lat, lon):
        return 5 + 4 * np.sin(6 * lat) * np.cos(5 * lon)

    grid = Projected(PROJ, -60000.0, -4090000.0, 1000.0, -1000.0, 150, 150)
    lat, lon = grid.lat_lon()
    box = (9.2, 51.0, 10.6, 52.0)
    one = regrid.to_cells(field(smooth(lat, lon), grid), box)["radar"]
    rows, columns = 50.8 + 0.01 * np.arange(140), 9 + 0.01 * np.arange(180)
    two = regrid.to_cells(
        field(smooth(*np.meshgrid(rows, columns, indexing="ij")), Axes(rows, columns)), box
    )["radar"]
    both = np.isfinite(one.values) & np.isfinite(two.values)
    assert both.sum() > 60
    assert np.abs(one.values - two.values)[both].max() < 0.06


def test_the_wet_share_is_a_count_of_pixels() -> None:
    rng = np.random.default_rng(0)
    rain = np.where(rng.random((100, 100)) < 0.3, 3.0, 0.05)
    side = 0.01
    geometry = Axes(10 + side * (np.arange(100) + 0.5), 20 + side * (np.arange(100) + 0.5))
    found = regrid.to_cells(field(rain, geometry), (20, 10, 21, 11))
    counted = (rain >= 0.1).reshape(10, 10, 10, 10).mean(axis=(1, 3))
    assert np.allclose(found["radar_wet_share"][0], counted, atol=2e-4)
    mean = rain.reshape(10, 10, 10, 10).mean(axis=(1, 3))
    assert np.allclose(found["radar"][0], mean, rtol=2e-4)


def test_a_cell_hardly_seen_has_no_value() -> None:
    geometry = Axes(10 + 0.01 * (np.arange(10) + 0.5), 20 + 0.01 * (np.arange(10) + 0.5))
    rain = np.full((10, 10), 1.0)
    rain[:, :6] = np.nan
    assert np.isnan(regrid.to_cells(field(rain, geometry), (20, 10, 20.1, 10.1))["radar"].item())
    assert regrid.to_cells(field(rain, geometry), (20, 10, 20.1, 10.1), least_seen=0.3)["radar"].item() == 1.0
    assert code(regrid.to_cells, field(rain, geometry), (50, 50, 51, 51)) == "rain_box"


def test_spikes_are_lowered_and_negatives_are_no_data() -> None:
    rate, count = clipped(np.array([0.0, -1.0, 150.0, 150.1, np.nan]))
    assert count == 1
    assert np.array_equal(rate, np.array([0, np.nan, 150, 150, np.nan], np.float32), equal_nan=True)


def sequence(minutes: float, count: int, start: str = "2020-01-01") -> xr.Dataset:
    time = np.datetime64(start, "ns") + np.arange(count) * np.timedelta64(int(minutes * 60), "s")
    values = np.arange(count, dtype=float)[:, None, None] * np.ones((1, 2, 3))
    return maps.imerg(maps.precipitation(values, time, [1, 2], [1, 2, 3], step_minutes=minutes))


def test_means_need_enough_frames() -> None:
    found = half_hours.means(sequence(5, 18))
    assert found["precipitation"].values[:, 0, 0].tolist() == [2.5, 8.5, 14.5]
    holed = sequence(5, 18).isel(time=[0, 1, 2, 3, 4, 6, 7, 8, 12, 13, 14, 15, 16, 17])
    found = half_hours.means(holed)
    assert found["time"].values.astype("datetime64[m]").tolist() == [
        t.item() for t in np.array(["2020-01-01T00:00", "2020-01-01T01:00"], "datetime64[m]")
    ]
    assert found["precipitation"].values[0, 0, 0] == 2.0
    assert code(half_hours.means, sequence(60, 3)) == "rain_step"
    assert code(half_hours.means, sequence(60, 3, "2020-01-01T00:50"), 60) == "rain_step"


def test_a_pair_holds_what_both_have() -> None:
    lat, lon = files.axes()
    time = np.datetime64("2020-01-01", "ns") + np.arange(4) * np.timedelta64(30, "m")
    rain = np.nan_to_num(files.truth(4))
    satellite = maps.imerg(maps.precipitation(rain, time, lat, lon))
    part = maps.precipitation(rain[2:, 3:, 4:], time[2:], lat[3:], lon[4:], name="radar")
    found = maps.pair(satellite, part, part)
    assert found.sizes == {"time": 2, "lat": 12, "lon": 16}
    assert np.isnan(found["radar"].values[:, :3]).all()
    assert np.isnan(found["radar"].values[:, :, :4]).all()
    inside = found["radar"].values[:, 3:, 4:]
    assert np.array_equal(inside, found["precipitation"].values[:, 3:, 4:])
    assert code(maps.pair, satellite.isel(time=[0]), part, part) == "rain_no_common"


def test_maps_refuse_what_is_not_a_map() -> None:
    lat, lon = files.axes()
    one = np.zeros((1, 12, 16))
    assert code(maps.precipitation, one, TIME, lat[:-1], lon) == "rain_shape"
    assert code(maps.precipitation, one, TIME, lat[::-1], lon) == "rain_axis"
    assert code(maps.precipitation, one - 1, TIME, lat, lon) == "rain_negative"
    assert code(maps.precipitation, np.zeros((2, 12, 16)), np.repeat(TIME, 2), lat, lon) == "rain_time_order"
    with pytest.raises(InputError, match="shape"):
        maps.imerg(maps.precipitation(one, TIME, lat, lon), quality_index=np.zeros((1, 2, 3)))


@pytest.mark.parametrize("old", [False, True])
def test_a_station_of_inmet(tmp_path: Path, old: bool) -> None:
    found = read.gauges(files.inmet(tmp_path / "INMET_S_PR_A807.CSV", old=old))
    assert found["precipitation"].values[0].tolist()[:2] == pytest.approx([0.0, 0.1])
    assert np.isnan(found["precipitation"].values[0, 2])
    assert found["time"].values[0] == np.datetime64("2022-12-31T23:00")
    assert found["lat"].item() == pytest.approx(-25.4486111)
    assert found["name"].item() == "CURITIBA"
    (tmp_path / "b.csv").write_text("a,b\n1,2\n")
    assert code(read.gauges, tmp_path / "b.csv") == "rain_gauges"
    assert code(read.gauges, files.inmet(tmp_path / "c.csv", missing=tuple(range(6)))) == "rain_fill_only"


def test_gauges_take_the_cell_that_holds_them_and_both_halves_of_the_hour(tmp_path: Path) -> None:
    gauges = read.gauges(files.inmet(tmp_path / "INMET_S_PR_A807.CSV"))
    lat, lon = regrid.cells(-49.5, -25.7, -49.0, -25.2)
    time = np.datetime64("2023-01-01", "ns") + np.arange(7) * np.timedelta64(30, "m")
    rain = np.zeros((7, len(lat), len(lon)))
    rain[:, np.argmin(np.abs(lat + 25.45)), np.argmin(np.abs(lon + 49.25))] = np.arange(1, 8)
    both = read.beside(gauges, maps.precipitation(rain, time, lat, lon))
    # Hours from 00, 01 and 02; that from 03 has one half only. The gauge's hour from 00 ends at 01: 0.1 mm.
    assert both["satellite"].values[:, 0].tolist() == [1.5, 3.5, 5.5]
    assert both["gauge"].values[[0, 2], 0] == pytest.approx([0.1, 0.3])
    assert np.isnan(both["gauge"].values[1, 0])
    assert code(read.beside, gauges, maps.precipitation(rain, time + np.timedelta64(9, "D"), lat, lon)) == (
        "rain_no_common"
    )


@pytest.mark.real
def test_real_gauges_beside_imerg_equal_the_pairs_made_by_others() -> None:
    """Hours, cells and means are those of the derived table: an hour's shift or a cell's would differ by mm."""
    folder = real_data("rain")
    found = sets.beside_gauges(folder)
    tables = sorted(folder.glob("imerg_*/pairs_imergE_inmet_hourly.csv.gz"))
    if not found or not tables:
        pytest.skip("no gauges beside IMERG here")
    satellite, gauges = (sets.open(each) for each in found[0])
    both = read.beside(gauges, satellite["precipitation"]).to_dataframe().reset_index()
    both["time"] += pd.Timedelta(hours=1)  # the table dates an hour by its end
    both = both.dropna(subset=["gauge", "satellite"])
    merged = both.merge(
        pd.read_csv(tables[0], parse_dates=["time"]), on=["time", "station"], suffixes=("", "_table")
    )
    assert len(merged) == len(both) > 1000
    assert np.abs(merged["gauge"] - merged["gauge_table"]).max() < 1e-4
    assert np.abs(merged["satellite"] - merged["imerg"]).max() < 1e-4
