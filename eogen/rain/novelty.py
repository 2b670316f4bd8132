"""How new each map is: what of it was only carried there from the map before, seen from the rain alone.

Between microwave looks IMERG moves its last map along the wind, pixel by pixel and by whole pixels (Joyce & Xie 2011,
J. Hydrometeorol. 12, 1547): somewhere near, the map before then holds the very same pattern. Where it does not,
somebody looked anew. Files that say nothing of sensors or ages so tell the age of their observations all the same.
"""

from __future__ import annotations

import numpy as np
import torch
import xarray as xr
from torch.nn.functional import avg_pool2d

#: Furthest that rain is carried in half an hour (pixels of 0.1 degrees: 33 m s-1 or so), side of the window that is
#: compared, and the share of the window's rain that must differ for it to be new.
REACH, WINDOW, NEW = 4, 9, 0.35
#: Side of the blocks that are told apart, pixels; maps handled at once.
BLOCK, _CHUNK = 4, 64
#: Mean of log(1 + R) in the window below which there is no pattern to recognise.
_FAINT = 0.01


def novelty(rain: xr.DataArray) -> xr.Dataset:
    """Return how little each place of each map looks like the map before, moved.

    Args:
        rain: (time, lat, lon) mm h-1; NaN counts as dry here.

    Returns:
        All (time, lat, lon) float32, alike over blocks of :data:`BLOCK` pixels: ``novelty``, least mean difference of
        log(1 + R) in a window over all moves of the map before, over the window's mean of both (0 carried, 2 nothing in
        common); NaN where both are dry, and where no map lies one step before. ``age``, minutes since it was last
        :data:`NEW`, at most since the sequence began, carried along with the rain.
    """
    moment = rain["time"].values
    step = float(rain["time"].attrs.get("step_minutes", 30))
    values = np.log1p(np.nan_to_num(rain.transpose("time", "lat", "lon").values, nan=0.0)).astype(np.float32)
    follows = np.diff(moment) == np.timedelta64(int(step), "m")
    coarse, row, column = _matched(values)
    coarse[~follows] = np.nan
    count, height, width = values.shape
    ages = np.zeros((count, *coarse.shape[1:]), np.float32)
    inside = [np.arange(n) for n in coarse.shape[1:]]
    for k in np.flatnonzero(follows):
        source = [
            np.clip(np.rint(i + s / BLOCK).astype(int), 0, len(a) - 1)
            for i, s, a in zip(np.meshgrid(*inside, indexing="ij"), (row[k], column[k]), inside, strict=True)
        ]
        ages[k + 1] = np.where(coarse[k] > NEW, 0, ages[k][tuple(source)] + step)
    whole = np.concatenate([np.full((1, *coarse.shape[1:]), np.nan, np.float32), coarse])
    fine = lambda v: np.repeat(np.repeat(v, BLOCK, 1), BLOCK, 2)[:, :height, :width]
    dims = ("time", "lat", "lon")
    coords = {d: rain[d] for d in dims}
    return xr.Dataset({"novelty": (dims, fine(whole)), "age": (dims, fine(ages))}, coords)


def _matched(values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return novelty (time - 1, block rows, block columns) and the best move (pixels along lat, along lon)."""
    maps = torch.from_numpy(values)[:, None]
    pooled = lambda v: avg_pool2d(v, WINDOW, BLOCK, WINDOW // 2, ceil_mode=True, count_include_pad=False)[
        :, 0
    ]
    _, _, height, width = maps.shape
    padded = torch.nn.functional.pad(maps, (REACH,) * 4, mode="replicate")
    # No move first: where all moves are as good, nothing moves.
    reach = range(-REACH, REACH + 1)
    moves = sorted(((dy, dx) for dy in reach for dx in reach), key=lambda m: m[0] ** 2 + m[1] ** 2)
    parts = []
    for start in range(0, len(values) - 1, _CHUNK):
        stop = min(start + _CHUNK, len(values) - 1)
        now, before = maps[start + 1 : stop + 1], padded[start:stop]
        here = pooled(now)
        least = torch.full_like(here, torch.inf)
        level, row, column = (torch.zeros_like(here) for _ in range(3))
        for dy, dx in moves:
            moved = before[:, :, REACH + dy : REACH + dy + height, REACH + dx : REACH + dx + width]
            apart = pooled((moved - now).abs())
            better = apart < least - 1e-6
            least = torch.where(better, apart, least)
            row, column = row.masked_fill(better, dy), column.masked_fill(better, dx)
            level = torch.where(better, pooled(moved), level)
        level = (level + here) / 2
        parts.append((torch.where(level > _FAINT, least / level, torch.nan), row, column))
    return tuple(torch.cat(p).numpy() for p in zip(*parts, strict=True))
