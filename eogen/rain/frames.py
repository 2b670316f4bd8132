"""What a model of the room looks at: each map with its neighbours in time and what IMERG says beside it, 40 x 40.

One IMERG map hides how old its own observations are; the map before, the map after and the age, quality index and share
of infrared show it (measured in this room: they are worth more than any other input). The map after does not exist yet
in real time: models of the *early* kind get the map itself in its place.
"""

from __future__ import annotations

import numpy as np
import torch
import xarray as xr
from torch.nn.functional import interpolate

#: Channels, in this order. Rain is log(1 + R/(1 mm h-1)); ``rough`` its standard deviation within the block that makes
#: one pixel; ``age`` in units of three hours, at most 2; ``quality`` and ``infrared`` 0-1; ``known`` the share of the
#: block with data. What a file does not say of itself is :data:`UNTOLD`.
CHANNELS = ("before", "now", "after", "rough", "age", "quality", "infrared", "known")
NOW = CHANNELS.index("now")
SIDE = 40
UNTOLD = -1.0
AGE_UNIT, AGE_MOST = 180.0, 2.0
_CHUNK = 96
_BESIDE = {"age": "microwave_age", "quality": "quality_index", "infrared": "infrared_share"}


def frames(imerg: xr.Dataset, real_time: bool = False, side: int = SIDE) -> np.ndarray:
    """Return (time, channel, side, side) float16 of :data:`CHANNELS`; the first row is the northernmost.

    Blocks of pixels are averaged; a map whose sides are no multiples of ``side`` is first stretched by nearest pixels.
    Where no map lies exactly one step before or after, the map itself stands there.

    Args:
        imerg: ``precipitation`` (time, lat, lon) mm h-1 and what is said beside it (:mod:`eogen.rain.maps`).
        real_time: never look at the map after.
        side: pixels of what is returned.
    """
    time = imerg["time"].values
    step = np.timedelta64(int(imerg["time"].attrs.get("step_minutes", 30)), "m")
    count = len(time)
    found = np.empty((count, len(CHANNELS), side, side), np.float16)
    for start in range(0, count, _CHUNK):
        stop = min(start + _CHUNK, count)
        first, last = max(start - 1, 0), min(stop + 1, count)
        some = imerg.isel(time=slice(first, last)).transpose("time", "lat", "lon", ...)
        rain = _log(some["precipitation"].values)
        mean, rough, known = _blocks(rain, side)
        at = np.arange(start, stop) - first
        before, after = at.copy(), at.copy()
        moment = time[first:last]
        has = at[at > 0]
        before[at > 0] = np.where(moment[has] - moment[has - 1] == step, has - 1, has)
        if not real_time:
            has = at[at < len(moment) - 1]
            after[at < len(moment) - 1] = np.where(moment[has + 1] - moment[has] == step, has + 1, has)
        part = found[start:stop]
        part[:, 0], part[:, 1], part[:, 2] = mean[before], mean[at], mean[after]
        part[:, 3], part[:, 7] = rough[at], known[at]
        for name, variable in _BESIDE.items():
            part[:, CHANNELS.index(name)] = _told(some, variable, at, side)
    return found


def rain_of(channel: np.ndarray) -> np.ndarray:
    """Return mm h-1 of a channel of rain (``before``, ``now``, ``after``), which may be a network's."""
    return np.expm1(np.clip(np.asarray(channel, np.float32), 0, 6))


def _log(rain: np.ndarray) -> np.ndarray:
    return np.log1p(rain.astype(np.float32))[:, ::-1]


def _told(some: xr.Dataset, variable: str, at: np.ndarray, side: int) -> np.ndarray:
    if variable not in some:
        return np.full((len(at), side, side), UNTOLD, np.float32)
    values = some[variable].values[at].astype(np.float32)[:, ::-1]
    if variable == "microwave_age":
        # Never seen is as old as it gets; but a file whose every age is unknown tells nothing.
        if np.isnan(values).all():
            return np.full((len(at), side, side), UNTOLD, np.float32)
        values = np.clip(np.where(np.isnan(values), np.inf, values) / AGE_UNIT, 0, AGE_MOST)
    mean, _, known = _blocks(values, side)
    return np.where(known > 0, mean, UNTOLD)


def _blocks(values: np.ndarray, side: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return mean, standard deviation and share of known of each block, (time, side, side)."""
    height, width = (max(side, round(n / side) * side) for n in values.shape[1:])
    if (height, width) != values.shape[1:]:
        values = interpolate(torch.from_numpy(values.copy())[:, None], (height, width), mode="nearest-exact")[
            :, 0
        ].numpy()
    blocks = values.reshape(len(values), side, height // side, side, width // side)
    fine = ~np.isnan(blocks)
    count = fine.sum((2, 4))
    filled = np.where(fine, blocks, 0)
    mean = filled.sum((2, 4)) / np.maximum(count, 1)
    apart = np.where(fine, blocks - mean[:, :, None, :, None], 0)
    spread = np.sqrt((apart**2).sum((2, 4)) / np.maximum(count, 1))
    return mean, spread, count / (blocks.shape[2] * blocks.shape[4])
