"""What can be taken away of a season and its explanations."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from pages.kit import export
from pages.kit.words import Words
from pages.parts.landcover.seasons import compute, season_data
from pages.parts.landcover.seasons.explained import UNITS, Side
from pages.parts.landcover.seasons.state import State


def bar(t: Words, state: State, sides: tuple[Side, ...], *, chart: str) -> None:
    """Draw the export bar of the panel."""
    name = f"season-{state.source}-{state.row + 1}-{state.method}"
    export.bar(
        [
            export.Chart(chart, name),
            export.table(name, lambda: table(state, sides)),
            export.record(f"{name}-explanation", lambda: record(state, sides)),
        ],
        t,
        key="season",
    )


def table(state: State, sides: tuple[Side, ...]) -> pd.DataFrame:
    """Return a row per month: reflectances, greenness, the usual greenness, dates seen, what each explanation says."""
    bands = state.model.bands
    rows: dict[str, Any] = {"month": [str(month) for month in state.months]}
    if "seen" in state.held:
        rows["dates_seen"] = state.held["seen"].values[state.row]
    rows |= {band: state.series[:, k] for k, band in enumerate(bands)}
    rows["ndvi"] = season_data.curve(state.series, bands, "ndvi")
    low, middle, high = season_data.usual_of(state, "ndvi")
    rows |= {"usual_ndvi_10": low, "usual_ndvi_50": middle, "usual_ndvi_90": high}
    for side in {side.name: side for side in sides}.values():
        rows[side.name] = side.by_month
        if side.values.ndim == 2:
            rows |= {f"{side.name}_{band}": side.values[:, k] for k, band in enumerate(bands)}
    return pd.DataFrame(rows)


def record(state: State, sides: tuple[Side, ...]) -> dict[str, Any]:
    """Return what was asked of whom, and the answer, for a machine."""
    probability = compute.probability(state.key, state.model, state.series)
    true = state.classes[state.label] if state.label >= 0 else None
    return {
        "parcels": str(state.held.attrs.get("title", "")),
        "parcel": state.row + 1,
        "model": state.method,
        "learnt_from": state.source,
        "asked_of_the_fold_that_had_not_seen_it": state.learnt,
        "true_class": true,
        "explained_class": state.classes[state.target],
        "probability": {c: round(float(p), 6) for c, p in zip(state.classes, probability, strict=True)},
        "months": [str(month) for month in state.months],
        "bands": list(state.model.bands),
        "explanations": [
            {
                "name": side.name,
                "unit": UNITS[side.name],
                "seconds": round(side.seconds, 6),
                "values": np.round(np.nan_to_num(side.values), 8).tolist(),
            }
            for side in sides
        ],
    }
