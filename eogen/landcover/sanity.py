"""Checks an explanation must pass before it is believed: it forgets a model that forgot, it survives noise,
it looks at the right tile, it points at the known evidence, and it agrees (or not) with the other methods.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
import xarray as xr
from torch import nn

from eogen.errors import InputError
from eogen.landcover.methods import answer
from eogen.landcover.question import Explainable, Question, ask


@dataclass(frozen=True)
class Measured:
    """A mean over repeats or cases.

    Attributes:
        value: the mean.
        error: its standard error; NaN for one.
        n: how many.
        unit: of the value.
    """

    value: float
    error: float
    n: int
    unit: str = "1"

    @classmethod
    def of(cls, values: Sequence[float], unit: str = "1") -> Measured:
        """Average values, leaving out those that are NaN."""
        kept = np.asarray(values, float)
        kept = kept[~np.isnan(kept)]
        if not len(kept):
            return cls(float("nan"), float("nan"), 0, unit)
        error = kept.std(ddof=1) / np.sqrt(len(kept)) if len(kept) > 1 else np.nan
        return cls(float(kept.mean()), float(error), len(kept), unit)


def rank_correlation(a: np.ndarray, b: np.ndarray) -> float:
    """Return Spearman's correlation of two maps where both have values; 0 where one of them is constant."""
    import pandas as pd  # scipy.stats ranks too, and takes 30 MB of a server's memory

    both = ~(np.isnan(a) | np.isnan(b))
    ranks = [pd.Series(values[both]).rank().to_numpy() for values in (a, b)]
    if not both.any() or ranks[0].std() == 0 or ranks[1].std() == 0:
        return 0.0
    return float(np.corrcoef(*ranks)[0, 1])


def layers(module: nn.Module) -> list[str]:
    """Return the names of the layers that own weights, from the answer (top) down to the image."""
    owners = [
        name for name, part in module.named_modules() if any(True for _ in part.parameters(recurse=False))
    ]
    return owners[::-1]


def randomised(module: nn.Module, *, top: int | None = None, seed: int = 0) -> nn.Module:
    """Return a copy whose ``top`` upper layers (default: all) have forgotten what they learned.

    Layers that know how are initialised afresh (``reset_parameters``); the weights of others are drawn from a
    normal distribution of the same mean and spread. Standardisation stays. The module itself is only read.
    """
    twin = copy.deepcopy(module)
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(seed)
        for name in layers(twin)[:top]:
            part = twin.get_submodule(name)
            if isinstance(part, nn.BatchNorm2d):
                # Fresh batch norm must not standardise by statistics of weights that are gone.
                part.reset_running_stats()
            if hasattr(part, "reset_parameters"):
                part.reset_parameters()
            else:
                for weight in part.parameters(recurse=False):
                    spread = float(weight.std()) if weight.numel() > 1 else 1.0
                    weight.normal_(float(weight.mean()), spread)
    return twin.eval().requires_grad_(False)


def randomisation(
    question: Question,
    method: str,
    evidence: np.ndarray,
    *,
    top: int | None = None,
    repeats: int = 3,
    **parameters: object,
) -> Measured:
    """Return ``|Spearman|`` between a map and the maps of randomised copies (Adebayo et al. 2018).

    Near 0: the map shows what was learned. Above 0.5: most of it was there before learning.
    """
    found = []
    for repeat in range(repeats):
        twin = replace(question, module=randomised(question.module, top=top, seed=question.seed + repeat))
        found.append(abs(rank_correlation(evidence, answer(twin, method, **parameters))))
    return Measured.of(found)


def noise_stability(
    question: Question,
    method: str,
    evidence: np.ndarray,
    *,
    noise: float = 0.05,
    repeats: int = 3,
    **parameters: object,
) -> Measured:
    """Return the relative change of a map, ``|e' - e| / |e|``, under Gaussian noise on the image.

    ``noise`` is in standard deviations of each band over the image (0.05: barely visible). 0 is a still map.
    NaN where the map is zero everywhere.
    """
    size = float(np.linalg.norm(evidence))
    generator = question.generator()
    spread = question.x.std((2, 3), keepdim=True)
    found = []
    for _ in range(repeats):
        shift = noise * spread * torch.randn(question.x.shape, generator=generator)
        noisy = replace(question, x=question.x + shift)
        change = float(np.linalg.norm(answer(noisy, method, **parameters) - evidence))
        found.append(change / size if size else np.nan)
    return Measured.of(found)


