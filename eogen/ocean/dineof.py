"""DINEOF: a gappy series is completed by the few patterns (EOFs) that explain it, found and filled in turn.

Beckers & Rixen 2003 (J. Atmos. Oceanic Technol. 20, 1839): missing cells start at the mean; the leading EOFs of the
completed matrix give them new values, until nothing changes; then one EOF more. How many to keep is decided on
withheld cells.
Alvera-Azcárate et al. 2005 (Ocean Modelling 9, 325): many frames, few modes, the decomposition on the smaller side.
Alvera-Azcárate et al. 2009 (Ocean Sci. 5, 475): the covariance between times is smoothed by diffusion in time.

Withheld cells are cloud-shaped (:mod:`eogen.ocean.holdout`). Frames that saw next to nothing take no part: their
amplitudes are interpolated in time. Cells never seen take the patterns of their nearest neighbour.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import eigh, expm
from scipy.ndimage import distance_transform_edt, gaussian_filter

from eogen.errors import InputError
from eogen.ocean.background import Background, background
from eogen.ocean.holdout import cloud_shaped
from eogen.ocean.problem import Estimate, Problem
from eogen.progress import Progress, silent

#: A frame takes part when it saw this share of the sea; so many frames at least.
LEAST, FRAMES = 0.02, 3
#: To choose the number of modes each of so many frames loses this share of its observations, under a cloud that covers
#: at most this share of them.
MANY, WITHHELD, HIGH = 200, 0.1, 0.9
#: Width of the diffusion in time of the two methods below, in steps between frames.
SMOOTH = 0.5
#: Most modes tried; counts without a smaller error after which no more are.
MOST, PATIENCE = 20, 2


@dataclass(frozen=True)
class Dineof:
    """What the decomposition found.

    Attributes:
        modes: how many EOFs were kept.
        singular: (modes,) singular values of the completed matrix, descending.
        spatial: (modes, lat, lon) float32, each of unit norm over the cells ever seen; NaN on land.
        temporal: (time, modes), orthonormal over the frames that took part, interpolated at the others.
        cv_errors: (tried,) root mean square errors on the withheld cells with 1, 2, … modes, in the variable's units.
        explained: (modes,) share of the completed matrix's variance.
        used: (time,) bool: which frames took part.
        withheld: number of cells the errors come from.
        real_clouds: whether the withheld cells lay under other dates' clouds (else under drawn ones: no date's fitted).
        mean: what was subtracted; 0 when a background was.
        ground: the background whose anomalies were decomposed, or None.
    """

    modes: int
    singular: np.ndarray
    spatial: np.ndarray
    temporal: np.ndarray
    cv_errors: np.ndarray
    explained: np.ndarray
    used: np.ndarray
    withheld: int
    real_clouds: bool
    mean: float
    ground: Background | None

    def frames(self, targets: np.ndarray) -> np.ndarray:
        """Return what the modes make of some frames, (target, lat, lon) float32, in the variable's units."""
        amplitude = (self.temporal[targets] * self.singular).astype(np.float32)
        made = np.tensordot(amplitude, self.spatial, 1)
        if self.ground is not None:
            return self.ground.restore(made, targets).astype(np.float32)
        return made + np.float32(self.mean)


