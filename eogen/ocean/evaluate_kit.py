"""The checks without a ground truth, as figures."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd

from eogen.errors import InputError, Unavailable
from eogen.ocean import scores, validate
from eogen.ocean.evaluate_sets import KEPT, Case
from eogen.ocean.methods import METHODS
from eogen.ocean.read import nep, sensor_pair
from eogen.ocean.trial import Trial
from eogen.ocean.validate import Check
from eogen.results import Figure

#: Set in the issue: filling MODIS, scored on VIIRS where MODIS is blind.
CROSS_TARGET = 0.20
#: Days scored on the other sensor, for quick methods and for slow ones; periods and frames of the other checks.
CROSS_FRAMES, CROSS_SLOW, PERIODS, CYCLES = 16, 4, 2, 3
UNIT = "log10(mg m-3)"
_COMPOSITE = (
    "Mean of filled days minus that of the days that were seen; a sampling difference remains for any method."
)
_SAME = "Greatest difference in one frame and two members; 0 is to the bit."
_CYCLE = "Fill, hide what was seen, fill again from the fill; the observations' s.d. about cells' means is {sd:.3f}."
_NOTE = "Interval: bootstrap over runs of frames."
Say = Callable[[str], None]


def cross_sensor(
    path: Path, names: list[str], *, claimed: str, seed: int, quick: bool, absent: Say
) -> Iterator[Figure]:
    """Yield the figures of every method on one daily file of two sensors: the first filled, the second the judge."""
    try:
        first, second = sensor_pair(path)
    except InputError as reason:
        absent(f"cross-sensor: {reason}")
        return
    sensors = [str(c.attrs["sensors"]) for c in (first, second)]
    keep = np.flatnonzero(np.isfinite(first.values)[:, first.sea.values].mean(1) > KEPT)
    first, second = first.isel(time=keep), second.isel(time=keep)
    dataset = f"{path.stem}, {sensors[0]} filled, {sensors[1]} the judge"
    told = False
    for name in names:
        few = CROSS_SLOW if METHODS[name].slow or quick else CROSS_FRAMES
        began = perf_counter()
        more = {"frames": few, "seed": seed}
        check = _tried(absent, dataset, name, validate.cross_sensor, first, second, name, **more)
        if check is None:
            continue
        seconds = round(perf_counter() - began, 2)
        note = f"{check.cells.frame.nunique()} days; mean difference of the sensors removed. {_NOTE}"
        for score, row in scores.score(check.cells, seed=seed).iterrows():
            if score in ("rmse", "mae", "crps", "r", "coverage_50", "coverage_90"):
                goal = CROSS_TARGET if score == "rmse" and name == claimed else None
                yield _figure(str(score), name, dataset, row, scores.SCORES[str(score)], note, seconds, goal)
        classes = scores.distance_class(check.cells.distance)
        for (label, score), row in scores.score_by(check.cells, classes, seed=seed, fewest=200).iterrows():
            if score == "rmse":
                yield _figure(f"rmse/{label}", name, dataset, row, "lower", note, seconds)
        raw = check.cells[["frame", "mean", "sd"]].assign(truth=check.cells.raw)
        row = scores.score(raw, seed=seed).loc["rmse"]
        yield _figure("rmse_raw", name, dataset, row, "lower", f"Mean difference left in. {_NOTE}", seconds)
        if not told:
            told = True
            common, note = (
                int(check.facts["common"]),
                "Cells that both saw on one day: no answer can be nearer.",
            )
            yield Figure("sensor_bias", "sensors", dataset, check.facts["bias"], None, None, common, UNIT, better=None,
                         note=f"{sensors[1]} minus {sensors[0]}.")  # fmt: skip
            yield Figure("sensor_floor", "sensors", dataset, check.facts["floor"], None, None, common, UNIT,
                         better=None, note=note)  # fmt: skip


def composites(path: Path, names: list[str], *, seed: int, absent: Say) -> Iterator[Figure]:
    """Yield how far filled days average from the composite of the days, for each method that is not slow."""
    daily, dataset = nep(path), f"{path.stem}, days against 8-day composites"
    for name in names:
        if METHODS[name].slow:
            continue
        began = perf_counter()
        more = {"periods": PERIODS, "seed": seed}
        check = _tried(absent, dataset, name, validate.composite, daily, name, **more)
        if check is None:
            continue
        seconds = round(perf_counter() - began, 2)
        table = scores.score(check.cells, seed=seed)
        for figure, score in (("composite_rms", "rmse"), ("composite_bias", "bias"), ("composite_r", "r")):
            if score in table.index:
                yield _figure(figure, name, dataset, table.loc[score], None, _COMPOSITE, seconds)
        if np.isfinite(most := check.facts["rms_most_seen"]):
            n = int((check.cells.seen >= 4).sum())
            yield Figure("composite_rms_most_seen", name, dataset, most, None, None, n, UNIT, seconds, better=None,
                         note="Only cells that were seen on four days of eight or more.")  # fmt: skip


def others(case: Case, trials: dict[str, Trial], *, seed: int, quick: bool, absent: Say) -> Iterator[Figure]:
    """Yield skill on the right and on wrong dates and, unless ``quick``, the cycle and what must not change."""
    unit = str(case.observed.attrs["units"])
    for name, done in trials.items():
        check = validate.null(case.observed, done, seed=seed)
        for figure, n in (("skill", len(done.cells)), ("skill_shuffled", len(check.cells))):
            note = "1 - mean square error over that of each cell's mean" + (
                "; against the truth of dates far away: must not be above 0." if "_" in figure else "."
            )
            value = check.facts[figure]
            yield Figure(figure, name, case.name, value if np.isfinite(value) else None, None, None, n,
                         target=0.0 if "_" in figure else None, better="lower" if "_" in figure else "higher",
                         note=note)  # fmt: skip
        if quick:
            continue
        times = done.frames[np.unique(np.linspace(0, len(done.frames) - 1, CYCLES).round().astype(int))]
        what = (case.observed, name)
        still = _tried(absent, case.name, name, validate.idempotence, *what, times[:1], members=2, seed=seed)
        for fact, value in still.facts.items() if still else ():
            yield Figure(fact, name, case.name, value, None, None, int(case.observed[0].size), unit, target=0.0,
                         better="lower", note=_SAME)  # fmt: skip
        if METHODS[name].slow:
            continue
        turned = _tried(absent, case.name, name, validate.cycle, *what, times, seed=seed)
        if turned is not None:
            row = scores.score(turned.cells, seed=seed).loc["rmse"]
            yield _figure("cycle_rmse", name, case.name, row, "lower", _CYCLE.format(**turned.facts), 0.0)


def _tried(
    absent: Say, dataset: str, name: str, check: Callable[..., Check], *given: Any, **more: Any
) -> Check | None:
    """Return the check's result; None, and a sentence to ``absent``, where the method cannot be asked."""
    try:
        return check(*given, **more)
    except Unavailable as reason:
        absent(f"{name}: {reason}")
    except InputError as reason:
        absent(f"{name} on {dataset}: {reason}")
    return None


def _figure(
    figure: str, name: str, dataset: str, row: pd.Series, better: str | None, note: str, seconds: float,
    target: float | None = None,
) -> Figure:  # fmt: skip
    ends = (None if not np.isfinite(v) else float(v) for v in (row.low, row.high))
    unitless = figure.split("/")[0] in ("r", "coverage_50", "coverage_90", "composite_r")
    return Figure(figure, name, dataset, float(row.value), *ends, int(row.n), "1" if unitless else UNIT, seconds,
                  target, better, note)  # type: ignore[arg-type]  # fmt: skip
