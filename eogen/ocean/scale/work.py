"""The two tasks a worker is given: the statistics of a column, and the filling of a tile. Nothing else runs there."""

from __future__ import annotations

import sys
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib import import_module
from typing import Any

import numpy as np
import psutil
import zarr

from eogen.errors import Cancelled, InputError
from eogen.ocean.cube import KM_PER_DEGREE
from eogen.ocean.problem import Problem
from eogen.ocean.scale import statistics
from eogen.ocean.scale.blend import Axis
from eogen.ocean.scale.manifest import Manifest
from eogen.ocean.scale.packing import spread_packing
from eogen.ocean.scale.plan import Plan, Tile
from eogen.ocean.scale.rows import Scaled
from eogen.ocean.scale.store import Source, one_thread, open_source, wrapped

Box = tuple[slice, slice, slice]


@dataclass(frozen=True)
class Job:
    """What every task of a run knows: little, for it travels with each of them.

    It is not left lying on the workers, where it would be lost with them.

    Attributes:
        path: of the source.
        array: its name there.
        out: the store that is written.
        plan: the cut for the filling.
        columns: the cut for the statistics.
        method: how tiles are filled.
        middle: mean of a sample of the cube.
        whole: variance of the same sample.
        seed: of everything random; every tile draws from a seed of its own.
    """

    path: str
    array: str
    out: str
    plan: Plan
    columns: Plan
    method: Scaled
    middle: float
    whole: float
    seed: int

    @cached_property
    def source(self) -> Source:
        """Return the cube."""
        return open_source(self.path, self.array)

    @cached_property
    def drivers(self) -> dict[str, Source]:
        """Return the physical fields, by name.

        Raises:
            InputError: ``inpaint_drivers``.
        """
        found = {}
        for name in self.method.drivers:
            try:
                found[name] = open_source(self.path, name)
            except InputError as error:
                raise InputError(
                    "inpaint_drivers",
                    "{method} needs {driver} in the same store, on the same grid; it is not there.",
                    method=self.method.name, driver=name,
                ) from error  # fmt: skip
        return found

    @property
    def manifest(self) -> Manifest:
        """Return the folder of what is done."""
        return Manifest(self.out)

    @cached_property
    def statistics(self) -> dict[str, zarr.Array]:
        """Return the open arrays of what is usual; see :func:`eogen.ocean.scale.run.inpaint` for who writes them."""
        group = zarr.open_group(str(self.manifest.statistics), mode="r+")
        return {name: group[name] for name in ("usual", "scale", "sea", "shift")}

    @cached_property
    def output(self) -> zarr.Group:
        """Return the open output."""
        return zarr.open_group(self.out, mode="r+")

    def __getstate__(self) -> dict[str, Any]:
        return {k: v for k, v in self.__dict__.items() if k in self.__dataclass_fields__}


def guarded(task: Callable[[Job, Tile], dict[str, Any]], job: Job, tile: Tile) -> dict[str, Any]:
    """Run a task on a worker; what a user can cause comes back as facts, since exceptions do not all travel."""
    began, used = time.perf_counter(), time.process_time()
    one_thread()
    try:
        facts = task(job, tile)
    except InputError as error:
        return {
            "error": type(error).__name__,
            "code": error.code,
            "sentence": error.sentence,
            "facts": error.facts,
        }
    except Cancelled:
        return {"error": "Cancelled"}
    except OSError as error:
        return {"error": "OSError", "errno": error.errno, "reason": error.strerror or str(error)}
    memory = psutil.Process().memory_info()
    return facts | {
        "seconds": round(time.perf_counter() - began, 3),
        "cpu": round(time.process_time() - used, 3),
        "rss": memory.rss,
        "peak": peak(),
    }


def peak() -> int:
    """Return the largest resident memory this process ever had, in bytes."""
    import resource

    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


