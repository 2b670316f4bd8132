"""Shapley values of many series at once, by exact enumeration or by orders walked both ways."""

from __future__ import annotations

import numpy as np

from eogen.landcover.band_shapley import exact_values
from eogen.landcover.series.coalitions import Worth


def shapley(worth: Worth, players: int, *, permutations: int, seed: int = 0) -> np.ndarray:
    """Return (n, player) Shapley values, which add up to ``worth(all) - worth(none)`` exactly.

    Every order is walked forwards and backwards (antithetic; Mitchell et al. 2022, arXiv 2104.12199), and the orders
    are rotations of random ones: each player stands at each place equally often, as in a Latin square. That
    stratifies by coalition size, where Castro et al. (2009) draw at random. Coalitions met twice are asked once. Where
    all subsets are no dearer they are enumerated, and the values are exact.

    Args:
        worth: from presence (coalition, player) to (n, coalition).
        players: number of players.
        permutations: orders walked, rounded up to an even number.
        seed: of the orders.
    """
    if 2**players <= permutations * (players - 1) + 2:
        every = (np.arange(2**players)[:, None] >> np.arange(players)) & 1 > 0
        return np.array([exact_values(row) for row in worth(every)])
    forwards = orders(players, -(-permutations // 2), seed)
    both = np.concatenate([forwards, forwards[:, ::-1]])
    # At step k of an order its first k players are present; there may be more players than an integer has bits.
    turn = np.argsort(both, axis=1)
    walks = turn[:, None] < np.arange(players + 1)[:, None]
    packed = np.packbits(walks.reshape(-1, players), axis=1)
    _, first, where = np.unique(packed, axis=0, return_index=True, return_inverse=True)
    scores = worth(walks.reshape(-1, players)[first])
    steps = np.diff(scores[:, where.reshape(walks.shape[:2])], axis=2)
    values = np.zeros((len(steps), players))
    for order, step in zip(both, steps.transpose(1, 0, 2), strict=True):
        values[:, order] += step
    return values / len(both)


def orders(players: int, count: int, seed: int = 0) -> np.ndarray:
    """Return (count, player) orders: random ones, each followed by its rotations, evenly spread."""
    generator = np.random.default_rng(seed)
    found = []
    while len(found) < count:
        base = generator.permutation(players)
        turns = min(count - len(found), players)
        found += [np.roll(base, round(k * players / turns)) for k in range(turns)]
    return np.array(found)
