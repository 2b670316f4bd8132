"""Every explanation of a model put to the test on the same parcels: faithful, forgetful, of one mind with the others.

A parcel is asked of the model that did not learn from it, so several models (the folds) may share one test.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np

from eogen.landcover.sanity import Measured, rank_correlation
from eogen.landcover.series import deletion as removal
from eogen.landcover.series.methods import EXPLANATIONS
from eogen.landcover.series.protocol import SeriesModel
from eogen.landcover.series.randomisation import chance
from eogen.progress import Progress, silent


@dataclass(frozen=True)
class Asked:
    """Who answers for which series.

    Attributes:
        model: the model.
        twin: one of its kind that learnt nothing; None where there is none.
        rows: (k,) numbers of its series.
    """

    model: SeriesModel
    twin: Any
    rows: np.ndarray


@dataclass(frozen=True)
class Examined:
    """What the test found.

    Attributes:
        importance: by name, (n, month) or (n, month, band).
        gain: by name, (n,) symmetric relevance gain; ``random`` is the control.
        remains: by name, ``|Spearman|`` with the explanation of a twin that learnt nothing.
        chance: what two unrelated orders of the months would have.
        seconds: by name, of one series.
    """

    importance: dict[str, np.ndarray]
    gain: dict[str, np.ndarray]
    remains: dict[str, Measured]
    chance: float
    seconds: dict[str, float]

    def mean(self, name: str) -> Measured:
        """Return the mean gain of one explanation with its standard error."""
        return Measured.of(self.gain[name])


def examine(
    asked: Sequence[Asked],
    series: np.ndarray,
    target: np.ndarray,
    names: Sequence[str],
    *,
    background: np.ndarray,
    seed: int = 0,
    progress: Progress = silent,
) -> Examined:
    """Explain series, remove their months in that order, and explain them again by models that learnt nothing.

    Args:
        asked: models and their rows, which together are all rows.
        series: (n, month, band), NaN where nothing was seen.
        target: (n,) class that is explained.
        names: rows of ``EXPLANATIONS`` that every model can give; ``random`` is added by the test itself.
        background: (m, month, band).
        seed: of whatever is drawn.
        progress: told explanation by explanation; may cancel.

    Raises:
        InputError: as the explanations.
    """
    names = [name for name in names if name != removal.RANDOM]
    importance: dict[str, np.ndarray] = {}
    gain = {name: np.full(len(series), np.nan) for name in (*names, removal.RANDOM)}
    remains: dict[str, list[float]] = {name: [] for name in names}
    seconds = dict.fromkeys(names, 0.0)
    total, done = len(asked) * (len(names) + 1), 0
    for who in asked:
        x, wanted = series[who.rows], np.asarray(target)[who.rows]
        own: dict[str, np.ndarray] = {}
        for name in names:
            progress(done, total, "explain")
            began = perf_counter()
            own[name] = EXPLANATIONS[name].run(who.model, x, wanted, background=background, seed=seed)
            seconds[name] += perf_counter() - began
            whole = importance.setdefault(name, np.full((len(series), *own[name].shape[1:]), np.nan))
            whole[who.rows] = own[name]
            if who.twin is not None:
                blank = EXPLANATIONS[name].run(who.twin, x, wanted, background=background, seed=seed)
                remains[name] += [abs(rank_correlation(a, b)) for a, b in zip(own[name], blank, strict=True)]
            done += 1
        progress(done, total, "removing")
        found = removal.deletion(who.model, x, wanted, own, background=background, seed=seed)
        for name, values in zip(found.names, found.srg, strict=True):
            gain[name][who.rows] = values
        done += 1
    progress(total, total, "removing")
    return Examined(
        importance, gain, {name: Measured.of(values) for name, values in remains.items()}, chance(series.shape[1]),
        {name: spent / max(len(series), 1) for name, spent in seconds.items()},
    )  # fmt: skip


def sample(
    label: np.ndarray, group: np.ndarray, seen: np.ndarray, count: int, *, least: int = 4, seed: int = 0
) -> np.ndarray:
    """Return rows (k,) of at most ``count`` parcels: classes take turns, and no two belong to one group.

    Args:
        label: (n,) class, -1 unknown (a class of its own here).
        group: (n,) parcels that resemble each other.
        seen: (n,) months in which each was seen; those of fewer than ``least`` are left out.
        count: how many are wanted.
        least: months.
        seed: of the choice.
    """
    order = np.random.default_rng(seed).permutation(np.flatnonzero(np.asarray(seen) >= least))
    taken: list[int] = []
    groups: set[int] = set()
    turns = {k: [r for r in order if label[r] == k] for k in np.unique(np.asarray(label)[order])}
    while len(taken) < count and any(turns.values()):
        for rows in turns.values():
            while rows and int(group[rows[-1]]) in groups:
                rows.pop()
            if rows and len(taken) < count:
                taken.append(int(rows.pop()))
                groups.add(int(group[taken[-1]]))
    return np.sort(np.array(taken, int))
