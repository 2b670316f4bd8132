"""Fill a cube of any size, store to store: statistics of the whole, then tile after tile."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import zarr

from eogen import __version__
from eogen.errors import InputError
from eogen.ocean.scale import cluster, output, statistics, store, work
from eogen.ocean.scale.manifest import Manifest
from eogen.ocean.scale.plan import BYTES, CHUNK, FRAMES, LONGEST, Plan, plan
from eogen.ocean.scale.rows import Scaled, scaled
from eogen.ocean.scale.store import Source, open_source
from eogen.progress import Progress, silent

#: Share of a worker's memory that a task may plan to use: the rest is Python, libraries and the unforeseen.
SHARE = 0.55
#: A windowed method keeps sums of a core only: it may be long, which spares windows that two cores share.
WINDOWED = {"longest": 8640, "frames": 4, "cost": 24, "windowed": True}


def inpaint(
    source: str | Path,
    out: str | Path,
    method: str | Scaled = "convolution",
    *,
    variable: str | None = None,
    address: str | None = None,
    count: int = 2,
    memory: float = 2.0,
    fresh: bool = False,
    verify: bool = False,
    seed: int = 0,
    progress: Progress = silent,
    say: Callable[[str], None] = lambda sentence: None,
    longest: int | None = None,
) -> dict[str, Any]:
    """Fill the gaps of a zarr store into another one.

    A run that was stopped in any way goes on when the same is asked again, and ends in the same bits. Observed cells
    keep their value (exactly, where the source is packed in int16 and needs no conversion).

    Args:
        source: a zarr store with one cube (time, lat, lon), or several and ``variable``.
        out: the store to write; beside it the folder ``OUT.inpaint`` holds what is needed to go on.
        method: of the registry, or a :class:`~eogen.ocean.scale.rows.Scaled` of one's own.
        variable: which array.
        address: of a `distributed` scheduler whose workers see both paths; None: processes of this machine.
        count: of processes; 0: in this process.
        memory: GB for each worker.
        fresh: forget what an earlier run has done.
        verify: compare what an earlier run has written with its checksums; what differs is done again.
        seed: of methods that draw.
        progress: stages ``blocks`` (short series), ``statistics`` and ``fill``; may raise ``Cancelled``.
        say: is told where to watch, and of what costs time.
        longest: side of a tile at most, in cells; a multiple of 16.

    Returns:
        ``out``; ``tiles`` and ``tiles_kept`` (of an earlier run); ``cells`` and ``filled``
        (cells); ``clipped`` (values at an end of what the packing can hold); ``seconds`` and
        ``seconds_working`` (without the start of the workers); ``cells_per_second``; ``cpu_seconds`` of all workers;
        ``peak_bytes``, the largest memory any of them had.

    Raises:
        InputError: of :func:`~eogen.ocean.scale.store.open_source`, :class:`~eogen.ocean.scale.manifest.Manifest` and
            :func:`~eogen.ocean.scale.cluster.everywhere`; ``ocean_method``; ``ocean_all_missing``; ``inpaint_drivers``;
            ``inpaint_same``.
        Unavailable: of :func:`~eogen.ocean.scale.cluster.workers`.
    """
    began = time.perf_counter()
    row = scaled(method) if isinstance(method, str) else method
    cube = open_source(source, variable)
    out = Path(out).absolute()
    if str(out) == cube.path:
        raise InputError(
            "inpaint_same", "{out} is the source itself; give the answer another name.", out=str(out)
        )
    cut = cuts(cube, row, memory, longest)
    manifest = Manifest(str(out))
    asked = _settings(cube, row, cut, seed)
    manifest.check(asked, fresh)
    if not out.parent.is_dir():
        raise InputError("inpaint_folder", "There is no folder {folder} to write in.", folder=str(out.parent))
    job = work.Job(cube.path, cube.array, str(out), *cut, row, *_sample(cube), seed)
    job.drivers  # noqa: B018 - said now rather than on every worker
    if (ratio := store.chunk_ratio(cube, cut[0].core)) > 4:
        say(
            f"The chunks of {cube.array} are {cube.chunks}: {ratio:.0f} times what is needed is decompressed; "
            f"chunks of about {cut[0].core} would be faster."
        )
    with (
        cluster.workers(address, count, f"{memory}GB", [cube.path, str(out.parent)], say) as client,
        manifest.lock(),
    ):
        manifest.begin(asked, fresh)
        _create(job)
        waited = time.perf_counter() - began
        _shift(client, job, progress)
        told = _columns(client, job, progress)
        told += (filled := _tiles(client, job, progress, verify))
    done = manifest.done("fill")
    seconds = time.perf_counter() - began
    return {
        "out": str(out),
        "tiles": len(done),
        "tiles_kept": len(done) - len(filled),
        "cells": int(np.prod(cube.shape)),
        "filled": sum(each["filled"] for each in done.values()),
        "clipped": sum(each["clipped"] for each in done.values()),
        "seconds": round(seconds, 3),
        "seconds_working": round(seconds - waited, 3),
        "cells_per_second": round(sum(each["cells"] for each in filled) / (seconds - waited), 1),
        "cpu_seconds": round(sum(each["cpu"] for each in told), 3),
        "peak_bytes": max((each["peak"] for each in told), default=0),
    }


def cuts(cube: Source, row: Scaled, memory: float, longest: int | None) -> tuple[Plan, Plan]:
    """Return the cut for the filling and the one for the statistics."""
    more = {"longest": LONGEST, "frames": FRAMES, "cost": BYTES} | (WINDOWED if row.window else {})
    if longest is not None:
        more |= {"longest": longest, "chunk": min(CHUNK, longest)}
    fill = plan(
        cube.shape, periodic=cube.periodic, halo=row.halo, reach=row.reach, memory=int(memory * 1e9 * SHARE), **more
    )  # fmt: skip
    columns = plan(
        cube.shape, periodic=cube.periodic, halo=statistics.HALO, reach=0,
        longest=min(statistics.LONGEST, more["longest"]), chunk=more.get("chunk", CHUNK),
    )  # fmt: skip
    return fill, Plan(
        cube.shape, (cube.shape[0], *columns.core[1:]), columns.chunk, columns.halo, 0, cube.periodic
    )


def _settings(cube: Source, row: Scaled, cut: tuple[Plan, Plan], seed: int) -> dict[str, Any]:
    """Return what must be the same for a run to go on, as JSON gives it back."""
    about = asdict(cube)
    for axis in ("time", "lat", "lon"):
        values = about.pop(axis)
        about[axis] = [len(values), values[0], values[-1]]
    import json

    made = {
        "source": about, "method": asdict(row), "tiles": asdict(cut[0]), "columns": asdict(cut[1]),
        "seed": seed, "eogen": __version__,
    }  # fmt: skip
    return json.loads(json.dumps(made))


def _sample(cube: Source, frames: int = 12, side: int = 288) -> tuple[float, float]:
    """Return mean and variance of what was seen in some boxes of some frames, the same at every call.

    Raises:
        InputError: ``ocean_all_missing`` when nothing is seen anywhere (then the whole cube has been looked at).
    """
    n, y, x = cube.shape
    total, count, square = 0.0, 0, 0.0
    for step in (max(n // frames, 1), 1):
        for k, t in enumerate(range(0, n, step)):
            rows, columns = -(-y // side), -(-x // side)
            boxes = (
                range(rows * columns) if step == 1 else {(7 * k + j * 5) % (rows * columns) for j in range(3)}
            )
            for b in boxes:
                a, o = (b // columns) * side, (b % columns) * side
                values = cube.read((slice(t, t + 1), slice(a, min(a + side, y)), slice(o, min(o + side, x))))
                values = values[np.isfinite(values)].astype(float)
                total, count, square = total + values.sum(), count + values.size, square + (values**2).sum()
            if step == 1 and count > 1000:
                break
        if count > 1000:
            break
    if not count:
        raise InputError(
            "ocean_all_missing", "Every value of the sea is missing: there is nothing to fill from."
        )
    middle = total / count
    return float(middle), float(max(square / count - middle**2, 1e-8))


def _create(job: work.Job) -> None:
    about = {
        "title": f"{job.source.name}, gaps filled", "source": f"{Path(job.source.path).name}/{job.source.array}",
        "method": job.method.name, "seed": job.seed, "eogen": __version__,
    }  # fmt: skip
    if not Path(job.out).exists():
        output.create(Path(job.out), job.source, job.plan.chunk, job.method.sd, about)
    if job.manifest.statistics.exists():
        return
    columns = statistics.design(job.source.day_of_year, job.source.days).shape[1]
    group = zarr.open_group(str(job.manifest.statistics), mode="w")
    shape, chunk = job.source.shape[1:], job.columns.chunk[1:]
    for name, lead, kind in (("usual", (columns,), "float32"), ("scale", (), "float32"), ("sea", (), "bool")):
        group.create_array(name, shape=(*lead, *shape), chunks=(*lead, *chunk), dtype=kind)
    group.create_array("shift", shape=job.source.shape[:1], chunks=job.source.shape[:1], dtype="float32")


def _shift(client: Any, job: work.Job, progress: Progress) -> None:
    """Fit the frames' shifts of a short series; a long one has the year's cycle instead."""
    short = statistics.design(job.source.day_of_year, job.source.days).shape[1] == 1
    if not short or job.manifest.done("shift"):
        return
    tiles = list(job.columns.columns())
    told = list(cluster.everywhere(client, work.blocks, job, tiles, "blocks", progress, 0, len(tiles)))
    told.sort(key=lambda each: each["start"])  # sums must not depend on who was first
    total, count = (np.concatenate([each[k] for each in told], 1) for k in ("total", "count"))
    zarr.open_group(str(job.manifest.statistics), mode="r+")["shift"][:] = statistics.shifts(total, count)
    job.manifest.finish("shift", "all", {})


def _columns(client: Any, job: work.Job, progress: Progress) -> list[dict[str, Any]]:
    tiles = list(job.columns.columns())
    done = job.manifest.done("statistics")
    left = [tile for tile in tiles if tile.name not in done]
    told = list(
        cluster.everywhere(client, work.column, job, left, "statistics", progress, len(done), len(tiles))
    )
    if not sum(each["sea"] for each in job.manifest.done("statistics").values()):
        raise InputError(
            "ocean_all_missing", "Every value of the sea is missing: there is nothing to fill from."
        )
    return told


def _tiles(client: Any, job: work.Job, progress: Progress, verify: bool) -> list[dict[str, Any]]:
    tiles = list(job.plan.tiles())
    done = job.manifest.done("fill")
    for tile in tiles if verify else ():
        if tile.name in done and work.checksum(job, tile) != done[tile.name]["crc32"]:
            job.manifest.forget("fill", tile.name)
            del done[tile.name]
    left = [tile for tile in tiles if tile.name not in done]
    return list(cluster.everywhere(client, work.fill, job, left, "fill", progress, len(done), len(tiles)))
