"""Does an explanation forget when the model does? Compare with the same explanation of a twin that learnt nothing."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np

from eogen.landcover.methods import needs
from eogen.landcover.sanity import Measured, randomised, rank_correlation
from eogen.landcover.series.methods import EXPLANATIONS


def untrained(model: Any, *, seed: int = 0) -> Any:
    """Return a copy of a network of series whose layers have forgotten what they learnt (the model is only read).

    Its module is :func:`eogen.landcover.sanity.randomised`. For a forest fit one on shuffled labels instead.

    Raises:
        InputError: ``method_needs`` for a model without a module.
    """
    if not hasattr(model, "module"):
        raise needs("untrained", "gradients")
    twin = copy.copy(model)
    twin.module = randomised(model.module, seed=seed)
    return twin


def randomisation(
    importance: np.ndarray,
    twin: Any,
    explanation: str,
    series: np.ndarray,
    target: np.ndarray,
    *,
    background: np.ndarray,
    seed: int = 0,
) -> Measured:
    """Return ``|Spearman|`` between each series' explanation and that of a twin (Adebayo et al. 2018), averaged.

    Near 0: the explanation shows what was learnt. Near 1: it was there before learning. With few months chance alone
    is far from 0: :func:`chance` says how far.

    Args:
        importance: (n, month) or (n, month, band) of the model.
        twin: a model that learnt nothing, of the same months, bands and classes.
        explanation: row of ``EXPLANATIONS``.
        series, target, background: as of every explanation.
        seed: of the explanation.
    """
    other = EXPLANATIONS[explanation].run(twin, series, target, background=background, seed=seed)
    return Measured.of([abs(rank_correlation(a, b)) for a, b in zip(importance, other, strict=True)])


def chance(parts: int, *, draws: int = 2000, seed: int = 0) -> float:
    """Return the mean ``|Spearman|`` of two unrelated orders of so many parts (12 months: about 0.24)."""
    generator = np.random.default_rng(seed)
    ranks = np.argsort(generator.random((2, draws, parts)), axis=2) - (parts - 1) / 2
    return float(np.abs((ranks[0] * ranks[1]).sum(1) / (ranks[0] ** 2).sum(1)).mean())
