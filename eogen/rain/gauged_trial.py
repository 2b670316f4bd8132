"""Leave one day out, within days left out: what each learner says of a day it has not seen, and an honest choice.

For every day d and every other day e, all learn without both. What is said of e then is how good each learner is on a
day it has not seen, without d having had a say: by that the learner for d is chosen, the weights of their sum are
fitted and the interval around it is measured.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
import pandas as pd
from scipy.optimize import nnls

from eogen.progress import Progress, silent
from eogen.rain.blocks import LEVEL
from eogen.rain.conformal import calibrate
from eogen.rain.gauged import TARGETS, Hours
from eogen.rain.gauged_learners import LEARNERS, Learner, ridge, scaled
from eogen.rain.gauged_places import Places
from eogen.rain.scores import BY_NAME

#: Learners that are averaged, named before anything was measured; and what is claimed.
AVERAGED = ("stations_forest", "stations_process", "places")
CLAIMED = "stacked"
#: Most folds: more days than these are left out in groups of neighbours.
FOLDS = 16
#: How much harder the weights' sum is held to 1 than the errors to 0.
_STRICT = 100.0


@dataclass(frozen=True)
class GaugeTrial:
    """What was said.

    Attributes:
        predicted: learner -> (n, target), each hour by those who never saw its day.
        low, high: the same, the ends of the interval.
        chosen: (day, target) name of the learner that was chosen for each day.
        weights: (day, target, learner) of the sum.
    """

    predicted: dict[str, pd.DataFrame]
    low: dict[str, pd.DataFrame]
    high: dict[str, pd.DataFrame]
    chosen: pd.DataFrame
    weights: pd.DataFrame


def gauge_trial(
    hours: Hours,
    latents: Mapping[str, np.ndarray] | None = None,
    *,
    level: float = LEVEL,
    seed: int = 0,
    trees: int | None = None,
    progress: Progress = silent,
) -> GaugeTrial:
    """Return what every learner says of every day without having seen it.

    Args:
        hours: of four days or more.
        latents: name -> (n, d) where a network that learnt elsewhere places the hours; each gets a ridge of its own.
        level: of the intervals.
        seed: of forests.
        trees: of the forest of places; its own number by default.
        progress: stages ``gauges`` and ``leave_out``.
    """
    count = int(hours.day.max()) + 1
    if count > FOLDS:
        hours = replace(hours, day=hours.day * FOLDS // count)
    truth = hours.scores[list(TARGETS)].to_numpy(float)
    learners: dict[str, Learner] = dict(LEARNERS) | {n: _transferred(v) for n, v in (latents or {}).items()}
    places = Places(hours, **({} if trees is None else {"trees": trees}), seed=seed, progress=progress)
    days = np.unique(hours.day)
    single, double = {}, {}
    runs = [(int(d),) for d in days] + [(int(a), int(b)) for a, b in combinations(days, 2)]
    for k, left in enumerate(runs):
        progress(k, len(runs), "leave_out")
        found = _without(hours, truth, learners, places, left, seed)
        for d in left:
            rows = hours.day == d
            other = [e for e in left if e != d]
            # Said of d while e was away too: for the choice of e.
            (double if other else single)[(d, *other)] = {n: v[rows] for n, v in found.items()}
    return _second(hours, truth, single, double, level)


def _without(
    hours: Hours,
    truth: np.ndarray,
    learners: Mapping[str, Learner],
    places: Places,
    left: tuple[int, ...],
    seed: int,
) -> dict[str, np.ndarray]:
    """Return learner -> (n, target), set where the hour is of a day left out."""
    new = np.isin(hours.day, left)
    train, new = np.flatnonzero(~new), np.flatnonzero(new)
    found = {}
    for name, learner in learners.items():
        found[name] = np.full(truth.shape, np.nan)
        found[name][new] = _inside(learner(train, new, hours, truth, seed))
    found["places"] = places.without(left).to_numpy(float)
    return found


def _second(hours: Hours, truth: np.ndarray, single: dict, double: dict, level: float) -> GaugeTrial:
    names = list(next(iter(single.values())))
    days = [d for (d,) in single]
    kept = [*names, "mean", "chosen", "stacked"]
    tables = {part: {n: np.full(truth.shape, np.nan) for n in kept} for part in ("said", "low", "high")}
    chosen, weights = [], []
    for d in days:
        rows, others = hours.day == d, [e for e in days if e != d]
        inner = np.concatenate([np.stack([double[e, d][n] for n in names], -1) for e in others])
        known = np.concatenate([truth[hours.day == e] for e in others])
        when = np.concatenate([hours.day[hours.day == e] for e in others])
        outer = np.stack([single[d,][n] for n in names], -1)
        picked = {}
        for k, target in enumerate(TARGETS):
            a, y, b = inner[:, k], known[:, k], outer[:, k]
            good = np.isfinite(y) & np.isfinite(a).all(1)
            fits = _corrected(a[good], y[good])
            a, b = a * fits[0] + fits[1], b * fits[0] + fits[1]
            errors = np.square(a[good] - y[good, None]).mean(0)
            best, w = int(errors.argmin()), _sum(a[good], y[good])
            picked[target] = names[best]
            weights += [
                {"day": d, "target": target, "learner": n, "weight": w[j]} for j, n in enumerate(names)
            ]
            alone = np.eye(len(names))
            averaged = np.isin(names, AVERAGED) / len(AVERAGED)
            for name, mix in zip(kept, (*alone, averaged, alone[best], w), strict=True):
                _interval(tables, name, rows, k, b @ mix, a @ mix, y, when, level)
        chosen.append({"day": d, **picked})
    frame = lambda v: {n: pd.DataFrame(t, columns=list(TARGETS)) for n, t in v.items()}
    return GaugeTrial(
        frame(tables["said"]), frame(tables["low"]), frame(tables["high"]),
        pd.DataFrame(chosen).set_index("day"), pd.DataFrame(weights),
    )  # fmt: skip


def _interval(tables, name, rows, k, said, inner, y, when, level) -> None:  # noqa: ANN001 - arrays of _second
    span = BY_NAME[TARGETS[k]]
    artificial = np.datetime64("2000-01-01", "ns") + when.astype("timedelta64[D]")
    margin = calibrate(y, inner, artificial, level, span=(span.low, span.high), cautious=False)
    said = np.clip(said, span.low, span.high)
    tables["said"][name][rows, k] = said
    tables["low"][name][rows, k], tables["high"][name][rows, k] = margin.interval(said)


def _corrected(said: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return slope and offset (learner,) of the truth on what each learner says; none where it says one thing only.

    A slope is kept within 0 and 1.5: few days tell little of it.
    """
    x = said - said.mean(0)
    spread = np.square(x).sum(0)
    slope = np.where(spread > 1e-12, x.T @ (y - y.mean()) / np.maximum(spread, 1e-12), 1.0).clip(0, 1.5)
    return slope, y.mean() - slope * said.mean(0)


def _sum(said: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return weights (learner,) >= 0 that sum to 1, of least squared error on days left out.

    Stacked regression (Breiman 1996, Mach. Learn. 24, 49); each learner has the mean of the truth already.
    """
    strict = _STRICT * (np.abs(y - y.mean()).max() or 1.0) * np.sqrt(len(y))
    a = np.vstack([said - said.mean(0), np.full((1, said.shape[1]), strict)])
    found, _ = nnls(a, np.append(y - y.mean(), strict))
    return found


def _transferred(latent: np.ndarray) -> Learner:
    def run(train: np.ndarray, new: np.ndarray, hours: Hours, truth: np.ndarray, seed: int) -> np.ndarray:
        x = scaled(latent, train)
        return ridge(x[train], truth[train], hours.day[train], x[new])

    return run


def _inside(values: np.ndarray) -> np.ndarray:
    """Return predictions (n, target) cut to the range of each score."""
    spans = [BY_NAME[t] for t in TARGETS]
    return np.clip(values, [s.low for s in spans], [s.high for s in spans])
