"""Who tells a missing cell, and with what weight: local kriging from observations at three resolutions.

A missing cell listens to its nearest observations, and to means of blocks of 4 and of 16 pixels further away, so that
few numbers speak of a wide neighbourhood. The missing cells of a small block share their sources, so that one
factorisation serves them all.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from scipy.spatial import cKDTree

from eogen.ocean.background import Background
from eogen.ocean.covariance import Covariance
from eogen.ocean.problem import Problem

#: Side of the blocks (pixels) and how many of them tell each cell.
LEVELS: tuple[tuple[int, int], ...] = ((1, 24), (4, 16), (16, 12))
#: Cells of a block of this side share their sources and one factorisation; groups solved at once.
SHARED, BATCH = 4, 1024
#: Frames heard on either side of the target.
MOST_FRAMES = 10


@dataclass(frozen=True)
class Level:
    """Observations at one resolution: where (km, km, days), what, and of how many cells; ``block`` pixels a side."""

    block: int
    at: np.ndarray
    value: np.ndarray
    count: np.ndarray


def level(
    problem: Problem, values: np.ndarray | dict[int, np.ndarray], frames: np.ndarray, block: int
) -> Level:
    """Return the means of ``values`` over ``block`` x ``block`` pixels of some frames, where something was seen."""
    at, value, heard = (
        [np.zeros((0, 3))],
        [np.zeros(0)],
        [np.zeros(0)],
    )  # a window may have seen nothing at all
    for t in frames:
        total, weight, y, x = blocks(values[int(t)], block)
        seen = weight > 0
        place = (y[seen] * problem.pixel[0], x[seen] * problem.pixel[1], np.full(seen.sum(), problem.days[t]))
        at.append(np.stack(place, 1))
        value.append(total[seen] / weight[seen])
        heard.append(weight[seen])
    return Level(block, np.concatenate(at), np.concatenate(value), np.concatenate(heard))


def blocks(frame: np.ndarray, block: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return sums, counts, and centroids (rows, columns; pixels) of what was seen in each block."""
    seen = np.isfinite(frame)
    weight = seen.astype(float)
    rows, columns = np.arange(frame.shape[0])[:, None], np.arange(frame.shape[1])
    sums = [_summed(f, block) for f in (np.where(seen, frame, 0), weight, weight * rows, weight * columns)]
    many = np.maximum(sums[1], 1e-12)
    return sums[0], sums[1], sums[2] / many, sums[3] / many


