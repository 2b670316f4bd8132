"""Small zarr stores for the tests of the scale-out path, and methods simple enough to know what they must answer."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from scipy.ndimage import gaussian_filter

from eogen.ocean.problem import Estimate, Problem

SHAPE = (10, 64, 96)


def smooth(shape: tuple[int, ...], sigma: tuple[float, ...], rng: np.random.Generator) -> np.ndarray:
    """Return periodic noise of unit variance."""
    field = gaussian_filter(rng.standard_normal(shape), sigma, mode="wrap")
    return (field / field.std()).astype(np.float32)


def dataset(shape: tuple[int, int, int] = SHAPE, seed: int = 0, days: int = 8) -> xr.Dataset:
    """Return log10 chlorophyll under clouds over a globe: whole turns of longitude, a static coast."""
    rng = np.random.default_rng(seed)
    value = -1 + 0.5 * smooth(shape[1:], (8, 8), rng) + 0.3 * smooth(shape, (1.5, 5, 5), rng)
    hidden = smooth(shape, (0.5, 6, 6), rng) > 0
    sea = smooth(shape[1:], (6, 6), rng) < 0.9
    values = np.where(sea & ~hidden, value, np.float32("nan"))
    return xr.Dataset(
        {"log10_chl": (("time", "lat", "lon"), values), "sea": (("lat", "lon"), sea)},
        {
            "time": np.datetime64("2001-01-01", "ns") + np.arange(shape[0]) * np.timedelta64(days, "D"),
            "lat": np.linspace(-40, 40, shape[1]),
            "lon": -180 + (np.arange(shape[2]) + 0.5) * 360 / shape[2],
        },
    )


def store(path: Path, held: xr.Dataset | None = None, packed: bool = True, zarr_format: int = 2) -> Path:
    """Write a store; int16 by default."""
    held = dataset() if held is None else held
    codes = {"dtype": "int16", "scale_factor": 1e-4, "add_offset": 0.0, "_FillValue": -32768}
    encoding = {
        k: {"chunks": (4, 32, 40)} | (codes if packed else {}) for k in held.data_vars if held[k].ndim == 3
    }
    held.to_zarr(path, encoding=encoding, consolidated=False, zarr_format=zarr_format)
    return path


def blurred(problem: Problem, targets: np.ndarray, seed: int = 0, progress: Any = None) -> Estimate:
    """A stand-in for a network: it sees 12 cells far, and is a little off in each window by what the window holds."""
    ground = problem.ground
    frames = []
    for t in targets:
        filled = np.nan_to_num(ground.anomaly[t])
        told = gaussian_filter(filled, 3.0, truncate=4.0, mode="constant")
        frames.append(ground.restore(told + 0.02 * filled.mean(), t))
    mean = np.stack(frames)
    return Estimate(mean.astype(np.float32), np.full_like(mean, 0.1, np.float32))


def slow(problem: Problem, targets: np.ndarray, seed: int = 0, progress: Any = None) -> Estimate:
    """What is usual plus noise that depends on the seed alone, slowly enough to be killed meanwhile.

    Where ``EOGEN_TEST_HELD`` names the folder of what is done, nothing goes on once two tiles are, for five minutes.
    """
    time.sleep(float(os.environ.get("EOGEN_TEST_SLOW", "0")))
    held, end = os.environ.get("EOGEN_TEST_HELD"), time.monotonic() + 300
    while held and len(list(Path(held).glob("fill-*.json"))) >= 2 and time.monotonic() < end:
        time.sleep(0.02)
    noise = np.random.default_rng(seed).normal(0, 0.1, (len(targets), *problem.sea.shape))
    return Estimate((problem.ground.usual[targets] + noise).astype(np.float32))


def lazy(problem: Problem, targets: np.ndarray, seed: int = 0, progress: Any = None) -> Estimate:
    """Leave everything empty."""
    return Estimate(np.full((len(targets), *problem.sea.shape), np.nan, np.float32))
