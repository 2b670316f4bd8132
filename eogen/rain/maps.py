"""The exchange types of the room: rain over (time, lat, lon), what IMERG says beside it, and a pair with radar.

*Precipitation* is a float32 :class:`xarray.DataArray` (time, lat, lon) named ``precipitation`` in mm h-1, all three
axes ascending; NaN means that nothing is known and is never zero. ``time`` is the START of the interval (UTC), whose
length is ``time.attrs["step_minutes"]``. Attributes say where it comes from: ``kind`` (``"real"``, ``"simulated"`` or
``"derived"``), ``dataset`` (name in the catalogue), ``title``, ``licence``, ``source``.

*IMERG* is a :class:`xarray.Dataset` with ``precipitation`` and, when known, ``quality_index`` (0-1),
``microwave_source`` (int16; codes of ``SENSORS``), ``microwave_age`` (minutes; NaN where no observation is known) and
``infrared_share`` (0-1), all (time, lat, lon).

A *pair* is an IMERG dataset with ``radar`` (mm h-1, NaN where the radar does not see) and ``radar_wet_share`` (0-1,
share of the seen part of the cell where it rains) on the same cells and half-hours.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from eogen.errors import InputError

#: Values of ``MWprecipSource``/``HQprecipSource`` (IMERG V07 technical documentation, Huffman et al. 2023, table of
#: sensor codes): code -> sensor. 0 is no microwave observation in the half-hour.
SENSORS = {
    0: "none", 1: "TMI", 2: "unused", 3: "AMSR2", 4: "SSMI", 5: "SSMIS", 6: "AMSU-B", 7: "MHS", 8: "unused_8", 9: "GMI",
    10: "unused_10", 11: "ATMS", 12: "AIRS", 13: "TOVS", 14: "CRIS", 15: "AMSR-E", 16: "SSMI_F11", 20: "SAPHIR",
    21: "ATMS_NOAA21",
}  # fmt: skip
#: Side of an IMERG cell, degrees.
CELL = 0.1
#: Rain that counts as wet, mm h-1.
WET = 0.1
DIMS = ("time", "lat", "lon")
_BESIDE = ("quality_index", "microwave_source", "microwave_age", "infrared_share")
_ABOUT = {
    "quality_index": {"long_name": "precipitation quality index", "units": "1"},
    "microwave_source": {"long_name": "sensor of the microwave observation in the half-hour"},
    "microwave_age": {"long_name": "time since the last microwave observation", "units": "minutes"},
    "infrared_share": {"long_name": "share of infrared in the merged estimate", "units": "1"},
}


def precipitation(
    values: np.ndarray,
    time: np.ndarray,
    lat: np.ndarray,
    lon: np.ndarray,
    *,
    step_minutes: float = 30,
    name: str = "precipitation",
    **attributes: Any,
) -> xr.DataArray:
    """Return precipitation, checked.

    Args:
        values: (time, lat, lon) mm h-1, NaN = not known. A dask array stays one, and its values are not looked at.
        time: (time,) datetime64 UTC, START of each interval, strictly ascending.
        lat: (lat,) degrees north of the centres, strictly ascending.
        lon: (lon,) degrees east of the centres, strictly ascending.
        step_minutes: length of an interval.
        name: of the variable (``"precipitation"`` or ``"radar"``).
        **attributes: ``kind``, ``dataset``, ``title``, ``licence``, ``source`` …

    Raises:
        InputError: ``rain_shape``; ``rain_axis``; ``rain_time_order``; ``rain_negative``.
    """
    time = np.asarray(time, "datetime64[ns]")
    lat, lon = np.asarray(lat, float), np.asarray(lon, float)
    expected = (len(time), len(lat), len(lon))
    if np.shape(values) != expected:
        raise InputError(
            "rain_shape",
            "The rain has the shape {found}; its times, latitudes and longitudes make {expected}.",
            found=str(np.shape(values)), expected=str(expected),
        )  # fmt: skip
    for axis, centres in (("lat", lat), ("lon", lon)):
        _ascending(axis, centres)
    in_order(time, str(attributes.get("title", name)))
    lazy = hasattr(values, "__dask_graph__")  # dask need not be imported here
    values = values.astype(np.float32) if lazy else np.asarray(values, np.float32)
    if not lazy and values.size and np.nanmin(values, initial=0.0) < 0:
        raise InputError(
            "rain_negative",
            "Rain cannot be negative: the smallest value is {lowest} mm/h. Mark what is missing as NaN.",
            lowest=f"{float(np.nanmin(values)):.4g}",
        )
    array = xr.DataArray(values, dims=DIMS, coords={"time": time, "lat": lat, "lon": lon}, name=name)
    array.attrs = {
        "units": "mm h-1",
        "standard_name": "lwe_precipitation_rate",
        "long_name": "precipitation rate",
        "cell_methods": "time: mean",
        **attributes,
    }
    array["time"].attrs = {
        "standard_name": "time",
        "long_name": "start of the interval (UTC)",
        "step_minutes": step_minutes,
    }
    array["lat"].attrs = {"standard_name": "latitude", "units": "degrees_north"}
    array["lon"].attrs = {"standard_name": "longitude", "units": "degrees_east"}
    return array


def imerg(rain: xr.DataArray, **beside: np.ndarray | None) -> xr.Dataset:
    """Return the IMERG dataset of ``rain`` with what the product says beside it.

    Args:
        rain: from ``precipitation``.
        **beside: ``quality_index``, ``microwave_source``, ``microwave_age``, ``infrared_share``, each
            (time, lat, lon) like ``rain``; None is left out.

    Raises:
        InputError: ``rain_shape``.
        TypeError: another name.
    """
    if unknown := set(beside) - set(_BESIDE):
        raise TypeError(f"unknown: {', '.join(sorted(unknown))}")
    held = xr.Dataset({"precipitation": rain}, attrs=dict(rain.attrs))
    for name in _BESIDE:
        if (values := beside.get(name)) is None:
            continue
        if np.shape(values) != rain.shape:
            raise InputError(
                "rain_shape",
                "The rain has the shape {found}; its times, latitudes and longitudes make {expected}.",
                found=str(np.shape(values)), expected=str(rain.shape),
            )  # fmt: skip
        kind = np.int16 if name == "microwave_source" else np.float32
        held[name] = (DIMS, values.astype(kind), dict(_ABOUT[name]))
    if "microwave_source" in held:
        held["microwave_source"].attrs |= {
            "flag_values": np.array(list(SENSORS), np.int16),
            "flag_meanings": " ".join(SENSORS.values()),
        }
    return held


def ages(source: np.ndarray, time: np.ndarray, *, step_minutes: float = 30) -> np.ndarray:
    """Return (time, lat, lon) float32 minutes since the last microwave observation, from the sources of a sequence.

    0 where the half-hour itself has one; one step more for each half-hour after it; NaN before the first. A hole in
    the times counts for what it lasts, since what was observed within it is not known.

    Args:
        source: (time, lat, lon) codes, 0 or negative = no observation.
        time: (time,) datetime64, ascending.
        step_minutes: length of an interval; steps are counted in it.
    """
    minutes = (np.asarray(time, "datetime64[s]").astype(np.int64) / 60.0).astype(float)
    last = np.full(source.shape[1:], np.nan)
    found = np.empty(source.shape, np.float32)
    for index, minute in enumerate(minutes):
        last = np.where(source[index] > 0, minute, last)
        found[index] = np.round((minute - last) / step_minutes) * step_minutes
    return found


def pair(satellite: xr.Dataset, radar: xr.DataArray, wet_share: xr.DataArray) -> xr.Dataset:
    """Return the pair of an IMERG dataset and a radar over the times both have, on the cells of the satellite.

    Args:
        satellite: from ``imerg``.
        radar: (time, lat, lon) mm h-1 on cells of the same grid, half-hour means; where its box does not reach, NaN.
        wet_share: like ``radar``, 0-1.

    Raises:
        InputError: ``rain_no_common`` when they share no time or no cell.
    """
    times = np.intersect1d(satellite["time"].values, radar["time"].values)
    onto = {"lat": satellite["lat"], "lon": satellite["lon"], "method": "nearest", "tolerance": 0.1 * CELL}
    there = radar.sel(time=times).reindex(**onto)
    if not len(times) or not bool(there.notnull().any()):
        raise InputError(
            "rain_no_common",
            "The satellite's maps ({first}) and what they are judged by ({second}) share no time or no cell; give the "
            "same day and the same region.",
            first=_extent(satellite["precipitation"]), second=_extent(radar),
        )  # fmt: skip
    held = satellite.sel(time=times)
    held["time"].attrs = dict(satellite["time"].attrs)
    held["radar"] = there.astype(np.float32).rename("radar")
    held["radar_wet_share"] = wet_share.sel(time=times).reindex(**onto).astype(np.float32)
    held["radar"].attrs = dict(radar.attrs)
    held["radar_wet_share"].attrs = {
        "long_name": "share of the seen part of the cell that is wet",
        "units": "1",
    }
    return held


def in_order(time: np.ndarray, name: str) -> None:
    """Refuse times that do not ascend strictly.

    Raises:
        InputError: ``rain_time_order``.
    """
    back = np.flatnonzero(np.diff(time.astype("datetime64[s]").astype(np.int64)) <= 0)
    if len(back):
        raise InputError(
            "rain_time_order",
            "The times of {name} do not go forward: {second} comes after {first}. Sort them, and give each half-hour "
            "once.",
            name=name,
            first=str(time[back[0]].astype("datetime64[m]")),
            second=str(time[back[0] + 1].astype("datetime64[m]")),
        )


def _ascending(axis: str, centres: np.ndarray) -> None:
    if centres.ndim != 1 or not np.isfinite(centres).all() or (np.diff(centres) <= 0).any():
        raise InputError(
            "rain_axis",
            "The values of {axis} must be plain numbers that ascend; sort the axis first.",
            axis=axis,
        )


def _extent(rain: xr.DataArray) -> str:
    """Return what a map covers, in words that need no translation."""
    time, lat, lon = (rain[dim].values for dim in DIMS)
    if not rain.size:
        return "-"
    first, last = (str(time[end].astype("datetime64[m]")) for end in (0, -1))
    return f"{first}/{last}, {lat[0]:.2f}..{lat[-1]:.2f} N, {lon[0]:.2f}..{lon[-1]:.2f} E"
