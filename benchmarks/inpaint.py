"""Filling a cube larger than memory: ``python -m benchmarks.inpaint [--quick] [--json FILE]``.

A generated cube on the global 4 km grid (8640 × 4320, int16, a third of it land, two thirds of the sea cloudy) is
written to a temporary folder, filled store to store and deleted. Cells are those of the whole cube, land included, as
in the 39.9 × 10⁹ of the real one; a core's seconds are the processor time of the workers, so that other work on the
machine does not count against them. Speed is printed as time for 10⁶ cells: smaller is better, as everywhere here.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
import zarr
from numcodecs import Blosc
from torch import nn

from benchmarks import machine, table
from benchmarks.stage import Stage
from eogen.ocean.problem import Estimate, Problem
from eogen.ocean.scale import rows
from eogen.ocean.scale.run import inpaint as run

GRID = (4320, 8640)
#: Of the cube that is asked for: 8640 × 4320 × 1068.
WHOLE = 8640 * 4320 * 1068
FRAMES, COMPARED, FEW = 54, 6, 2
DAYS = 32
#: Least 10⁶ cells a second and core.
CONVOLUTION, NETWORK = 2.0, 0.3
MEMORY = 2.0
SCALING = 1.7


def generate(path: Path, frames: int, grid: tuple[int, int] = GRID, seed: int = 0) -> None:
    """Write a cube of travelling structures under travelling clouds; land is static and in the store."""
    rng = np.random.default_rng(seed)
    land = _noise(grid, 0.004, rng) > 0.45
    # Two turns of the globe side by side in int16: a field moves east by being looked at elsewhere.
    eddies, front, cloud, fine = (
        np.tile(np.clip(_noise(grid, scale, rng) * size, -8000, 8000).astype(np.int16), (1, 2))
        for scale, size in ((0.02, 1500), (0.06, 900), (0.008, 2000), (0.05, 1000))
    )
    usual = np.clip(_noise(grid, 0.003, rng) * 3000 - 5000, -16000, 8000).astype(np.int16)
    group = zarr.create_group(str(path), zarr_format=2)
    lat = np.linspace(-90, 90, grid[0], endpoint=False) + 90 / grid[0]
    lon = np.linspace(-180, 180, grid[1], endpoint=False) + 180 / grid[1]
    time = np.arange(frames) * DAYS
    for name, values, units in (
        ("lat", lat, "degrees_north"),
        ("lon", lon, "degrees_east"),
        ("time", time, ""),
    ):
        made = group.create_array(name, data=values)
        made.attrs.update({"_ARRAY_DIMENSIONS": [name], "units": units or "days since 1998-01-01"})
    group.create_array("sea", data=(~land).astype("int8")).attrs["_ARRAY_DIMENSIONS"] = ["lat", "lon"]
    slab = min(16, frames)
    cube = group.create_array(
        "log10_chl", shape=(frames, *grid), chunks=(slab, 288, 288), dtype="int16", fill_value=-32768,
        compressors=Blosc("zstd", clevel=1, shuffle=Blosc.BITSHUFFLE),
    )  # fmt: skip
    cube.attrs.update(
        {
            "_ARRAY_DIMENSIONS": ["time", "lat", "lon"],
            "units": "log10(mg m-3)",
            "scale_factor": 1e-4,
            "add_offset": 0.0,
        }
    )
    for t in range(0, frames, slab):
        held = np.empty((min(slab, frames - t), *grid), np.int16)
        for k in range(len(held)):
            at = [step * (t + k) % grid[1] for step in (5, 3, 173, 57)]
            eddy, edge, far, near = (
                f[:, a : a + grid[1]] for f, a in zip((eddies, front, cloud, fine), at, strict=True)
            )
            np.add(usual, eddy, out=held[k])
            held[k] += edge
            held[k][land | (far + near > -1000)] = -32768
        cube[t : t + len(held)] = held


def _noise(grid: tuple[int, int], scale: float, rng: np.random.Generator) -> np.ndarray:
    """Return smooth periodic noise (lat, lon) of unit variance; ``scale`` is its cut-off, cycles in a cell."""
    y, x = np.fft.fftfreq(grid[0])[:, None], np.fft.rfftfreq(grid[1])[None]
    spectrum = np.exp(-(np.hypot(y, x) / scale)).astype(np.float32)
    phase = rng.standard_normal(spectrum.shape, np.float32) + 1j * rng.standard_normal(
        spectrum.shape, np.float32
    )
    field = np.fft.irfft2(spectrum * phase, grid).astype(np.float32)
    return field / field.std()


class Small(nn.Module):
    """A U-Net of three levels and 49 thousand weights, untrained: what a network costs, not what it knows."""

    def __init__(self, frames: int = 7) -> None:
        super().__init__()
        torch.manual_seed(0)

        def block(a: int, b: int) -> nn.Sequential:
            return nn.Sequential(
                nn.Conv2d(a, b, 3, padding=1), nn.ReLU(), nn.Conv2d(b, b, 3, padding=1), nn.ReLU()
            )

        self.fine, self.middle, self.coarse = block(2 * frames, 16), block(16, 24), block(24, 24)
        self.back, self.out = (
            block(48, 24),
            nn.Sequential(nn.Conv2d(40, 16, 3, padding=1), nn.ReLU(), nn.Conv2d(16, 2, 1)),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        a = self.fine(x)
        b = self.middle(nn.functional.avg_pool2d(a, 2))
        c = self.coarse(nn.functional.avg_pool2d(b, 2))
        up = nn.functional.interpolate
        b = self.back(torch.cat([b, up(c, size=b.shape[-2:], mode="nearest")], 1))
        return self.out(torch.cat([a, up(b, size=a.shape[-2:], mode="nearest")], 1))


@lru_cache(maxsize=1)
def small() -> Small:
    return Small().eval()


def network(problem: Problem, targets: np.ndarray, seed: int = 0, progress: Any = None) -> Estimate:
    """Fill by the untrained network: seven frames and their masks in, mean and log variance of the anomaly out."""
    ground, model = problem.ground, small()
    mean, sd = [], []
    for t in targets:
        near = np.clip(np.arange(t - 3, t + 4), 0, len(problem.days) - 1)
        seen = problem.observed[near]
        stack = np.concatenate([np.where(seen, ground.anomaly[near], np.float32(0)), seen.astype(np.float32)])
        with torch.inference_mode():
            told = model(torch.from_numpy(stack)[None])[0].numpy()
        mean.append(ground.restore(told[0], t))
        sd.append(np.exp(0.5 * told[1]) * ground.scale)
    return Estimate(np.stack(mean), np.stack(sd))


NETWORK_ROW = rows.Scaled(
    "small_unet", "benchmarks.inpaint:network", 0, 3, rows.WINDOW, rows.OVERLAP, rows.MARGIN, sd=True
)


def measured(cube: Path, method: str | rows.Scaled, workers: int) -> dict[str, Any]:
    """Fill ``cube`` and throw the answer away; return what the run says of itself."""
    out = cube.with_name("out.zarr")
    try:
        return run(cube, out, method, count=workers, memory=MEMORY)
    finally:
        print(f"… {method if isinstance(method, str) else method.name}", file=sys.stderr, flush=True)
        for each in (out, Path(f"{out}.inpaint")):
            shutil.rmtree(each, ignore_errors=True)


def figures(name: str, told: dict[str, Any], least: float) -> list[table.Row]:
    """Return cost and memory of one run."""
    cost = told["cpu_seconds"] / (told["cells"] / 1e6)
    hours = cost * WHOLE / 1e6 / 3600
    note = f"{told['cells'] / 1e9:.2f} × 10⁹ cells, {told['cpu_seconds']:.0f} s of processor in {told['seconds']:.0f} s"
    note += f"; {1 / cost:.2f} × 10⁶ cells a second and core; the whole cube: {hours:.1f} core-hours"
    return [
        table.Row(f"{name}, core seconds for 10⁶ cells", "s", (cost,), 1 / least, "max", note=note),
        table.Row(
            f"{name}, memory of a worker, at most", "MB", (told["peak_bytes"] / 1e6,), MEMORY * 1000, "max"
        ),
    ]


def scaling(cube: Path, name: str, method: str | rows.Scaled) -> table.Row:
    """Return the time of two workers beside one."""
    one, two = measured(cube, method, 1), measured(cube, method, 2)
    share = two["seconds_working"] / one["seconds_working"]
    note = f"two workers are {1 / share:.2f} × one ({one['seconds_working']:.0f} s and {two['seconds_working']:.0f} s)"
    return table.Row(f"{name}, time of two workers for one's", "", (share,), 1 / SCALING, "max", note=note)


def inpaint(stage: Stage | None = None, quick: bool = False) -> list[table.Row]:
    """The network on a few frames, two workers beside one on some, convolution on the large cube."""
    quick = quick if stage is None else stage.quick
    found: list[table.Row] = []
    with tempfile.TemporaryDirectory(prefix="eogen-inpaint-") as folder:
        few, some, many = (Path(folder, f"{name}.zarr") for name in ("few", "some", "many"))
        generate(few, FEW)
        found += figures("small U-Net", measured(few, NETWORK_ROW, 2), NETWORK)
        generate(some, FEW if quick else COMPARED)
        found.append(scaling(some, "normalised convolution", "convolution"))
        generate(many, FEW if quick else FRAMES)
        found += figures("normalised convolution", measured(many, "convolution", 2), CONVOLUTION)
    return found


GROUPS = {"inpaint": inpaint}

if __name__ == "__main__":
    asked = argparse.ArgumentParser(prog="python -m benchmarks.inpaint", description=__doc__)
    asked.add_argument("--quick", action="store_true", help="few frames: a look, not a result")
    asked.add_argument("--json", type=Path, metavar="FILE", help="write everything measured")
    given = asked.parse_args()
    facts = machine.facts()
    print(machine.headline(facts), flush=True)
    rows_found = inpaint(quick=given.quick)
    print(table.text(rows_found))
    if given.json:
        given.json.write_text(table.to_json(rows_found, facts, []), encoding="utf-8")
    sys.exit(0)
