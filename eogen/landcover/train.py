"""``python -m eogen train landcover MODEL``: rebuild the committed weights and their cards from a seed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import torch
from torch import nn

from eogen import results
from eogen.errors import InputError, Unavailable
from eogen.intervals import wilson
from eogen.landcover import arrays, folds, models, scores, train_index, train_ms, train_rgb
from eogen.landcover.arrays import Images
from eogen.landcover.bands import CLASSES
from eogen.landcover.folds import OutOfFold
from eogen.landcover.series import train as series_models
from eogen.nn import weights
from eogen.nn.weights import Card
from eogen.progress import Progress, silent

#: What ``train landcover`` makes where no model is named.
NAMES = (*models.MODELS, *series_models.NAMES)
RANDOM_SPLIT = (
    "Patches of one Sentinel-2 scene are on both sides of a random split: accuracy elsewhere on Earth will be "
    "lower."
)
FEW = (
    "Fitted on {n} patches: the folds' interval is wide, and choices were made on the same folds, which flatters "
    "them."
)


def train(
    model: str, data: Path, out: Path, *, seed: int = 0, resume: bool = True, progress: Progress = silent
) -> Card:
    """Fit ``model`` on the data below ``data`` and write its weights and card into ``out``.

    Args:
        model: ``rgb_cnn``, ``ms_cnn`` or ``index_network``; or a model of series
            (:data:`eogen.landcover.series.train.NAMES`), which is fitted in minutes and begins again if it was killed.
        data: the room's folder, or its parent.
        out: folder; gets ``<model>.safetensors`` and ``<model>.json``.
        seed: of everything random.
        resume: go on where a killed run stopped (``<model>.ckpt`` in ``out``).
        progress: stages ``read``, ``measure``, ``fit``, ``folds``.

    Raises:
        InputError: ``unknown_model``, or what reading the data says.
        Unavailable: ``no_training_data``; InputError: ``too_few_images``.
    """
    if model in series_models.NAMES:
        return series_models.train(model, folder(data), out, seed=seed, progress=progress)
    row = models.spec(model)
    root = folder(data)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        module = row.build()
    began = perf_counter()
    run: Callable[..., tuple[Card, np.ndarray]] = {"rgb_cnn": _rgb, "ms_cnn": _ms, "index_network": _index}[
        model
    ]
    checkpoint = out / f"{model}.ckpt"
    card, fingerprints = run(module, root, seed, checkpoint, resume, progress)
    card.cost.setdefault("seconds", round(perf_counter() - began, 1))
    weights.save(module, out / f"{model}.safetensors", card, {"fingerprints": torch.from_numpy(fingerprints)})
    checkpoint.unlink(missing_ok=True)
    return card


def folder(data: Path) -> Path:
    """Return the room's folder: ``data`` itself, or ``data/landcover``."""
    return inside if (inside := data / "landcover").is_dir() else data


def _rgb(
    module: nn.Module, root: Path, seed: int, checkpoint: Path, resume: bool, progress: Progress
) -> tuple[Card, np.ndarray]:
    images = _needed(arrays.rgb(root, progress=progress), "EuroSAT_RGB_*.zip", root, 2 * train_rgb.BATCH)
    train, validation, test = train_rgb.split(images, root)
    settings = replace(train_rgb.SETTINGS, seed=seed)
    fitted = train_rgb.fit_rgb(
        module, train, validation, settings, checkpoint=checkpoint, resume=resume, progress=progress
    )
    temperature = scores.fit_temperature(train_rgb.logits(module, validation).numpy(), validation.labels)
    logits = train_rgb.logits(module, test).numpy()
    used = np.concatenate([train.fingerprints, validation.fingerprints])
    card = _card(
        "rgb_cnn", module, seed,
        data=[_set("EuroSAT RGB JPEGs: train", train), _set("EuroSAT RGB JPEGs: validation, calibration", validation)],
        cost={"seconds": round(fitted.seconds, 1), "threads": torch.get_num_threads(), "epochs": fitted.epoch},
        metrics=quality(logits, test.labels, temperature),
        temperature=temperature,
        notes=[
            RANDOM_SPLIT,
            "Split by content hash: 8 tenths train, 1 tenth validation (records accuracy, fits the temperature, "
            "chooses nothing), 1 tenth test (looked at once).",
            f"{len(images) - len(train) - len(validation) - len(test)} patches that exist with 13 bands were left out.",
            "One configuration was fitted; it was not compared with others.",
        ],
        extra={
            "settings": settings.__dict__,
            "losses": [round(v, 4) for v in fitted.losses],
            "validation_accuracy": [round(v, 4) for v in fitted.scores],
            **tables(logits, test.labels),
        },
    )  # fmt: skip
    return card, used


