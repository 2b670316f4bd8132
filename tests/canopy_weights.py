"""Weights of the canopy that have learnt nothing, the same ones every time."""

from __future__ import annotations

from pathlib import Path

import torch

from eogen.canopy.methods import FAMILIES
from eogen.nn import weights


def untrained(folder: Path) -> Path:
    """Write the weights of three families there and return the folder."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        for name in ("flow", "independent", "field"):
            card = weights.Card(
                name, "canopy", [], 0, "test", torch="", date="2026-01-01", parameters=0, cost={}
            )
            weights.save(FAMILIES[name].build(), folder / f"{name}.safetensors", card)
    return folder
