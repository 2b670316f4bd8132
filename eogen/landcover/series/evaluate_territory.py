"""Models and explanations on the simulated territory, where the months and bands that tell classes apart are known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from eogen.landcover.series import kept, scores, territory
from eogen.landcover.series.deletion import RANDOM, deletion
from eogen.landcover.series.evaluate_explanations import background_of, explain
from eogen.landcover.series.evaluate_figures import BY_GROUP, Bench, once, scored
from eogen.landcover.series.hits import hits
from eogen.landcover.series.kept import TEST_SEEDS, TRAIN_SEEDS
from eogen.landcover.series.methods import MODELS
from eogen.landcover.series.protocol import SeriesModel
from eogen.progress import staged
from eogen.results import Figure

DATASET = "territory"
#: Parcels of each seed (those that the committed networks learnt from), and those that are explained.
EACH, EXPLAINED = 150, 60
QUICK = ("random_forest",)
LEARNERS = ("random_forest", "tempcnn", "ltae", "channel_attention", "shapelets")
#: Numbers of an explanation's hits, and what each is.
NUMBERS = {
    "hit_month": "Its most important month is a true one.",
    "hit_month_precision": "True months among as many of its first ones as there are.",
    "hit_band": "Its most important band is a true one.",
    "hit_cells": "Average precision of the true cells (month and band).",
}
#: Name of the order by the true evidence itself.
TRUTH = "truth"


@dataclass(frozen=True)
class Known:
    """Simulated parcels as models read them.

    Attributes:
        series: (n, month, band).
        label, group: (n,).
        classes, bands: names.
    """

    series: np.ndarray
    label: np.ndarray
    group: np.ndarray
    classes: tuple[str, ...]
    bands: tuple[str, ...]


def made(
    seeds: Sequence[int], each: int, classes: tuple[str, ...] = territory.CLASSES, **options: float
) -> Known:
    """Return ``each`` parcels of every seed; options as of :func:`eogen.landcover.series.territory.parcels`."""
    held = [kept.prepared(territory.parcels(seed, each, classes=classes, **options)) for seed in seeds]
    group = [one["group"].values + k * each for k, one in enumerate(held)]
    return Known(
        np.concatenate([one["reflectance"].values for one in held]),
        np.concatenate([one["label"].values for one in held]).astype(np.int64), np.concatenate(group),
        tuple(held[0].attrs["classes"]), tuple(str(b) for b in held[0]["band"].values),
    )  # fmt: skip


def learners(bench: Bench) -> tuple[str, ...]:
    """Return the methods that are measured."""
    return QUICK if bench.quick else LEARNERS


def fitted(bench: Bench, method: str, train: Known) -> SeriesModel:
    """Return a model fitted on simulated parcels."""
    return MODELS[method].fit(
        train.series, train.label, train.classes, train.bands, seed=bench.seed,
        progress=staged(bench.progress, "folds"),
    )  # fmt: skip


def measure(bench: Bench) -> dict[str, SeriesModel]:
    """Write how models do on territories of other seeds, and what their explanations hit; return the models."""
    seeds = (TRAIN_SEEDS[:2], TEST_SEEDS[:1]) if bench.quick else (TRAIN_SEEDS, TEST_SEEDS)
    train, test = (made(each, EACH) for each in seeds)
    evidence = territory.evidence(train.classes)
    truth = evidence["evidence"].sel(band=list(train.bands)).values
    weight = np.where(truth, evidence["apart"].sel(band=list(train.bands)).values, 0)
    models = {}
    for method in learners(bench):
        if method == "random_forest":
            models[method] = fitted(bench, method, train)
        elif method in kept.offered("territory"):
            held = kept.load("territory", method)
            models[method] = held.whole
            bench.report.weights[f"series_territory_{method}"] = held.card.sha256
        else:
            bench.absent(f"{method} on the territory: there are no committed weights of it.")
    for method, model in models.items():
        probability = model.predict_proba(test.series)
        answered(bench, method, DATASET, probability, test)
        right = some(bench, probability.argmax(1) == test.label, EXPLAINED)
        judge(bench, method, DATASET, model, test, right, truth, weight, background_of(train.series))
    return models


def some(bench: Bench, right: np.ndarray, count: int) -> np.ndarray:
    """Return at most ``count`` of the parcels (n,) bool, by lot: those of one farm follow each other."""
    rows = np.random.default_rng(bench.seed).permutation(np.flatnonzero(right))
    return rows[: max(1, count // 10) if bench.quick else count]


def answered(bench: Bench, method: str, dataset: str, probability: np.ndarray, test: Known) -> None:
    """Write accuracy and macro-F1 of answers (n, class) to parcels nobody learnt from."""
    held = once(probability, test.label, test.group, test.classes)
    note = f"Parcels of another seed. {BY_GROUP}"
    for name, score in (("accuracy", scores.accuracy), ("macro_f1", scores.macro_f1)):
        bench.add(scored(name, method, dataset, score(held, seed=bench.seed), len(test.label), note=note))


def judge(
    bench: Bench, method: str, dataset: str, model: SeriesModel, test: Known, rows: np.ndarray, truth: np.ndarray,
    weight: np.ndarray, background: np.ndarray,
) -> None:  # fmt: skip
    """Write what every explanation of one model hits, and how faithful it and the truth itself are.

    Args:
        bench: where to write.
        method, dataset: names in the figures.
        model: is asked.
        test: parcels.
        rows: those of them that are explained, answered rightly.
        truth: (class, month, band) bool, the true evidence.
        weight: (class, month, band), how much each true cell tells: the order of the truth itself.
        background: (1, month, band).
    """
    if not len(rows):
        bench.absent(f"Explanations of {method} on {dataset}: no parcel that it answers rightly.")
        return
    series, target, group = test.series[rows], test.label[rows], test.group[rows]
    importance = explain(model, series, target, background, bench.seed)
    asked = importance | {TRUTH: weight[target]}
    for name, values in importance.items():
        for number, found in hit_rates(values, target, truth).items():
            if np.isfinite(found).any():
                bench.add_mean(number, f"{method}/{name}", dataset, found, group,
                               note=f"{NUMBERS[number]} {BY_GROUP}")  # fmt: skip
    one = hits(importance[RANDOM], target, truth)
    bench.add(*(
        Figure(name, f"{method}/chance", dataset, value, None, None, len(rows), better=None,
               note="Mean share of true ones.")
        for name, value in (("hit_month", one.chance), ("hit_band", one.chance_bands))
    ))  # fmt: skip
    for parts, number in (("month", "srg"), ("month_group", "srg_group")):
        told = {k: v for k, v in asked.items() if parts == "month" or v.ndim == 3}
        removed = deletion(model, series, target, told, background=background, parts=parts, seed=bench.seed)
        for name, srg in zip(removed.names, removed.srg, strict=True):
            bench.add_mean(number, f"{method}/{name}", dataset, srg, group)


def hit_rates(importance: np.ndarray, target: np.ndarray, truth: np.ndarray) -> dict[str, np.ndarray]:
    """Return the numbers of :data:`NUMBERS` series by series (n,), NaN where not defined."""
    found = {name: np.full(len(target), np.nan) for name in NUMBERS}
    for k in range(len(target)):
        one = hits(importance[k : k + 1], target[k : k + 1], truth)
        values = (one.months, one.precision, one.bands, one.cells)
        for name, value in zip(NUMBERS, values, strict=True):
            found[name][k] = value.value
    return found
