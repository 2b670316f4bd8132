"""Do maps of cells agree from one seed to the next? ``python -m benchmarks.rain_seeds [METHOD …] [--days N]``.

Each seed fits the method anew on the same simulated days; what is compared is the cell of every map of the calibration
days, by the adjusted Rand index of each pair of seeds (Hubert & Arabie 1985).
"""

from __future__ import annotations

import argparse
import sys
from itertools import combinations
from time import perf_counter

import numpy as np

from eogen.rain import kept
from eogen.rain.methods import METHODS
from eogen.rain.som_scores import stability
from eogen.rain.train import CALIBRATION, TRAIN

USUAL = ("som_aware", "desom_aware")


def main(words: list[str] | None = None) -> int:
    """Fit, compare, print one line a method."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.rain_seeds", description=__doc__)
    parser.add_argument("methods", nargs="*", metavar="METHOD", default=USUAL)
    parser.add_argument("--days", type=int, default=240, help="simulated days to learn from")
    parser.add_argument("--seeds", type=int, default=5)
    asked = parser.parse_args(words)
    for name in asked.methods or USUAL:
        run = "early" if METHODS[name].real_time else "late"
        days = kept.examples(TRAIN, run)
        days = days.some(days.block < TRAIN[0] + asked.days)
        apart = kept.examples(CALIBRATION, run)
        began, cells = perf_counter(), []
        for seed in range(asked.seeds):
            told = METHODS[name].fit(days, seed, calibration=apart).predict(apart)
            cells.append(told.cluster)
        found = [stability(pair) for pair in combinations(cells, 2)]
        print(
            f"{name}: ARI {np.mean(found):.3f} (least {min(found):.3f}, greatest {max(found):.3f}) over {asked.seeds} "
            f"seeds, {len(days)} maps learnt, {len(apart)} compared, {perf_counter() - began:.0f} s",
            flush=True,
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