def _ms(
    module: nn.Module, root: Path, seed: int, checkpoint: Path, resume: bool, progress: Progress
) -> tuple[Card, np.ndarray]:
    images = _needed(arrays.multispectral(root), "eurosat_ms/<Class>/*.tif", root, 5 * len(CLASSES))
    shortcut: list[dict[str, float]] = []
    found = folds.cross_validate(images.labels, folds.ms_fold(images, shortcut), seed=seed, progress=progress)
    settings = replace(train_ms.SETTINGS, seed=seed)
    seconds = train_ms.fit_ms(
        module, torch.from_numpy(images.pixels), torch.from_numpy(images.labels), settings, progress=progress
    )
    measured = {key: round(float(np.mean([s[key] for s in shortcut])), 4) for key in shortcut[0]}
    card = _card(
        "ms_cnn", module, seed,
        data=[_set("EuroSAT 13-band GeoTIFFs", images)],
        cost={
            "seconds": round(seconds + found.seconds, 1),
            "threads": torch.get_num_threads(),
            "epochs": settings.epochs,
        },
        metrics=fold_quality(found),
        temperature=_temperature(found),
        notes=[
            FEW.format(n=len(images)),
            RANDOM_SPLIT,
            "Kept plain on purpose: its use of B10 (cirrus, which sees no ground) is an exhibit. Replacing B10 by its "
            "mean changes the accuracy on the training patches from {train_plain} to {train_no_b10} and on the "
            "held-out ones from {test_plain} to {test_no_b10} (mean of five folds).".format(**measured),
            train_ms.VARIANTS,
        ],
        extra={"settings": settings.__dict__, "b10_shortcut": measured},
    )  # fmt: skip
    return card, images.fingerprints


def _index(
    module: nn.Module, root: Path, seed: int, checkpoint: Path, resume: bool, progress: Progress
) -> tuple[Card, np.ndarray]:
    images = _needed(arrays.multispectral(root), "eurosat_ms/<Class>/*.tif", root, 5 * len(CLASSES))
    pictures = _needed(arrays.rgb(root, progress=progress), "EuroSAT_RGB_*.zip", root, 2 * train_rgb.BATCH)
    lent, validation, _ = train_rgb.split(pictures, root)
    began = perf_counter()
    measured = train_index.colour_measurements(lent, seed, progress=progress)
    colour, spectrum = module.branches
    train_index.fit_colour(
        colour, measured, lent.labels, seed, checkpoint=checkpoint, resume=resume, progress=progress
    )
    del measured
    alone = train_index.colour_logits(colour, validation)
    seeds = 3
    found = folds.cross_validate(
        images.labels, folds.index_fold(images, module), seed=seed, seeds=seeds, progress=progress
    )
    x, labels = torch.from_numpy(images.pixels), torch.from_numpy(images.labels)
    with torch.no_grad():
        offset = torch.cat([colour(part).mean((2, 3)) for part in x.split(8)])
    train_index.fit_spectrum(
        spectrum, train_index.raw_maps(spectrum, x), offset, labels, seed, train_index.SPECTRUM_SETTINGS
    )
    with torch.no_grad():
        module.mean.copy_(x.mean((0, 2, 3), keepdim=True))
    card = _card(
        "index_network", module, seed,
        data=[_set("EuroSAT 13-band GeoTIFFs", images), _set("EuroSAT RGB JPEGs (colour branch)", lent)],
        cost={
            "seconds": round(perf_counter() - began, 1),
            "threads": torch.get_num_threads(),
            "epochs": train_index.COLOUR_SETTINGS.epochs,
        },
        metrics=fold_quality(found)
        | {"colour_branch_validation_accuracy": proportion(alone.argmax(1) == validation.labels)}
        | {"colour_branch_alone_13_bands": proportion(offset.argmax(1).numpy() == images.labels)},
        temperature=_temperature(found),
        notes=[
            FEW.format(n=len(images)),
            RANDOM_SPLIT,
            f"The colour branch was fitted on {len(lent)} RGB JPEGs, none of which exists with 13 bands; the spectral "
            "branch on the 13-band patches. In the folds only the spectral branch is fitted anew.",
            f"Five folds, {seeds} times (other folds and another start); the interval resamples patches.",
            *train_index.VARIANTS,
        ],
        extra={"settings": train_index.SPECTRUM_SETTINGS.__dict__, "colour": train_index.COLOUR_SETTINGS.__dict__},
    )  # fmt: skip
    return card, np.concatenate([images.fingerprints, lent.fingerprints])


