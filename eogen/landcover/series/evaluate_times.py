"""How long a map of a whole image series takes, and how good it is where the truth is known."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

import xarray as xr

from eogen.errors import Unavailable
from eogen.landcover.series import kept, territory
from eogen.landcover.series.evaluate_figures import Bench
from eogen.landcover.series.kept import TEST_SEEDS
from eogen.landcover.series.segment import by_pixel, prepared_cube
from eogen.nn import weights
from eogen.results import Figure

#: Pixels a side, months, and the goal of the issue (s), set for the U-Net.
SIDE, MONTHS, GOAL = 256, 12, 3.0
SEED, RUNS = TEST_SEEDS[0], 3
DATASET = f"{SIDE}x{SIDE} pixels, {MONTHS} months"


def measure(bench: Bench) -> None:
    """Write the seconds that committed models take for a map of another seed, and their shares of right pixels."""
    if bench.quick:
        bench.absent("Seconds of a map: left out of a quick run.")
        return
    image = prepared_cube(territory.territory(SEED, SIDE, monthly=True))
    makers: dict[str, Callable[[], xr.Dataset]] = {}
    try:
        segmenter = kept.segmenter()
        card = weights.read_card(kept.path_of("territory", kept.UNET))
        bench.report.weights[f"series_territory_{kept.UNET}"] = card.sha256
        makers[kept.UNET] = lambda: segmenter.predict(image)
    except Unavailable as reason:
        bench.absent(str(reason))
    for method in kept.offered("territory"):
        makers[method] = partial(by_pixel, kept.load("territory", method), image)
    for method, maker in makers.items():
        _timed(bench, method, maker, image)


def _timed(bench: Bench, method: str, maker: Callable[[], xr.Dataset], image: xr.Dataset) -> None:
    spent = []
    for _ in range(RUNS if method == kept.UNET else 1):
        start = time.process_time()
        held = maker()
        spent.append(time.process_time() - start)
    known = held["label"].values >= 0
    right, field = (held["label"].values == image["label"].values)[known], image["parcel"].values[known]
    bench.add_mean("accuracy", method, DATASET, right, field, note="Pixels; interval: bootstrap over fields.")
    goal = GOAL if method == kept.UNET else None
    bench.add(Figure("map_seconds", method, DATASET, min(spent), None, None, len(spent), unit="s", target=goal,
                     better="lower", note="The fastest run, processor time."))  # fmt: skip
