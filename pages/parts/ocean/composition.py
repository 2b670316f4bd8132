"""Size classes of the region: derived, filled together as a composition or each on its own, and what that breaks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import streamlit as st
import xarray as xr

from eogen.ocean import psc
from eogen.ocean.cube import like
from eogen.ocean.methods import fill
from eogen.ocean.size_classes import CLASSES
from eogen.progress import Progress, silent
from pages.parts.ocean.state import State

#: A cell does not close when the parts' sum is this far from the whole.
OFF = 0.10


@dataclass(frozen=True)
class Composed:
    """One date's size classes under one method.

    Attributes:
        observed: (3, lat, lon) parts where CHL was seen (derived), NaN elsewhere.
        together: (3, lat, lon) parts filled through log-ratios.
        members: (3, member, lat, lon) draws of them, or None.
        ratio: (lat, lon) sum of the three classes over CHL where each was filled on its own; 1 where observed.
        filled: (lat, lon) bool.
    """

    observed: np.ndarray
    together: np.ndarray
    members: np.ndarray | None
    ratio: np.ndarray
    filled: np.ndarray

    @property
    def misfit(self) -> np.ndarray:
        """Return the relative closure error (n,) of independent fills on the filled cells."""
        found = self.ratio[self.filled] - 1
        return found[np.isfinite(found)]

    @property
    def closed(self) -> float:
        """Return the largest closure error of the fill through log-ratios, members included."""
        worst = [np.abs(self.together.astype(np.float64).sum(0) - 1)[self.filled]]
        if self.members is not None:
            worst.append(np.abs(self.members.astype(np.float64).sum(0) - 1)[:, self.filled].ravel())
        every = np.concatenate(worst)
        return float(every.max()) if len(every) else 0.0


@st.cache_resource(show_spinner=False, max_entries=24)
def _composed(
    key: tuple[str, str, str, int, int, int],
    _observed: xr.DataArray,
    _drivers: xr.Dataset | None,
    _progress: Progress,
) -> Composed:
    _, relation, method, members, seed, frame = key
    parts = psc.fractions(_observed, relation)
    filled = psc.fill_fractions(parts, method, [frame], members, seed, drivers=_drivers, progress=_progress)
    drawn = np.stack([filled[f"{c}_member"].values[:, 0] for c in CLASSES]) if members else None
    alone = lambda cube: fill(cube, method, [frame], seed=seed, drivers=_drivers, progress=_progress)
    whole = alone(_observed)["mean"].values[0]
    each = []
    for name in CLASSES:
        with np.errstate(divide="ignore"):
            log = _observed.values + np.log10(np.maximum(parts[name].values, 1e-4))
        each.append(alone(like(_observed, log))["mean"].values[0])
    ratio = np.sum([10.0 ** a.astype(np.float64) for a in each], axis=0) / 10.0 ** whole.astype(np.float64)
    return Composed(
        np.stack([parts[c].values[frame] for c in CLASSES]),
        np.stack([filled[c].values[0] for c in CLASSES]),
        drawn, ratio, filled.filled.values[0],
    )  # fmt: skip


def composed(state: State, relation: str, method: str, members: int, progress: Progress = silent) -> Composed:
    """Return the size classes of the date that is looked at; do not write into them.

    Args:
        state: its cube must be chlorophyll.
        relation: of :data:`eogen.ocean.size_classes.RELATIONS`.
        method: fills them.
        members: draws.
        progress: stages of :func:`eogen.ocean.methods.fill`.

    Raises:
        InputError: see :func:`eogen.ocean.psc.fill_fractions`.
    """
    key = (state.signature, relation, method, members, state.seed, state.frame)
    return _composed(key, state.observed, state.drivers, progress)
