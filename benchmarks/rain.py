"""Two years of maps through a model: ``python -m benchmarks.rain [--quick] [--json FILE]``.

35,000 simulated maps of 80 × 80 (a few days, repeated with other dates) are cut into pieces, measured by hand, made
into frames and encoded. Seconds are processor time of the one thread, so that other work on the machine does not count
against it; fitting on the spot and judging one map are timed too.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
import xarray as xr

from benchmarks import machine, table
from benchmarks.stage import Stage
from eogen.rain.archive import FILES, archive
from eogen.rain.encode import encode
from eogen.rain.judge import judge
from eogen.rain.methods import METHODS
from eogen.rain.models import FOLDER, load
from eogen.rain.simulate import simulate

MAPS, QUICK, PIECE = 35_000, 960, 96
#: Most seconds for all maps, GB, seconds for a fit and for a judgement, MB of a file.
SECONDS, MEMORY, FIT, ANSWER, FILE = 180.0, 2.0, 60.0, 2.0, 2.0


def repeated(day: xr.Dataset, maps: int) -> Iterator[xr.Dataset]:
    """Yield pieces of one day, again and again, on the dates that follow."""
    step = np.timedelta64(30, "m")
    for start in range(0, maps, PIECE):
        rows = np.arange(start, min(start + PIECE, maps))
        piece = day.isel(time=rows % day.sizes["time"])
        piece = piece.assign_coords(time=day["time"].values[0] + rows * step)
        piece["time"].attrs = dict(day["time"].attrs)
        yield piece


def measured(quick: bool) -> list[table.Row]:
    """Return what was measured."""
    maps = QUICK if quick else MAPS
    day = simulate(31000, 48)
    train = archive("late").train
    rows = []
    fit = time.process_time()
    models: dict[str, Any] = {"pca_kmeans": METHODS["pca_kmeans"].fit(train)}
    rows.append(_row("PCA and k-means fitted on the archive", time.process_time() - fit, "s", FIT))
    fit = time.process_time()
    models["forest"] = METHODS["forest"].fit(train)
    rows.append(_row("Forest fitted on the archive", time.process_time() - fit, "s", FIT))
    for name, method in METHODS.items():
        if method.model and (FOLDER / f"{method.model}.safetensors").is_file():
            models[name] = load(method.model)[0]
            break
    for name, model in models.items():
        start = time.process_time()
        encode(repeated(day, maps), model)
        seconds = (time.process_time() - start) * MAPS / maps
        rows.append(_row(f"35,000 maps of 80 × 80 encoded ({name})", seconds, "s", SECONDS))
    rows.append(
        _row("Largest memory", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6, "GB", MEMORY)
    )
    one = day.isel(time=slice(0, 8))
    judge(one, "forest")
    start = time.process_time()
    judge(one, "forest")
    rows.append(_row("Eight maps judged", time.process_time() - start, "s", ANSWER))
    sizes = [(FOLDER / f"{name}.safetensors").stat().st_size / 1e6 for name in FILES.values()]
    rows.append(_row("Archive on disk, the larger", max(sizes), "MB", FILE))
    return rows


def _row(name: str, value: float, unit: str, most: float) -> table.Row:
    return table.Row(name, unit, (value,), most, "max")


def rain(stage: Stage | None = None, quick: bool = False) -> list[table.Row]:
    """Encoding, fitting, judging, memory and size on disk."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return measured(quick if stage is None else stage.quick)
    finally:
        torch.set_num_threads(threads)


GROUPS = {"rain": rain}

if __name__ == "__main__":
    asked = argparse.ArgumentParser(prog="python -m benchmarks.rain", description=__doc__)
    asked.add_argument("--quick", action="store_true", help="few maps: a look, not a result")
    asked.add_argument("--json", type=Path, metavar="FILE", help="write everything measured")
    given = asked.parse_args()
    facts = machine.facts()
    print(machine.headline(facts), flush=True)
    rows_found = rain(quick=given.quick)
    print(table.text(rows_found))
    if given.json:
        given.json.write_text(table.to_json(rows_found, facts, []), encoding="utf-8")
    sys.exit(0)
