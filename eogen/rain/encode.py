"""Years of maps through a model with bounded memory: scores, clusters and points along time, piece by piece."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import xarray as xr

from eogen.errors import InputError
from eogen.progress import Progress, silent
from eogen.rain.examples import TARGETS, of_maps
from eogen.rain.maps import in_order
from eogen.rain.protocol import Model


def encode(
    pieces: Iterable[xr.Dataset], model: Model, *, real_time: bool = False, total: int = 0, progress: Progress = silent
) -> xr.Dataset:  # fmt: skip
    """Return what a model says of a stream of maps, as if they were one file.

    Args:
        pieces: IMERG datasets (:mod:`eogen.rain.maps`) of one grid, one after the other in time: of
            :func:`eogen.rain.simulate.stream`, or of files opened in turn. Radar in them is not looked at.
        model: of :func:`eogen.rain.models.load` or fitted.
        real_time: never look at the map after.
        total: maps to come, for the progress, stage ``encode``.

    Returns:
        Along ``time``: the predicted scores of :data:`~eogen.rain.examples.TARGETS` and, where the model says them,
        ``cluster`` (int16), ``distance`` and ``latent`` (time, latent) float32.

    Raises:
        InputError: ``rain_time_order`` when a piece does not come after the one before; ``rain_few_pieces`` when there
            is none.
    """
    parts, done = [], 0
    for piece, rows in _with_neighbours(pieces):
        progress(done, total, "encode")
        said = model.predict(of_maps(piece, real_time).some(rows))
        found = {name: ("time", said.scores[name].to_numpy(np.float32)) for name in TARGETS}
        if said.cluster is not None:
            found["cluster"] = ("time", np.asarray(said.cluster, np.int16))
        if said.distance is not None:
            found["distance"] = ("time", np.asarray(said.distance, np.float32))
        if said.latent is not None:
            found["latent"] = (("time", "latent"), np.asarray(said.latent, np.float32))
        parts.append(xr.Dataset(found, coords={"time": piece["time"].values[rows]}))
        done += parts[-1].sizes["time"]
    if not parts:
        raise InputError("rain_few_pieces", "There is no map to score: the list of files or pieces is empty.")
    return xr.concat(parts, "time")


def _with_neighbours(pieces: Iterable[xr.Dataset]) -> Iterator[tuple[xr.Dataset, slice]]:
    """Return each piece with the map before and the map after it, and which of its rows are its own.

    The last map of a piece waits for the next one, whose first map is what comes after it.
    """
    tail: xr.Dataset | None = None
    waiting = 0
    for piece in pieces:
        if not piece.sizes["time"]:
            continue
        bare = piece.drop_vars([v for v in ("radar", "radar_wet_share") if v in piece])
        whole = bare if tail is None else xr.concat([tail, bare], "time", data_vars="minimal", coords="minimal",
                                                    compat="override", join="override")  # fmt: skip
        whole["time"].attrs = dict(piece["time"].attrs)
        in_order(whole["time"].values, str(piece["precipitation"].attrs.get("title", "precipitation")))
        held = 0 if tail is None else tail.sizes["time"]
        count = whole.sizes["time"]
        start = held - waiting
        if count - 1 > start:
            yield whole, slice(start, count - 1)
        keep = min(2, count)
        tail, waiting = whole.isel(time=slice(count - keep, count)), 1
    if tail is not None:
        yield tail, slice(tail.sizes["time"] - 1, tail.sizes["time"])
