"""What needs no other labels: an image out of place by a pixel, the unconditional twin, and Otsu on plain CVA."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import xarray as xr

from eogen.change import resample
from eogen.change import scores as s
from eogen.change.evaluate_sets import Case
from eogen.change.evaluate_targets import OTSU_OF, QUOTED, RATIO, RULE
from eogen.change.evaluate_trial import Trial, trial
from eogen.change.methods import METHODS
from eogen.results import Figure

#: Kinds of sets that are shifted: registered well enough for a pixel to be an error.
SHIFTED = ("oscd_rgb",)


def moved(images: xr.DataArray, columns: int = 1) -> xr.DataArray:
    """Return a pair whose second image lies some columns too far to the right; what has no image there is not valid."""
    made = images.copy(deep=True)
    made.values[1] = np.roll(images.values[1], columns, -1)
    valid = images.valid.values.copy()
    valid[1] = np.roll(valid[1], columns, -1)
    valid[1][:, :columns] = False
    made.values[1][:, ~valid[1]] = 0
    return made.assign_coords(valid=(("time", "y", "x"), valid))


def shift(done: Trial, *, goal: float | None, seed: int, step: Callable[[], None]) -> Iterator[Figure]:
    """Yield the AP of an estimator when the second image is a pixel out of place, and what share of its AP is lost.

    Args:
        done: what it said of the images in place.
        goal: greatest loss wanted, or None.
        seed: of estimators and bootstraps.
        step: called between pairs; may raise ``Cancelled``.
    """
    case = done.case
    wrong = Case(
        case.name, case.kind, case.sensor, {k: moved(p) for k, p in case.pairs.items()}, note=case.note
    )
    after = trial(wrong, done.method, seed=seed, step=step)
    pairs = [_same(done, after, k) for k in done.maps]
    samples = [[s.sample(p[side], p[2]) for p in pairs] for side in (0, 1)]
    whole = [s.curve(s.pooled(each)) for each in samples]
    parts = [[s.on_grid(p, s.grid(w)) for p in each] for each, w in zip(samples, whole, strict=True)]
    before, now = (s.average_precision(w) for w in whole)
    ends = resample.bootstrap(parts[1], s.average_precision, seed)
    note = "The second image lies a pixel too far to the right. Interval: bootstrap over images."
    yield _figure("ap_shift_1", done, now, ends, len(pairs), "higher", note, None)
    rng = np.random.default_rng(seed)
    drawn = []
    for _ in range(200):
        times = np.bincount(rng.integers(0, len(pairs), len(pairs)), minlength=len(pairs)).astype(float)
        one, two = (s.average_precision(_sum(p, times)) for p in parts)
        drawn.append(1 - two / one if one else np.nan)
    ends = resample.interval(np.array(drawn)) if len(pairs) > 1 else (np.nan, np.nan)
    note = f"1 - AP / AP in place, on the same pixels. {note}"
    yield _figure(
        "shift_loss", done, 1 - now / before if before else np.nan, ends, len(pairs), "lower", note, goal
    )


def against_twins(case: Case, trials: dict[str, Trial]) -> Iterator[Figure]:
    """Yield AP over that of the unconditional twin, on the same images, for every conditional estimator with one."""
    for name, done in trials.items():
        row = METHODS[name]
        twin = trials.get(row.twin)
        if row.conditional != "conditional" or twin is None or set(twin.maps) != set(done.maps):
            continue
        mine, other = (s.average_precision(t.pooled) for t in (done, twin))
        note = f"AP over that of {row.twin}, on the same images. {case.note}".strip()
        ratio, goal = mine / other if other else np.nan, RATIO.get(case.kind)
        yield _figure(
            "ap_over_unconditional", done, ratio, (np.nan, np.nan), len(done.maps), "higher", note, goal
        )


def against_otsu(case: Case, done: Trial, trials: dict[str, Trial]) -> Iterator[Figure]:
    """Yield the label-free F1 of the claimed estimator with the chosen rule; its target is the best of Otsu on CVA."""
    rivals = {n: _f1(trials[n], "otsu") for n in OTSU_OF if n in trials}
    if not rivals:
        return
    best = max(rivals, key=lambda n: rivals[n])
    tables = list(done.called[RULE].values())
    quoted = f" On the whole set the issue quotes {QUOTED[case.kind]}." if case.kind in QUOTED else ""
    note = f"Rule {RULE}; the target is Otsu on {best}, on the same images.{quoted} {case.note}".strip()
    ends = resample.bootstrap_sum(tables, lambda t: t.f1)
    yield _figure("label_free_f1", done, _f1(done, RULE), ends, len(tables), "higher", note, rivals[best])


def _f1(done: Trial, rule: str) -> float:
    tables = list(done.called[rule].values())
    return sum(tables[1:], tables[0]).f1


def _same(one: Trial, two: Trial, name: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    both = one.where[name] & two.where[name]
    labels = one.case.pairs[name].label.values[both] == 1
    return one.maps[name].nll.values[both], two.maps[name].nll.values[both], labels


def _sum(parts: list[s.Curve], times: np.ndarray) -> s.Curve:
    stacked = lambda field: times @ np.stack([getattr(p, field) for p in parts])
    sizes = (float(times @ [getattr(p, f) for p in parts]) for f in ("positives", "negatives"))
    return s.Curve(parts[0].threshold, stacked("hits"), stacked("alarms"), *sizes)


def _figure(
    name: str, done: Trial, value: float, ends: tuple[float, float], n: int, better: str, note: str,
    goal: float | None,
) -> Figure:  # fmt: skip
    number = lambda v: float(v) if np.isfinite(v) else None
    return Figure(name, done.method, done.case.name, number(value), number(ends[0]), number(ends[1]), n,
                  seconds=round(done.seconds, 2), target=goal, better=better, note=note)  # type: ignore[arg-type]  # fmt: skip
