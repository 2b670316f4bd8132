"""Another grid: against fields known in closed form, with gaps that neither spread nor fill."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from pyproj import Transformer

from eogen.errors import InputError
from eogen.ocean.cube import cube
from eogen.ocean.regrid import regrid

TIME = np.array(["2021-01-01", "2021-01-09"], "datetime64[ns]")


def grid(lat, lon) -> xr.DataArray:
    return xr.DataArray(
        np.zeros((len(lat), len(lon))), {"lat": lat, "lon": lon}, ("lat", "lon")
    ).rio.write_crs(4326)


def centres(start: float, stop: float, step: float) -> np.ndarray:
    return np.arange(start + step / 2, stop, step)


def plane(lat, lon):
    return 0.03 * lat[:, None] - 0.02 * lon[None]


def planar(step: float, west: float = -10, east: float = 10, hole: bool = False) -> xr.DataArray:
    lat, lon = centres(40, 55, step), centres(west, east, step)
    values = np.stack([plane(lat, lon), plane(lat, lon) + 1])
    if hole:
        values[:, (lat > 45) & (lat < 48)] = np.nan
    return cube(values, TIME, lat, lon, np.ones(values.shape[1:], bool), title="plane")


@pytest.mark.parametrize(("own", "step"), [(0.1, 0.5), (0.5, 0.1), (0.2, 0.2), (0.1, 0.27)])
def test_a_plane_stays_a_plane(own, step):
    wanted = grid(centres(42, 52, step), centres(-7, 6, step))
    made = regrid(planar(own), wanted)
    expected = plane(wanted.lat.values, wanted.lon.values)
    np.testing.assert_allclose(made[0], expected, atol=2e-3 * own)
    np.testing.assert_allclose(made[1] - made[0], 1, atol=1e-5)
    assert made.attrs["title"] == "plane"
    assert made.dims == ("time", "lat", "lon")
    assert bool(made.sea.all())


@pytest.mark.parametrize(("own", "step"), [(0.1, 0.5), (0.5, 0.1)])
def test_gaps_neither_spread_nor_fill(own, step):
    wanted = grid(centres(42, 52, step), centres(-7, 6, step))
    made = regrid(planar(own, hole=True), wanted)
    lat = wanted.lat.values
    whole = max(own, step) / 2 + 1e-6
    missing = np.isnan(made[0].values)
    assert missing[(lat > 45 + whole) & (lat < 48 - whole)].all()
    assert not missing[(lat < 45 - whole) | (lat > 48 + whole)].any()
    seen = ~missing
    apart = np.abs(made[0].values - plane(lat, wanted.lon.values))[seen]
    assert apart.max() <= 0.03 * whole  # half a cell at the edge of a gap, never the nought that fills it


def test_another_projection_against_pyproj():
    x, y = centres(-400e3, 400e3, 20e3), centres(-400e3, 400e3, 20e3)[::-1]
    crs = "+proj=laea +lat_0=48 +lon_0=0 +datum=WGS84 +units=m"
    wanted = xr.DataArray(np.zeros((len(y), len(x))), {"y": y, "x": x}, ("y", "x")).rio.write_crs(crs)
    made = regrid(planar(0.05), wanted)
    lon, lat = Transformer.from_crs(crs, 4326, always_xy=True).transform(*np.meshgrid(x, y))
    np.testing.assert_allclose(made[0], 0.03 * lat - 0.02 * lon, atol=3e-3)
    assert made.rio.crs.is_projected


def test_the_date_line_is_crossed_and_turns_are_understood():
    lat, lon = centres(40, 55, 0.5), centres(-180, 180, 0.5)
    wave = lambda degrees: np.sin(np.deg2rad(3 * degrees))
    values = np.broadcast_to(wave(lon), (2, len(lat), len(lon)))
    globe = cube(values, TIME, lat, lon, np.ones((len(lat), len(lon)), bool))
    wanted = grid(centres(45, 50, 1), centres(170, 195, 1))
    np.testing.assert_allclose(regrid(globe, wanted)[0][2], wave(wanted.lon.values), atol=2e-3)
    regional = planar(0.2, 170, 200)
    west = grid(centres(45, 50, 1), centres(-178, -165, 1))
    np.testing.assert_allclose(
        regrid(regional, west)[0], plane(west.lat.values, west.lon.values + 360), atol=1e-3
    )


def test_descending_latitudes_are_the_same_field():
    wanted = grid(centres(42, 52, 0.5), centres(-7, 6, 0.5))
    field = planar(0.1, hole=True)
    np.testing.assert_allclose(
        regrid(field.isel(lat=slice(None, None, -1)), wanted), regrid(field, wanted), atol=1e-5
    )


def test_grids_that_cannot_be_used():
    with pytest.raises(InputError) as caught:
        regrid(planar(0.5), grid(centres(-30, -20, 1), centres(0, 5, 1)))
    assert caught.value.code == "regrid_apart"
    with pytest.raises(InputError) as caught:
        regrid(planar(0.5), grid(np.array([40.0, 41, 49, 50]), centres(0, 5, 1)))
    assert caught.value.code == "regrid_axes"
