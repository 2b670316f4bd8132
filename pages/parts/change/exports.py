"""What can be taken away from the map: objects, p-values, the table, and the protocol of the view."""

from __future__ import annotations

from functools import partial
from typing import Any

import pandas as pd
import xarray as xr

from eogen.change import cases_to_judge, sights
from eogen.change.objects import to_geojson, to_geotiff
from pages.kit import export, send
from pages.kit.words import Words
from pages.parts.change import judge, science, sources
from pages.parts.change.state import State


def bar(t: Words, state: State, name: str, made: xr.Dataset, table: pd.DataFrame) -> None:
    """Draw the export bar; what needs a place on Earth is offered where there is one."""
    stem = f"change-{state.name}-{name}".replace("/", "-")
    files: list[export.File | export.Chart] = []
    if state.images.rio.crs is not None:
        files.append(export.objects(f"{stem}-objects", partial(to_geojson, made, state.rate, state.least)))
        files.append(export.raster(f"{stem}-p", partial(to_geotiff, made)))
    files.append(export.table(f"{stem}-objects", partial(listed, state, table)))
    files.append(export.record(f"{stem}-view", partial(record, state, name, made)))
    export.bar(files, t, key="change")
    _send(t, state, name)


def _send(t: Words, state: State, name: str) -> None:
    """Offer the objects of these images, and places without any, for validation; not those of files of one's own."""
    if state.source not in (sights.SIMULATED, *science.folders()):
        return
    liberal = [limit for limit in cases_to_judge.LIMITS if float(limit) > state.rate]
    simulated = state.source == sights.SIMULATED
    send.to_validation(
        t, "changes", change_source=state.source, change_scenes=[state.name], change_estimator=name,
        change_limit=min(liberal, key=float, default=max(cases_to_judge.LIMITS, key=float)),
        change_seeds=[str(sources.SEED)] if simulated else [],
    )  # fmt: skip


def listed(state: State, table: pd.DataFrame) -> pd.DataFrame:
    """Return the objects with their verdicts."""
    return table.assign(verdict=judge.all_said(state, table, judge.known()))


def record(state: State, name: str, made: xr.Dataset) -> dict[str, Any]:
    """Return the protocol of the view: everything that must be said to repeat it."""
    return {
        "source": state.source, "scene": state.name, "content": state.key,
        "dates": [state.date(state.first), state.date(state.second)], "estimator": name,
        "normalise": str(made.attrs.get("normalise", "")), "smooth": float(made.attrs.get("smooth", 0.0)),
        "rate": state.rate, "usual": state.usual, "least_pixels": state.least, "seed": int(made.attrs.get("seed", 0)),
        "eogen": str(made.attrs.get("eogen", "")), "signature": state.signature,
    }  # fmt: skip
