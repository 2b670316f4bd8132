"""Milliseconds of every explanation on one 64 x 64 patch, one thread: ``python -m benchmarks.explanations``.

Prints process CPU time (median of the runs after the first), which a loaded machine disturbs least, and the
wall time beside it. Models without weights are left out.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from functools import partial

import torch
import xarray as xr

from eogen.errors import Unavailable
from eogen.landcover.classifier import Classifier
from eogen.landcover.evaluate_explanations import GOALS
from eogen.landcover.faithfulness import faithfulness
from eogen.landcover.hide import smallest_hide, what_if_hidden
from eogen.landcover.methods import available, explain
from eogen.landcover.models import MODELS, load
from eogen.landcover.sanity import check
from eogen.landcover.simulate import patch

#: Milliseconds that the page needs; curves: 99 forwards in 250 ms.
OTHER_GOALS = {"hide one block": 100.0, "faithfulness": 330.0}


def measured(run: Callable[[], object], repeats: int) -> tuple[float, float]:
    """CPU and wall milliseconds, medians; the first call, which imports, is not counted."""
    run()
    cpu, wall = [], []
    for _ in range(repeats):
        start = time.process_time(), time.perf_counter()
        run()
        cpu.append(1e3 * (time.process_time() - start[0]))
        wall.append(1e3 * (time.perf_counter() - start[1]))
    return statistics.median(cpu), statistics.median(wall)


def tasks(classifier: Classifier, image: xr.DataArray) -> dict[str, Callable[[], object]]:
    """What is timed, for one model and image."""
    target = str(classifier.predict(image)["probability"].idxmax("class").item())
    evidence = explain(classifier, image, target, "saliency").evidence
    maps = [*available(classifier), "group_shapley", "band_shapley"]
    return {method: partial(explain, classifier, image, target, method) for method in maps} | {
        "faithfulness": partial(faithfulness, classifier, image, target, evidence, controls=("random",)),
        "hide one block": partial(what_if_hidden, classifier, image, target, [(24, 24)]),
        "smallest hide": partial(smallest_hide, classifier, image),
        "checks of saliency": partial(check, classifier, image, target, "saliency"),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--models", nargs="*", default=list(MODELS))
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    image = patch("River", 0)["reflectance"]
    print(f"{'model':14} {'what':22} {'CPU ms':>8} {'wall ms':>8} {'goal':>6}")
    for name in arguments.models:
        try:
            classifier = load(name)
        except Unavailable as reason:
            print(f"{name:14} {reason}")
            continue
        for what, run in tasks(classifier, image).items():
            cpu, wall = measured(run, arguments.repeats)
            goal = GOALS.get(("milliseconds", what), OTHER_GOALS.get(what, ""))
            print(f"{name:14} {what:22} {cpu:8.1f} {wall:8.1f} {goal:>6}", flush=True)


if __name__ == "__main__":
    main()
