"""Optimal interpolation: the Gaussian process of the anomalies, told by the nearest observations at three resolutions.

Bretherton, Davis & Fandry 1976 (Deep-Sea Research 23, 559). The anomaly is measured from each cell's mean and the
frame's own shift, in units of the local standard deviation; its covariance is fitted on what was seen
(:mod:`eogen.ocean.covariance`). A missing cell is told by its nearest observations, and by means of blocks of 4 and of 16
pixels further away, so that few numbers speak of a wide neighbourhood.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import torch
from scipy.spatial import cKDTree

from eogen.ocean.background import Background, background
from eogen.ocean.covariance import Covariance, fitted
from eogen.ocean.problem import Estimate, Problem
from eogen.progress import Progress, silent

#: Side of the blocks (pixels) and how many of them tell each cell.
LEVELS: tuple[tuple[int, int], ...] = ((1, 24), (4, 16), (16, 12))
#: Cells of a block of this side share their sources and one factorisation; groups solved at once.
SHARED, BATCH = 4, 1024


@dataclass(frozen=True)
class Level:
    """Observations at one resolution: where (km, km, days), what, and how noisy; ``block`` pixels a side."""

    block: int
    at: np.ndarray
    value: np.ndarray
    count: np.ndarray


def level(
    values: np.ndarray, days: np.ndarray, frames: np.ndarray, pixel: tuple[float, float], block: int
) -> Level:
    """Return the means over ``block`` x ``block`` pixels of some frames, where something was seen."""
    at, value, count = [], [], []
    for t in frames:
        total, number, y, x = blocks(values[t], block)
        seen = number > 0
        at.append(np.stack([y[seen] * pixel[0], x[seen] * pixel[1], np.full(seen.sum(), days[t])], 1))
        value.append(total[seen] / number[seen])
        count.append(number[seen])
    return Level(block, np.concatenate(at), np.concatenate(value), np.concatenate(count))


def blocks(frame: np.ndarray, block: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return sums, counts, and centroids (rows, columns; pixels) of what was seen in each block."""
    ny, nx = (-(-s // block) for s in frame.shape)
    padded = np.full((ny * block, nx * block), np.nan)
    padded[: frame.shape[0], : frame.shape[1]] = frame
    cut = padded.reshape(ny, block, nx, block)
    seen = np.isfinite(cut)
    number = seen.sum((1, 3))
    rows = np.arange(ny * block).reshape(ny, block, 1, 1)
    columns = np.arange(nx * block).reshape(1, 1, nx, block)
    many = np.maximum(number, 1)
    return (
        np.where(seen, cut, 0).sum((1, 3)),
        number,
        (seen * rows).sum((1, 3)) / many,
        (seen * columns).sum((1, 3)) / many,
    )


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


@dataclass
class Interpolator:
    """The fitted Gaussian process of a problem; asked frame by frame."""

    problem: Problem
    seed: int = 0
    levels: tuple[tuple[int, int], ...] = LEVELS
    given: Covariance | None = None
    ground: Background = field(init=False)
    covariance: Covariance = field(init=False)

    def __post_init__(self) -> None:
        self.ground = background(self.problem)
        rng = np.random.default_rng(self.seed)
        self.covariance = self.given or fitted(
            self.ground.anomaly, self.problem.days, self.problem.pixel, rng
        )

    def near(self, target: int) -> np.ndarray:
        """Return the frames that still know something of ``target``."""
        delay = np.abs(self.problem.days - self.problem.days[target])
        heard = self.covariance(0.0, delay) > 0.03 * self.covariance.total
        usable = self.problem.observed.any((1, 2))
        return np.flatnonzero(heard & usable)

    def observations(self, target: int) -> list[Level]:
        """Return what tells of ``target``, one entry for each resolution."""
        frames = self.near(target)
        return [
            level(self.ground.anomaly, self.problem.days, frames, self.problem.pixel, b)
            for b, _ in self.levels
        ]

    def weights(self, target: int, cells: np.ndarray, seen: list[Level]) -> Iterator[Weights]:
        """Yield the weights of the cells (n, 2), some thousands at a time."""
        step = self._slowness()
        trees = [cKDTree(o.at * [1, 1, step]) for o in seen]
        _, group = np.unique(cells // SHARED @ [1 << 20, 1], return_inverse=True)
        order = np.argsort(group, kind="stable")
        cells, group = cells[order], group[order]
        starts = np.searchsorted(group, np.arange(0, group[-1] + BATCH + 1, BATCH)) if len(group) else np.zeros(1, int)
        for first, last in zip(starts, starts[1:], strict=False):
            if last > first:
                yield self._solve(target, cells[first:last], group[first:last] - group[first], seen, trees, step)

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
        for o, tree, (_, most) in zip(seen, trees, self.levels, strict=True):
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

    def frame(self, target: int) -> tuple[np.ndarray, np.ndarray]:
        """Return mean and s.d. (lat, lon) of a frame, in the variable's units; observed cells keep their value and have none."""
        ground, p = self.ground, self.problem
        cells = np.argwhere(p.sea & ~p.observed[target])
        seen = self.observations(target)
        mean = ground.anomaly[target].copy()
        sd = np.zeros_like(mean)
        for w in self.weights(target, cells, seen):
            y, x = w.cells.T
            mean[y, x] = w.told([o.value for o in seen])
            sd[y, x] = np.sqrt(w.variance + self.covariance.nugget)
        return ground.restore(mean, target), sd * ground.scale


def optimal_interpolation(
    problem: Problem, targets: np.ndarray, seed: int = 0, progress: Progress = silent
) -> Estimate:
    """Fill the frames ``targets``; see the module's text."""
    process = Interpolator(problem, seed)
    mean, sd = [], []
    for k, t in enumerate(targets):
        progress(k, len(targets), "fill")
        m, s = process.frame(int(t))
        mean.append(m)
        sd.append(s)
    return Estimate(np.stack(mean).astype(np.float32), np.stack(sd).astype(np.float32))
