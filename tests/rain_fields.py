"""Rain that looks a little like rain, for tests of scores: smooth, mostly dry, and a disturbed copy of it."""

from __future__ import annotations

import numpy as np
import xarray as xr
from scipy.ndimage import gaussian_filter

from eogen.rain.maps import precipitation


def field(seed, maps=6, side=24, wet=0.25, smooth=2.0):
    """Return rates (maps, side, side) mm/h."""
    rng = np.random.default_rng(seed)
    noise = gaussian_filter(rng.normal(size=(maps, side, side)), (0, smooth, smooth), mode="wrap")
    noise /= noise.std()
    return np.expm1(1.2 * np.maximum(noise - np.quantile(noise, 1 - wet), 0))


def on_grid(values, first="2023-11-02", step=30, name="precipitation", north=45.0):
    """Return rates as precipitation on a 0.1° grid."""
    n, rows, columns = values.shape
    time = np.datetime64(first, "ns") + np.arange(n) * np.timedelta64(step, "m")
    lat, lon = north + 0.1 * np.arange(rows), 2.05 + 0.1 * np.arange(columns)
    return precipitation(values, time, lat, lon, step_minutes=step, name=name, kind="simulated")


def pair(seed=0, maps=6, side=24, gaps=0.0, step=30, noise=0.7):
    """Return (imerg, radar) with a share of pixels missing on either side."""
    rng = np.random.default_rng(seed + 1000)
    truth = field(seed, maps, side)
    seen = 1.3 * gaussian_filter(truth, (0, 1, 1)) * np.exp(noise * rng.normal(size=truth.shape))
    seen = np.where(seen < 0.1, 0, seen)
    for values in (truth, seen):
        values[rng.random(values.shape) < gaps] = np.nan
    return on_grid(seen, step=step), on_grid(truth, step=step, name="radar")


def stations(seed=0, days=10, hours=24, places=60, skill=1.0):
    """Return (imerg, gauge) (time, station), hourly, with a skill that varies from day to day."""
    rng = np.random.default_rng(seed)
    n = days * hours
    wet = rng.random((n, places)) < np.repeat(rng.uniform(0.1, 0.6, days), hours)[:, None]
    gauge = np.where(wet, rng.gamma(0.7, 3, (n, places)), 0)
    sharp = np.repeat(rng.uniform(0.2, 1.0, days), hours)[:, None] * skill
    other = np.where(rng.random((n, places)) < 0.3, rng.gamma(0.7, 3, (n, places)), 0)
    imerg = np.where(
        rng.random((n, places)) < sharp, gauge * np.exp(0.4 * rng.normal(size=(n, places))), other
    )
    time = np.datetime64("2023-11-02", "ns") + np.arange(n) * np.timedelta64(1, "h")
    coords = {"time": time, "station": np.arange(places)}
    return (xr.DataArray(v, coords, ("time", "station")) for v in (imerg, gauge))
