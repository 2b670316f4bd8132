"""The images explanations are measured on: real patches, simulated ones, land-cover windows, mosaics."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import xarray as xr

from eogen.errors import InputError
from eogen.landcover.question import Explainable
from eogen.landcover.sanity import mosaic

#: Least share of a window the mask may cover, and most, to be worth pointing at.
POINTABLE = (0.02, 0.6)


@dataclass(frozen=True)
class Case:
    """One image, the class to be explained, and where the evidence truly is, if known."""

    image: xr.DataArray
    label: str
    truth: np.ndarray | None = None


def take(cases: Iterator[Case], count: int) -> Iterator[Case]:
    """Yield at most ``count`` cases."""
    for case, _ in zip(cases, range(count), strict=False):
        yield case


def _right(classifier: Explainable, image: xr.DataArray, label: str) -> bool:
    """Return whether the model gives the image its label."""
    probability = classifier.predict(image)["probability"]
    return str(probability["class"].values[probability.to_numpy().argmax()]) == label


def patches(classifier: Explainable, root: Path, generator: np.random.Generator) -> Iterator[Case]:
    """Yield EuroSAT images the model classifies as labelled, the classes in turn."""
    from eogen.landcover.read import eurosat_ms, eurosat_rgb

    samples = (eurosat_rgb if len(classifier.bands) == 3 else eurosat_ms)(root)
    by_class: dict[str, list] = {}
    for index in generator.permutation(len(samples)):
        by_class.setdefault(samples[index].label, []).append(samples[index])
    while any(by_class.values()):
        for label, waiting in sorted(by_class.items()):
            if waiting and _right(classifier, image := waiting.pop().load(), label):
                yield Case(image, label)


def simulated(classifier: Explainable, seed: int) -> Iterator[Case]:
    """Yield simulated patches with a pointable mask that the model classifies as meant (of 20 a class)."""
    from eogen.landcover.simulate import LABELS, patch

    for number in range(20):
        for label in LABELS:
            scene = patch(label, seed * 20 + number)
            truth = scene["evidence"].values.astype(bool)
            if _pointable(truth) and _right(classifier, scene["reflectance"], label):
                yield Case(scene["reflectance"], label, truth)


#: EuroSAT class of a TerraMesh land-cover code that has one clear counterpart.
COUNTERPART = {1: ("SeaLake", "River"), 2: ("Forest",), 4: ("AnnualCrop",), 5: ("Residential", "Industrial")}


def windows(classifier: Explainable, root: Path, generator: np.random.Generator) -> Iterator[Case]:
    """Yield 64 x 64 windows of TerraMesh, with the class given and its mask where they have a counterpart."""
    from eogen.landcover.read import terramesh

    places = []
    for sample in terramesh(root):
        image, mask = sample.l1c(), sample.mask().values
        if not set(classifier.bands) <= set(image["band"].values):
            continue
        places += [
            (image[:, y : y + 64, x : x + 64], mask[y : y + 64, x : x + 64])
            for y in range(0, mask.shape[0] - 63, 32)
            for x in range(0, mask.shape[1] - 63, 32)
        ]
    for index in generator.permutation(len(places)):
        image, mask = places[index]
        probability = classifier.predict(image)["probability"]
        given = str(probability["class"].values[probability.to_numpy().argmax()])
        for code, labels in COUNTERPART.items():
            truth = mask == code
            if given in labels and _pointable(truth):
                yield Case(image, given, truth)


def _pointable(mask: np.ndarray) -> bool:
    return bool(POINTABLE[0] <= mask.mean() <= POINTABLE[1])


def mosaics(cases: Sequence[Case], seed: int) -> Iterator[Case]:
    """Yield mosaics of two classes out of the patches, every class with the next that has two images."""
    by_class: dict[str, list[xr.DataArray]] = {}
    for case in cases:
        by_class.setdefault(case.label, []).append(case.image)
    able = sorted(k for k, v in by_class.items() if len(v) >= 2)
    for step in range(1, len(able)):
        for number, label in enumerate(able):
            other = able[(number + step) % len(able)]
            try:
                picture, mask = mosaic(by_class[label][:2], by_class[other][:2], seed + number)
            except InputError:
                continue  # patches of other sizes among the data given
            yield Case(picture, label, mask)
