"""``python -m eogen train rain MODEL``: rebuild the committed weights and their cards from seeds.

Everything is simulated: no file is read, no radar, no gauge, so that what is measured on real days is measured on days
no model has seen. Models learn from one set of seeds; intervals and the figures of the card come from another; a third
is for ``python -m eogen evaluate rain`` alone.
"""

from __future__ import annotations

import inspect
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from time import perf_counter

import torch

from eogen import results
from eogen.errors import InputError
from eogen.nn import weights
from eogen.nn.weights import Card
from eogen.progress import Progress, silent
from eogen.rain import kept
from eogen.rain.examples import TARGETS, Examples
from eogen.rain.methods import METHODS, Method
from eogen.rain.models import MODELS
from eogen.rain.score_model import ScoreModel
from eogen.rain.skill import skill

#: ``python -m eogen train rain`` asks for no folder of data.
NEEDS_DATA = False
#: Seeds of simulated days (one day each): to learn from; for intervals and the card.
TRAIN, CALIBRATION = range(10000, 10480), range(20000, 20120)
#: Draws of the intervals on the card.
DRAWS = 200


def train(
    model: str,
    data: Path | None,
    out: Path,
    *,
    seed: int = 0,
    resume: bool = True,
    progress: Progress = silent,
) -> Card:
    """Fit a model on simulated days and write its weights and card into ``out``.

    Args:
        model: a method with weights (:data:`eogen.rain.models.MODELS`).
        data: never read; every room's function has it.
        out: folder; gets ``<model>.safetensors`` and ``<model>.json``.
        seed: of everything random but the days, which are the same for every seed.
        resume: go on where a killed run stopped (``<model>.ckpt`` in ``out``), where the method can.
        progress: stages ``simulate`` and ``fit``; may raise ``Cancelled``.

    Raises:
        InputError: ``rain_model``.
    """
    if model not in MODELS:
        raise InputError(
            "rain_model",
            "There is no rain model called {name}; there are: {known}.",
            name=model, known=", ".join(MODELS),
        )  # fmt: skip
    method = METHODS[model]
    run = "early" if method.real_time else "late"
    days, apart = _days(run, progress)
    checkpoint = out / f"{model}.ckpt"
    began = perf_counter()
    options = {"calibration": apart, "checkpoint": checkpoint, "resume": resume}
    fitted = method.fit(days, seed, progress, **_taken(method, options))
    assert isinstance(fitted, ScoreModel)  # a method with weights is one
    seconds = perf_counter() - began
    fitted.remember(days, apart, seed)
    card = Card(
        model=model,
        room="rain",
        data=[
            {
                "name": f"simulated days, {run} run, seeds {seeds[0]}-{seeds[-1]} (eogen.rain.simulate)",
                "licence": "CC0-1.0",
                "sha256": "",
                "n": len(examples),
            }
            for seeds, examples in ((TRAIN, days), (CALIBRATION, apart))
        ],
        seed=seed,
        code_version=results.code_version(),
        torch=torch.__version__,
        date=datetime.now(UTC).date().isoformat(),
        parameters=weights.count(fitted),
        cost={"seconds": round(seconds, 1), "threads": torch.get_num_threads()},
        metrics=metrics(fitted, apart),
        notes=[
            f"Figures are of the {len(apart)} maps of {len(CALIBRATION)} simulated days whose seeds no model learnt "
            "from, but on which choices of design were made; the test seeds are the evaluation's.",
            "No real map, radar or gauge was read.",
        ],
        extra={"clusters": fitted.clusters, "largest_share": _largest(fitted), "run": run},
    )
    weights.save(fitted, out / f"{model}.safetensors", card)
    checkpoint.unlink(missing_ok=True)
    return card


def metrics(model: ScoreModel, apart: Examples) -> dict[str, dict[str, float | int]]:
    """Return how well scores are told on examples: ``<score>_r2`` and ``_spearman``, of the head and of the clusters.

    A key that begins with ``cluster_`` is of the mean score of the map's cluster, the others of the head (none for a
    model that is not aware). Intervals of 90 % are by days drawn again.
    """
    told = model.predict(apart)
    kinds = {"cluster_": told.cluster_scores}
    if model.head is not None:
        kinds[""] = told.scores
    found: dict[str, dict[str, float | int]] = {}
    for prefix, table in kinds.items():
        for target in TARGETS:
            figures = skill(
                apart.scores[target].to_numpy(), table[target].to_numpy(), apart.days, draws=DRAWS
            )
            for kind in ("r2", "spearman"):
                value, low, high = figures[kind]
                found[f"{prefix}{target}_{kind}"] = {
                    "value": value,
                    "low": low,
                    "high": high,
                    "n": figures["n"],
                }
    return found


#: The days of the last call: several models are often trained in a row.
_KEPT: dict[str, tuple[Examples, Examples]] = {}


def _days(run: str, progress: Progress) -> tuple[Examples, Examples]:
    if run not in _KEPT:
        _KEPT.clear()
        _KEPT[run] = (
            kept.examples(TRAIN, run, progress=progress),
            kept.examples(CALIBRATION, run, progress=progress),
        )
    return _KEPT[run]


def _taken(method: Method, options: dict[str, object]) -> dict[str, object]:
    """Return those of the options that the method's function has."""
    module, _, function = method.where.partition(":")
    has = inspect.signature(getattr(import_module(f"eogen.rain.{module}"), function)).parameters
    return {name: value for name, value in options.items() if name in has}


def _largest(model: ScoreModel) -> float:
    """Return the share of the training maps in the fullest cluster."""
    return float(model.cluster_count.max() / model.cluster_count.sum().clamp(min=1))
