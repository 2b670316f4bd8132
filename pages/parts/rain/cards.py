"""The score card of each cell: how good its maps truly were, and in what weather, by which sensors, how fresh."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import streamlit as st

from eogen.rain.basis import Basis
from eogen.rain.blocks import mean_bounds
from eogen.rain.examples import TARGETS, day_of
from eogen.rain.orbits import passes
from eogen.rain.past import Past
from eogen.rain.past import past as past_maps
from pages.parts.rain import fits

#: Days of a cell whose passes are looked up; half-hours of a day.
DAYS, SLOTS = 12, 48
#: Where the simulated maps lie, degrees: the middles of their outer cells.
LAT, LON = (42.65, 50.55), (-1.35, 6.55)


@dataclass(frozen=True)
class Cells:
    """What a map of cells is made of.

    Attributes:
        of: the model and its past maps.
        past: those, by cell.
        cards: one row a cell: ``count``, ``days``; of each score s ``s``, ``s_low``, ``s_high``; ``told`` maps whose
            features are kept, and of these ``age`` (minutes), ``seen``, ``quality``, ``infrared`` and ``regime_…``
            (0-1); NaN where there is none.
        whole: score -> mean of all maps.
        prototypes: (cell, side, side) mm/h or None.
    """

    of: Basis
    past: Past
    cards: pd.DataFrame
    whole: dict[str, float]
    prototypes: np.ndarray | None


@st.cache_resource(show_spinner=False, max_entries=6)
def _cells(name: str, stamp: float) -> Cells:
    of = fits.found(name)
    past = past_maps(of)
    count = fits.counts(of, past)
    rows = []
    for cell in range(of.model.clusters):
        here = past.cluster == cell
        held: dict[str, float] = {
            "cell": cell,
            "count": int(count[cell]),
            "days": len(np.unique(past.seed[here])),
        }
        for score in TARGETS:
            values = past.scores[score].to_numpy(float)[here]
            held[score], held[f"{score}_low"], held[f"{score}_high"], _ = mean_bounds(values, past.days[here])
        rows.append(held)
    cards = pd.DataFrame(rows).set_index("cell").join(_about(of, past))
    whole = {s: float(np.nanmean(past.scores[s])) for s in TARGETS}
    return Cells(of, past, cards, whole, of.model.prototypes())


def _about(of: Basis, past: Past) -> pd.DataFrame:
    told = fits.told(of, past)
    table = told[["age", "seen", "quality", "infrared"]].copy()
    for regime in sorted(set(told["regime"]) - {""}):
        table[f"regime_{regime}"] = (told["regime"] == regime).astype(float)
    table["cell"] = past.cluster[told["row"].to_numpy()]
    return table.groupby("cell").mean().join(table.groupby("cell").size().rename("told"))


def cells(name: str) -> Cells:
    """Return the cells of a method.

    Raises:
        InputError: ``rain_method``.
        Unavailable: its weights are not on this machine.
    """
    return _cells(name, fits.stamp(name))


@st.cache_data(show_spinner=False, max_entries=256)
def _sensors(seed: int) -> pd.DataFrame:
    side = lambda ends: np.linspace(*ends, 8)
    found = passes(np.datetime64(day_of(seed), "s"), SLOTS, side(LAT), side(LON))
    middle = found["start"].to_numpy() + (found["end"].to_numpy() - found["start"].to_numpy()) / 2
    slot = ((middle - np.datetime64(day_of(seed), "ns")) / np.timedelta64(30, "m")).astype(int)
    return pd.DataFrame({"sensor": found["sensor"].to_numpy(), "slot": slot})


def sensors(held: Cells, cell: int) -> dict[str, float]:
    """Return how many of a cell's maps had each sensor pass over in their half-hour, 0-1, on :data:`DAYS` days of it.

    The orbits alone tell: no rain is simulated for that.
    """
    here = np.flatnonzero(held.past.cluster == cell)
    days = np.unique(held.past.seed[here])
    days = days[:: max(1, len(days) // DAYS)][:DAYS]
    here = here[np.isin(held.past.seed[here], days)]
    count: dict[str, int] = {}
    for row in here:
        table = _sensors(int(held.past.seed[row]))
        for sensor in set(table.loc[table["slot"] == held.past.step[row], "sensor"]):
            count[sensor] = count.get(sensor, 0) + 1
    return (
        {name: n / len(here) for name, n in sorted(count.items(), key=lambda kv: -kv[1])} if len(here) else {}
    )
