"""The trained models: how each is built, and its weights on disk."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import safetensors

from eogen.errors import InputError
from eogen.nn import weights
from eogen.nn.weights import Card
from eogen.rain.methods import METHODS
from eogen.rain.score_model import ScoreModel

FOLDER = Path(__file__).resolve().parents[2] / "assets" / "weights" / "rain"


def _builder(name: str) -> Callable[..., ScoreModel]:
    from importlib import import_module

    module = METHODS[name].where.partition(":")[0]
    return lambda **sizes: import_module(f"eogen.rain.{module}").build(name, **sizes)


#: Every method that has committed weights -> ``build(past=, calibration=)``: the untrained model.
MODELS: dict[str, Callable[..., ScoreModel]] = {
    row.name: _builder(row.name) for row in METHODS.values() if row.model
}


@lru_cache(maxsize=len(MODELS))
def load(name: str) -> tuple[ScoreModel, Card]:
    """Return a trained model in eval mode and its card.

    Raises:
        InputError: ``rain_model``.
        Unavailable: ``no_weights`` when its weights are not on this machine.
    """
    if name not in MODELS:
        raise InputError(
            "rain_model",
            "There is no rain model called {name}; there are: {known}.",
            name=name,
            known=", ".join(MODELS),
        )
    path = FOLDER / f"{name}.safetensors"
    sizes = {}
    if path.is_file():
        with safetensors.safe_open(path, framework="pt") as opened:
            held = set(opened.keys())
            for size, key in (("past", "past_seed"), ("calibration", "calibration_block")):
                if key in held:
                    sizes[size] = opened.get_slice(key).get_shape()[0]
    model = MODELS[name](**sizes)
    card = weights.load(model, path)
    model.eval()
    return model, card