def proportion(right: np.ndarray) -> dict[str, Any]:
    """Return a share with its Wilson interval, as a row of a card."""
    low, high = wilson(right.sum(), len(right))
    return _rounded(value=right.mean(), low=low, high=high, n=len(right))


def quality(logits: np.ndarray, labels: np.ndarray, temperature: float) -> dict[str, Any]:
    """Return accuracy, macro-F1, calibration error before and after, Brier score and log loss, with intervals."""
    raw, calibrated = scores.probabilities(logits), scores.probabilities(logits, temperature)
    predicted = logits.argmax(1)

    def row(statistic: Callable[..., float], *columns: np.ndarray) -> dict[str, Any]:
        low, high = scores.bootstrap(statistic, *columns, draws=300)
        return _rounded(value=statistic(*columns), low=low, high=high, n=len(labels))

    return {
        "accuracy": proportion(predicted == labels),
        "macro_f1": row(scores.macro_f1, labels, predicted),
        "ece_uncalibrated": row(scores.calibration_error, raw, labels),
        "ece": row(scores.calibration_error, calibrated, labels),
        "ece_equal_width": row(lambda p, y: scores.calibration_error(p, y, kind="width"), calibrated, labels),
        "brier": row(scores.brier, calibrated, labels),
    }


def fold_quality(found: OutOfFold) -> dict[str, Any]:
    """Return what the folds say: accuracy (interval over patches), spread of the folds, F1, calibration."""
    low, high = scores.bootstrap(np.mean, found.right, draws=2000)
    n, seeds = len(found.labels), len(found.logits)
    labels = np.tile(found.labels, seeds)
    logits = found.logits.reshape(n * seeds, -1)
    calibrated = calibrate_across(found)
    return {
        "accuracy": _rounded(value=found.right.mean(), low=low, high=high, n=n),
        "fold_deviation": _rounded(
            value=found.fold_accuracies.std(), low=None, high=None, n=found.fold_accuracies.size
        ),
        "macro_f1": _rounded(value=scores.macro_f1(labels, logits.argmax(1)), low=None, high=None, n=n),
        "ece_uncalibrated": _rounded(
            value=scores.calibration_error(scores.probabilities(logits), labels, bins=5),
            low=None,
            high=None,
            n=n,
        ),
        "ece": _rounded(value=scores.calibration_error(calibrated, labels, bins=5), low=None, high=None, n=n),
    }


def calibrate_across(found: OutOfFold) -> np.ndarray:
    """Return probabilities (seeds * n, classes), each fold calibrated by the temperature of the other folds."""
    parts = []
    for logits, fold in zip(found.logits, found.fold, strict=True):
        probability = np.empty_like(logits)
        for number in np.unique(fold):
            here = fold == number
            temperature = scores.fit_temperature(logits[~here], found.labels[~here])
            probability[here] = scores.probabilities(logits[here], temperature)
        parts.append(probability)
    return np.concatenate(parts)


def _temperature(found: OutOfFold) -> float:
    return scores.fit_temperature(
        found.logits.reshape(-1, len(CLASSES)), np.tile(found.labels, len(found.logits))
    )


def tables(logits: np.ndarray, labels: np.ndarray) -> dict[str, Any]:
    """Return the per-class table and the confusion counts as plain lists for a card."""
    counts = scores.confusion(labels, logits.argmax(1), CLASSES)
    return {
        "per_class": scores.per_class(counts).round(4).reset_index().to_dict("records"),
        "confusion": counts.to_numpy().tolist(),
    }


def _card(model: str, module: nn.Module, seed: int, **parts: Any) -> Card:
    return Card(
        model=model, room="landcover", seed=seed, code_version=results.code_version(), torch=torch.__version__,
        date=datetime.now(UTC).date().isoformat(), parameters=weights.count(module),
        stored=weights.HALF, **parts,
    )  # fmt: skip


def _set(name: str, images: Images) -> dict[str, Any]:
    return {
        "name": name,
        "licence": "MIT (EuroSAT, Helber et al. 2019)",
        "sha256": images.content,
        "n": len(images),
    }


def _needed(images: Images, what: str, root: Path, least: int) -> Images:
    if len(images) == 0:
        raise Unavailable(
            "no_training_data", "There is no {what} in {folder}; fetch it: python -m eogen fetch --room landcover",
            what=what, folder=str(root),
        )  # fmt: skip
    if len(images) < least:
        raise InputError(
            "too_few_images", "{folder} holds {found} images of {what}; training needs at least {least}.",
            folder=str(root), found=len(images), what=what, least=least,
        )  # fmt: skip
    return images


def _rounded(**row: Any) -> dict[str, Any]:
    return {key: round(float(v), 4) if isinstance(v, float | np.floating) else v for key, v in row.items()}
