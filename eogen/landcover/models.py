"""The networks of the room: name -> how it is built, what it sees, where its weights lie."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from torch import nn

from eogen.errors import InputError, Unavailable
from eogen.landcover import train_index, train_ms, train_rgb
from eogen.landcover.bands import ALL, CLASSES, RGB
from eogen.landcover.classifier import Classifier
from eogen.nn import weights

#: Where the committed weights of the room lie.
FOLDER = Path(__file__).resolve().parents[2] / "assets" / "weights" / "landcover"


@dataclass(frozen=True)
class ModelSpec:
    """One network.

    Attributes:
        name: stable; the page and the command line use it.
        bands: it needs.
        build: returns the untrained module.
        largest: number of parameters it may have.
        additive: whether ``module.evidence`` exists and adds up to the logit.
        paper: where the idea comes from.
    """

    name: str
    bands: tuple[str, ...]
    build: Callable[[], nn.Module]
    largest: int
    additive: bool
    paper: str

    @property
    def path(self) -> Path:
        """Where its committed weights lie."""
        return FOLDER / f"{self.name}.safetensors"


MODELS: dict[str, ModelSpec] = {
    spec.name: spec
    for spec in (
        ModelSpec("rgb_cnn", RGB, train_rgb.build, 300_000, False, "He et al. 2016; Helber et al. 2019"),
        ModelSpec(
            "ms_cnn", ALL, train_ms.build, 170_000, False, "Simonyan & Zisserman 2015; Helber et al. 2019"
        ),
        ModelSpec(
            "index_network", ALL, train_index.build, 20_000, True, "Zhou et al. 2016 (class activation maps)"
        ),
    )
}


def spec(name: str) -> ModelSpec:
    """Return the row of ``name``.

    Raises:
        InputError: ``unknown_model``.
    """
    if name not in MODELS:
        raise InputError("unknown_model", "There is no model '{name}'; there are {known}.",
                         name=name, known=", ".join(MODELS))  # fmt: skip
    return MODELS[name]


def load(name: str, path: Path | None = None) -> Classifier:
    """Return the trained network ``name``, from ``path`` or from the committed weights.

    Raises:
        InputError: ``unknown_model``, or what :func:`eogen.nn.weights.load` says of a damaged file.
        Unavailable: ``no_model_weights``, with the command that makes them.
    """
    row = spec(name)
    module = row.build()
    try:
        card = weights.load(module, path or row.path)
    except Unavailable as error:
        raise Unavailable(
            "no_model_weights",
            "The weights of {name} are not on this machine; make them with: {command}",
            name=name,
            command=f"python -m eogen train landcover {name}",
        ) from error
    return Classifier(name, module, row.bands, CLASSES, card)


def weights_stamp(name: str) -> str:
    """Return a cheap text that changes when the committed weights of ``name`` do (for cache keys)."""
    path = spec(name).path
    if not path.exists():
        return "none"
    found = path.stat()
    return f"{found.st_mtime_ns}-{found.st_size}"


def seen(name: str, sha256: str) -> bool:
    """Return whether the committed weights of ``name`` were fitted or chosen on the file with this SHA-256 (hex).

    Weights remember the first 64 bits of the hash of every sample; a chance match has odds of 1 in 10^15.

    Raises:
        InputError: ``unknown_model``.
    """
    path = spec(name).path
    return path.exists() and int(sha256[:16], 16) in _known(path, weights_stamp(name))


@lru_cache(maxsize=8)
def _known(path: Path, stamp: str) -> frozenset[int]:
    """Return the fingerprints in the weights at ``path``; ``stamp`` renews the cache when they change."""
    prints = weights.beside(path)["fingerprints"].numpy().view(np.uint64)
    return frozenset(prints.tolist())