def blocks(job: Job, tile: Tile) -> dict[str, Any]:
    """Add up blocks of a column at every time: what the frames' shifts are fitted to."""
    side, parts = statistics.block_side(job.source.shape), []
    for t in range(0, job.source.shape[0], statistics.SLAB):
        part = slice(t, min(t + statistics.SLAB, job.source.shape[0]))
        values = job.source.read((part, *tile.region[1:])) - np.float32(job.middle)
        parts.append(statistics.block_sums(values, side))
    total, count = (np.concatenate(p) for p in zip(*parts, strict=True))
    return {"cells": tile.cells, "start": tile.start, "total": total, "count": count}


def column(job: Job, tile: Tile) -> dict[str, Any]:
    """Add up a column through all times and write what is usual there."""
    source = job.source
    box = job.columns.read(tile)
    rows = statistics.design(source.day_of_year, source.days)
    shift = job.statistics["shift"][:]
    sums = statistics.Sums.zero(rows.shape[1], (box[1].stop - box[1].start, box[2].stop - box[2].start))
    for t in range(0, source.shape[0], statistics.SLAB):
        part = slice(t, min(t + statistics.SLAB, source.shape[0]))
        values = source.read((part, *box[1:]))
        values -= (np.float32(job.middle) + shift[part])[:, None, None]
        sums.add(values, rows[part])
    sea = source.sea(box[1:])
    usual, scale, sea = statistics.finished(sums, sea, job.middle, job.whole)
    core = _inside(box, tile)[1:]
    region = tile.region[1:]
    group = job.statistics
    group["usual"][(slice(None), *region)] = usual[(slice(None), *core)]
    group["scale"][region] = scale[core]
    group["sea"][region] = sea[core]
    job.manifest.finish("statistics", tile.name, {"sea": int(sea[core].sum())})
    return {"cells": tile.cells}


def fill(job: Job, tile: Tile) -> dict[str, Any]:
    """Fill a tile and write it."""
    source = job.source
    region = tile.region
    seen = source.read(region)
    sea = np.asarray(job.statistics["sea"][region[1:]])
    wanted = sea & ~np.isfinite(seen)
    mean, sd = np.full(seen.shape, np.nan, np.float32), None
    if wanted.any():
        mean, sd = (_windows if job.method.window else _whole)(job, tile, wanted)
    out = job.output
    written = np.where(wanted, mean, seen)
    if not np.isfinite(written[wanted]).all():
        raise InputError(
            "inpaint_unfilled",
            "{method} left cells of the sea empty in the tile {tile}; choose another method.",
            method=job.method.name, tile=tile.name,
        )  # fmt: skip
    raw = source.output.encode(written)
    out[source.name][region] = raw
    out["filled"][region] = wanted.astype(np.int8)
    if job.method.sd:
        spread = np.where(wanted, np.nan if sd is None else sd, np.where(sea, 0, np.nan)).astype(np.float32)
        out[f"{source.name}_sd"][region] = spread_packing(source.output).encode(spread)
    facts = {
        "cells": tile.cells,
        "sea": int(sea.sum()) * seen.shape[0],
        "filled": int(wanted.sum()),
        "clipped": source.output.clipped(raw),
        "crc32": zlib.crc32(np.ascontiguousarray(raw)),
    }
    job.manifest.finish("fill", tile.name, facts)
    return facts


def checksum(job: Job, tile: Tile) -> int:
    """Return the checksum of what is on disk for a tile."""
    raw = np.asarray(zarr.open_group(job.out, mode="r")[job.source.name][tile.region])
    return zlib.crc32(np.ascontiguousarray(raw))


