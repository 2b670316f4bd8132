"""The trained networks: how each is built, and its weights on disk."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from torch import nn

from eogen.errors import InputError
from eogen.nn import weights
from eogen.nn.weights import Card
from eogen.ocean.methods import WEIGHTS
from eogen.ocean.networks import Denoiser, GappyVAE, Regressor, Velocity

FOLDER = WEIGHTS

MODELS: dict[str, Callable[[], nn.Module]] = {
    "hybrid": lambda: Velocity(hybrid=True),
    "unet": lambda: Regressor("context"),
    "flow_matching": lambda: Velocity(),
    "vae": lambda: GappyVAE(5, missingness=True),
    "repaint": lambda: Denoiser(conditional=False),
    "diffusion": lambda: Denoiser(conditional=True),
    "vconstruct": lambda: GappyVAE(1, missingness=False),
    "unet_drivers": lambda: Regressor("drivers"),
}


def build(name: str) -> nn.Module:
    """Return the untrained network.

    Raises:
        InputError: ``ocean_model``.
    """
    if name not in MODELS:
        raise InputError(
            "ocean_model",
            "There is no ocean model called {name}; there are: {known}.",
            name=name, known=", ".join(MODELS),
        )  # fmt: skip
    return MODELS[name]()


@lru_cache(maxsize=len(MODELS))
def load(name: str) -> tuple[nn.Module, Card]:
    """Return a trained network in eval mode and its card.

    Raises:
        InputError: ``ocean_model``.
        Unavailable: ``no_model_weights`` when its weights are not on this machine.
    """
    network = build(name)
    card = weights.load(network, FOLDER / f"{name}.safetensors")
    network.eval()
    return network, card
