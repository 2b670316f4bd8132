"""Milliseconds of every explanation on one 64 x 64 patch, one thread, with its faithfulness beside it.

Process CPU time is held against the targets: a loaded machine disturbs it least. Models without weights are
left out, and said to be.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

import numpy as np
import torch
import xarray as xr

from benchmarks.stage import Stage
from benchmarks.table import Row
from eogen import catalog
from eogen.errors import Unavailable
from eogen.landcover import read
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
LABELS = ("River", "Forest", "Residential", "AnnualCrop")


def measured(run: Callable[[], object], repeats: int) -> tuple[list[float], list[float]]:
    """CPU and wall milliseconds; the first call, which imports, is not counted."""
    run()
    cpu, wall = [], []
    for _ in range(repeats):
        start = time.process_time(), time.perf_counter()
        run()
        cpu.append(1e3 * (time.process_time() - start[0]))
        wall.append(1e3 * (time.perf_counter() - start[1]))
    return cpu, wall


def images(classifier: Classifier, count: int) -> list[xr.DataArray]:
    """Return patches of different classes that the model can read: real ones if they are here."""
    if folder := catalog.room_folder("landcover"):
        samples = read.eurosat_ms(folder) if len(classifier.bands) > 3 else read.eurosat_rgb(folder)
        found = [next((s for s in samples if s.label == label), None) for label in LABELS[:count]]
        if samples and all(found):
            return [sample.load() for sample in found if sample]
    return [patch(label, 0)["reflectance"] for label in LABELS[:count]]


def target_of(classifier: Classifier, image: xr.DataArray) -> str:
    """Return the model's answer."""
    return str(classifier.predict(image)["probability"].idxmax("class").item())


def tasks(classifier: Classifier, image: xr.DataArray) -> dict[str, Callable[[], object]]:
    """Return what is timed, for one model and image."""
    target = target_of(classifier, image)
    evidence = explain(classifier, image, target, "saliency").evidence
    maps = [*available(classifier), "group_shapley", "band_shapley"]
    return {method: partial(explain, classifier, image, target, method) for method in maps} | {
        "faithfulness": partial(faithfulness, classifier, image, target, evidence, controls=("random",)),
        "hide one block": partial(what_if_hidden, classifier, image, target, [(24, 24)]),
        "smallest hide": partial(smallest_hide, classifier, image),
        "checks of saliency": partial(check, classifier, image, target, "saliency"),
    }


def gain(classifier: Classifier, method: str, over: list[xr.DataArray]) -> str:
    """Return the mean symmetric relevance gain of a method, and of a random order, as text."""
    found = []
    for image in over:
        target = target_of(classifier, image)
        evidence = explain(classifier, image, target, method).evidence
        found.append(faithfulness(classifier, image, target, evidence, controls=("random",)).srg)
    mean = {
        order: np.mean([float(srg.sel(order=order)) for srg in found]) for order in ("evidence", "random")
    }
    return f"SRG {mean['evidence']:+.2f} (random order {mean['random']:+.2f}) over {len(over)} images"


def explanations(stage: Stage) -> list[Row]:
    """One row per model and method."""
    threads, rows = torch.get_num_threads(), []
    torch.set_num_threads(1)
    try:
        for name in MODELS:
            try:
                classifier = load(name)
            except Unavailable as reason:
                stage.absent.append(str(reason))
                continue
            over = images(classifier, stage.times(4, 1))
            maps = set(available(classifier))
            for what, run in tasks(classifier, over[0]).items():
                cpu, wall = measured(run, stage.times(7, 3))
                note = f"wall {np.median(wall):.1f} ms"
                if what in maps:
                    note += f"; {gain(classifier, what, over)}"
                goal = GOALS.get(("milliseconds", what), OTHER_GOALS.get(what))
                rows.append(Row(f"{name}: {what}, CPU", "ms", tuple(cpu), goal, note=note))
    finally:
        torch.set_num_threads(threads)
    return rows


GROUPS: dict[str, Callable[[Stage], list[Row]]] = {"explanations": explanations}
