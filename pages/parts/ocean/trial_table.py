"""The numbers of a trial as tables: leaderboard, by class, everything; no drawing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd

from eogen.ocean import scores
from eogen.ocean.methods import METHODS
from eogen.ocean.trial import Trial
from eogen.results import finite

#: Scores that can be looked at, in order.
SHOWN = ("rmse", "mae", "bias", "r", "crps", "coverage_50", "coverage_90", "width_90", "spread_skill")
#: How cells are put into classes.
CLASSES = ("distance", "depth", "season")
#: Cells a class must have to be shown.
FEWEST = 50
#: What a perfect forecast has, where that is not the lowest or the highest.
IDEAL = {"bias": 0.0, "coverage_50": 0.5, "coverage_90": 0.9, "spread_skill": 1.0}


def miss(score: str, value: np.ndarray | float) -> np.ndarray | float:
    """Return how far from perfect a score is: smaller is better, whatever the score."""
    if score in IDEAL:
        return np.abs(np.asarray(value) - IDEAL[score])
    return -np.asarray(value) if scores.SCORES.get(score) == "higher" else np.asarray(value)


def leaderboard(trials: Mapping[str, Trial]) -> pd.DataFrame:
    """Return one row per method and score: those of :func:`eogen.ocean.scores.score`, with ``method``, ``seconds``.

    Methods are in the order of their pooled RMSE, the best first.
    """
    parts = {}
    for name, one in trials.items():
        parts[name] = scores.score(one.cells, one.members).assign(seconds=one.seconds)
    order = sorted(parts, key=lambda n: parts[n].loc["rmse", "value"])
    return pd.concat({n: parts[n] for n in order}, names=["method"])


def per_frame(one: Trial) -> pd.DataFrame:
    """Return the scores of each frame, index ``frame``."""
    sums = scores.frame_sums(one.cells)
    made = scores.from_sums(sums.to_numpy())
    return pd.DataFrame(made, index=sums.index).assign(n=sums["n"].astype(int))


def labels(one: Trial, by: str) -> np.ndarray | None:
    """Return the class of each cell; None where the data do not tell."""
    if by == "distance":
        return scores.distance_class(one.cells["distance"].to_numpy())
    if by == "depth":
        return scores.shelf_class(one.cells["depth"].to_numpy()) if "depth" in one.cells else None
    return one.cells["season"].to_numpy()


def order_of(by: str) -> tuple[str, ...]:
    """Return the classes in the order in which they are read."""
    from eogen.ocean.regions import SEASONS

    return {"distance": scores.DISTANCE_NAMES, "depth": ("shelf", "offshore"), "season": SEASONS}[by]


def by_class(trials: Mapping[str, Trial], by: str, score: str) -> pd.DataFrame:
    """Return ``method``, ``class``, ``value``, ``low``, ``high``, ``n`` of one score, classes in order."""
    rows = []
    for name, one in trials.items():
        classes = labels(one, by)
        if classes is None:
            continue
        found = scores.score_by(one.cells, classes, fewest=FEWEST)
        for group in order_of(by):
            if len(found) and (group, score) in found.index:
                row = found.loc[(group, score)]
                rows.append((name, group, row["value"], row["low"], row["high"], int(row["n"])))
    return pd.DataFrame(rows, columns=["method", "class", "value", "low", "high", "n"])


def winners(trials: Mapping[str, Trial], by: str = "distance", score: str = "rmse") -> pd.DataFrame:
    """Return the best method of each class: ``class``, ``method``, ``value``, ``kind``, ``n``, classes in order."""
    table = by_class(trials, by, score)
    rows = []
    for group in order_of(by):
        here = table[(table["class"] == group) & np.isfinite(table["value"])]
        if len(here):
            best = here.iloc[int(np.argmin(miss(score, here["value"].to_numpy())))]
            kind = METHODS[best["method"]].kind if best["method"] in METHODS else ""
            rows.append((group, best["method"], best["value"], kind, best["n"]))
    return pd.DataFrame(rows, columns=["class", "method", "value", "kind", "n"])


def apart(trials: Mapping[str, Trial], one: str, other: str, by: str = "", group: str = "") -> bool:
    """Return whether the RMSE of two methods differs beyond what other dates would have given.

    Both are scored on the same cells (of a class, where one is given); frames are drawn again together, and 95 % of the
    ratios lie on one side of 1.
    """
    sums = []
    for name in (one, other):
        cells = trials[name].cells
        sums.append(scores.frame_sums(cells[labels(trials[name], by) == group] if by else cells)["e2"])
    both = pd.concat(sums, axis=1).to_numpy()
    low, high = scores.bootstrap(both, lambda s: np.sqrt(s[..., 0] / np.maximum(s[..., 1], 1e-12)))
    return bool(high < 1 or low > 1)


def everything(trials: Mapping[str, Trial]) -> pd.DataFrame:
    """Return every score: pooled, by every class and per frame, one row each."""
    parts = [leaderboard(trials).reset_index().assign(by="all", **{"class": "all"})]
    for name, one in trials.items():
        for by in CLASSES:
            if (classes := labels(one, by)) is not None:
                found = scores.score_by(one.cells, classes, fewest=FEWEST)
                if len(found):
                    parts.append(found.reset_index().assign(method=name, by=by))
        frames = per_frame(one)
        long = frames.drop(columns="n").stack().rename("value").rename_axis(["class", "score"]).reset_index()
        long["n"] = frames["n"].loc[long["class"]].to_numpy()
        dates = dict(zip(one.frames.tolist(), one.signature.frames, strict=True))
        parts.append(long.assign(method=name, by="date", **{"class": long["class"].map(dates)}))
    first = ["method", "by", "class", "score", "value", "low", "high", "n"]
    table = pd.concat(parts, ignore_index=True)
    return table[first + [c for c in table.columns if c not in first]]


def record(trials: Mapping[str, Trial]) -> dict[str, Any]:
    """Return the protocol and every score, as strict JSON can hold them."""
    one = next(iter(trials.values()))
    table = everything(trials).astype(object)
    rows = table.where(table.notna(), None).to_dict("records")
    return {"protocol": asdict(one.signature), "scores": finite(rows)}
