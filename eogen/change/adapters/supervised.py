"""A supervised change model that the user brings: a torch class they can import, and its state as safetensors.

``supervised/model.toml`` in the models folder says what it is::

    class = "my_models:Change"        # an importable module:class; it is called with [settings] as keyword arguments
    weights = "model.safetensors"     # every tensor of the class, and no other
    bands = ["red", "green", "blue"]  # names of the sensor, or common names
    divide = 255                      # what is given is (value / divide - mean) / deviation
    mean = [0.485, 0.456, 0.406]
    deviation = [0.229, 0.224, 0.225]
    window = 256                      # pixels on a side
    inputs = "pair"                   # model(before, after); or "stacked": model(both along the bands)

    [settings]
    backbone = "resnet50"

The model answers (1, 1, y, x) logits of change, or (1, 2, y, x) logits of no change and change; of a tuple the first
is taken. The score is -log p(no change), the mean of both orders of the dates.

HySCDG (Benidir et al. 2025, IGN) fits without a word more in its binary form, a U-Net of six input channels and two
classes: ``inputs = "stacked"`` and its state saved from the Lightning checkpoint with ``safetensors.torch.save_model``.
Its semantic form (two networks, the change one given the difference of the semantic features) needs a class of a few
lines that holds both and returns the change logits.

Exported programs (``.pt2``, TorchScript) are not read: ``torch.export.load`` falls back to an unrestricted unpickler.
The class is code that the user installed and named; nothing in the models folder is run.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from eogen.change.adapters.checkpoint import fingerprint, stamp, tensors
from eogen.change.adapters.folder import require
from eogen.change.adapters.tiles import dense
from eogen.change.problem import Answer, Problem, symmetric
from eogen.change.sensors import SENSORS
from eogen.errors import InputError
from eogen.nn import weights
from eogen.progress import Progress, silent


@dataclass(frozen=True)
class Manifest:
    """What ``model.toml`` says; see the module."""

    where: str
    weights: str
    bands: tuple[str, ...] = ("red", "green", "blue")
    divide: float = 255.0
    mean: tuple[float, ...] = ()
    deviation: tuple[float, ...] = ()
    window: int = 256
    inputs: str = "pair"
    settings: Mapping[str, Any] = field(default_factory=dict)


def likelihood(question: Problem, seed: int = 0, progress: Progress = silent) -> Answer:
    """Return -log p(no change) of each pixel under the user's model.

    Raises:
        Unavailable: ``change_model_absent``.
        InputError: ``change_manifest``, ``change_class``, ``change_bands``, ``change_model_output`` and those of
            strict loading.
    """
    (path,) = require("supervised")
    manifest = read(path)
    file = path.parent / manifest.weights
    network = _load(manifest_key(manifest), stamp(file))
    names = [SENSORS.get(question.sensor, {}).get(band, band) for band in question.bands]
    if lacking := [band for band in manifest.bands if band not in names and band not in question.bands]:
        raise InputError(
            "change_bands", "{method} needs the bands {needed}; the images have {found}.",
            method="supervised", needed=", ".join(lacking), found=", ".join(question.bands),
        )  # fmt: skip
    picks = [names.index(b) if b in names else question.bands.index(b) for b in manifest.bands]
    mean, deviation = (np.array(v or d, np.float32).reshape(-1, 1, 1)
                       for v, d in ((manifest.mean, (0.0,)), (manifest.deviation, (1.0,))))  # fmt: skip

    def cells(before: np.ndarray, after: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            one, two = (torch.from_numpy(image[None]) for image in (before, after))
            said = network(torch.cat([one, two], 1)) if manifest.inputs == "stacked" else network(one, two)
            return surprise(said, manifest.window).numpy()

    def forwards(asked: Problem) -> Answer:
        one, two = (
            ((image[picks] / manifest.divide - mean) / deviation).astype(np.float32) for image in asked.raw
        )
        return Answer(
            dense(one, two, cells, window=manifest.window, overlap=manifest.window // 4, progress=progress)
        )

    answer = symmetric(forwards, question)
    facts = {"weights": file.name, "sha256": fingerprint(file), "class": manifest.where}
    return Answer(answer.nll, answer.parts, facts)


def surprise(said: object, window: int) -> Tensor:
    """Return -log p(no change) (window, window) of what a model said, in one stable step from its logits.

    Raises:
        InputError: ``change_model_output``.
    """
    logits = said[0] if isinstance(said, (tuple, list)) and said else said
    if isinstance(logits, Tensor) and logits.shape == (1, 1, window, window):
        return F.softplus(logits[0, 0].float())
    if isinstance(logits, Tensor) and logits.shape == (1, 2, window, window):
        return F.softplus(logits[0, 1].float() - logits[0, 0].float())
    raise InputError(
        "change_model_output",
        "For a window of {window} pixels the model gave {found}; {expected} finite values were expected.",
        window=window, expected=f"1 × 1 × {window} × {window} / 1 × 2 × {window} × {window}",
        found=" × ".join(map(str, logits.shape)) if isinstance(logits, Tensor) else type(logits).__name__,
    )  # fmt: skip


def read(path: Path) -> Manifest:
    """Return what a ``model.toml`` says.

    Raises:
        InputError: ``change_manifest``, with what is wrong.
    """
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise _wrong(path, str(error)) from error
    given["where"] = given.pop("class", "")
    known = {f.name for f in fields(Manifest)}
    if unknown := sorted(set(given) - known):
        raise _wrong(path, f"{', '.join(unknown)}: not known")
    if not (isinstance(given["where"], str) and given["where"].count(":") == 1):
        raise _wrong(path, 'class = "module:Class" is needed')
    name = given.get("weights")
    if not (isinstance(name, str) and name.endswith(".safetensors") and Path(name).name == name):
        raise _wrong(path, 'weights = "name.safetensors", a file beside it, is needed')
    lists = {k: given[k] for k in ("bands", "mean", "deviation") if k in given}
    if wrong := [k for k, v in lists.items() if not isinstance(v, list)]:
        raise _wrong(path, f"{', '.join(wrong)}: a list is needed")
    made = Manifest(**given | {k: tuple(v) for k, v in lists.items()})
    count = len(made.bands)
    numbers = (made.divide, *made.mean, *made.deviation)
    if not count or not all(isinstance(band, str) for band in made.bands):
        raise _wrong(path, "bands: a list of names is needed")
    if not all(type(n) in (int, float) and np.isfinite(n) for n in numbers) or made.divide <= 0:
        raise _wrong(path, "divide, mean, deviation: finite numbers are needed, divide above 0")
    if {len(made.mean), len(made.deviation)} - {0, count} or min(made.deviation, default=1) <= 0:
        raise _wrong(path, f"mean, deviation: {count} numbers are needed, deviations above 0")
    if type(made.window) is not int or not 16 <= made.window <= 2048:
        raise _wrong(path, "window: 16 to 2048 pixels")
    if made.inputs not in ("pair", "stacked") or not isinstance(made.settings, dict):
        raise _wrong(path, 'inputs = "pair" or "stacked", and a table [settings]')
    if not (path.parent / made.weights).is_file():
        raise _wrong(path, f"there is no {made.weights} beside it")
    return made


def manifest_key(manifest: Manifest) -> tuple[str, str]:
    """Return what decides how a model is built, as a key for the cache: its class and its settings."""
    return manifest.where, json.dumps(dict(manifest.settings), sort_keys=True, default=str)


def _wrong(path: Path, reason: str) -> InputError:
    return InputError(
        "change_manifest", "{path} does not describe a model: {reason}.", path=str(path), reason=reason
    )


@lru_cache(maxsize=1)
def _load(how: tuple[str, str], file: tuple[str, int, int]) -> nn.Module:
    where, settings = how
    module, _, name = where.partition(":")
    try:
        network = getattr(import_module(module), name)(**json.loads(settings))
    except (ImportError, AttributeError, TypeError, ValueError) as error:
        raise InputError(
            "change_class",
            "The class {name} could not be made ({reason}). Its module must be importable (installed, or on "
            "PYTHONPATH) and its settings those of model.toml.",
            name=where, reason=f"{type(error).__name__}: {error}",
        ) from error  # fmt: skip
    if not isinstance(network, nn.Module):
        raise InputError(
            "change_class",
            "The class {name} could not be made ({reason}). Its module must be importable (installed, or on "
            "PYTHONPATH) and its settings those of model.toml.",
            name=where, reason="it is not a torch.nn.Module",
        )  # fmt: skip
    path = Path(file[0])
    weights.fill(network, tensors(path), path)
    return network.eval().requires_grad_(False)
