"""Means over half-hours, hours and days, aligned on the clock, only where enough of the interval was measured."""

from __future__ import annotations

import numpy as np
import xarray as xr

from eogen.errors import InputError
from eogen.rain import maps

#: Least share of an interval's frames that must be there, and be seen at a cell, for it to have a mean.
LEAST = 0.8


def means(maps_in: xr.Dataset, minutes: float = 30, *, least: float = LEAST) -> xr.Dataset:
    """Return the means of ``maps_in`` over intervals of ``minutes`` that start on the clock (midnight, UTC).

    A cell of an interval is NaN where it was seen in less than ``least`` of the frames that the interval should
    have. Intervals in which no cell has a mean are left out, never filled.

    Args:
        maps_in: variables over (time, lat, lon), ``time.attrs["step_minutes"]`` saying how long a frame is.
        minutes: length of an interval: 30 for IMERG, 60, 1440.
        least: share of the frames, 0-1.

    Raises:
        InputError: ``rain_step`` when a frame is longer than the interval or straddles two.
    """
    step = float(maps_in["time"].attrs["step_minutes"])
    start = maps_in["time"].values.astype("datetime64[s]").astype(np.int64)
    interval = start // int(minutes * 60)
    if step > minutes or ((start + step * 60 - 1).astype(np.int64) // int(minutes * 60) != interval).any():
        raise InputError(
            "rain_step",
            "Maps of {step} minutes that start at {first} do not make means of {minutes} minutes; give maps that "
            "are shorter and start on the clock.",
            step=f"{step:g}", first=str(maps_in["time"].values[0].astype("datetime64[m]")), minutes=f"{minutes:g}",
        )  # fmt: skip
    needed = least * minutes / step
    distinct, first = np.unique(interval, return_index=True)
    ends = np.append(first[1:], len(start))
    found: dict[str, list[np.ndarray]] = {
        str(key): [] for key in maps_in.data_vars if key != "microwave_source"
    }
    for begin, end in zip(first, ends, strict=True):
        for key, held in found.items():
            values = maps_in[key].values[begin:end].astype(float)
            seen = np.isfinite(values)
            count = seen.sum(axis=0)
            total = np.where(seen, values, 0.0).sum(axis=0)
            held.append(
                np.where(count >= needed - 1e-9, total / np.maximum(count, 1), np.nan).astype(np.float32)
            )
    kept = np.ones(len(distinct), bool)
    for held in found.values():
        kept &= np.array([np.isfinite(frame).any() for frame in held]) if held else True
        break  # the rain itself decides
    time = (distinct[kept] * int(minutes * 60)).astype("datetime64[s]").astype("datetime64[ns]")
    coords = {"time": time, "lat": maps_in["lat"], "lon": maps_in["lon"]}
    whole = xr.Dataset(coords=coords, attrs=dict(maps_in.attrs))
    for key, held in found.items():
        stacked = np.stack(held)[kept] if held else np.empty((0, *maps_in[key].shape[1:]), np.float32)
        whole[key] = (maps.DIMS, stacked, dict(maps_in[key].attrs))
        if "cell_methods" in whole[key].attrs:
            whole[key].attrs["cell_methods"] = "time: mean"
    whole["time"].attrs = {**maps_in["time"].attrs, "step_minutes": minutes}
    return whole
