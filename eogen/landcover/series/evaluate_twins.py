"""Twins of the simulated territory: two classes of one law but for one event, so the true evidence is exact.

A model that tells them apart can only have used the event's month, and an explanation that names another is wrong.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from eogen.landcover.series import territory
from eogen.landcover.series.evaluate_explanations import background_of
from eogen.landcover.series.evaluate_figures import Bench
from eogen.landcover.series.evaluate_territory import answered, fitted, judge, learners, made, some
from eogen.landcover.series.kept import TEST_SEEDS, TRAIN_SEEDS
from eogen.results import Figure

#: Seeds of each pair, parcels of each seed that are learnt from and asked, and those explained.
TRAIN, TEST = TRAIN_SEEDS[:4], TEST_SEEDS
LEARNT, ASKED, EXPLAINED = 40, 50, 30
DATASET, PAIR = "twins", "twins: "


def measure(bench: Bench) -> None:
    """Write, pair by pair and of all pairs together, how models tell twins apart and what explanations hit."""
    start = len(bench.report.figures)
    for twin in territory.TWINS[-2:] if bench.quick else territory.TWINS:
        _pair(bench, twin)
    _together(bench, bench.report.figures[start:])


def _pair(bench: Bench, twin: territory.Twin) -> None:
    classes = (twin.first, twin.second)
    train, test = made(TRAIN, LEARNT, classes), made(TEST[:1] if bench.quick else TEST, ASKED, classes)
    event = territory.event_evidence(twin).sel(band=list(train.bands))
    # The same cells tell both: one has what the other lacks.
    truth, weight = (np.stack([event[name].values] * 2) for name in ("evidence", "weight"))
    seen = np.isfinite(test.series[:, twin.month - 1]).all(1)
    for method in learners(bench):
        model = fitted(bench, method, train)
        probability = model.predict_proba(test.series)
        dataset = f"{PAIR}{twin.event}"
        answered(bench, method, dataset, probability, test)
        bench.values["accuracy", method, dataset] = probability.argmax(1) == test.label, test.group
        right = some(bench, (probability.argmax(1) == test.label) & seen, EXPLAINED)
        judge(bench, method, dataset, model, test, right, truth, weight, background_of(train.series))


def _together(bench: Bench, figures: list[Figure]) -> None:
    """Write each number over all pairs; intervals draw groups of every pair."""
    for name, method in dict.fromkeys((f.name, f.method) for f in figures):
        parts = [
            v for (n, m, d), v in bench.values.items() if (n, m) == (name, method) and d.startswith(PAIR)
        ]
        those = [f for f in figures if (f.name, f.method) == (name, method)]
        if parts:
            values = np.concatenate([v for v, _ in parts])
            # Groups are numbered from 0 in every pair.
            group = np.concatenate([g + k * 10_000 for k, (_, g) in enumerate(parts)])
            bench.add_mean(name, method, DATASET, values, group, better=those[0].better, note=those[0].note)
        elif method.endswith("/chance"):
            bench.add(replace(those[0], dataset=DATASET, value=float(np.mean([f.value for f in those])),
                              n=sum(f.n for f in those)))  # fmt: skip
