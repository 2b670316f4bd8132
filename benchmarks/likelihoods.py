"""Seconds of the change room's likelihoods on a simulated pair, one thread: ``python -m benchmarks.likelihoods``."""

from __future__ import annotations

import sys
import time

import torch

from benchmarks import machine, table
from benchmarks.stage import Stage
from eogen.change.methods import score
from eogen.change.simulate import simulate

#: Side of the pair (pixels) -> estimators timed together -> the target in seconds for them all, or None.
ASKED: tuple[tuple[int, tuple[str, ...], float | None], ...] = (
    (1024, ("gaussian_pmi", "conditional_network"), 4.0),
    (256, ("flow_nll",), 6.0),
    (256, ("elbo_conditional",), 2.0),
    (256, ("masked_nll",), None),
    (256, ("consensus",), None),
)


def likelihoods(stage: Stage | None = None) -> list[table.Row]:
    """Time each; the networks are loaded before."""
    turns = 3 if stage is None else stage.times(3, 1)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        pair = simulate("building", seed=1, size=max(side for side, _, _ in ASKED), bands="rgb")
        rows = []
        for side, names, target in ASKED:
            images = pair.isel(y=slice(0, side), x=slice(0, side))
            for name in names:
                score(images.isel(y=slice(0, 64), x=slice(0, 64)), name)
            values = []
            for _ in range(turns):
                began = time.perf_counter()
                for name in names:
                    score(images, name)
                values.append(time.perf_counter() - began)
            rows.append(table.Row(f"{' + '.join(names)}, {side} x {side}", "s", tuple(values), target))
        return rows
    finally:
        torch.set_num_threads(threads)


GROUPS = {"likelihoods": likelihoods}

if __name__ == "__main__":
    print(machine.headline(machine.facts()), flush=True)
    print(table.text(likelihoods()))
    sys.exit(0)