def _whole(job: Job, tile: Tile, wanted: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
    """Ask the method for the tile with its halo; the halo is thrown away."""
    box = job.plan.read(tile)
    estimate = _asked(job, box, tile)
    core = (slice(None), *_inside(box, tile)[1:])
    return estimate.mean[core], None if estimate.sd is None else estimate.sd[core]


def _windows(job: Job, tile: Tile, wanted: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
    """Ask the method for every window that has a say in the tile, and blend the answers."""
    m, n = job.method, job.source.shape
    axes = [
        Axis(n[1], m.window, m.overlap, m.margin, False),
        Axis(n[2], m.window, m.overlap, m.margin, job.source.periodic),
    ]
    mean, weights = np.zeros(wanted.shape, np.float32), np.zeros(wanted.shape[1:], np.float32)
    variance = None
    time_box = job.plan.read(tile)[0]
    for y in axes[0].touching(tile.start[1], tile.stop[1]):
        for x in axes[1].touching(tile.start[2], tile.stop[2]):
            box = (time_box, slice(y, y + axes[0].size), slice(x, x + axes[1].size))
            here, there = zip(
                _overlap(tile.start[1], tile.stop[1], y, axes[0].size),
                _overlap(tile.start[2], tile.stop[2], x, axes[1].size),
                strict=True,
            )
            if not wanted[(slice(None), *here)].any():
                continue
            estimate = _asked(job, box, tile)
            weight = (axes[0].weight(y)[:, None] * axes[1].weight(x))[there]
            weights[here] += weight
            mean[(slice(None), *here)] += weight * np.nan_to_num(estimate.mean[(slice(None), *there)])
            if estimate.sd is not None:
                variance = np.zeros(wanted.shape, np.float32) if variance is None else variance
                told = np.nan_to_num(estimate.sd[(slice(None), *there)])
                variance[(slice(None), *here)] += weight * told * told
    total = np.maximum(weights, np.float32(1e-12))
    return mean / total, None if variance is None else np.sqrt(variance / total)


def _asked(job: Job, box: Box, tile: Tile) -> Any:
    """Return the method's estimate of a box, of the tile's frames."""
    source = job.source
    group = job.statistics
    values = source.read(box)
    flat = box[1:]
    sea = wrapped(group["sea"], flat)
    values[:, ~sea] = np.nan
    rows = statistics.design(source.day_of_year, source.days)[box[0]]
    usual = statistics.Usual(wrapped(group["usual"], (slice(None), *flat)), rows, group["shift"][box[0]])
    ground = statistics.ground(values, usual, wrapped(group["scale"], flat))
    lat = np.array(source.lat)[flat[0]]
    lon = np.take(np.array(source.lon), np.arange(flat[1].start, flat[1].stop), mode="wrap")
    problem = Problem(
        values, sea, source.days[box[0]], _pixel(source, lat), lat, lon, source.day_of_year[box[0]],
        None, {k: d.read(box) for k, d in job.drivers.items()} or None, source.name, ground,
    )  # fmt: skip
    first = tile.start[0] - box[0].start
    targets = np.arange(first, first + tile.stop[0] - tile.start[0])
    return _method(job.method.where)(problem, targets, seed=job.seed + tile.index)


def _pixel(source: Source, lat: np.ndarray) -> tuple[float, float]:
    """Return the size (north-south, east-west) of the cells, km, as :func:`eogen.ocean.cube.pixel_km` does."""
    north, east = (abs(float(np.median(np.diff(a)))) if len(a) > 1 else 1.0 for a in (source.lat, source.lon))
    return KM_PER_DEGREE * north, KM_PER_DEGREE * east * max(float(np.cos(np.deg2rad(lat.mean()))), 0.01)


def _inside(box: Box, tile: Tile) -> Box:
    """Return where the core lies in what was read."""
    return tuple(slice(a - b.start, z - b.start) for a, z, b in zip(tile.start, tile.stop, box, strict=True))  # type: ignore[return-value]


def _overlap(start: int, stop: int, at: int, size: int) -> tuple[slice, slice]:
    """Return where a window meets a core: in the core, and in the window."""
    low, high = max(start, at), min(stop, at + size)
    return slice(low - start, high - start), slice(low - at, high - at)


@lru_cache(maxsize=4)
def _method(where: str) -> Callable[..., Any]:
    module, _, function = where.partition(":")
    found = getattr(import_module(module), function)
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(1)
    return found
