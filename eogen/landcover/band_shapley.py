"""Which bands mattered: Shapley values of spectral groups (exact) and of single bands.

A coalition of bands is worth the model's answer when every other band is replaced by its training mean. The
values add up to ``answer(image) - answer(mean image)`` (Shapley 1953).
"""

from __future__ import annotations

from itertools import pairwise
from math import factorial

import numpy as np
import torch
import xarray as xr

from eogen.landcover.bands import BANDS, GROUPS
from eogen.landcover.question import OUTPUTS, Question


def _worth(question: Question, coalitions: np.ndarray, members: np.ndarray) -> np.ndarray:
    """Score coalitions (n, players); ``members`` (players, bands) says which bands a player owns."""
    keep = torch.from_numpy(coalitions.astype(bool) @ members.astype(bool))
    return question.masked(keep[:, :, None, None])


def _subsets(players: int) -> np.ndarray:
    """Return all subsets as rows of booleans; row k holds the bits of k."""
    return (np.arange(2**players)[:, None] >> np.arange(players)) & 1 > 0


def exact_values(worth: np.ndarray) -> np.ndarray:
    """Return the Shapley values of a game from the worth of all subsets, in the order of :func:`_subsets`.

    >>> exact_values(np.array([0.0, 1.0, 2.0, 4.0]))  # two players: 1 and 2 alone, 4 together
    array([1.5, 2.5])
    """
    players = int(np.log2(len(worth)))
    inside = _subsets(players)
    size = inside.sum(1)
    weight = np.array([factorial(s) * factorial(players - s - 1) for s in range(players)]) / factorial(
        players
    )
    values = np.empty(players)
    for i in range(players):
        without = np.flatnonzero(~inside[:, i])
        values[i] = weight[size[without]] @ (worth[without + (1 << i)] - worth[without])
    return values


def _result(
    question: Question, values: np.ndarray, names: list[str], dimension: str, ends: np.ndarray
) -> xr.Dataset:
    """Pack values with names, wavelengths and units."""
    unit = OUTPUTS[question.output]
    members = [[b for b in question.bands if b == n or BANDS[b].group == n] for n in names]
    data = xr.Dataset(
        {
            "shapley": (
                dimension,
                values.astype(np.float64),
                {"units": unit, "long_name": f"share of the {question.output}"},
            )
        },
        coords={
            dimension: names,
            "wavelength": (
                dimension,
                [float(np.mean([BANDS[b].wavelength for b in m])) for m in members],
                {"units": "nm"},
            ),
        },
        attrs={"output": question.output, "empty": float(ends[0]), "full": float(ends[1])},
    )
    data[dimension].attrs["long_name"] = "spectral group" if dimension == "group" else "band"
    if dimension == "group":
        data["bands"] = ("group", [" ".join(m) for m in members])
    else:
        data["group"] = ("band", [BANDS[b].group for b in names])
    return data


def group_shapley(question: Question) -> xr.Dataset:
    """Exact Shapley values of the spectral groups the model sees: 2^5 = 32 forward passes in one batch."""
    names = [g for g in GROUPS if any(BANDS[b].group == g for b in question.bands)]
    members = np.array([[BANDS[b].group == g for b in question.bands] for g in names])
    worth = _worth(question, _subsets(len(names)), members)
    return _result(question, exact_values(worth), names, "group", worth[[0, -1]])


def band_shapley_exact(question: Question) -> xr.Dataset:
    """Exact Shapley values of every band: 2^13 = 8,192 forward passes, about half a minute for 13 bands."""
    count = len(question.bands)
    worth = _worth(question, _subsets(count), np.eye(count, dtype=bool))
    return _result(question, exact_values(worth), list(question.bands), "band", worth[[0, -1]])


def band_shapley(question: Question, *, permutations: int = 28) -> xr.Dataset:
    """Shapley values of every band by random orders, each walked forwards and backwards.

    Walking both ways (antithetic, Mitchell et al. 2022) cancels most of the noise; coalitions met twice are
    scored once. The values add up exactly whatever the number of orders. Few bands (at most six) are exact.
    """
    count = len(question.bands)
    if 2**count <= permutations * (count - 1):
        return band_shapley_exact(question)
    generator = np.random.default_rng(question.seed)
    forwards = [generator.permutation(count) for _ in range(-(-permutations // 2))]
    orders = forwards + [order[::-1] for order in forwards]
    # A coalition is the integer whose bits are its bands.
    walks = np.array([np.concatenate([[0], np.cumsum(1 << order)]) for order in orders])
    codes, where = np.unique(walks, return_inverse=True)
    worth = _worth(question, (codes[:, None] >> np.arange(count)) & 1 > 0, np.eye(count, dtype=bool))
    scored = worth[where].reshape(walks.shape)
    values = np.zeros(count)
    for order, score in zip(orders, scored, strict=True):
        values[order] += np.array([after - before for before, after in pairwise(score)])
    return _result(question, values / len(orders), list(question.bands), "band", worth[[0, -1]])
