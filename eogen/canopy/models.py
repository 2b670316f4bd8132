"""The trained networks of the room: where their weights lie, and the posterior any family gives to some pixels."""

from __future__ import annotations

from pathlib import Path

import torch

from eogen.canopy.encoder import Encoder
from eogen.canopy.methods import FAMILIES, family
from eogen.canopy.observation import Observation
from eogen.canopy.posteriors.base import Posterior
from eogen.canopy.posteriors.importance import ImportanceWeighted
from eogen.errors import Unavailable
from eogen.nn import weights
from eogen.nn.weights import Card

#: Where the committed weights of the room lie.
FOLDER = Path(__file__).resolve().parents[2] / "assets" / "weights" / "canopy"
#: The families that are trained (``python -m eogen train canopy``).
MODELS = {name: row for name, row in FAMILIES.items() if row.trained}


def path_of(name: str) -> Path:
    """Return where the weights of a family lie; those of its proposal where it has none of its own."""
    row = family(name)
    return FOLDER / f"{row.proposal or name}.safetensors"


def load(name: str, path: Path | None = None) -> tuple[Encoder, Card]:
    """Return the trained network of a family and its card, from ``path`` or from the committed weights.

    Raises:
        InputError: ``canopy_choice``, or what :func:`eogen.nn.weights.load` says of a damaged file.
        Unavailable: ``no_model_weights``, with the command that makes them.
    """
    row = family(name)
    module = row.build()
    try:
        card = weights.load(module, path or path_of(name))
    except Unavailable as error:
        raise Unavailable(
            "no_model_weights",
            "The weights of {name} are not on this machine; make them with: {command}",
            name=name,
            command=f"python -m eogen train canopy {row.proposal or name}",
        ) from error
    return module.eval().requires_grad_(False), card


def posterior(
    name: str, encoder: Encoder, seen: Observation, *, particles: int = 2048, seed: int = 0
) -> Posterior:
    """Return what a family believes of some pixels.

    Args:
        name: of the family.
        encoder: from :func:`load`.
        seen: the pixels.
        particles, seed: of the weighted draws, for families that weight.

    Raises:
        InputError: ``canopy_choice``, ``needs_b08``.
    """
    row = family(name)
    with torch.inference_mode():
        found = encoder(seen)
        if row.trained:
            return found
        return ImportanceWeighted(found, seen, noise=row.noise, particles=particles, seed=seed)


def weights_stamp(name: str) -> str:
    """Return a cheap text that changes when the committed weights of ``name`` do (for cache keys)."""
    path = path_of(name)
    if not path.exists():
        return "none"
    found = path.stat()
    return f"{found.st_mtime_ns}-{found.st_size}"
