"""What can be taken away from the map: the filled sea with its spread and members, the gap, the scores."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from eogen.ocean import seas, sights
from eogen.ocean.gap import gap_score
from eogen.raster import geotiff_bytes
from pages.kit import export, send
from pages.kit.address import whole
from pages.kit.words import Words
from pages.parts.ocean import compute, sources
from pages.parts.ocean.state import State


def weights_card(model: str) -> dict[str, Any] | None:
    """Return the card beside some weights; None where there is none."""
    path = compute.WEIGHTS / f"{model}.json"
    return json.loads(path.read_text("utf-8")) if path.is_file() else None


def bar(t: Words, state: State, found: dict[str, xr.Dataset]) -> None:
    """Draw the export bar of the map."""
    stem = f"ocean-{str(state.date)[:10]}"
    files: list[export.File | export.Chart] = []
    for name, made in found.items():
        files.append(export.File(f"{stem}-{name}.nc", partial(netcdf, state, made)))
        files.append(export.raster(f"{stem}-{name}", partial(geotiff, state, made)))
    if state.hidden.any() and found:
        files.append(export.table(f"{stem}-scores", partial(table, state, found)))
    files.append(export.record(f"{stem}-view", partial(record, state)))
    export.bar(files, t, key="ocean")
    to_validation(t, state, "fillings", state.methods)


def to_validation(t: Words, state: State, kind: str, methods: Sequence[str]) -> None:
    """Offer what methods make of this sea for validation; not of a file of one's own."""
    if state.source not in sights.names():
        return
    simulated = state.source in seas.SIMULATED
    send.to_validation(
        t, kind, ocean_source=state.source, ocean_methods=list(dict.fromkeys(methods)),
        ocean_seeds=[str(whole("sea", sources.SEED))] if simulated else [],
    )  # fmt: skip


def dataset(state: State, made: xr.Dataset) -> xr.Dataset:
    """Return a filled date as a CF dataset: mean, sd, members, what was observed, what was withheld."""
    frame = state.cut.isel(time=[state.frame])
    flags = np.select([~state.sea, state.hidden, state.real_gap], [0, 2, 3], 1)[None].astype(np.int8)
    out = made.drop_vars("filled").assign(
        observed=frame.drop_attrs().assign_attrs(frame.attrs)
        if state.quantity == "chl"
        else (("time", "lat", "lon"), compute.seen(state, withheld=True)[None]),
        cell=(
            ("time", "lat", "lon"),
            flags,
            {
                "long_name": "what is known of the cell",
                "flag_values": np.array([0, 1, 2, 3], np.int8),
                "flag_meanings": "land observed withheld_and_filled not_seen_and_filled",
            },
        ),
    )
    out = out.assign_coords(sea=out.sea.astype(np.int8))
    for name in out.data_vars:
        out[name].attrs = {k: v for k, v in out[name].attrs.items() if not (isinstance(v, str) and v == "")}
        if out[name].dtype.kind == "f":
            out[name].encoding = {"zlib": True, "complevel": 4, "_FillValue": np.float32("nan")}
    out["time"].encoding = {"units": "days since 1970-01-01", "calendar": "standard", "dtype": "float64"}
    out.attrs |= {
        "quantity": state.quantity, "gap": state.gap, "source_in_app": state.source,
        "donor_date": "" if state.donor is None else str(state.cut.time.values[state.donor])[:10],
    }  # fmt: skip
    return out


def netcdf(state: State, made: xr.Dataset) -> bytes:
    """Return a filled date as NetCDF-4 (CF)."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "fill.nc"
        dataset(state, made).to_netcdf(path)
        return path.read_bytes()


def geotiff(state: State, made: xr.Dataset) -> bytes:
    """Return a filled date as a GeoTIFF: bands mean, sd and every member, in the unit that is filled."""
    bands = {"mean": made["mean"].values[0], "sd": made["sd"].values[0]}
    if "member" in made:
        bands |= {f"member {k + 1}": made["member"].values[k, 0] for k in range(made.sizes["member"])}
    values = np.stack(list(bands.values()))[:, ::-1].astype(np.float32)
    image = xr.DataArray(
        values,
        {"band": list(bands), "y": made.lat.values[::-1], "x": made.lon.values},
        ("band", "y", "x"),
        "fill",
        {"units": made["mean"].attrs.get("units", ""), "date": str(state.date)[:10]}
        | {k: v for k, v in made.attrs.items() if isinstance(v, str | int | float)},
    )
    return geotiff_bytes(image.rio.write_crs("EPSG:4326"))


def table(state: State, found: dict[str, xr.Dataset]) -> pd.DataFrame:
    """Return the scores of the withheld cells, a row per method."""
    truth = compute.seen(state, withheld=True)
    rows = []
    for name, made in found.items():
        score = gap_score(made["mean"].values[0], made["sd"].values[0], truth, state.hidden)
        rows.append({"method": name, "seconds": made.attrs.get("seconds"), **vars(score)})
    return pd.DataFrame(rows)


def record(state: State) -> dict[str, Any]:
    """Return the protocol of the view: everything that must be said to repeat it."""
    return {
        "source": state.source, "content": state.key, "date": str(state.date)[:19],
        "region": dict(zip(("south", "north", "west", "east"), state.region, strict=True)),
        "quantity": state.quantity, "gap": state.gap,
        "donor": None if state.donor is None else str(state.cut.time.values[state.donor])[:19],
        "withheld_cells": int(state.hidden.sum()),
        "observed_cells": int(np.isfinite(state.cut.values[state.frame]).sum()),
        "methods": list(state.methods), "seed": state.seed, "members": state.members, "signature": state.signature,
    }  # fmt: skip
