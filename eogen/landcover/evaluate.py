"""The experiment behind the results page: how good the committed networks are on images they have not seen.

Weights remember the hashes of their training samples (``fingerprints``), so that on any folder the samples that
were seen in training can be told from the others; only the others count.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import torch

from eogen import results
from eogen.errors import Unavailable
from eogen.intervals import wilson
from eogen.landcover import arrays, folds, models, scores, train, train_index
from eogen.landcover.arrays import Images
from eogen.landcover.bands import ALL, CLASSES, RGB
from eogen.landcover.classifier import Classifier
from eogen.landcover.folds import Fold, OutOfFold
from eogen.landcover.index_network import IndexNetwork
from eogen.nn import weights
from eogen.progress import Progress, silent
from eogen.results import Figure, Report

#: Numbers set in the issue before anything was fitted: (figure, model) -> target.
TARGETS = {("accuracy", "rgb_cnn"): 0.95, ("ece", "rgb_cnn"): 0.02, ("folds_accuracy", "index_network"): 0.84}
#: Images that a quick run scores at most, and the fewest for which a calibration error means anything.
QUICK, FEWEST = 500, 100
RGB_SET, MS_SET = "EuroSAT RGB", "EuroSAT 13 bands"
#: What may be measured alone: single images (19 minutes), series through the year.
PARTS = ("images", "series")
HOW = {"accuracy": "Wilson interval", "macro_f1": "bootstrap over images"}


@dataclass
class _Bench:
    """What a run shares between its sections."""

    report: Report
    seed: int
    quick: bool
    progress: Progress
    loaded: dict[str, Classifier] = field(default_factory=dict)

    def model(self, name: str) -> Classifier | None:
        if name not in self.loaded:
            try:
                self.loaded[name] = models.load(name)
            except Unavailable as reason:
                self.report.absent.append(str(reason))
                return None
            self.report.weights[name] = self.loaded[name].sha256
        return self.loaded[name]


def evaluate(
    data: Path, *, seed: int = 0, quick: bool = False, part: str | None = None, progress: Progress = silent
) -> Report:
    """Measure everything that can be measured on the data below ``data``.

    Args:
        data: the room's folder or its parent; any subset of the layout of the catalogue, other files of the same
            pattern (``EuroSAT_RGB_*.zip``, ``2750/<Class>/*.jpg``, ``eurosat_ms/<Class>/*.tif``).
        seed: of folds, samples and bootstraps.
        quick: at most 500 images a set, no folds, few explanations.
        part: one of :data:`PARTS`, all by default; the report of series alone is of the room ``landcover_series``.
        progress: stages ``read``, ``score``, ``folds``, ``explaining``.

    Raises:
        InputError: when a file is damaged.
    """
    began = perf_counter()
    root = train.folder(Path(data))
    room = "landcover_series" if part == "series" else "landcover"
    report = Report(room, seed=seed, machine=results.machine(), code_version=results.code_version())
    report.machine["threads"] = torch.get_num_threads()
    if part != "series":
        _images(_Bench(report, seed, quick, progress), root)
    if part != "images":
        _series(report, root, seed, quick, progress)
    report.seconds = round(perf_counter() - began, 1)
    return report


def _images(bench: _Bench, root: Path) -> None:
    """Add what networks of single images are worth."""
    progress = bench.progress
    pictures, patches = arrays.rgb(root, progress=progress), arrays.multispectral(root)
    _rgb(bench, pictures)
    _multispectral(bench, patches)
    _folds(bench, patches)
    _explanations(bench, root)


def _series(report: Report, root: Path, seed: int, quick: bool, progress: Progress) -> None:
    """Add what models of series are worth."""
    from eogen.landcover.series import evaluate as of_series

    of_series.measure(of_series.Bench(report, root, seed, quick, progress))


def _rgb(bench: _Bench, pictures: Images) -> None:
    if not len(pictures):
        bench.report.absent.append(f"{RGB_SET}: no EuroSAT_RGB_*.zip and no 2750/<Class>/*.jpg.")
        return
    if (classifier := bench.model("rgb_cnn")) is None:
        return
    unseen = _unseen(bench, classifier, pictures, RGB_SET)
    if bench.quick and len(unseen) > QUICK:
        unseen = unseen.take(np.random.default_rng(bench.seed).choice(len(unseen), QUICK, replace=False))
    if len(unseen):
        _score(bench, classifier, unseen, RGB_SET, arrays.to_reflectance)
        share = np.bincount(unseen.labels, minlength=len(CLASSES)).max()
        low, high = map(float, wilson(share, len(unseen)))
        bench.report.figures.append(
            Figure("accuracy", "majority", RGB_SET, share / len(unseen), low, high, len(unseen), note="Always the "
                   "most frequent class: the least a model must beat.")
        )  # fmt: skip


def _multispectral(bench: _Bench, patches: Images) -> None:
    if not len(patches):
        bench.report.absent.append(f"{MS_SET}: no eurosat_ms/<Class>/*.tif.")
        return
    if (classifier := bench.model("rgb_cnn")) is not None:
        colours = [ALL.index(band) for band in RGB]
        _score(bench, classifier, patches, f"{MS_SET}, true colour", lambda x: x[:, colours])
    for name in ("ms_cnn", "index_network"):
        if (classifier := bench.model(name)) is None:
            continue
        unseen = _unseen(bench, classifier, patches, MS_SET)
        if len(unseen):
            _score(bench, classifier, unseen, MS_SET, lambda x: x)
        if name == "ms_cnn":
            _shortcut(bench, classifier, patches, unseen)


def _unseen(bench: _Bench, classifier: Classifier, images: Images, dataset: str) -> Images:
    """Return the images that were not in the training or calibration of the network; say how many were."""
    known = weights.beside(models.spec(classifier.name).path)["fingerprints"].numpy()
    seen = np.isin(images.fingerprints, known)
    row: dict[str, Any] = {"name": dataset, "n": len(images), "sha256": images.content}
    bench.report.data.append(row | {"model": classifier.name, "seen_in_training": int(seen.sum())})
    if seen.all():
        bench.report.absent.append(
            f"{dataset}: {classifier.name} has seen all {len(images)} images in training; none is left to score."
        )
    return images.take(~seen)


def _score(
    bench: _Bench,
    classifier: Classifier,
    images: Images,
    dataset: str,
    reflectance: Callable[[np.ndarray], np.ndarray],
) -> None:
    """Add the figures and tables of one network on one set."""
    began = perf_counter()
    logits = _logits(bench, classifier, images, reflectance)
    seconds = perf_counter() - began
    name = classifier.name
    for figure, row in train.quality(logits, images.labels, classifier.temperature).items():
        if "ece" in figure and len(images) < FEWEST:
            continue
        bench.report.figures.append(
            Figure(
                figure, name, dataset, row["value"], row["low"], row["high"], row["n"], seconds=round(seconds, 3),
                target=TARGETS.get((figure, name)) if dataset == RGB_SET else None,
                better="higher" if figure in ("accuracy", "macro_f1") else "lower",
                note=HOW.get(figure, "bootstrap over images") + ". " + train.RANDOM_SPLIT,
            )
        )  # fmt: skip
    counts = scores.confusion(images.labels, logits.argmax(1), CLASSES)
    bench.report.tables[f"confusion: {name}, {dataset}"] = counts
    bench.report.tables[f"per class: {name}, {dataset}"] = scores.per_class(counts)
    if len(images) >= FEWEST:
        bench.report.tables[f"reliability: {name}, {dataset}"] = scores.reliability(
            scores.probabilities(logits, classifier.temperature), images.labels
        ).rename_axis("bin")


def _logits(
    bench: _Bench, classifier: Classifier, images: Images, reflectance: Callable[[np.ndarray], np.ndarray]
) -> np.ndarray:
    parts = []
    with classifier.exclusive() as module, torch.no_grad():
        for start in range(0, len(images), 64):
            bench.progress(start, len(images), "score")
            x = np.ascontiguousarray(reflectance(images.pixels[start : start + 64]))
            parts.append(module(torch.from_numpy(x)).numpy())
    return np.concatenate(parts)


def _shortcut(bench: _Bench, classifier: Classifier, patches: Images, unseen: Images) -> None:
    """Compare the plain network with and without B10 on the patches it has and has not seen."""
    band = ALL.index("B10")
    fresh = np.isin(patches.fingerprints, unseen.fingerprints)

    def blind(x: np.ndarray) -> np.ndarray:
        x = x.copy()
        with classifier.exclusive() as module:
            x[:, band] = float(module.mean[0, band])
        return x

    for part, images in (("seen in training", patches.take(~fresh)), ("unseen", unseen)):
        if not len(images):
            continue
        began = perf_counter()
        plain = _logits(bench, classifier, images, lambda x: x).argmax(1) == images.labels
        without = _logits(bench, classifier, images, blind).argmax(1) == images.labels
        lost = plain.astype(float) - without
        low, high = scores.bootstrap(np.mean, lost, seed=bench.seed)
        bench.report.figures.append(
            Figure(
                "accuracy_lost_without_b10", classifier.name, f"{MS_SET}, {part}", float(lost.mean()), low, high,
                len(images), seconds=round(perf_counter() - began, 3), better=None,
                note="B10 (cirrus, sees no ground) replaced by its mean. A loss on seen patches that unseen ones do "
                "not share is a memorised shortcut. Bootstrap over patches.",
            )
        )  # fmt: skip


def _folds(bench: _Bench, patches: Images) -> None:
    """Fit anew on five folds of the 13-band patches that are here."""
    if not len(patches):
        return
    if bench.quick:
        bench.report.absent.append("Five folds: left out of a quick run.")
        return
    if np.bincount(patches.labels, minlength=len(CLASSES)).min() < 5:
        bench.report.absent.append("Five folds: they need at least 5 patches of each of the ten classes.")
        return
    shortcut: list[dict[str, float]] = []
    _fold(bench, "logistic_regression", patches, folds.logistic_fold(patches), 3)
    if bench.model("index_network") is not None:
        network = models.spec("index_network").build()
        weights.load(network, models.spec("index_network").path)
        _fold(bench, "index_network", patches, folds.index_fold(patches, network.eval()), 3)
    alone = IndexNetwork(ALL, (train_index.COLOUR, train_index.ALONE))
    fold = folds.index_fold(patches, alone.eval(), borrow=False, settings=train_index.ALONE_SETTINGS)
    _fold(bench, "index_network_nothing_borrowed", patches, fold, 3)
    _fold(bench, "ms_cnn", patches, folds.ms_fold(patches, shortcut), 1)
    for part in ("train", "test"):
        lost = np.array([row[f"{part}_plain"] - row[f"{part}_no_b10"] for row in shortcut])
        low, high = scores.bootstrap(np.mean, lost, seed=bench.seed)
        bench.report.figures.append(
            Figure("accuracy_lost_without_b10", "ms_cnn", f"{MS_SET}, five folds, {part} part", float(lost.mean()),
                   low, high, len(lost), better=None, note="Mean over folds, bootstrap over folds.")
        )  # fmt: skip


def _fold(bench: _Bench, name: str, patches: Images, fold: Fold, seeds: int) -> None:
    found: OutOfFold = folds.cross_validate(
        patches.labels, fold, seed=bench.seed, seeds=seeds, progress=bench.progress
    )
    for key, row in train.fold_quality(found).items():
        bench.report.figures.append(
            Figure(
                f"folds_{key}", name, MS_SET, row["value"], row["low"], row["high"], row["n"],
                seconds=round(found.seconds, 1), target=TARGETS.get((f"folds_{key}", name)),
                better="higher" if key in ("accuracy", "macro_f1") else "lower",
                note=f"Five stratified folds, {seeds} time(s); interval: bootstrap over patches.",
            )
        )  # fmt: skip
    predicted = found.logits.argmax(2).ravel()
    counts = scores.confusion(np.tile(found.labels, seeds), predicted, CLASSES)
    bench.report.tables[f"confusion: {name}, five folds"] = counts


def _explanations(bench: _Bench, root: Path) -> None:
    """Add what explanations are worth."""
    from eogen.landcover.evaluate_explanations import figures

    found, tables, absent = figures(root, seed=bench.seed, quick=bench.quick, progress=bench.progress)
    bench.report.figures += found
    bench.report.tables |= tables
    bench.report.absent += absent
