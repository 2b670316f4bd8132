"""How long a map of a whole image series takes, and how good it is where the truth is known."""

from __future__ import annotations

import time

import numpy as np

from eogen.errors import Unavailable
from eogen.landcover.series import kept, territory
from eogen.landcover.series.evaluate_figures import Bench, averaged
from eogen.landcover.series.kept import TEST_SEEDS
from eogen.nn import weights
from eogen.results import Figure

#: Pixels a side, months, and the goal of the issue (s).
SIDE, MONTHS, GOAL = 256, 12, 3.0
SEED = TEST_SEEDS[0]
DATASET = f"{SIDE}x{SIDE} pixels, {MONTHS} months"


def measure(bench: Bench) -> None:
    """Write the seconds that the committed U-Net takes for a map of another seed, and its share of right pixels."""
    if bench.quick:
        bench.absent("Seconds of a map: left out of a quick run.")
        return
    image = territory.territory(SEED, SIDE, monthly=True)
    try:
        model = kept.segmenter()
    except Unavailable as reason:
        bench.absent(str(reason))
        return
    bench.report.weights["series_territory_unet"] = weights.read_card(
        kept.path_of("territory", kept.UNET)
    ).sha256
    held = model.predict(image)
    known = held["label"].values >= 0
    right, field = (held["label"].values == image["label"].values)[known], image["parcel"].values[known]
    bench.add(averaged("accuracy", "unet", DATASET, right, field, seed=bench.seed,
                       note="Pixels; interval: bootstrap over fields."))  # fmt: skip
    spent = []
    for _ in range(5):
        start = time.process_time()
        model.predict(image)
        spent.append(time.process_time() - start)
    bench.add(
        Figure("map_seconds", "unet", DATASET, float(np.median(spent)), min(spent), max(spent), len(spent), unit="s",
               target=GOAL, better="lower", note="Median of five runs, processor time; the ends are the fastest and "
               "the slowest.")
    )  # fmt: skip
