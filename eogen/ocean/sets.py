"""Files of the room's folder as cubes, for the evaluation."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import xarray as xr

from eogen.ocean.cube import cube

PREFIX = "log10chl_"


def daily(root: Path) -> list[Path]:
    """Return the files with one sensor or more on a daily grid, those with most sensors first."""
    found = [p for p in sorted(root.glob("*.nc")) if _names(p)]
    return sorted(found, key=lambda p: (-len(next(iter(algorithms(p).values()))), p.name))


def _names(path: Path) -> list[str]:
    with xr.open_dataset(path, decode_times=False) as opened:
        return [str(n) for n in opened.data_vars if str(n).startswith(PREFIX)]


def algorithms(path: Path) -> dict[str, list[str]]:
    """Return algorithm -> sensors of a daily file; the one with most sensors, then ``poly4``, first."""
    found: dict[str, list[str]] = {}
    for name in _names(path):
        sensor, _, algorithm = name.removeprefix(PREFIX).partition("_")
        found.setdefault(algorithm, []).append(sensor)
    order = sorted(found, key=lambda a: (-len(found[a]), a != "poly4", a))
    return {a: sorted(found[a]) for a in order}


def merged(path: Path, sensors: list[str] | None = None) -> xr.DataArray:
    """Return the mean of the sensors (all by default) of a daily file's first algorithm."""
    algorithm, every = next(iter(algorithms(path).items()))
    chosen = sensors or every
    with xr.open_dataset(path) as opened:
        each = np.stack([opened[f"{PREFIX}{s}_{algorithm}"].values.astype(np.float32) for s in chosen])
        seen = np.isfinite(each)
        count = seen.sum(0)
        total = np.where(seen, each, 0).sum(0)
        values = np.where(count > 0, total / np.maximum(count, 1), np.nan)
        return cube(
            values, opened.time.values, opened.lat.values, opened.lon.values, opened.ocean.values.astype(bool),
            bathymetry=opened.bathymetry.values, kind="real", title=path.stem, sensors=len(chosen),
        )  # fmt: skip


def others(root: Path) -> list[Path]:
    """Return the other files with a series of maps."""
    found = []
    for path in sorted(root.glob("*.nc")):
        with xr.open_dataset(path, decode_times=False) as opened:
            if _series(opened) and not _names(path) and "_l4_" not in path.stem:
                found.append(path)
    return found


def _series(opened: xr.Dataset) -> str | None:
    for name in ("chlor_a", "chlorophyll", "conc_chl", "chla", "CHL", "sst", "SST"):
        if name in opened and opened[name].ndim == 3 and opened[name].shape[0] > 3:
            return name
    return None


def cube_of(path: Path) -> xr.DataArray:
    """Return the series of maps of a file."""
    with xr.open_dataset(path, decode_times=False) as raw:
        dated = "since" in raw.time.attrs.get("units", "")
    with xr.open_dataset(path, decode_times=dated) as opened:
        data = opened.rename(
            {k: v for k, v in (("latitude", "lat"), ("longitude", "lon")) if k in opened.dims}
        )
        name = _series(data)
        sst = str(name).lower() == "sst"
        if not dated:
            day = np.datetime64("2018-01-01") + data.time.values.astype("timedelta64[D]")
            data = data.assign_coords(time=day)
        data = data.sortby("time").sortby("lat").sortby("lon")
        values = data[name].values.astype(np.float32)
        if not sst:
            values = np.log10(np.where(values > 0, values, np.nan))
        sea = data["mask"].values.astype(bool) if "mask" in data else np.isfinite(values).any(0)
        return cube(
            values, data.time.values, data.lat.values, data.lon.values, sea, name="sst" if sst else "log10_chl",
            kind="real", title=path.stem,
        )  # fmt: skip
