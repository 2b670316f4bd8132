"""How good a map of cells is: how near its prototypes lie, how well the grid keeps who is whose neighbour, how stable.

Nothing here looks at scores of rain: these judge any map of cells on any data.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
from sklearn.metrics import adjusted_rand_score

from eogen.rain.som_batch import apart, nearest

#: Cells whose centres are no further than this are neighbours: sides and corners, as in most published figures.
NEIGHBOUR = 1.5


def quantisation_error(data: np.ndarray, prototypes: np.ndarray) -> float:
    """Return the mean distance of data (n, d) to the nearest of the prototypes (cell, d)."""
    return float(nearest(data, prototypes)[1].mean())


def topographic_error(
    data: np.ndarray, prototypes: np.ndarray, grid: tuple[int, int], neighbour: float = NEIGHBOUR
) -> float:
    """Return the share of data whose nearest and second nearest prototypes are no neighbours (Kiviluoto 1996).

    Args:
        data: (n, d); prototypes: (cell, d), row by row of ``grid``.
        neighbour: largest distance on the grid that counts as neighbouring; 1 leaves corners out, and is harder.
    """
    pair = nearest(data, prototypes, 2)[0]
    return float((apart(grid)[pair[:, 0], pair[:, 1]] > neighbour).mean())


def topographic_product(prototypes: np.ndarray, grid: tuple[int, int]) -> float:
    """Return the topographic product (Bauer & Pawelzik 1992, IEEE Trans. Neural Netw. 3, 570) of prototypes (cell, d).

    0 where the order of distances between prototypes is that on the grid; below 0 where the grid has too few
    dimensions for the data, above 0 too many.
    """
    there, here = _distances(prototypes), apart(grid)
    cells = len(prototypes)
    total = 0.0
    for cell in range(cells):
        others = np.delete(np.arange(cells), cell)
        # Nearest others on the grid and among the prototypes; those equally far keep the order of the cells.
        on_grid = others[np.argsort(here[cell, others], kind="stable")]
        in_space = others[np.argsort(there[cell, others], kind="stable")]
        with np.errstate(divide="ignore", invalid="ignore"):
            first = np.log(there[cell, on_grid]) - np.log(there[cell, in_space])
            second = np.log(here[cell, on_grid]) - np.log(here[cell, in_space])
        ranks = np.arange(1, cells)
        total += float((np.cumsum(np.nan_to_num(first) + np.nan_to_num(second)) / (2 * ranks)).sum())
    return total / (cells * (cells - 1))


def u_matrix(prototypes: np.ndarray, grid: tuple[int, int]) -> np.ndarray:
    """Return (rows, columns) mean distance of each prototype to those of its direct neighbours (Ultsch 1993)."""
    near = np.isclose(apart(grid), 1)
    return ((_distances(prototypes) * near).sum(1) / near.sum(1)).reshape(grid)


def occupancy(cell: np.ndarray, cells: int) -> np.ndarray:
    """Return (cells,) the share of maps (n,) in each cell."""
    return np.bincount(cell, minlength=cells) / max(len(cell), 1)


def purity(cell: np.ndarray, kind: np.ndarray) -> float:
    """Return the share of maps that are of the commonest kind (n,) of their cell (n,)."""
    kinds, kind = np.unique(kind, return_inverse=True)
    table = np.zeros((int(cell.max(initial=0)) + 1, len(kinds)))
    np.add.at(table, (cell, kind.reshape(-1)), 1)
    return float(table.max(1).sum() / len(cell))


def stability(labellings: Sequence[np.ndarray]) -> float:
    """Return the mean adjusted Rand index (Hubert & Arabie 1985) of all pairs of labellings (n,) of the same maps."""
    return float(np.mean([adjusted_rand_score(a, b) for a, b in combinations(labellings, 2)]))


def smoothness(values: np.ndarray, grid: tuple[int, int]) -> float:
    """Return Moran's I (1950) of values (cell,) over direct neighbours: 1 a smooth gradient, about 0 no order.

    Cells without a value (NaN) are left out.
    """
    known = np.isfinite(values)
    near = np.isclose(apart(grid), 1)[np.ix_(known, known)]
    about = values[known] - values[known].mean()
    return float(known.sum() * (about @ near @ about) / (near.sum() * (about @ about)))


def _distances(prototypes: np.ndarray) -> np.ndarray:
    return np.sqrt(((prototypes[:, None] - prototypes[None]) ** 2).sum(-1))