@dataclass
class _Matrix:
    """(frames x cells) float32 with its gaps filled so far, and what the iterations need to know of it."""

    filled: np.ndarray
    missing: np.ndarray
    filter: np.ndarray | None
    size: float

    def vectors(self, modes: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the ``modes`` leading eigenvalues and vectors (frames, modes) of the covariance between times."""
        gram = (self.filled @ self.filled.T).astype(np.float64)
        if self.filter is not None:
            gram = self.filter @ gram @ self.filter.T
        many = len(gram)
        value, vector = eigh(gram, subset_by_index=(many - modes, many - 1))
        vector = vector[:, ::-1]
        # The sign of an eigenvector is free: the largest entry is made positive.
        largest = np.abs(vector).argmax(0)
        return value[::-1], vector * np.sign(vector[largest, np.arange(modes)])

    def settle(self, modes: int, tolerance: float, rounds: int, report: Progress) -> None:
        """Refill the gaps with ``modes`` EOFs until they change by less than ``tolerance`` of the data's size."""
        count = max(int(self.missing.sum()), 1)
        for _ in range(rounds):
            report(modes - 1, MOST, "fit")
            v = self.vectors(modes)[1].astype(np.float32)
            change = v @ (v.T @ self.filled)
            change -= self.filled
            change *= self.missing
            self.filled += change
            if np.sqrt(np.vdot(change, change) / count) <= tolerance * self.size:
                return


def decompose(
    problem: Problem,
    *,
    anomalies: bool = False,
    seed: int = 0,
    most: int = MOST,
    filter_days: float = 0.0,
    tolerance: float = 1e-2,
    rounds: int = 100,
    progress: Progress = silent,
) -> Dineof:
    """Return the EOFs of a gappy cube.

    Args:
        problem: the cube.
        anomalies: decompose the standardised anomalies of :mod:`eogen.ocean.background`; else the values minus their
            mean over everything, as the paper does.
        seed: draws the withheld cells.
        most: largest number of modes to try; frames - 1 at most are.
        filter_days: standard deviation of the diffusion in time, days: the paper's sqrt(2 alpha numit); 0 = none.
        tolerance: change of the fills, relative to the data's standard deviation, below which a round is the last.
            Looser is safer: in long gaps the patterns keep growing long after the errors are smallest.
        rounds: most rounds for each number of modes.
        progress: stage ``fit``, between rounds; may raise ``Cancelled``.

    Raises:
        InputError: ``ocean_eofs`` when fewer than 3 frames saw 2 % of the sea, or nothing can be withheld.
    """
    ground = background(problem) if anomalies else None
    observed = problem.observed & problem.sea
    used = observed.sum((1, 2)) >= max(LEAST * problem.sea.sum(), 1)
    if used.sum() < FRAMES:
        raise _few(int(used.sum()))
    rng = np.random.default_rng((seed, 2003))
    held, real = _withheld(observed, problem.sea, np.flatnonzero(used), rng)
    ever = observed[used].any(0)
    mean = 0.0 if ground else float(problem.values[observed].mean(dtype=np.float64))
    source = ground.anomaly if ground else problem.values - np.float32(mean)
    scale = np.broadcast_to(ground.scale if ground else np.float32(1), ever.shape)[ever]
    truth = source[used][:, ever]
    known, test = observed[used][:, ever], held[used][:, ever]
    data = np.where(known, truth, 0).astype(np.float32)
    matrix = _Matrix(
        np.where(test, 0, data).astype(np.float32),
        ~known | test,
        _diffusion(problem.days[used], filter_days) if filter_days > 0 else None,
        max(float(data[known].std(dtype=np.float64)), 1e-12),
    )
    row, column = np.nonzero(test)
    errors: list[float] = []
    best = matrix.filled.copy()
    for modes in range(1, min(most, int(used.sum()) - 1) + 1):
        matrix.settle(modes, tolerance, rounds, progress)
        wrong = ((matrix.filled - data)[row, column] * scale[column]).astype(np.float64)
        errors.append(float(np.sqrt(np.mean(wrong**2))))
        if int(np.argmin(errors)) == modes - 1:
            best = matrix.filled.copy()
        elif modes - 1 - int(np.argmin(errors)) >= PATIENCE:
            break
    modes = int(np.argmin(errors)) + 1
    # What was withheld is given back, and the gaps settle once more.
    matrix.filled, matrix.missing = np.where(known, data, best), ~known
    matrix.settle(modes, tolerance, rounds, progress)
    _, vector = matrix.vectors(modes)
    pattern = vector.T @ matrix.filled
    singular = np.linalg.norm(pattern, axis=1)
    total = float(np.vdot(matrix.filled, matrix.filled))
    days = problem.days
    temporal = np.stack([np.interp(days, days[used], v) for v in vector.T], 1)
    return Dineof(
        modes, singular, _maps(pattern / np.maximum(singular, 1e-12)[:, None], ever, problem.sea), temporal,
        np.array(errors), singular**2 / max(total, 1e-12), used, len(row), real, mean, ground,
    )  # fmt: skip


def _maps(pattern: np.ndarray, ever: np.ndarray, sea: np.ndarray) -> np.ndarray:
    """Return (modes, lat, lon): patterns on their cells, the nearest one's where nothing was ever seen; NaN on land."""
    maps = np.zeros((len(pattern), *sea.shape), np.float32)
    maps[:, ever] = pattern
    y, x = distance_transform_edt(~ever, return_distances=False, return_indices=True)
    return np.where(sea, maps[:, y, x], np.float32("nan"))


def _diffusion(days: np.ndarray, length: float) -> np.ndarray:
    """Return (time, time): diffusion along irregular times until a pulse is ``length`` days wide; no flux at the ends.

    The exact exponential of the paper's diffusion step, which its ``numit`` explicit steps approach.
    """
    flux = np.diff(np.eye(len(days)), axis=0) / np.diff(days)[:, None]
    width = np.gradient(days)
    step = np.diff(np.vstack([np.zeros(len(days)), flux, np.zeros(len(days))]), axis=0) / width[:, None]
    return expm(0.5 * length**2 * step)


def _withheld(
    observed: np.ndarray, sea: np.ndarray, frames: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, bool]:
    """Return what is withheld (time, lat, lon; bool), and whether real clouds shaped it.

    Of each frame one piece of the cloud laid over it: the cells nearest to one of its cells.
    """
    held = np.zeros_like(observed)
    for clouds in (None, _drawn_clouds(sea, rng)):
        for t in rng.permutation(frames)[:MANY]:
            try:
                hidden = cloud_shaped(observed, sea, np.array([t]), rng, clouds, WITHHELD, HIGH).held[t]
            except InputError:  # no cloud fits this frame: the next may have one
                continue
            cells = np.argwhere(hidden)
            away = np.square(cells - cells[rng.integers(len(cells))]).sum(1)
            piece = cells[np.argsort(away, kind="stable")[: max(int(WITHHELD * observed[t].sum()), 1)]]
            held[t][tuple(piece.T)] = True
        if held.any():
            return held, clouds is None
    raise _few(len(frames))


def _drawn_clouds(sea: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return (8, lat, lon) bool: smooth blobs over 10 to 40 % of the grid, for series without clouds that fit."""
    noise = gaussian_filter(rng.standard_normal((8, *sea.shape)), (0, 4, 4))
    share = np.linspace(0.1, 0.4, 8)
    return np.stack([n >= np.quantile(n, 1 - q) for n, q in zip(noise, share, strict=True)])


def _few(found: int) -> InputError:
    return InputError(
        "ocean_eofs",
        "{found} frames saw at least {share} of the sea; patterns (EOFs) need {needed} with clouds that differ. "
        "Give a longer series, or choose a method that needs none.",
        found=found, share=LEAST, needed=FRAMES,
    )  # fmt: skip


def dineof(problem: Problem, targets: np.ndarray, seed: int = 0, progress: Progress = silent) -> Estimate:
    """Fill the frames ``targets`` from the EOFs of the values minus their mean."""
    found = decompose(problem, seed=seed, filter_days=_half_step(problem), progress=progress)
    return Estimate(found.frames(targets))


def dineof_anomaly(
    problem: Problem, targets: np.ndarray, seed: int = 0, progress: Progress = silent
) -> Estimate:
    """Fill the frames ``targets`` from the EOFs of the standardised anomalies."""
    found = decompose(problem, anomalies=True, seed=seed, filter_days=_half_step(problem), progress=progress)
    return Estimate(found.frames(targets))


def _half_step(problem: Problem) -> float:
    return SMOOTH * float(np.median(np.diff(problem.days)))
