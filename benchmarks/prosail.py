"""PROSAIL's speed beside the numba package `prosail`, one thread: ``python -m benchmarks.prosail``.

Both in turns in one run, so that other work on the machine slows both: spectra per second of `prosail` (one
canopy, 2101 wavelengths, as it computes them), Sentinel-2 band vectors per second of ours, without and with the
gradient in all parameters. Targets are a hundredth and a fiftieth of `prosail`'s time.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from benchmarks import machine, table
from benchmarks.stage import Stage
from eogen.canopy.prosail import Prosail
from tests.canopy_draws import draw

#: Canopies that `prosail` computes in each turn; its time is scaled to the others' batch.
PEER = 100
BATCHES = (1000, 10_000)
_ORDER = ("n", "cab", "car", "cbrown", "cw", "cm", "lai", "ala", "hspot")
_ANGLES = ("solar_zenith", "view_zenith", "relative_azimuth")


def peer(canopies: dict[str, Tensor]) -> Callable[[], None]:
    """Return the same canopies through `prosail`."""
    import prosail as package

    values = {name: column[:PEER].tolist() for name, column in canopies.items()}

    def run() -> None:
        for i in range(PEER):
            at = {name: column[i] for name, column in values.items()}
            more = {name: at[name] for name in ("rsoil", "psoil", "ant")}
            package.run_prosail(*(at[n] for n in _ORDER + _ANGLES), prospect_version="D", **more)

    return run


def seconds(run: Callable[[], object]) -> float:
    began = time.perf_counter()
    run()
    return time.perf_counter() - began


def batch(count: int, turns: int) -> list[table.Row]:
    model = Prosail()
    canopies = draw(count, model.variables, dtype=torch.float32)
    wanted = {name: value.clone().requires_grad_() for name, value in canopies.items()}
    theirs = peer(canopies)

    def forward() -> None:
        with torch.no_grad():
            model(canopies)

    def gradient() -> None:
        torch.autograd.grad(model(wanted).sum(), list(wanted.values()))

    found: dict[Callable[[], None], list[float]] = {run: [] for run in (theirs, forward, gradient)}
    for run in found:
        run()  # the first time compiles and allocates
    for _ in range(turns):
        for run, values in found.items():
            values.append(seconds(run))
    scaled = [1000 * value * count / PEER for value in found.pop(theirs)]
    rows = [table.Row(f"prosail, {count} spectra", "ms", tuple(scaled), note=f"{PEER} computed, scaled")]
    for (run, values), least in zip(found.items(), (100, 50), strict=True):
        own = [1000 * value for value in values]
        times = statistics.median(np.divide(scaled, own))
        note = f"{times:.0f} times prosail (median of turns; {max(scaled) / max(own):.0f} at the slowest of both)"
        note += f"; {1000 * count / statistics.median(own):.0f} per second"
        target = statistics.median(scaled) / least
        rows.append(
            table.Row(f"eogen {run.__name__}, {count} band vectors", "ms", tuple(own), target, note=note)
        )
    return rows


def prosail(stage: Stage | None = None) -> list[table.Row]:
    """Forward and gradient at the two batch sizes."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        turns = 15 if stage is None else stage.times(15, 4)
        return [row for count in BATCHES for row in batch(count, turns)]
    finally:
        torch.set_num_threads(threads)


GROUPS = {"prosail": prosail}

if __name__ == "__main__":
    print(machine.headline(machine.facts()), flush=True)
    print(table.text(prosail()))
    sys.exit(0)
