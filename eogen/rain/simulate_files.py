"""Simulated maps in the files of IMERG V07, so that the reader of the real ones serves; and the truth beside them."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import xarray as xr

#: Seconds of ``time`` count from here (IMERG V07).
GPS_EPOCH = np.datetime64("1980-01-06T00:00:00")
FILL, INT_FILL = np.float32(-9999.9), np.int16(-9999)
HALF_HOUR = np.timedelta64(30, "m")
_RUNS = {"early": "-E", "late": "-L"}
#: Name in the file, name here, unit; integers are those of int16 in IMERG.
_GRID = (("precipitation", "precipitation", "mm/hr"), ("precipitationQualityIndex", "quality_index", None))
_RATES = (("MWprecipitation", "microwave_precipitation", "mm/hr"),
          ("IRprecipitation", "infrared_precipitation", "mm/hr"),
          ("precipitationUncal", "precipitation", "mm/hr"))  # fmt: skip
_INTEGERS = (("MWprecipSource", "microwave_source", None, 1.0),
             ("MWobservationTime", "microwave_minute", "minutes", 1.0),
             ("IRinfluence", "infrared_share", "percent", 100.0))  # fmt: skip


def write(pair: xr.Dataset, folder: Path) -> list[Path]:
    """Write one V07 file per half hour, and the truth as ``radar_<first>.nc`` (CF NetCDF, mm h-1).

    The files have IMERG's groups, names, axes (time, lon, lat), types and fill values over the pair's box. Their names
    begin with ``SIMULATED``, and root attributes ``kind``, ``dataset``, ``title``, ``licence``, ``run`` say so.

    Args:
        pair: from :func:`eogen.rain.simulate.simulate` or one piece of :func:`~eogen.rain.simulate.stream`.
        folder: made where it is absent.

    Returns:
        The granules, in order, then the truth.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = [_granule(pair.isel(time=[k]), folder) for k in range(pair.sizes["time"])]
    truth = pair[["radar"]].drop_vars("regime", errors="ignore")
    truth = truth.assign_attrs(title=f"Truth of: {pair.attrs['title']}", license=pair.attrs["licence"])
    begin = str(pair["time"].values[0].astype("datetime64[m]")).replace("-", "").replace(":", "")
    last = folder / f"radar_{begin}.nc"
    truth.to_netcdf(last, engine="h5netcdf")
    return [*paths, last]


def granule_name(start: np.datetime64, run: str) -> str:
    """Return the name of the file of the half hour that begins at ``start``."""
    start = np.datetime64(start, "s")
    day, end = start.astype("datetime64[D]"), start + HALF_HOUR - np.timedelta64(1, "s")
    minute = int((start - day) / np.timedelta64(1, "m"))
    first, last = (str(t)[11:].replace(":", "") for t in (start, end))
    date = str(day).replace("-", "")
    return f"SIMULATED.3B-HHR{_RUNS[run]}.MS.MRG.3IMERG.{date}-S{first}-E{last}.{minute:04d}.V07B.HDF5"


def _granule(moment: xr.Dataset, folder: Path) -> Path:
    start = moment["time"].values[0]
    name = granule_name(start, str(moment.attrs["run"]))
    with h5py.File(folder / name, "w") as file:
        header = {"AlgorithmID": "3IMERGHH", "FileName": name, "SatelliteName": "SIMULATED",
                  "TimeInterval": "HALF_HOUR", "ProductVersion": "V07B"}  # fmt: skip
        file.attrs["FileHeader"] = np.bytes_("".join(f"{k}={v};\n" for k, v in header.items()))
        for key in ("kind", "dataset", "title", "licence", "run"):
            file.attrs[key] = str(moment.attrs[key])
        grid = file.create_group("Grid")
        inner = grid.create_group("Intermediate")
        begin = int((start - GPS_EPOCH) / np.timedelta64(1, "s"))
        since = "seconds since 1980-01-06 00:00:00 UTC"
        _put(grid, "time", np.array([begin], np.int32), "time", units=since, calendar="julian")
        _put(grid, "time_bnds", np.array([[begin, begin + 1800]], np.int32), "time,nv", units=since)
        _put(grid, "lat", moment["lat"].values.astype(np.float32), "lat", units="degrees_north")
        _put(grid, "lon", moment["lon"].values.astype(np.float32), "lon", units="degrees_east")
        for group, rows in ((grid, _GRID), (inner, _RATES)):
            for written, ours, units in rows:
                values = _turned(moment[ours])
                _put(group, written, np.where(np.isfinite(values), values, FILL), units=units)
        for written, ours, units, factor in _INTEGERS:
            values = _turned(moment[ours]) * factor
            known = np.isfinite(values)
            whole = np.where(known, np.rint(np.where(known, values, 0)), INT_FILL).astype(np.int16)
            _put(inner, written, whole, units=units)
    return folder / name


def _turned(values: xr.DataArray) -> np.ndarray:
    """Return (time, lon, lat), the order of IMERG's axes."""
    return values.transpose("time", "lon", "lat").values.astype(np.float32)


def _put(
    group: h5py.Group, name: str, values: np.ndarray, dims: str = "time,lon,lat", **attributes: str | None
) -> None:
    packed = {"compression": "gzip", "shuffle": True} if values.ndim == 3 else {}
    held = group.create_dataset(name, data=values, **packed)
    held.attrs["DimensionNames"] = np.bytes_(dims)
    if values.ndim == 3:
        fill = FILL if values.dtype == np.float32 else INT_FILL
        held.attrs["_FillValue"] = fill
        held.attrs["CodeMissingValue"] = np.bytes_("-9999.9" if values.dtype == np.float32 else "-9999")
    for key, value in attributes.items():
        if value is not None:
            held.attrs[key] = np.bytes_(value)
