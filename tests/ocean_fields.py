"""What the tests ask of a gappy field: how much it varies, over which distances and times. No code of the package."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import xarray as xr

LAGS = (1, 2, 4, 8, 16)


def statistics(values: np.ndarray) -> dict[str, float]:
    """Return, of values (time, lat, lon; NaN = none): spreads, slope of the variogram, correlation of frames.

    ``spread`` of everything, ``anomaly`` of what is left when each cell's mean is taken away, ``frame`` of the frames'
    means of that; ``variogram`` the slope of log semivariance on log distance, 1 to 16 cells; ``next`` the correlation
    of anomalies, frames' means taken away, with those of the next frame.
    """
    anomaly = values - _mean(values, 0)
    frame = _mean(anomaly, (1, 2))
    inner = anomaly - frame
    inner = inner - _mean(inner, 0)
    gamma = [
        np.nanmean((anomaly[:, :, h:] - anomaly[:, :, :-h]) ** 2)
        + np.nanmean((anomaly[:, h:] - anomaly[:, :-h]) ** 2)
        for h in LAGS
    ]
    first, second = inner[:-1], inner[1:]
    both = np.isfinite(first) & np.isfinite(second)
    return {
        "spread": float(np.nanstd(values)),
        "anomaly": float(np.nanstd(anomaly)),
        "frame": float(np.nanstd(frame)),
        "near": float(np.sqrt(gamma[0] / 2)),
        "variogram": float(np.polyfit(np.log(LAGS), np.log(gamma), 1)[0]),
        "next": float(np.corrcoef(first[both], second[both])[0, 1]),
    }


def _mean(values: np.ndarray, axis) -> np.ndarray:
    seen = np.isfinite(values)
    count = seen.sum(axis, keepdims=True)
    return np.where(
        count > 0, np.where(seen, values, 0).sum(axis, keepdims=True) / np.maximum(count, 1), np.nan
    )


def composites(path: Path, days: int = 8) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return daily values, means over ``days`` days (each time, lat, lon) and the sea of a NE-Pacific file.

    All sensors of the file's most regional algorithm are averaged; empty days at its ends are dropped.
    """
    with xr.open_dataset(path) as file:
        names = sorted(n for n in file.data_vars if str(n).startswith("log10chl_"))
        last = sorted({str(n).rpartition("_")[2] for n in names})[-1]
        sensors = np.stack([file[n].values for n in names if str(n).endswith(last)]).astype(np.float32)
        sea = file["ocean"].values.astype(bool)
    daily = _mean(sensors, 0)[0]
    some = np.flatnonzero(np.isfinite(daily).any((1, 2)))
    daily = daily[some[0] : some[-1] + 1]
    whole = len(daily) // days * days
    means = _mean(daily[:whole].reshape(-1, days, *sea.shape), 1)[:, 0]
    return daily, means, sea


def windows(sea: np.ndarray, side: int = 96, least: float = 0.7) -> list[tuple[slice, slice]]:
    """Return windows of ``side`` cells, half overlapping, that are sea for at least ``least``."""
    step = side // 2
    places = [
        (slice(y, y + side), slice(x, x + side))
        for y in range(0, sea.shape[0] - side + 1, step)
        for x in range(0, sea.shape[1] - side + 1, step)
    ]
    return [place for place in places if sea[place].mean() >= least]
