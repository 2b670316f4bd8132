"""The protocol of hidden cells, for any method: what was hidden, what it said, and a signature to repeat it by.

See :mod:`eogen.ocean.holdout` for what is hidden. The truth of hidden cells reaches the method in no way: it gets the
cube without them. How it calibrates itself (inner cross-validation) is its own affair.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from scipy.ndimage import label, maximum

from eogen.errors import InputError
from eogen.ocean import law, methods, regions
from eogen.ocean.dress import dressed
from eogen.ocean.holdout import SEED, Fold, folds
from eogen.ocean.problem import Estimate, Problem, problem
from eogen.progress import Progress, silent

#: A row's name, or any function ``(problem, targets) -> Estimate``: one's own model can be tried without adding a row.
Filler = str | Callable[[Problem, np.ndarray], Estimate]


@dataclass(frozen=True)
class Signature:
    """What a protocol hid: enough to repeat it, and a hash to see that it was the same.

    Attributes:
        dataset: title of the cube.
        seed: of the protocol.
        frames: dates that were scored (ISO 8601).
        donors: index of the frame (or given mask) whose clouds hid each.
        cells: hidden in all.
        sha256: of the hidden masks and of the cube's grid and times.
    """

    dataset: str
    seed: int
    frames: tuple[str, ...]
    donors: tuple[int, ...]
    cells: int
    sha256: str

    def to_json(self) -> str:
        """Return the signature as JSON text."""
        return json.dumps(self.__dict__, ensure_ascii=False)


@dataclass(frozen=True)
class Trial:
    """What a method said of cells that were hidden from it.

    Attributes:
        method: its name.
        cells: one row per hidden cell: ``frame`` (index in the cube), ``row``, ``column`` (of the grid), ``truth``,
            ``mean``, ``sd`` (NaN if none), ``distance`` (pixels to the nearest observation left in the frame), ``gap``
            (the greatest such distance in the same hole), ``pit``, ``crps``, ``width_50``, ``width_90`` (of the law
            the method gives, see :mod:`eogen.ocean.law`), ``season``, ``depth`` (m; only with bathymetry).
        members: (member, cell) float32 draws of the same cells, or None.
        signature: of what was hidden.
        seconds: the method took.
        held: (frame, lat, lon) bool: what was hidden of each of ``frames``.
        frames: indices of the scored frames, ascending.
        mean: (frame, lat, lon) float32: the method's answer in full, observed cells as observed.
        drawn: (member, frame, lat, lon) float32, the same of each draw, or None.
    """

    method: str
    cells: pd.DataFrame
    members: np.ndarray | None
    signature: Signature
    seconds: float
    held: np.ndarray
    frames: np.ndarray
    mean: np.ndarray
    drawn: np.ndarray | None = field(default=None, repr=False)


def hidden(
    observed: xr.DataArray,
    targets: Sequence[int] | np.ndarray | None = None,
    *,
    clouds: np.ndarray | None = None,
    seed: int = SEED,
    count: int = 2,
) -> list[Fold]:
    """Return what the protocol hides of a cube.

    Args:
        observed: a cube.
        targets: frames to hide cells of; all by default.
        clouds: (donor, lat, lon) bool masks to hide under; by default those of the cube's other frames.
        seed: draws the donors.
        count: of folds.

    Raises:
        InputError: ``ocean_no_holdout``.
    """
    chosen = np.arange(observed.sizes["time"]) if targets is None else np.asarray(targets, int)
    return folds(np.isfinite(observed.values), observed.sea.values, chosen, seed, clouds, count)


def trial(
    observed: xr.DataArray,
    method: Filler,
    clouds: np.ndarray | None = None,
    *,
    targets: Sequence[int] | np.ndarray | None = None,
    given: Sequence[Fold] | None = None,
    only: Sequence[int] | np.ndarray | None = None,
    members: int = 0,
    seed: int = SEED,
    count: int = 2,
    drivers: xr.Dataset | None = None,
    progress: Progress = silent,
) -> Trial:
    """Hide cells of a cube under other dates' clouds, let a method fill them, and return what it said of them.

    Args:
        observed: a cube.
        method: a row's name, or a function ``(problem, targets) -> Estimate``.
        clouds: masks to hide under; see :func:`hidden`.
        targets: frames to hide cells of.
        given: what to hide, when it was drawn already (``clouds``, ``targets`` and ``count`` are then not read).
        only: of the targets, those to fill and to score; everything else stays hidden as in the full protocol, so that
            a slow method can be compared on some of the frames.
        members: draws to ask for.
        seed: of the protocol and of the method.
        count: of folds.
        drivers: complete physical fields for methods that need them.
        progress: the method's stages.

    Raises:
        InputError: ``ocean_no_holdout``; ``ocean_method``; ``ocean_frames``; ``ocean_drivers``.
        Unavailable: ``no_model_weights``.
    """
    asked = problem(observed, drivers)
    answer = answerer(observed, method, members, seed, drivers, progress)
    rows, drawn, held, means, draws, frames, donors = [], [], [], [], [], [], []
    seconds = 0.0
    for fold in given or hidden(observed, targets, clouds=clouds, seed=seed, count=count):
        keep = np.ones(len(fold.targets), bool) if only is None else np.isin(fold.targets, only)
        if not keep.any():
            continue
        less = asked.without(fold.held)
        began = perf_counter()
        estimate = answer(less, fold.targets[keep])
        seconds += perf_counter() - began
        for k, t in enumerate(fold.targets[keep]):
            rows.append(cells_of(asked.values[t], less, int(t), fold.held[t], estimate, k))
            seen = less.observed[t]
            frames.append(int(t))
            held.append(fold.held[t])
            means.append(np.where(seen, less.values[t], estimate.mean[k]))
            if estimate.members is not None:
                drawn.append(estimate.members[:, k][:, fold.held[t]])
                draws.append(np.where(seen, less.values[t], estimate.members[:, k]))
        donors += fold.donors[keep].tolist()
    if not rows:
        raise InputError(
            "ocean_no_trial", "None of the frames asked for has hidden cells: nothing can be scored."
        )
    order = np.argsort(frames)
    table = pd.concat([rows[k] for k in order], ignore_index=True)
    season = regions.seasons(observed.time.values, float(observed.lat.values.mean()))
    table["season"] = season[table["frame"]]
    at, hid = np.array(frames)[order], np.stack(held)[order]
    signature = _signature(observed, at, np.array(donors)[order], hid, seed)
    return Trial(
        name_of(method),
        table,
        np.concatenate([drawn[k] for k in order], 1) if drawn else None,
        signature,
        seconds,
        hid,
        at,
        np.stack(means)[order].astype(np.float32),
        np.stack(draws, 1)[:, order].astype(np.float32) if draws else None,
    )


def part(whole: Trial, frames: Sequence[int] | np.ndarray) -> Trial:
    """Return a trial on some of its frames (to compare with a slower method that was asked for fewer)."""
    keep, rows = np.isin(whole.frames, frames), np.isin(whole.cells["frame"], frames)
    signature = replace(
        whole.signature,
        frames=tuple(np.array(whole.signature.frames)[keep]),
        donors=tuple(np.array(whole.signature.donors)[keep].tolist()),
        cells=int(rows.sum()),
        sha256="",
    )
    return Trial(
        whole.method, whole.cells[rows].reset_index(drop=True),
        None if whole.members is None else whole.members[:, rows], signature, whole.seconds,
        whole.held[keep], whole.frames[keep], whole.mean[keep],
        None if whole.drawn is None else whole.drawn[:, keep],
    )  # fmt: skip


def name_of(method: Filler) -> str:
    """Return a row's name, or that of the function."""
    return method if isinstance(method, str) else getattr(method, "__name__", "given")


