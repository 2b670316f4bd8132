"""The score card of each cell: how good its maps truly were, and in what weather, by which sensors, how fresh."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import streamlit as st

from eogen.progress import Progress, silent, staged
from eogen.rain.blocks import mean_bounds
from eogen.rain.examples import TARGETS
from eogen.rain.methods import METHODS
from pages.parts.rain import fits, more_days
from pages.parts.rain.fits import Fitted, Past


@dataclass(frozen=True)
class Cells:
    """What a map of cells is made of.

    Attributes:
        found: the model.
        past: what it learnt from.
        cards: one row a cell: ``count``, ``days``; of each score s ``s``, ``s_low``, ``s_high``; ``age`` (minutes),
            ``regime_…``, ``sensor_…`` (0-1), NaN in cells that none of the page's own days fall in.
        whole: score -> mean of all maps.
        prototypes: (cell, side, side) mm/h or None.
    """

    found: Fitted
    past: Past
    cards: pd.DataFrame
    whole: dict[str, float]
    prototypes: np.ndarray | None


@st.cache_resource(show_spinner=False, max_entries=6)
def _cells(name: str, stamp: float, size: tuple[int, int], _progress: Progress) -> Cells:
    found = fits.fitted(name, staged(_progress, "fit"))
    past = fits.past(found, staged(_progress, "simulate"))
    count = fits.counts(found, past)
    rows = []
    for cell in range(found.model.clusters):
        here = past.cluster == cell
        held: dict[str, float] = {
            "cell": cell, "count": int(count[cell]), "days": len(np.unique(past.seed[here]))
        }  # fmt: skip
        for score in TARGETS:
            values = past.scores[score].to_numpy(float)[here]
            held[score], held[f"{score}_low"], held[f"{score}_high"], _ = mean_bounds(values, past.days[here])
        rows.append(held)
    cards = pd.DataFrame(rows).set_index("cell").join(about(found, staged(_progress, "simulate")))
    whole = {s: float(np.nanmean(past.scores[s])) for s in TARGETS}
    return Cells(found, past, cards, whole, found.model.prototypes())


def about(found: Fitted, progress: Progress = silent) -> pd.DataFrame:
    """Return age, regimes and sensors of each cell on the page's own days; cells that none falls in are left out."""
    held, sensors = fits.archive(METHODS[found.name].real_time, progress)
    cell = found.model.predict(held).cluster
    table = pd.DataFrame({"age": held.features["age"].to_numpy(float)})
    for regime in sorted(set(held.regime) - {""}):
        table[f"regime_{regime}"] = (held.regime == regime).astype(float)
    for sensor in sensors:
        table[f"sensor_{sensor}"] = sensors[sensor].to_numpy(float)
    return table.groupby(cell).mean().rename_axis("cell")


def cells(name: str, progress: Progress = silent) -> Cells:
    """Return the cells of a method.

    Raises:
        InputError: see :func:`pages.parts.rain.fits.fitted`.
        Unavailable: its weights are not on this machine.
    """
    path = fits.models.FOLDER / f"{name}.safetensors"
    return _cells(name, path.stat().st_mtime if path.is_file() else 0.0, more_days.CELLS, progress)
