"""The trained networks: how each is built, and its weights on disk."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from torch import nn

from eogen.change.networks import Conditional, Masked, Velocity
from eogen.errors import InputError
from eogen.nn import weights
from eogen.nn.weights import Card

FOLDER = Path(__file__).resolve().parents[2] / "assets" / "weights" / "change"

MODELS: dict[str, Callable[[], nn.Module]] = {
    "flow": Velocity,
    "masked": Masked,
    "conditional": Conditional,
}


def build(name: str) -> nn.Module:
    """Return the untrained network.

    Raises:
        InputError: ``change_model``.
    """
    if name not in MODELS:
        raise InputError(
            "change_model",
            "There is no change model called {name}; there are: {known}.",
            name=name, known=", ".join(MODELS),
        )  # fmt: skip
    return MODELS[name]()


@lru_cache(maxsize=len(MODELS))
def load(name: str) -> tuple[nn.Module, Card]:
    """Return a trained network in eval mode and its card.

    Raises:
        InputError: ``change_model``.
        Unavailable: ``no_model_weights`` when its weights are not on this machine.
    """
    network = build(name)
    card = weights.load(network, FOLDER / f"{name}.safetensors")
    network.eval()
    return network, card
