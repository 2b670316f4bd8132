"""Small NetCDF files as each producer writes them, from one known sea."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

TIME = np.array(["2019-03-01", "2019-03-02", "2019-03-04", "2019-03-07"], "datetime64[ns]")
LAT = np.array([40.0, 40.5, 41.0, 41.5, 42.0])
LON = np.array([-10.0, -9.5, -9.0, -8.5, -8.0, -7.5])
FILL = -32767.0


def truth(seed: int = 0) -> np.ndarray:
    """Return log10 of chlorophyll (time, lat, lon), NaN on the land (the last column) and under clouds."""
    rng = np.random.default_rng(seed)
    values = rng.normal(-0.5, 0.4, (len(TIME), len(LAT), len(LON)))
    values[rng.random(values.shape) < 0.3] = np.nan
    values[:, :, -1] = np.nan
    return values.astype(np.float32).astype(float)


def sea() -> np.ndarray:
    """Return (lat, lon) bool: all but the last column."""
    return np.broadcast_to(np.arange(len(LON)) < len(LON) - 1, (len(LAT), len(LON))).copy()


def dataset(
    values: np.ndarray, name: str, axes: tuple[str, str] = ("lat", "lon"), **attrs: Any
) -> xr.Dataset:
    """Return ``values`` (time, lat, lon) as a CF dataset."""
    lat, lon = axes
    about = {"standard_name": "latitude", "units": "degrees_north"}
    coords = {
        "time": ("time", TIME, {"standard_name": "time"}),
        lat: (lat, LAT, about),
        lon: (lon, LON, {"standard_name": "longitude", "units": "degrees_east"}),
    }
    return xr.Dataset({name: (("time", lat, lon), values, attrs)}, coords)


def occci() -> xr.Dataset:
    """OC-CCI: descending latitudes, no units, a standard name whose canonical unit is kg m-3, numbers in mg."""
    held = dataset(10 ** truth(), "chlor_a", standard_name="mass_concentration_of_chlorophyll_a_in_sea_water")
    held["chlor_a"].attrs["long_name"] = "Chlorophyll-a concentration in seawater (not log-transformed)"
    held["chlor_a_log10_rmsd"] = xr.full_like(held.chlor_a, 0.3)
    held["chlor_a_log10_rmsd"].attrs = {"long_name": "RMSD of log10-transformed chlorophyll-a concentration"}
    return held.isel(lat=slice(None, None, -1))


def cmems() -> xr.Dataset:
    """Copernicus Marine L3: CHL beside size classes and types, an uncertainty in per cent, flags that tell land."""
    held = dataset(10 ** truth(), "CHL", ("latitude", "longitude"), units="milligram m-3")
    held["CHL"].attrs["standard_name"] = "mass_concentration_of_chlorophyll_a_in_sea_water"
    for name in ("DIATO", "NANO", "MICRO"):
        held[name] = held.CHL / 3
        held[name].attrs = {
            "units": "milligram m-3",
            "standard_name": "mass_concentration_of_diatoms_expressed_as_chlorophyll_in_sea_water",
        }
    held["CHL_uncertainty"] = xr.full_like(held.CHL, 50.0)
    held["CHL_uncertainty"].attrs = {"units": "%"}
    flags = np.broadcast_to(np.where(sea(), 0, 1), held.CHL.shape).astype(np.int8)
    about = {"flag_values": np.array([1, 2], np.int8), "flag_meanings": "LAND INTERPOLATED"}
    held["flags"] = (held.CHL.dims, flags, about)
    return held


def globcolour() -> xr.Dataset:
    """GlobColour: one image, no axis of time, dated by an attribute, error in hundredths of a per cent."""
    held = dataset(10 ** truth(), "CHL1_mean", units="mg/m3").isel(time=0, drop=True)
    held["CHL1_flags"] = held.CHL1_mean * 0 + 4
    held["CHL1_error"] = held.CHL1_mean * 0 + 4000.0
    held["CHL1_error"].attrs = {"units": "0.01%"}
    return held.assign_attrs(period_start_day="20190301", start_time="20190228T192152Z")


def nasa() -> xr.Dataset:
    """NASA L3 mapped: one image, ``time_coverage_start``, a palette beside."""
    held = dataset(10 ** truth(), "chlor_a", units="mg m^-3").isel(time=0, drop=True)
    held["palette"] = (("rgb", "eightbitcolor"), np.zeros((3, 8), np.uint8))
    return held.assign_attrs(time_coverage_start="2019-03-01T00:35:01.000Z")


def erddap() -> xr.Dataset:
    """ERDDAP: longitudes of 0 to 360, descending latitudes, an altitude of one level, a loose standard name."""
    held = dataset(10 ** truth(), "chla", ("latitude", "longitude"), units="mg m^-3")
    held["chla"].attrs["standard_name"] = "mass_concentration_chlorophyll_concentration_in_sea_water"
    held = held.assign_coords(longitude=held.longitude + 360.0).expand_dims(altitude=[0.0], axis=1)
    held["longitude"].attrs = {"standard_name": "longitude", "units": "degrees_east"}
    return held.isel(latitude=slice(None, None, -1))


def olci() -> xr.Dataset:
    """OLCI C2RCC: conc_chl beside other concentrations, unsorted scenes."""
    held = dataset(10 ** truth(), "conc_chl", units="mg m^-3", long_name="Chlorophyll concentration")
    held["conc_tsm"] = held.conc_chl * 10
    held["conc_tsm"].attrs = {
        "units": "g m^-3",
        "long_name": "Total suspended matter dry weight concentration",
    }
    return held.isel(time=[2, 0, 3, 1])


def kilograms() -> xr.Dataset:
    """A model's file: kg m-3 by its units."""
    return dataset(10 ** (truth() - 6), "chl", units="kg m-3")


def bare_kilograms() -> xr.Dataset:
    """Kilograms that nothing but their range tells."""
    return dataset(10 ** (truth() - 6), "chl")


def logarithm() -> xr.Dataset:
    """log10 by its units."""
    return dataset(truth(), "chl", units="log10(mg m-3)")


def bare_logarithm() -> xr.Dataset:
    """log10 that nothing but its negative numbers tells."""
    return dataset(truth(), "chl")


def natural() -> xr.Dataset:
    """A natural logarithm, by the units of CF."""
    return dataset(truth() * np.log(10), "chl", units="ln(re 1 mg m-3)")


def packed() -> xr.Dataset:
    """Packed integers: log10 in steps of 1e-4 (done by the encoding of :func:`write`)."""
    return dataset(truth(), "chl", units="log10(mg m-3)")


PRODUCTS = {
    make.__name__: make
    for make in (
        occci, cmems, globcolour, nasa, erddap, olci, kilograms, bare_kilograms, logarithm, bare_logarithm, natural,
        packed,
    )
}  # fmt: skip


def write(held: xr.Dataset, path: Path, kind: str = "h5netcdf") -> Path:
    """Write ``held``: NetCDF-4 ("h5netcdf"), NetCDF-3 ("scipy") or Zarr ("zarr")."""
    encoding: dict[str, dict[str, Any]] = {}
    for name in held.data_vars:
        if held[name].dtype.kind == "f":
            encoding[str(name)] = {"_FillValue": FILL}
    if path.stem == "packed":
        encoding["chl"] = {"dtype": "int16", "scale_factor": 1e-4, "_FillValue": -32768}
    if kind == "zarr":
        held.to_zarr(path, zarr_format=2, consolidated=True)
    else:
        held.to_netcdf(path, engine=kind, encoding=encoding)
    return path
