"""The self-organising map (Kohonen 1982, Biol. Cybern. 43, 59) in its batch form (Kohonen 2013, Neural Netw. 37, 52).

Cells lie on a rectangular grid; each has a prototype in the space of the data. Prototypes are means of the data of
their cell and, with less weight, of the cells around it, so that neighbours on the grid resemble each other. The batch
form has no learning rate and no order of presentation: from one start it always comes to one map. The start is the
plane of the first two principal components, whose signs are fixed, so that nothing at all depends on a seed.
"""

from __future__ import annotations

import numpy as np

from eogen.errors import InputError

#: Passes over the data; radius of the neighbourhood at the first and at the last, in cells. At the last a direct
#: neighbour counts exp(-2), 14 %, which keeps the order of the map without blurring it.
PASSES, LAST = 40, 0.5
_ROWS = 4096


def places(grid: tuple[int, int]) -> np.ndarray:
    """Return (cell, 2) row and column of each cell of ``grid`` (rows, columns), row by row."""
    return np.stack(np.meshgrid(*map(np.arange, grid), indexing="ij"), -1).reshape(-1, 2).astype(float)


def apart(grid: tuple[int, int]) -> np.ndarray:
    """Return (cell, cell) distance between cells on the grid, in cells."""
    at = places(grid)
    return np.sqrt(((at[:, None] - at[None]) ** 2).sum(-1))


def first_radius(grid: tuple[int, int]) -> float:
    """Return the radius a fit starts with: half the longer side, 1 at least."""
    return max(max(grid) / 2, 1.0)


def plane(data: np.ndarray, grid: tuple[int, int]) -> np.ndarray:
    """Return (cell, d) prototypes spread over the plane of the first two principal components of data (n, d).

    The longer side of the grid follows the first component; a component points to where the largest of its loadings is
    positive. Prototypes reach 1.5 standard deviations to either side.
    """
    middle = data.mean(0)
    _, spread, axes = np.linalg.svd(
        np.cov(data - middle, rowvar=False).reshape(data.shape[1], -1), hermitian=True
    )
    axes, spread = axes[:2], np.sqrt(spread[:2])
    if len(axes) < 2:
        axes, spread = np.vstack([axes, np.zeros_like(axes)]), np.append(spread, 0.0)
    axes *= np.where(np.take_along_axis(axes, np.abs(axes).argmax(1)[:, None], 1) < 0, -1.0, 1.0)
    at = places(grid)
    reach = np.maximum(np.array(grid) - 1.0, 1.0) / 2
    steps = 1.5 * (at - (np.array(grid) - 1) / 2) / reach
    if grid[0] < grid[1]:
        axes, spread = axes[::-1], spread[::-1]
    return middle + steps @ (spread[:, None] * axes)


def nearest(data: np.ndarray, prototypes: np.ndarray, count: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Return (n, count) cells nearest to data (n, d), best first, and (n, count) Euclidean distances."""
    cells, distances = [], []
    for start in range(0, len(data), _ROWS):
        some = data[start : start + _ROWS]
        squares = (some**2).sum(1)[:, None] - 2 * some @ prototypes.T + (prototypes**2).sum(1)
        order = np.argsort(squares, axis=1, kind="stable")[:, :count]
        cells.append(order)
        distances.append(np.sqrt(np.maximum(np.take_along_axis(squares, order, 1), 0)))
    if not cells:
        return np.zeros((0, count), int), np.zeros((0, count))
    return np.concatenate(cells), np.concatenate(distances)


def fit(
    data: np.ndarray,
    grid: tuple[int, int],
    *,
    start: np.ndarray | None = None,
    passes: int = PASSES,
    first: float | None = None,
    last: float = LAST,
) -> np.ndarray:
    """Return the prototypes (cell, d) of a map of cells fitted to data (n, d).

    One pass: every point goes to its nearest prototype; then prototype k becomes sum_j n_j h_jk x_j / sum_j n_j h_jk
    over cells j that hold n_j points of mean x_j, with h_jk = exp(-d_jk^2 / (2 r^2)) for cells d_jk apart. The radius r
    falls geometrically from ``first`` to ``last``.

    Args:
        data: finite, scaled as its distances are meant.
        grid: rows and columns.
        start: prototypes to start from; :func:`plane` unless given.
        passes: over the data.
        first: radius of the first pass, in cells; :func:`first_radius` unless given.
        last: of the last pass.

    Raises:
        InputError: ``rain_som_size``.
    """
    cells = check(data, grid)
    data = np.asarray(data, float)
    prototypes = plane(data, grid) if start is None else np.array(start, float)
    between = apart(grid) ** 2
    for radius in np.geomspace(first_radius(grid) if first is None else first, last, passes):
        cell = nearest(data, prototypes)[0][:, 0]
        weight = np.exp(-between / (2 * radius**2))
        total = np.zeros((cells, data.shape[1]))
        np.add.at(total, cell, data)
        prototypes = (weight @ total) / (weight @ np.bincount(cell, minlength=cells))[:, None]
    return prototypes


def check(data: np.ndarray, grid: tuple[int, int]) -> int:
    """Return the number of cells of a grid that data (n, d) can fill.

    Raises:
        InputError: ``rain_som_size`` with a side below 1, fewer than two cells, or fewer points than cells.
    """
    cells = int(np.prod(grid))
    if min(grid) < 1 or cells < 2 or len(data) < cells:
        raise InputError(
            "rain_som_size",
            "A map of {rows} × {columns} cells cannot be made of {n} maps; it needs two cells or more, and no fewer "
            "maps than cells.",
            rows=grid[0], columns=grid[1], n=len(data),
        )  # fmt: skip
    return cells


def turned(prototypes: np.ndarray, grid: tuple[int, int], values: np.ndarray) -> np.ndarray:
    """Return prototypes (cell, d) with the grid mirrored or transposed so that it reads the same way every time.

    A map of cells says nothing of what is up or left. Of its mirror images (and transposes, of a square grid) the one
    is taken whose columns best follow the first of ``values`` from left to right, and rows the second from the bottom
    up.

    Args:
        prototypes: row by row of ``grid``.
        values: (cell, 2), finite.
    """
    order = np.arange(len(prototypes)).reshape(grid)
    images = [order, order[::-1], order[:, ::-1], order[::-1, ::-1]]
    if grid[0] == grid[1]:
        images += [image.T for image in images]
    at = places(grid) - places(grid).mean(0)
    about = values - values.mean(0)
    about = about / np.maximum(about.std(0), 1e-12)
    # The first counts double: where both cannot be had, it decides.
    fits = [2 * at[:, 1] @ about[i.reshape(-1), 0] - at[:, 0] @ about[i.reshape(-1), 1] for i in images]
    return prototypes[images[int(np.argmax(np.round(fits, 9)))].reshape(-1)]
