"""Without a ground truth: six checks that need nothing but observations, and one that borrows a truth.

=================== ===============================================================================================
:func:`.trial`      hide what was seen under other dates' clouds (:mod:`eogen.ocean.trial`); with a complete cube and
                    lent clouds, the full-truth twin
cross_sensor        fill what one sensor saw, score on what another saw meanwhile where the first was blind
composite           do filled days average to the composite of the days?
idempotence         observed cells come back as they were, and the same seed gives the same bits
cycle               hide the observations, keep the fill, fill again: does the fill remember what it was made from?
null                score against the truth of a date far away: skill must vanish, or the score rewards something else
=================== ===============================================================================================

Each takes a method's name or any function ``(problem, targets) -> Estimate``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from eogen.errors import InputError
from eogen.ocean import methods
from eogen.ocean.cube import composite as composite_of
from eogen.ocean.cube import like
from eogen.ocean.problem import problem
from eogen.ocean.simple import pixel_mean
from eogen.ocean.trial import Filler, Trial, answerer, cells_of, hidden, name_of, trial
from eogen.progress import Progress, silent

__all__ = ["Check", "composite", "cross_sensor", "cycle", "hidden", "idempotence", "null", "trial"]

#: Fewest cells of a frame worth scoring, and of two sensors in common to know their bias by.
FEWEST, COMMON = 50, 1000


@dataclass(frozen=True)
class Check:
    """What one check found.

    Attributes:
        name: of the check.
        method: that was checked.
        cells: a table for :func:`eogen.ocean.scores.score`, or an empty one.
        facts: further numbers, in the cube's units unless their name says otherwise.
    """

    name: str
    method: str
    cells: pd.DataFrame
    facts: dict[str, float]


def cross_sensor(
    first: xr.DataArray,
    second: xr.DataArray,
    method: Filler,
    *,
    frames: int = 24,
    seed: int = 0,
    progress: Progress = silent,
) -> Check:
    """Fill the first sensor's cube and score it on the second's cells where the first saw nothing, same day.

    The two disagree where both see. Their mean difference, over all common cells, is taken from the second's values;
    the rest of the disagreement (``floor``) is the least an answer can be wrong by.

    Args:
        first: cube that is filled.
        second: cube on the same grid and days.
        method: see the module's text.
        frames: days to score at most, at equal steps among those with enough cells.
        seed: of the method.
        progress: the method's stages.

    Returns:
        ``cells`` with the bias removed (its column ``raw`` is the second's value as it came); facts ``bias`` (second
        minus first), ``floor`` (root mean square difference of common cells, bias removed), ``common`` (cells).

    Raises:
        InputError: ``ocean_sensors`` when grids or days differ, too few cells are common, or none can be scored.
    """
    if first.shape != second.shape or not all(
        (first[a].values == second[a].values).all() for a in first.dims
    ):
        raise _sensors("their grids or days differ")
    a, b = first.values, second.values
    both = np.isfinite(a) & np.isfinite(b)
    if both.sum() < COMMON:
        raise _sensors(f"they have {int(both.sum())} cells in common, {COMMON} are needed to know their bias")
    apart = (b[both] - a[both]).astype(float)
    bias = float(apart.mean())
    blind = ~np.isfinite(a) & np.isfinite(b) & first.sea.values
    heard = np.isfinite(a).any((1, 2))
    days = np.flatnonzero(heard & (blind.sum((1, 2)) >= FEWEST))
    if not len(days):
        raise _sensors("on no day does the second see what the first does not")
    days = days[np.unique(np.linspace(0, len(days) - 1, min(frames, len(days))).round().astype(int))]
    asked = problem(first)
    estimate = answerer(first, method, 0, seed, None, progress)(asked, days)
    truth = np.where(blind, b - np.float32(bias), np.float32("nan"))
    rows = [cells_of(truth[t], asked, int(t), blind[t], estimate, k) for k, t in enumerate(days)]
    table = pd.concat(rows, ignore_index=True)
    table["raw"] = table.truth + bias
    facts = {"bias": bias, "floor": float(apart.std()), "common": float(both.sum())}
    return Check("cross_sensor", name_of(method), table, facts)


def composite(
    daily: xr.DataArray,
    method: Filler,
    *,
    days: int = 8,
    periods: int = 3,
    seed: int = 0,
    progress: Progress = silent,
) -> Check:
    """Compare the mean of the filled days of some periods with the mean of what was seen in them.

    The composite of a cell that was seen on few days is itself a poor mean; the column ``seen`` (days) tells. A method
    that invents weather of its own on the missing days departs from the composite also where most days were seen.

    Args:
        daily: a cube of days.
        method: see the module's text.
        days: of a period.
        periods: how many, those with the most observations.
        seed: of the method.
        progress: the method's stages.

    Returns:
        ``cells``: ``truth`` the composite, ``mean`` that of the filled days, ``frame`` the period, ``seen`` days.

    Raises:
        InputError: ``ocean_no_period`` when the cube is shorter than a period.
    """
    offset = ((daily.time.values - daily.time.values[0]) / np.timedelta64(days, "D")).astype(int)
    seen = np.isfinite(daily.values)
    counts = np.bincount(offset, seen.sum((1, 2)))
    length = np.bincount(offset)
    whole = np.flatnonzero(length == days)
    if not len(whole):
        raise InputError(
            "ocean_no_period",
            "No period of {days} days is whole in this cube of {found} frames.",
            days=days, found=len(offset),
        )  # fmt: skip
    best = np.sort(whole[np.argsort(-counts[whole], kind="stable")[:periods]])
    asked = problem(daily)
    answer = answerer(daily, method, 0, seed, None, progress, bare=True)
    means = composite_of(daily, days).values
    rows = []
    for k in best:
        targets = np.flatnonzero(offset == k)
        filled = np.where(seen[targets], daily.values[targets], answer(asked, targets).mean).mean(0)
        number = seen[targets].sum(0)
        y, x = np.nonzero(number)
        rows.append(
            pd.DataFrame(
                {
                    "frame": k, "row": y, "column": x, "truth": means[k][y, x], "mean": filled[y, x],
                    "sd": np.nan, "distance": 0.0, "seen": number[y, x],
                }
            )
        )  # fmt: skip
    table = pd.concat(rows, ignore_index=True)
    error = (table["mean"] - table.truth).to_numpy(float)
    most = table.seen.to_numpy() >= days / 2
    facts = {"rms_most_seen": float(np.sqrt((error[most] ** 2).mean())) if most.any() else float("nan")}
    return Check("composite", name_of(method), table, facts)


def idempotence(
    observed: xr.DataArray, method: str, times: np.ndarray, *, members: int = 0, seed: int = 0
) -> Check:
    """Fill twice with one seed: facts ``observed_change`` (greatest, must be 0) and ``repeat_change`` (must be 0)."""
    one, two = (methods.fill(observed, method, times, members=members, seed=seed) for _ in range(2))
    truth = observed.values[times]
    seen = np.isfinite(truth)
    fields = [one["mean"].values, *(one["member"].values if "member" in one else ())]
    change = max((float(np.abs(f[seen] - truth[seen]).max(initial=0)) for f in fields), default=0.0)
    again = max(float(np.nanmax(np.abs(one[v].values - two[v].values), initial=0)) for v in _numbers(one))
    return Check("idempotence", method, pd.DataFrame(), {"observed_change": change, "repeat_change": again})


def cycle(
    observed: xr.DataArray, method: Filler, times: np.ndarray, *, seed: int = 0, progress: Progress = silent
) -> Check:
    """Fill some frames, take the fill for observed and hide the observations, fill again, and compare with these.

    Each frame goes its way alone, the others stay as they were. Facts: ``sd``, the spread of the observations about
    their cells' means: a cycle that errs as much has forgotten the frame.
    """
    table, middle = [], pixel_mean(problem(observed))
    answer = answerer(observed, method, 0, seed, None, progress, bare=True)
    asked = problem(observed)
    for t in np.asarray(times, int):
        seen = asked.observed[t]
        if not seen.any() or seen[asked.sea].all():
            continue
        turned = observed.values.copy()
        turned[t] = np.where(asked.sea & ~seen, answer(asked, np.array([t])).mean[0], np.float32("nan"))
        less = problem(like(observed, turned))
        table.append(cells_of(asked.values[t], less, int(t), seen, answer(less, np.array([t])), 0))
    if not table:
        raise InputError(
            "ocean_no_trial", "None of the frames asked for has hidden cells: nothing can be scored."
        )
    cells = pd.concat(table, ignore_index=True)
    rest = cells.truth.to_numpy(float) - middle[cells.row, cells.column]
    return Check("cycle", name_of(method), cells, {"sd": float(rest.std())})


def null(observed: xr.DataArray, done: Trial, *, seed: int = 0) -> Check:
    """Score a trial against its own date and against dates far away, as skill over each cell's mean.

    Dates are drawn among the half of the series that is furthest from the frame. Right: ``skill`` (1 - mean square
    over the cell mean's) is high and ``skill_shuffled`` is not above 0. If it were, the score would reward
    something that has nothing to do with the day: dates mixed up, or a reference that is too easy.

    Returns:
        ``cells`` against the other dates (only cells seen there); facts ``skill`` and ``skill_shuffled``.
    """
    rng = np.random.default_rng(seed)
    left = observed.values.copy()
    left[done.frames] = np.where(done.held, np.float32("nan"), left[done.frames])
    middle = pixel_mean(problem(like(observed, left)))  # the mean must not know the answer either
    day = observed.time.values
    rows = []
    for k, t in enumerate(done.frames):
        away = np.argsort(-np.abs(day - day[t]), kind="stable")[: max(len(day) // 2, 1)]
        other = observed.values[rng.choice(away)]
        y, x = np.nonzero(done.held[k] & np.isfinite(other))
        rows.append(
            pd.DataFrame(
                {
                    "frame": t, "row": y, "column": x, "truth": other[y, x], "mean": done.mean[k][y, x],
                    "sd": np.nan, "distance": 0.0,
                }
            )
        )  # fmt: skip
    table = pd.concat(rows, ignore_index=True)
    facts = {"skill": _skill(done.cells, middle), "skill_shuffled": _skill(table, middle)}
    return Check("null", done.method, table, facts)


def _skill(cells: pd.DataFrame, middle: np.ndarray) -> float:
    truth = cells.truth.to_numpy(float)
    if not len(truth):
        return float("nan")
    usual = ((truth - middle[cells.row, cells.column]) ** 2).mean()
    return float(1 - ((truth - cells["mean"].to_numpy(float)) ** 2).mean() / usual)


def _numbers(filled: xr.Dataset) -> list[str]:
    return [str(v) for v in filled.data_vars if filled[v].dtype.kind == "f" and filled[v].ndim >= 3]


def _sensors(reason: str) -> InputError:
    return InputError("ocean_sensors", "The two sensors cannot be compared: {reason}.", reason=reason)