def _summed(frame: np.ndarray, block: int) -> np.ndarray:
    ny, nx = (-(-s // block) for s in frame.shape)
    padded = np.zeros((ny * block, nx * block))
    padded[: frame.shape[0], : frame.shape[1]] = frame
    return padded.reshape(ny, block, nx, block).sum((1, 3))


@dataclass(frozen=True)
class Weights:
    """How the missing cells of a frame listen to the observations; cells of a block of pixels share their sources.

    Attributes:
        cells: (n, 2) rows and columns.
        group: (n,) which row of ``index`` each cell listens to.
        weight: (n, k) of the observations.
        index: per level, (groups, k_level) into its observations.
        variance: (n,) of the error, standardised, noise of a new observation excluded.
    """

    cells: np.ndarray
    group: np.ndarray
    weight: np.ndarray
    index: tuple[np.ndarray, ...]
    variance: np.ndarray

    def told(self, values: list[np.ndarray]) -> np.ndarray:
        """Return (n,) what the cells hear when the levels' observations have these ``values``."""
        heard = np.concatenate([v[i] for v, i in zip(values, self.index, strict=True)], 1)
        return np.einsum("nk,nk->n", self.weight, heard[self.group])


@dataclass(frozen=True)
class Interpolator:
    """A Gaussian process of the standardised anomalies of a problem; asked frame by frame.

    Attributes:
        problem: what was seen.
        ground: its background.
        unrest: (lat, lon) how much more each cell moves than its surroundings; widens the spread, not the weights.
        covariance: of the standardised anomaly.
    """

    problem: Problem
    ground: Background
    unrest: np.ndarray
    covariance: Covariance

    def cut(self, rows: slice, columns: slice) -> Interpolator:
        """Return the same process on a window, with the background of the whole."""
        return Interpolator(
            self.problem.cut(rows, columns),
            self.ground.cut(rows, columns),
            self.unrest[rows, columns],
            self.covariance,
        )

    def near(self, target: int) -> np.ndarray:
        """Return the frames that still know something of ``target``, at most the 10 nearest on either side."""
        delay = np.abs(self.problem.days - self.problem.days[target])
        heard = self.covariance(0.0, delay) > 0.03 * self.covariance.total
        usable = np.flatnonzero(heard & self.problem.observed.any((1, 2)))
        place = np.searchsorted(usable, target)
        return usable[max(place - MOST_FRAMES, 0) : place + MOST_FRAMES + 1]

    def observations(self, target: int) -> list[Level]:
        """Return what tells of ``target``, one entry for each resolution."""
        frames = self.near(target)
        return [level(self.problem, self.ground.anomaly, frames, block) for block, _ in LEVELS]

    def weights(self, target: int, cells: np.ndarray, seen: list[Level]) -> Iterator[Weights]:
        """Yield the weights of the cells (n, 2), some thousands at a time."""
        if not any(len(o.value) for o in seen):
            yield self._unheard(cells, len(seen))
            return
        step = self._slowness()
        trees = [cKDTree(o.at * [1, 1, step]) for o in seen]
        _, group = np.unique(cells // SHARED @ [1 << 20, 1], return_inverse=True)
        order = np.argsort(group, kind="stable")
        cells, group = cells[order], group[order]
        starts = (
            np.searchsorted(group, np.arange(0, group[-1] + BATCH + 1, BATCH))
            if len(group)
            else np.zeros(1, int)
        )
        for first, last in pairwise(starts):
            if last > first:
                yield self._solve(
                    target, cells[first:last], group[first:last] - group[first], seen, trees, step
                )

    def _unheard(self, cells: np.ndarray, levels: int) -> Weights:
        """Return the weights of cells that nothing tells of: what is usual, with the whole variance."""
        group = np.zeros(len(cells), int)
        nobody = tuple(np.zeros((1, 0), int) for _ in range(levels))
        total = np.full(len(cells), self.covariance.total)
        return Weights(cells, group, np.zeros((len(cells), 0)), nobody, total)

    def _slowness(self) -> float:
        """Return how many km a day is worth when the nearest observations are looked for."""
        c = self.covariance
        share = c.variance / c.variance.sum()
        return float(np.exp((share * np.log(c.length / c.duration)).sum()))

    def _solve(
        self, target: int, cells: np.ndarray, group: np.ndarray, seen: list[Level], trees: list, step: float
    ) -> Weights:
        day, groups = self.problem.days[target], int(group[-1]) + 1
        place = np.column_stack([cells * self.problem.pixel, np.full(len(cells), day)])
        many = np.bincount(group, minlength=groups)
        middle = np.stack([np.bincount(group, place[:, k], groups) / many for k in range(3)], 1)
        index, at, noise = [], [], []
        for o, tree, (_, most) in zip(seen, trees, LEVELS, strict=True):
            k = min(most, len(o.value))
            found = tree.query(middle * [1, 1, step], k=k)[1].reshape(groups, k)
            index.append(found)
            at.append(o.at[found])
            noise.append(self.covariance.nugget / o.count[found])
        near = torch.from_numpy(np.concatenate(at, 1)).float()
        error = torch.from_numpy(np.concatenate(noise, 1)).float()
        between = self._cov(near[:, :, None], near[:, None])
        between.diagonal(dim1=1, dim2=2).add_(error + 1e-3 * self.covariance.total)
        # Every group is padded to the same number of cells, so that one factor serves all of its cells.
        slot = np.arange(len(cells)) - np.concatenate([[0], np.cumsum(many)[:-1]])[group]
        padded = np.repeat(middle[:, None], many.max(), 1)
        padded[group, slot] = place
        own = torch.from_numpy(padded).float()
        towards = self._cov(near[:, :, None], own[:, None])
        weight = torch.cholesky_solve(towards, torch.linalg.cholesky(between))
        variance = self.covariance.total - (weight * towards).sum(1)
        return Weights(
            cells,
            group,
            weight.transpose(1, 2).numpy()[group, slot],
            tuple(index),
            variance.clamp_min(1e-6).numpy()[group, slot],
        )

    def _cov(self, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        away = ((a[..., 0] - b[..., 0]).square() + (a[..., 1] - b[..., 1]).square()).sqrt_()
        delay = (a[..., 2] - b[..., 2]).abs_()
        total = torch.zeros_like(away)
        c = self.covariance
        for v, length, duration in zip(c.variance, c.length, c.duration, strict=True):
            total.add_(torch.exp_(away.mul(-1 / length).sub_(delay, alpha=1 / duration)), alpha=float(v))
        return total

    def cells(self, target: int) -> np.ndarray:
        """Return (n, 2) rows and columns of the cells of the sea that were not seen."""
        return np.argwhere(self.problem.sea & ~self.problem.observed[target])

    def believed(self, target: int, cells: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the cells in the order they were solved, and mean and s.d. (n,) of a new observation's anomaly."""
        seen = self.observations(target)
        parts = list(self.weights(target, cells, seen))
        if not parts:
            return cells, np.zeros(0), np.zeros(0)
        at = np.concatenate([w.cells for w in parts])
        mean = np.concatenate([w.told([o.value for o in seen]) for w in parts])
        error = np.concatenate([w.variance for w in parts])
        return at, mean, self.spread(at, error)

    def spread(self, at: np.ndarray, variance: np.ndarray) -> np.ndarray:
        """Return (n,) the s.d. of a new observation of the cells ``at``, from the variance of the interpolation."""
        return np.sqrt(variance + self.covariance.nugget) * self.unrest[at[:, 0], at[:, 1]]
