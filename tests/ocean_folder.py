"""Small files with the layout of the real ones, for tests of everything that reads a folder."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import xarray as xr
from scipy.ndimage import gaussian_filter


def field(seed: int, frames: int, side: int, memory: float = 2.0) -> np.ndarray:
    """Return (frames, side, side) smooth noise of variance 1."""
    rng = np.random.default_rng(seed)
    made = gaussian_filter(rng.standard_normal((frames, side, side)), (memory, 3, 3))
    return made / made.std()


def gaps(seed: int, shape: tuple[int, ...], share: float = 0.5, memory: float = 0.0) -> np.ndarray:
    """Return smooth clouds that hide ``share`` of everything."""
    cloud = gaussian_filter(np.random.default_rng(seed).standard_normal(shape), (memory, 3, 3))
    return cloud > np.quantile(cloud, 1 - share)


def daily(
    folder: Path, sensors: tuple[str, ...] = ("modis", "viirs"), days: int = 40, side: int = 28
) -> Path:
    """Write a daily cube of some sensors off Oregon, with a strip of land."""
    truth = -0.5 + 0.4 * field(1, days, side)
    sea = np.ones((side, side), np.int8)
    sea[:, -3:] = 0
    cloudy = gaps(9, truth.shape, 0.6, 4.0)  # the sensors pass within hours: most clouds are the same
    each = {}
    for k, sensor in enumerate(sensors):
        noise = 0.1 * np.random.default_rng(k).standard_normal(truth.shape)
        seen = np.where(
            cloudy | gaps(10 + k, truth.shape, 0.3) | (sea == 0), np.nan, truth + 0.04 * k + noise
        )
        each[f"log10chl_{sensor}_poly4"] = (("time", "lat", "lon"), seen, {"units": "log10(mg m-3)"})
    depth = np.broadcast_to(np.linspace(-2000, 0, side, dtype=np.float32), (side, side))
    made = xr.Dataset(
        each | {"ocean": (("lat", "lon"), sea), "bathymetry": (("lat", "lon"), depth, {"units": "m"})},
        {
            "time": ("time", np.arange(days), {"units": "days since 2019-03-01"}),
            "lat": ("lat", 44 + 0.0417 * np.arange(side), {"units": "degrees_north"}),
            "lon": ("lon", -128 + 0.0625 * np.arange(side), {"units": "degrees_east"}),
        },
    )
    path = folder / f"nep_2019_daily_{'_'.join(sensors)}.nc"
    made.to_netcdf(path)
    return path


def sst(
    folder: Path, frames: int = 8, side: int = 20, share: float = 0.0, name: str = "clear_sst.nc"
) -> Path:
    """Write a series of sea surface temperature with ``share`` missing."""
    values = 20 + field(2, frames, side)
    if share:
        values = np.where(gaps(3, values.shape, share), np.nan, values)
    made = xr.Dataset(
        {"sst": (("time", "lat", "lon"), values, {"units": "degree_Celsius"})},
        {
            "time": ("time", np.arange(frames) * 3, {"units": "days since 2020-01-01"}),
            "lat": ("lat", -20 + 0.02 * np.arange(side), {"units": "degrees_north"}),
            "lon": ("lon", 150 + 0.02 * np.arange(side), {"units": "degrees_east"}),
        },
    )
    made.to_netcdf(folder / name)
    return folder / name
