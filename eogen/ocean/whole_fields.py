"""Whole scenes to judge: what a method made of a sea under clouds, and seas really seen whole shown the same way.

A real field is shown as if it had been filled: cells of it are hidden under another date's clouds "before", and "after"
it is itself. The few cells of it that nobody saw stay blank, and as many, of the same shape, are left blank in the
filled ones, so that they give nothing away.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from eogen.ocean.blind import steps
from eogen.ocean.holdout import LOW
from eogen.ocean.methods import method
from eogen.ocean.texture import roughness
from eogen.ocean.trial import Trial

#: Sides tried for a scene, cells; unseen part of the sea at most for a field seen whole; least part of the scene that
#: is sea; real fields that are enough, and scenes taken of one date; part of a real field hidden at most.
SIDES, UNSEEN, SEA, ENOUGH, EACH, MOST = (96, 72, 56, 44, 36), 0.01, 0.4, 12, 4, 0.95
#: Neighbouring pairs that tell a roughness.
PAIRS = 60


@dataclass(frozen=True)
class Scene:
    """A window of one date.

    Attributes:
        frame: index in the cube.
        row, column: where it starts.
        side: cells.
    """

    frame: int
    row: int
    column: int
    side: int

    @property
    def cut(self) -> tuple[slice, slice]:
        """Return rows and columns."""
        return slice(self.row, self.row + self.side), slice(self.column, self.column + self.side)


def seen_whole(values: np.ndarray, sea: np.ndarray) -> tuple[int, list[Scene]]:
    """Return the side of the scenes and those that were seen whole: the largest side with enough of them, or with one.

    Args:
        values: (time, lat, lon), NaN = not seen.
        sea: (lat, lon) bool.
    """
    best: tuple[int, list[Scene]] = (min(SIDES[1], *sea.shape), [])
    for side in dict.fromkeys(min(s, *sea.shape) for s in SIDES):
        found = [
            Scene(t, row, column, side)
            for t in range(len(values))
            for row in steps(sea.shape[0], side)
            for column in steps(sea.shape[1], side)
            if _whole(values[t], sea, Scene(t, row, column, side))
        ]
        if len(found) > len(best[1]):
            best = (side, found)
        if len(best[1]) >= ENOUGH:
            break
    return best


def hiding(values: np.ndarray, sea: np.ndarray, scene: Scene, rng: np.random.Generator) -> list[int] | None:
    """Return two dates whose clouds together hide a usual part of a scene; None where no two do.

    Two, as a filled scene lacks what the clouds of its own date hid and what those of another date do.
    """
    here = np.isfinite(values[scene.frame][scene.cut])
    others = [int(t) for t in rng.permutation(len(values)) if t != scene.frame]
    for pair in zip(others[::2], others[1::2], strict=False):
        share = (here & hidden_by(values, sea, scene, pair)).sum() / max(here.sum(), 1)
        if LOW <= share <= MOST:
            return list(pair)
    return None


def hidden_by(values: np.ndarray, sea: np.ndarray, scene: Scene, clouds: Sequence[int]) -> np.ndarray:
    """Return (row, column) bool: what the clouds of some dates hide of a scene."""
    return ~np.isfinite(values[list(clouds)][:, *scene.cut]).all(0) & sea[scene.cut]


def filled(trial: Trial, sea: np.ndarray, side: int, rng: np.random.Generator) -> list[Scene]:
    """Return scenes of a trial of which a usual part was filled, a few of each date."""
    found = []
    for k, frame in enumerate(trial.frames):
        here = []
        for row in steps(sea.shape[0], side):
            for column in steps(sea.shape[1], side):
                scene = Scene(int(frame), row, column, side)
                water = sea[scene.cut]
                share = trial.held[k][scene.cut].sum() / max(water.sum(), 1)
                if water.mean() >= SEA and share >= LOW / 2:
                    here.append(scene)
        found += [here[i] for i in np.sort(rng.permutation(len(here))[:EACH])]
    return found


def answer(trial: Trial, scene: Scene, member: int, sea: np.ndarray) -> np.ndarray:
    """Return (row, column) a scene as its method leaves it: a member of one that draws, else its mean; land NaN."""
    at = int(np.flatnonzero(trial.frames == scene.frame)[0])
    draws = trial.drawn is not None and method(trial.method).draws
    field = trial.drawn[member, at] if draws else trial.mean[at]
    return np.where(sea, field, np.nan)[scene.cut]


def ordinary(values: np.ndarray, scene: Scene, field: np.ndarray, inside: np.ndarray) -> float:
    """Return how ordinary the roughness of a field is inside its gap, among those really seen of the same window.

    The two-sided rank of its mean gradient, 0 to 1: a posterior predictive check (Gelman, Meng & Stern 1996).
    """
    own, pairs = roughness(np.nan_to_num(field), inside & np.isfinite(field))
    told = []
    for t in range(len(values)):
        window = values[t][scene.cut]
        rough, count = roughness(np.nan_to_num(window), np.isfinite(window))
        if t != scene.frame and count >= PAIRS:
            told.append(rough)
    if pairs < PAIRS or not told:
        return 0.5
    above = (1 + (np.array(told) >= own).sum()) / (1 + len(told))
    below = (1 + (np.array(told) <= own).sum()) / (1 + len(told))
    return float(min(1.0, 2 * min(above, below)))


def _whole(frame: np.ndarray, sea: np.ndarray, scene: Scene) -> bool:
    water = sea[scene.cut]
    if water.mean() < SEA:
        return False
    return (~np.isfinite(frame[scene.cut]) & water).sum() <= UNSEEN * water.sum()
