"""Validation without a truth: hide, under the real clouds of another date, what was seen.

Protocol of the project: the target dates are dealt to two folds in turn (each date's neighbours in time stay whole);
on every date of a fold, the observed cells that lie under the clouds of another, randomly drawn date are withheld (15
to 75 % of the frame's observed cells; else another date is drawn). Random pixels alone would be easy: their
neighbours are there.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from eogen.errors import InputError

LOW, HIGH = 0.15, 0.75
SEED = 2021


@dataclass(frozen=True)
class Fold:
    """Dates that are scored together and what is withheld on them.

    Attributes:
        targets: indices of the frames.
        held: (time, lat, lon) bool.
        donors: for each target, the frame whose clouds were used.
    """

    targets: np.ndarray
    held: np.ndarray
    donors: np.ndarray


def cloud_shaped(
    observed: np.ndarray,
    sea: np.ndarray,
    targets: np.ndarray,
    rng: np.random.Generator,
    clouds: np.ndarray | None = None,
    low: float = LOW,
    high: float = HIGH,
) -> Fold:
    """Return what is withheld on ``targets``.

    Args:
        observed: (time, lat, lon) bool.
        sea: (lat, lon) bool.
        targets: frames to withhold from.
        rng: draws the donors.
        clouds: (donor, lat, lon) bool masks to use; by default those of the other frames.
        low: smallest share of a frame's observed cells to withhold.
        high: largest one.

    Frames for which no donor fits keep all their cells and are left out of ``Fold.targets``.

    Raises:
        InputError: ``ocean_no_holdout`` when no frame has a donor that fits.
    """
    bank = (~observed & sea) if clouds is None else clouds & sea
    held = np.zeros_like(observed)
    used, donors = [], []
    for t in targets:
        count = observed[t].sum()
        if count == 0:
            continue
        for u in rng.permutation(len(bank)):
            if clouds is None and u == t:
                continue
            hidden = observed[t] & bank[u]
            if low <= hidden.sum() / count <= high:
                held[t] = hidden
                used.append(t)
                donors.append(u)
                break
    if not used:
        raise InputError(
            "ocean_no_holdout",
            "No date's clouds cover between {low} and {high} of another's observed cells: nothing can be withheld.",
            low=low, high=high,
        )  # fmt: skip
    return Fold(np.array(used), held, np.array(donors))


def folds(
    observed: np.ndarray,
    sea: np.ndarray,
    targets: np.ndarray,
    seed: int = SEED,
    clouds: np.ndarray | None = None,
    count: int = 2,
) -> list[Fold]:
    """Return ``count`` folds over ``targets``; see the module's text for the protocol."""
    rng = np.random.default_rng(seed)
    dealt = [np.asarray(targets)[k::count] for k in range(count)]
    return [cloud_shaped(observed, sea, some, rng, clouds) for some in dealt if len(some)]


def tried(
    observed: np.ndarray, targets: np.ndarray, rng: np.random.Generator, most: int, fewest: int = 4
) -> np.ndarray:
    """Return frames for a trial inside a scene: at most ``most`` targets; with few, their neighbours in time too."""
    chosen = np.sort(rng.permutation(targets)[:most])
    if len(chosen) >= fewest:
        return chosen
    usable = np.flatnonzero(observed.any((1, 2)))
    near = usable[np.argsort(np.abs(usable - np.mean(targets)), kind="stable")][:fewest]
    return np.union1d(chosen, near)


def spread(observed: np.ndarray, count: int | None, keep: int | None = None) -> tuple[int, ...]:
    """Return frames with anything observed, spread over the cube, ascending.

    Args:
        observed: (time, lat, lon) bool.
        count: of frames; None, or more than there are, takes all.
        keep: a frame that must be among them, where anything was observed on it.
    """
    there = np.flatnonzero(observed.any((1, 2)))
    if count is None or len(there) <= count:
        return tuple(there.tolist())
    chosen = there[np.linspace(0, len(there) - 1, count).round().astype(int)]
    if keep is not None and keep in there and keep not in chosen:
        chosen[int(np.argmin(np.abs(chosen - keep)))] = keep
    return tuple(np.unique(chosen).tolist())
