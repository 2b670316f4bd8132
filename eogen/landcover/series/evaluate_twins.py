"""Twins of the simulated territory: two classes of one law but for one event, so the true evidence is exact.

A model that tells them apart can only have used the event's month, and an explanation that names another is wrong.
"""

from __future__ import annotations

import numpy as np

from eogen.landcover.series import territory
from eogen.landcover.series.evaluate_explanations import background_of
from eogen.landcover.series.evaluate_figures import Bench
from eogen.landcover.series.evaluate_territory import answered, fitted, judge, learners, made, some
from eogen.results import Figure

#: Seeds, parcels learnt from and asked, and those explained, of each pair.
TRAIN, TEST = 502, 602
LEARNT, ASKED, EXPLAINED = 200, 160, 30
DATASET = "twins"


def measure(bench: Bench) -> None:
    """Write, pair by pair and of all pairs together, how models tell twins apart and what explanations hit."""
    start = len(bench.report.figures)
    for twin in territory.TWINS[-2:] if bench.quick else territory.TWINS:
        _pair(bench, twin)
    _together(bench, bench.report.figures[start:])


def _pair(bench: Bench, twin: territory.Twin) -> None:
    classes = (twin.first, twin.second)
    train, test = made(TRAIN, LEARNT, classes), made(TEST, ASKED // (4 if bench.quick else 1), classes)
    event = territory.event_evidence(twin).sel(band=list(train.bands))
    # The same cells tell both: one has what the other lacks.
    truth, weight = (np.stack([event[name].values] * 2) for name in ("evidence", "weight"))
    seen = np.isfinite(test.series[:, twin.month - 1]).all(1)
    for method in learners(bench):
        model = fitted(bench, method, train)
        probability = model.predict_proba(test.series)
        dataset = f"{DATASET}: {twin.event}"
        answered(bench, method, dataset, probability, test)
        right = some(bench, (probability.argmax(1) == test.label) & seen, EXPLAINED)
        judge(bench, method, dataset, model, test, right, truth, weight, background_of(train.series))


def _together(bench: Bench, figures: list[Figure]) -> None:
    """Write the mean of each number over the pairs; its interval draws pairs' parcels as independent ones."""
    names = dict.fromkeys((f.name, f.method) for f in figures)
    for name, method in names:
        those = [f for f in figures if (f.name, f.method) == (name, method) and f.value is not None]
        if not those:
            continue
        value = float(np.mean([f.value for f in those]))
        halves = [(f.high - f.low) / 2 for f in those if f.high is not None and f.low is not None]
        half = float(np.sqrt(np.square(halves).sum()) / len(those)) if len(halves) == len(those) else None
        bench.add(
            Figure(name, method, DATASET, value, None if half is None else value - half,
                   None if half is None else value + half, sum(f.n for f in those), better=those[0].better,
                   note=f"Mean of {len(those)} pairs; interval: theirs, added as of independent ones.")
        )  # fmt: skip
