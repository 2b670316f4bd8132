"""The seas that can be looked at without a page: the simulated ones on offer, and what of a real one is shown first."""

from __future__ import annotations

import numpy as np
import xarray as xr

from eogen.ocean.simulate import Simulated, ocean

#: Simulated seas on offer: name -> gaps.
SIMULATED = {"simulated": "composite", "simulated_clear": "project", "simulated_daily": "daily"}
#: Cells of a side of the region that is shown first; frames of a simulated sea.
SIDE, FRAMES = 96, 24


def simulated(gaps: str, seed: int) -> Simulated:
    """Return the simulated sea with these gaps (a value of :data:`SIMULATED`); equal arguments give equal bits."""
    return ocean(seed, FRAMES, (SIDE, SIDE), gaps=gaps)


def with_something(whole: xr.DataArray) -> xr.DataArray:
    """Return the frames of which at least one cell in fifty was seen: the others show nothing."""
    seen = np.isfinite(whole.values[:, whole.sea.values]).mean(1)
    keep = seen >= 0.02
    return whole.isel(time=keep) if keep.any() else whole


def window(
    cube: xr.DataArray, size: tuple[int, int] = (SIDE, SIDE), frame: int | None = None
) -> tuple[slice, slice]:
    """Return the rows and columns of a rectangle that was seen most (on one date, or on average)."""
    height, width = cube.shape[1:]
    tall, wide = min(size[0], height), min(size[1], width)
    frames = cube.values if frame is None else cube.values[frame : frame + 1]
    seen = np.isfinite(frames).mean(0)
    table = np.zeros((height + 1, width + 1))
    table[1:, 1:] = seen.cumsum(0).cumsum(1)
    total = table[tall:, wide:] - table[:-tall, wide:] - table[tall:, :-wide] + table[:-tall, :-wide]
    row, column = np.unravel_index(int(total.argmax()), total.shape)
    return slice(int(row), int(row) + tall), slice(int(column), int(column) + wide)