@dataclass(frozen=True)
class Checks:
    """Sanity and stability of one map (both dimensionless, lower is better)."""

    sanity: Measured
    stability: Measured


def check(
    classifier: Explainable,
    image: xr.DataArray,
    target: str | int,
    method: str,
    *,
    repeats: int = 3,
    top: int | None = None,
    noise: float = 0.05,
    seed: int = 0,
    output: str = "logit",
    **parameters: object,
) -> Checks:
    """Measure randomisation and noise stability of one method on one image.

    Raises:
        InputError: as :func:`eogen.landcover.methods.explain`.
    """
    with classifier.exclusive() as module:
        question = ask(classifier, module, image, target, output=output, seed=seed)
        evidence = answer(question, method, **parameters)
        return Checks(
            randomisation(question, method, evidence, top=top, repeats=repeats, **parameters),
            noise_stability(question, method, evidence, noise=noise, repeats=repeats, **parameters),
        )


def mosaic(right: Sequence[xr.DataArray], wrong: Sequence[xr.DataArray], seed: int = 0) -> tuple:
    """Lay two images of the class and two of another on a 2 x 2 mosaic, in random places.

    Returns:
        the mosaic as DataArray and the boolean mask (y, x) of the right tiles.

    Raises:
        InputError: ``mosaic_tiles`` unless two and two images of one shape and the same bands are given.
    """
    tiles = [*right, *wrong]
    if len(right) != 2 or len(wrong) != 2 or len({t.shape for t in tiles}) != 1:
        raise InputError(
            "mosaic_tiles",
            "A mosaic needs two images of the class and two of another, all of one shape; given: {given}.",
            given=", ".join(str(t.shape) for t in tiles) or "none",
        )
    place = np.random.default_rng(seed).permutation(4)
    laid = [tiles[i].values for i in place]
    values = np.concatenate([np.concatenate(laid[:2], axis=2), np.concatenate(laid[2:], axis=2)], axis=1)
    height, width = tiles[0].shape[1:]
    mask = np.kron((place < 2).reshape(2, 2), np.ones((height, width), bool)).astype(bool)
    picture = xr.DataArray(
        values,
        {"band": tiles[0]["band"].values, "y": np.arange(2 * height), "x": np.arange(2 * width)},
        ("band", "y", "x"),
        name="reflectance",
        attrs={"units": "1", "origin": tiles[0].attrs.get("origin", "unknown"), "source": "mosaic"},
    )
    return picture, mask


def share(evidence: np.ndarray, mask: np.ndarray) -> float:
    """Return the share of the positive evidence inside a mask; NaN where there is none.

    For two right tiles of four this is the focus score (Arias-Duart et al. 2022), chance 0.5.
    """
    positive = np.nan_to_num(np.maximum(evidence, 0))
    return float(positive[mask].sum() / positive.sum()) if positive.sum() > 0 else float("nan")


def hit(evidence: np.ndarray, mask: np.ndarray, tolerance: int = 2) -> bool:
    """Return whether the maximum lies within ``tolerance`` pixels (Euclidean) of a mask (pointing game).

    Zhang et al. 2018. A constant map points nowhere: False. A mask without a pixel is never hit.
    """
    from scipy.ndimage import distance_transform_edt

    if not mask.any() or np.nanmax(evidence) == np.nanmin(evidence):
        return False
    peak = np.unravel_index(np.nanargmax(evidence), evidence.shape)
    return bool(distance_transform_edt(~mask)[peak] <= tolerance)


def agreement(maps: dict[str, np.ndarray]) -> xr.DataArray:
    """Return Spearman's correlation of every pair of maps, over "one" and "other"."""
    names = list(maps)
    matrix = [[1.0 if a == b else rank_correlation(maps[a], maps[b]) for b in names] for a in names]
    return xr.DataArray(
        np.array(matrix),
        {"one": names, "other": names},
        ("one", "other"),
        name="rank_correlation",
        attrs={"units": "1", "n": next(iter(maps.values())).size},
    )
