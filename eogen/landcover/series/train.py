"""What ``python -m eogen train landcover series_…`` runs: the models of series that are committed, and their cards."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import torch
import xarray as xr

from eogen import results
from eogen.errors import Unavailable
from eogen.landcover.series import kept, scores, sets
from eogen.landcover.series.cube import USUAL
from eogen.landcover.series.folds import OutOfFold, deal
from eogen.landcover.series.kept import BUILT, FOLDS, SEED, TEST_SEEDS, TRAIN_SEEDS, UNET
from eogen.landcover.series.methods import MODELS
from eogen.landcover.series.network import Network, together
from eogen.landcover.series.scores import Score
from eogen.landcover.series.territory import CLASSES, parcels, territory
from eogen.landcover.series.unet import Segmenter, fit_unet
from eogen.nn import weights
from eogen.nn.weights import Card
from eogen.progress import Progress, silent, staged

#: Every model of series that is committed.
NAMES = (
    *(f"series_{learnt_from}_{method}" for learnt_from in kept.SETS for method in BUILT),
    f"series_territory_{UNET}",
)
#: Parcels of each simulated territory.
EACH = 150
#: Sides of the cubes, pixels.
SIDE = 128
_OPTIMISTIC = (
    "Out of fold: each parcel is answered by the model that saw neither it nor a parcel of its group. The methods were "
    "developed on folds of the same parcels, which flatters them."
)

#: What was tried on these very folds (accuracy / macro-F1).
TRIED = {
    "tempcnn": "Tried: a dense layer of 48 units 0.797 / 0.706, of 24 0.807 / 0.716 (kept).",
    "ltae": "Tried: 96 channels 0.797 / 0.702, 64 0.812 / 0.725 (kept, for its size, before it was measured).",
    "shapelets": (
        "Tried: twelve months from October 2022 0.814 / 0.743, from November 2022 0.821 / 0.750, the calendar year "
        "0.792 / 0.679 (kept: sources of any year can be read so)."
    ),
}


def train(model: str, data: Path, out: Path, *, seed: int = SEED, progress: Progress = silent) -> Card:
    """Fit one of :data:`NAMES` and write its weights and card into ``out``.

    Args:
        model: its name.
        data: the room's folder (the territory needs none).
        out: folder; gets ``<model>.safetensors`` and ``<model>.json``.
        seed: of everything random.
        progress: stages ``read``, ``simulate``, ``fit``.

    Raises:
        Unavailable: ``no_training_data`` where ``data`` holds no parcels with crops.
        InputError: what reading the data says.
    """
    learnt_from, method = model.removeprefix("series_").split("_", 1)
    began = perf_counter()
    if method == UNET:
        module, card, beside = _unet(seed, progress)
    elif learnt_from == "territory":
        module, card, beside = _territory(method, seed, progress)
    else:
        module, card, beside = _france(method, data, seed, progress)
    card.cost = {"seconds": round(perf_counter() - began, 1), "threads": torch.get_num_threads()}
    return weights.save(module, out / f"{model}.safetensors", card, beside)


def french(root: Path) -> xr.Dataset:
    """Return the parcels below ``root`` to learn crops from: of WorldCereal's tables the one of most classes.

    Raises:
        Unavailable: ``no_training_data``.
    """
    found = [sets.open(each) for each in sets.sets(root) if each.kind == "worldcereal"]
    found = [held for held in found if "label" in held and (held["label"].values >= 0).any()]
    if not found:
        raise Unavailable(
            "no_training_data", "There is no {what} in {folder}; fetch it: python -m eogen fetch --room landcover",
            what="worldcereal/*.geoparquet", folder=str(root),
        )  # fmt: skip
    return max(
        found,
        key=lambda held: (len(set(held["label"].values[held["label"].values >= 0])), len(held["label"])),
    )


def simulated(seeds: tuple[int, ...], *, progress: Progress = silent) -> xr.Dataset:
    """Return monthly parcels of several simulated territories; ``group`` stays apart between seeds."""
    made = []
    for k, seed in enumerate(seeds):
        progress(k, len(seeds), "simulate")
        one = kept.prepared(parcels(seed, EACH))[["reflectance", "label", "group"]]
        made.append(one.assign(group=one["group"] + k * EACH))
    return xr.concat(made, "parcel", combine_attrs="override")


def _france(method: str, data: Path, seed: int, progress: Progress) -> tuple[Network, Card, dict[str, Any]]:
    held = french(data)
    held = held.isel(parcel=np.flatnonzero(held["label"].values >= 0))
    classes, season = tuple(held.attrs["classes"]), kept.prepared(held)
    series, label = season["reflectance"].values, season["label"].values.astype(np.int64)
    group = season["group"].values if "group" in season else np.arange(len(label))
    fold = deal(label, group, count=FOLDS, seed=seed)
    fitted, probability = [], np.empty((1, len(label), len(classes)), np.float32)
    for k in range(FOLDS):

        def told(done: int, total: int, _what: str = "", k: int = k) -> None:
            progress(k * total + done, FOLDS * total, "fit")

        fitted.append(
            MODELS[method].fit(series[fold != k], label[fold != k], classes, USUAL, seed=seed, progress=told)
        )
    every, parts = together(fitted)
    for k, part in enumerate(parts):
        probability[0, fold == k] = part.predict_proba(series[fold == k])
    prints = kept.fingerprints(series)
    answers = OutOfFold(probability, label, group, fold[None], np.arange(len(label)), classes, 0.0)
    card = _card(
        f"series_france_{method}", every.module, seed, every, len(parts), len(parts[0].module.members),
        data=[{
            "name": f"WorldCereal parcels, {held.attrs['title']}", "licence": held.attrs["licence"],
            "sha256": hashlib.sha256(b"".join(sorted(p.tobytes() for p in prints))).hexdigest(), "n": len(label),
        }],
        metrics=_quality(answers),
        notes=[
            _OPTIMISTIC,
            f"Five networks, one a fold ({held.attrs.get('group_rule', 'parcels')} kept whole), deal seed {seed}; "
            "another parcel is answered by the mean of their logits.",
            f"Twelve calendar months of {season['time'].dt.year.values[0]}; the hash of the data is that of "
            "the fingerprints of the series.",
            *([TRIED[method]] if method in TRIED else []),
        ],
    )  # fmt: skip
    return (
        every.module,
        card,
        {"fingerprints": torch.from_numpy(prints), "fold": torch.from_numpy(fold.astype(np.int8))},
    )


def _territory(method: str, seed: int, progress: Progress) -> tuple[Network, Card, dict[str, Any]]:
    held, apart = simulated(TRAIN_SEEDS, progress=progress), simulated(TEST_SEEDS, progress=progress)
    series, label = held["reflectance"].values, held["label"].values.astype(np.int64)
    classes = tuple(held.attrs["classes"])
    fitted = MODELS[method].fit(series, label, classes, USUAL, seed=seed, progress=staged(progress, "fit"))
    truth = apart["label"].values.astype(np.int64)
    answers = OutOfFold(
        fitted.predict_proba(apart["reflectance"].values)[None], truth, apart["group"].values,
        np.zeros((1, len(truth)), int), np.arange(len(truth)), classes, 0.0,
    )  # fmt: skip
    card = _card(
        f"series_territory_{method}", fitted.module, seed, fitted, 1, len(fitted.module.members),
        data=[_simulated(len(label))], metrics=_quality(answers), notes=[_told("parcels")],
    )  # fmt: skip
    prints = torch.from_numpy(kept.fingerprints(series))
    return fitted.module, card, {"fingerprints": prints, "fold": torch.zeros(len(prints), dtype=torch.int8)}


def cubes(seeds: tuple[int, ...], *, progress: Progress = silent) -> list[xr.Dataset]:
    """Return monthly cubes of simulated territories, :data:`SIDE` pixels a side."""
    made = []
    for k, seed in enumerate(seeds):
        progress(k, len(seeds), "simulate")
        made.append(territory(seed, SIDE, monthly=True))
    return made


def _unet(seed: int, progress: Progress) -> tuple[torch.nn.Module, Card, dict[str, Any]]:
    held = cubes(TRAIN_SEEDS, progress=progress)
    fitted = fit_unet(held, CLASSES, USUAL, seed=seed, progress=staged(progress, "fit"))
    card = _card(
        f"series_territory_{UNET}", fitted.module, seed, fitted, 1, 1, data=[_simulated(len(held))],
        metrics=_pixels(fitted, cubes(TEST_SEEDS, progress=progress)), notes=[_told("cubes")],
    )  # fmt: skip
    card.extra |= {"mean": fitted.mean.tolist(), "std": fitted.std.tolist()}
    return fitted.module, card, {}


def _pixels(fitted: Segmenter, apart: list[xr.Dataset]) -> dict[str, Any]:
    """Return the accuracy and macro-F1 over all pixels, their intervals by drawing parcels of the territories."""
    label = np.concatenate([image["label"].values.ravel() for image in apart]).astype(np.int64)
    said = np.concatenate([fitted.predict(image)["label"].values.ravel() for image in apart])
    group = np.concatenate([image["parcel"].values.ravel() + k * 100_000 for k, image in enumerate(apart)])
    answers = OutOfFold(
        np.eye(len(fitted.classes), dtype=np.float32)[said][None], label, group, np.zeros((1, len(label)), int),
        np.arange(len(label)), fitted.classes, 0.0,
    )  # fmt: skip
    return _quality(answers, draws=100)


def _simulated(n: int) -> dict[str, Any]:
    return {
        "name": f"simulated territory, seeds {TRAIN_SEEDS[0]}-{TRAIN_SEEDS[-1]}", "licence": "MIT", "sha256": "",
        "n": n,
    }  # fmt: skip


def _told(what: str) -> str:
    return (
        f"Learnt from {what} of the simulated territory and tested on seeds {TEST_SEEDS[0]}-{TEST_SEEDS[-1]}, with "
        "weather of their own; the test was looked at once. It says nothing about real fields."
    )


def _quality(answers: OutOfFold, draws: int = 1000) -> dict[str, Any]:
    """Return accuracy and macro-F1 with intervals by group, as rows of a card."""

    def row(one: Score) -> dict[str, Any]:
        return {
            "value": round(one.value, 4), "low": round(one.low, 4), "high": round(one.high, 4), "n": len(answers.label),
        }  # fmt: skip

    return {
        "accuracy": row(scores.accuracy(answers, draws=draws)),
        "macro_f1": row(scores.macro_f1(answers, draws=draws)),
    }


def _card(
    model: str, module: torch.nn.Module, seed: int, fitted: Any, folds: int, members: int, **parts: Any
) -> Card:
    return Card(
        model=model, room="landcover", seed=seed, code_version=results.code_version(), torch=torch.__version__,
        date=datetime.now(UTC).date().isoformat(), parameters=weights.count(module), cost={}, stored=weights.HALF,
        extra={
            "bands": list(fitted.bands), "classes": list(fitted.classes), "months": fitted.months, "folds": folds,
            "members": members,
        },
        **parts,
    )  # fmt: skip
