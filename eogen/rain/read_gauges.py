"""Hourly rain gauges: station files of INMET (Brazil), and tables of several stations made from them."""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from eogen import limits
from eogen.errors import InputError
from eogen.rain.maps import in_order
from eogen.rain.read_open import FAULTS, content

_LICENCE = "INMET, open government data (free); cite INMET"
_MISSING = -9999.0
#: More than the highest hourly amounts ever measured (305 mm in 42 minutes): a fault of the gauge or of the file.
_HIGHEST = 400.0


def read(
    source: Path | bytes | Sequence[Path], *, stations: Path | None = None, name: str | None = None
) -> xr.Dataset:
    """Return ``precipitation`` (station, time) float32 mm h-1 of hourly gauges, NaN where nothing was measured.

    INMET dates an hour by its end (UTC); here ``time`` is its start, as everywhere in the room.

    Args:
        source: a station file of INMET, several of them, a folder of them, or a table ``time,station,mm`` (end of
            the hour), plain or in gzip.
        stations: for a table, the file with station, lat, lon (and name, alt_m); ``inmet_stations.csv`` beside it
            when None.
        name: of the bytes, in sentences.

    Returns:
        coordinates ``lat``, ``lon``, ``altitude`` (m), ``name`` along ``station``.

    Raises:
        Unavailable: ``rain_absent``.
        InputError: ``rain_gauges``; ``rain_time_order``; ``rain_fill_only``.
    """
    if isinstance(source, Path) and source.is_dir():
        source = sorted(
            p for p in source.iterdir() if p.suffix.lower() == ".csv" and p.name.upper().startswith("INMET_S")
        )
    paths = [source] if isinstance(source, Path | bytes) else list(source)
    shown = name or (paths[0].name if paths and isinstance(paths[0], Path) else "file")
    if not paths:
        raise _not_gauges(shown)
    parts = []
    for path in paths:
        label = name or (path.name if isinstance(path, Path) else "file")
        raw = content(path)
        try:
            raw = limits.inflated(raw, label) if raw[:2] == b"\x1f\x8b" else raw
            if raw[:12].lstrip(b"\xef\xbb\xbf").startswith(b"time,station"):
                beside = stations or (path.parent / "inmet_stations.csv" if isinstance(path, Path) else None)
                parts.append(_table(raw, beside, label))
            else:
                parts.append(_station(raw, label))
        except InputError:
            raise
        except FAULTS as fault:
            raise _not_gauges(label) from fault
    whole = xr.concat(parts, "station", join="outer", fill_value={"precipitation": np.float32(np.nan)})
    if not bool(whole["precipitation"].notnull().any()):
        raise InputError(
            "rain_fill_only",
            "{name} holds only fill values in this box: no cell has rain or its absence. Choose another box or another "
            "file.",
            name=shown,
        )
    whole["precipitation"].attrs = {"units": "mm h-1", "standard_name": "lwe_precipitation_rate",
                                    "cell_methods": "time: mean"}  # fmt: skip
    whole["time"].attrs = {
        "standard_name": "time",
        "long_name": "start of the interval (UTC)",
        "step_minutes": 60,
    }
    whole["lat"].attrs = {"standard_name": "latitude", "units": "degrees_north"}
    whole["lon"].attrs = {"standard_name": "longitude", "units": "degrees_east"}
    whole["altitude"].attrs = {"standard_name": "altitude", "units": "m"}
    whole.attrs = {"kind": "real", "dataset": "inmet", "title": "INMET", "licence": _LICENCE, "source": shown}
    return whole


def is_gauges(head: bytes) -> bool:
    """Return whether the first bytes (100 and more) are those of a file that ``read`` takes."""
    if head[:2] == b"\x1f\x8b":
        try:
            head = zlib.decompressobj(wbits=31).decompress(head, 1000)
        except zlib.error:
            return False
    return bool(re.match(rb"(\xef\xbb\xbf)?(REGI.{1,3}O|time,station,mm\s)", head))


