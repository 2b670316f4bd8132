"""What can be taken away from the simulated day: the maps as NetCDF, the scores as a table, the protocol."""

from __future__ import annotations

from functools import partial
from typing import Any

import pandas as pd

from eogen import __version__
from pages.kit import export
from pages.kit.words import Words
from pages.parts.rain.state import State


def bar(t: Words, state: State) -> None:
    """Draw the export bar."""
    stem = f"rain-{state.key}"
    files = [
        export.File(f"{stem}.nc", partial(netcdf, state)),
        export.table(f"{stem}-scores", partial(scores, state)),
        export.record(f"{stem}-view", partial(record, state)),
    ]
    export.bar(files, t, key="rain")


def netcdf(state: State) -> bytes:
    """Return the day's maps as NetCDF."""
    import io

    held = io.BytesIO()
    state.day.pair.to_netcdf(held, engine="h5netcdf")
    return held.getvalue()


def scores(state: State) -> pd.DataFrame:
    """Return the scores of every half hour."""
    return state.day.scores.to_dataframe().reset_index()


def record(state: State) -> dict[str, Any]:
    """Return all that must be said to repeat the view."""
    c = state.choice
    return {
        "seed": c.seed, "start": c.start, "regime": c.regime, "run": c.run, "off": list(c.off), "half_hour": state.at,
        "eogen": __version__,
    }  # fmt: skip