def answerer(
    observed: xr.DataArray,
    method: Filler,
    members: int,
    seed: int,
    drivers: xr.Dataset | None = None,
    progress: Progress = silent,
    *,
    bare: bool = False,
) -> Callable[[Problem, np.ndarray], Estimate]:
    """Return the function that fills a problem's frames: a row's, or the one given.

    Rows without a standard deviation of their own get one (:mod:`eogen.ocean.dress`) unless ``bare``.
    """
    if not isinstance(method, str):
        return method
    row = methods.method(method)
    methods.check(row, observed, drivers)
    if bare:
        more = {"members": members} if row.draws else {}
        return lambda less, targets: row.run(less, targets, seed=seed, progress=progress, **more)
    return lambda less, targets: dressed(row, less, targets, members, seed, progress)


def cells_of(
    truth: np.ndarray, less: Problem, frame: int, held: np.ndarray, estimate: Estimate, k: int
) -> pd.DataFrame:
    """Return the table of a frame's scored cells.

    Args:
        truth: (lat, lon).
        less: what the method was given.
        frame: index in it.
        held: (lat, lon) bool: the cells to score.
        estimate: the method's answer; its frame ``k`` is this one.
    """
    y, x = np.nonzero(held)
    distance = less.gap_distance(frame)
    unknown = np.full(len(y), np.nan, np.float32)
    columns: dict[str, Any] = {
        "frame": np.full(len(y), frame),
        "row": y,
        "column": x,
        "truth": truth[held],
        "mean": estimate.mean[k][held],
        "sd": unknown if estimate.sd is None else estimate.sd[k][held],
        "distance": distance[held],
        "gap": widest(less.sea & ~less.observed[frame], distance)[held],
    }
    believed = (columns["truth"], columns["mean"], columns["sd"])
    for column, value in (
        ("pit", law.pit(*believed, estimate.shape)),
        ("crps", law.crps(*believed, estimate.shape)),
        ("width_50", law.width(columns["sd"], 0.5, estimate.shape)),
        ("width_90", law.width(columns["sd"], 0.9, estimate.shape)),
    ):
        columns[column] = value.astype(np.float32)
    if less.bathymetry is not None:
        columns["depth"] = less.bathymetry[held]
    return pd.DataFrame(columns)


def widest(hole: np.ndarray, distance: np.ndarray) -> np.ndarray:
    """Return (lat, lon) float32: of each hole (connected by sides), its greatest distance to an observation; else 0."""
    named, count = label(hole)
    if not count:
        return np.zeros(hole.shape, np.float32)
    most = np.concatenate([[0.0], np.atleast_1d(maximum(distance, named, np.arange(1, count + 1)))])
    return most[named].astype(np.float32)


def _signature(
    observed: xr.DataArray, frames: np.ndarray, donors: np.ndarray, held: np.ndarray, seed: int
) -> Signature:
    digest = hashlib.sha256(np.packbits(held).tobytes())
    for axis in ("lat", "lon"):
        digest.update(np.round(observed[axis].values, 5).astype("<f8").tobytes())
    times = observed.time.values[frames].astype("datetime64[s]")
    digest.update(times.astype("<i8").tobytes())
    return Signature(
        str(observed.attrs.get("title", "")), seed, tuple(np.datetime_as_string(times, "D").tolist()),
        tuple(donors.tolist()), int(held.sum()), digest.hexdigest(),
    )  # fmt: skip