def beside(gauges: xr.Dataset, satellite: xr.DataArray) -> xr.Dataset:
    """Return ``gauge`` and ``satellite`` (time, station), mm h-1, of the hours both have.

    The satellite's hour is the mean of its half-hours in the cell that holds the gauge; both are needed.

    Args:
        gauges: from ``read``.
        satellite: (time, lat, lon) half-hours.

    Raises:
        InputError: ``rain_no_common``.
    """
    inside = (
        (gauges["lat"] >= satellite["lat"].values[0] - 0.05) & (gauges["lat"] < satellite["lat"].values[-1] + 0.05)
        & (gauges["lon"] >= satellite["lon"].values[0] - 0.05) & (gauges["lon"] < satellite["lon"].values[-1] + 0.05)
    )  # fmt: skip
    kept = gauges.isel(station=np.flatnonzero(inside.values))
    at = satellite.sel(lat=kept["lat"], lon=kept["lon"], method="nearest").transpose("time", "station")
    first = at["time"].values.astype("datetime64[h]")
    second = satellite["time"].values != first
    halves = [at.values[second == late] for late in (False, True)]
    hours = [first[second == late] for late in (False, True)]
    both, left, right = np.intersect1d(*hours, return_indices=True)
    common, here, there = np.intersect1d(
        both, kept["time"].values.astype("datetime64[h]"), return_indices=True
    )
    if not len(common) or not kept.sizes["station"]:
        raise InputError(
            "rain_no_common",
            "The satellite's maps ({first}) and what they are judged by ({second}) share no time or no cell; give the "
            "same day and the same region.",
            first=f"{satellite['time'].values[0].astype('datetime64[h]')}",
            second=f"{gauges['time'].values[0].astype('datetime64[h]')}",
        )
    mean = (halves[0][left][here] + halves[1][right][here]) / 2
    dims = ("time", "station")
    return xr.Dataset(
        {"gauge": (dims, kept["precipitation"].transpose(*dims).values[there]), "satellite": (dims, mean)},
        {"time": common.astype("datetime64[ns]"), "station": kept["station"].values,
         "lat": ("station", kept["lat"].values), "lon": ("station", kept["lon"].values)},
    )  # fmt: skip


def _station(raw: bytes, name: str) -> xr.Dataset:
    """Return one station of an INMET file: eight lines about it, then a table with decimal commas, in Latin-1."""
    lines = raw.decode("latin-1").replace("\r", "").split("\n")
    head = dict(line.split(";")[:2] for line in lines[:8] if line.count(";") >= 1)
    about = {re.sub(r"\W", "", key).upper(): value.strip() for key, value in head.items()}
    if not {"LATITUDE", "LONGITUDE", "CODIGOWMO"} <= set(about):
        raise _not_gauges(name)
    table = pd.read_csv(io.StringIO("\n".join(lines[8:])), sep=";", dtype=str, index_col=False)
    rain = next((column for column in table if re.search(r"PRECIPITA.*HOR", column.upper())), None)
    if rain is None or len(table.columns) < 3:
        raise _not_gauges(name)
    day = table.iloc[:, 0].str.replace("/", "-", regex=False)
    hour = table.iloc[:, 1].str.extract(r"(\d{2}):?(\d{2})").agg(":".join, axis=1)
    end = pd.to_datetime(day + " " + hour, format="%Y-%m-%d %H:%M").to_numpy()
    amount = pd.to_numeric(table[rain].str.replace(",", ".", regex=False)).to_numpy(float)
    numbers = {key: float(about[key].replace(",", ".")) for key in ("LATITUDE", "LONGITUDE")}
    altitude = pd.to_numeric(about.get("ALTITUDE", "").replace(",", "."), errors="coerce")
    return _dataset(
        amount[None], end, [about["CODIGOWMO"]], [numbers["LATITUDE"]], [numbers["LONGITUDE"]], [float(altitude)],
        [about.get("ESTACAO", about["CODIGOWMO"])], name,
    )  # fmt: skip


def _table(raw: bytes, stations: Path | None, name: str) -> xr.Dataset:
    long = pd.read_csv(io.BytesIO(raw), parse_dates=["time"])
    where = pd.read_csv(io.BytesIO(content(stations))).set_index("station") if stations is not None else None
    if where is None or not {"lat", "lon"} <= set(where.columns):
        raise _not_gauges(name)
    wide = long.pivot(index="station", columns="time", values="mm")
    wide = wide.loc[[code for code in wide.index if code in where.index]]
    there = where.loc[wide.index]
    altitude = there["alt_m"] if "alt_m" in there else pd.Series(np.nan, there.index)
    names = there["name"] if "name" in there else there.index.to_series()
    return _dataset(
        wide.to_numpy(float), wide.columns.to_numpy(), list(wide.index), there["lat"], there["lon"], altitude,
        list(names), name,
    )  # fmt: skip


def _dataset(amount, end, codes, lat, lon, altitude, names, name: str) -> xr.Dataset:  # noqa: ANN001 - columns
    start = np.asarray(end, "datetime64[ns]") - np.timedelta64(1, "h")
    in_order(start, name)
    amount = np.where((amount == _MISSING) | (amount < 0) | (amount > _HIGHEST), np.nan, amount)
    coords = {
        "station": np.asarray(codes, str), "time": start, "lat": ("station", np.asarray(lat, float)),
        "lon": ("station", np.asarray(lon, float)), "altitude": ("station", np.asarray(altitude, float)),
        "name": ("station", np.asarray(names, str)),
    }  # fmt: skip
    return xr.Dataset({"precipitation": (("station", "time"), amount.astype(np.float32))}, coords)


def _not_gauges(name: str) -> InputError:
    return InputError(
        "rain_gauges",
        "{name} is no table of hourly gauges: INMET's station files (eight lines with CODIGO, LATITUDE, LONGITUDE, "
        "then the hours) and tables of time, station and mm with their stations beside them are read.",
        name=name,
    )
