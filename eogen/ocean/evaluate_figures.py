"""From a trial to the figures and tables of the results page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import numpy as np
import pandas as pd

from eogen.ocean import reliability, scores, structure
from eogen.ocean.evaluate_sets import Case
from eogen.ocean.trial import Trial, part
from eogen.results import Figure

#: Set in the issue before anything was fitted, by kind of case: figure -> number to reach. Those of the 8-day and daily
#: cubes were set on two merged sensors and are told of such cubes only.
TARGETS: dict[str, dict[str, float]] = {
    "8-day": {
        "rmse": 0.185, "mae": 0.125, "crps": 0.092, "coverage_90_off": 0.02, "coverage_50_off": 0.03,
        "rmse/<=3 px": 0.121, "rmse/8-20 px": 0.205, "rmse/>20 px": 0.30,
        "gradient_ratio_members_off": 0.10, "spectrum_members_off": 0.25,
    },
    "daily": {"rmse": 0.172, "crps": 0.090},
    "monthly": {"rmse": 0.112},
    "near-complete": {"rmse": 0.160, "coverage_90_off": 0.03},
}  # fmt: skip
#: Wavelengths (pixels) the spectrum is judged at: shorter ones are the instrument's noise as well.
FINEST = 10.0
#: Greatest distance (pixels) in the hole a cell lies in: ends and names of its classes.
GAPS, GAP_NAMES = (0.0, 8.0, 20.0, 50.0, np.inf), ("gap <=8 px", "gap 8-20 px", "gap 20-50 px", "gap >50 px")
#: Fewest cells of a class that is told.
FEWEST = 200
_NOTE = "Interval: bootstrap over runs of frames."


def figures(
    case: Case, trial: Trial, reference: Trial | None, truth: np.ndarray, *, claimed: bool, seed: int
) -> Iterator[Figure]:
    """Yield every figure of a trial.

    Args:
        case: what it was asked.
        trial: what the method said.
        reference: the same case filled by the method to beat, on all frames, or None.
        truth: (frame, lat, lon) of the trial's frames.
        claimed: whether targets are for this method.
        seed: of the bootstraps.
    """
    goals = _goals(case) if claimed else {}
    unit = str(case.observed.attrs["units"])
    few = "" if len(trial.frames) >= _asked(case, reference) else f" On {len(trial.frames)} frames only."
    note = f"{_NOTE}{few} {case.note}".strip()

    def say(
        name: str, row: pd.Series | tuple[float, float, float, int], better: Any, in_units: bool
    ) -> Figure:
        value, low, high, n = row if isinstance(row, tuple) else (row.value, row.low, row.high, int(row.n))
        return Figure(
            name, trial.method, case.name, _number(value), _number(low), _number(high), int(n),
            unit=unit if in_units else "1", seconds=round(trial.seconds, 2), target=goals.get(name), better=better,
            note=note if np.isfinite(value) else f"Not defined here. {note}",
        )  # fmt: skip

    pooled = scores.score(trial.cells, trial.members, seed=seed)
    for name, row in pooled.iterrows():
        yield say(
            str(name),
            row,
            scores.SCORES[str(name)],
            name not in ("r", "spread_skill") and "cov" not in str(name),
        )
        if name in ("rmse", "mae", "crps", "r"):
            own = (row.frame_value, row.frame_low, row.frame_high, int(row.frames))
            yield say(f"{name}_frame", own, scores.SCORES[str(name)], name != "r")
    for level in (50, 90):
        if (name := f"coverage_{level}") in pooled.index:
            row = pooled.loc[name]
            off = _distance(row.value, row.low, row.high, level / 100)
            yield say(f"{name}_off", (*off, int(row.n)), "lower", False)
    for name, rows in _classes(trial.cells, seed).groupby(level="class", sort=False):
        row = rows.droplevel("class").loc["rmse"]
        yield say(f"rmse/{name}", row, "lower", True)
    yield from _structure(trial, truth, say, seed)
    if reference is not None and reference.method != trial.method:
        yield _against(trial, reference, say, seed)


def _goals(case: Case) -> dict[str, float]:
    """Return the targets of a case: none where they were set on another kind of cube."""
    other = (case.kind in ("8-day", "daily") and case.sensors < 2) or (
        case.kind == "near-complete" and case.observed.name != "sst"
    )
    return {} if other else TARGETS.get(case.kind, {})


def _asked(case: Case, reference: Trial | None) -> int:
    return len(reference.frames) if reference is not None else 0


def _classes(cells: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Return scores by distance to the nearest observation and, where the depth is known, by shelf."""
    parts = [scores.score_by(cells, scores.distance_class(cells.distance), seed=seed, fewest=FEWEST)]
    if "depth" in cells:
        parts.append(scores.score_by(cells, scores.shelf_class(cells.depth), seed=seed, fewest=FEWEST))
    return pd.concat([p for p in parts if len(p)]) if any(len(p) for p in parts) else pd.DataFrame(
        {"value": []}, index=pd.MultiIndex.from_tuples([], names=["class", "score"]))  # fmt: skip


def _structure(trial: Trial, truth: np.ndarray, say: Any, seed: int) -> Iterator[Figure]:
    n = int(trial.held.sum())
    answers = [("", trial.mean[None])] + ([("_members", trial.drawn)] if trial.drawn is not None else [])
    for suffix, drawn in answers:
        sums = np.mean([structure.gradient_sums(truth, m, trial.held) for m in drawn], axis=0)
        if sums[:, 1].sum() > 0:
            ratio = lambda s: s[..., 0] / s[..., 1]
            low, high = scores.bootstrap(sums, ratio, seed)
            value = float(ratio(sums.sum(0)))
            yield say(f"gradient_ratio{suffix}", (value, low, high, n), None, False)
            yield say(f"gradient_ratio{suffix}_off", (*_distance(value, low, high, 1.0), n), "lower", False)
        spectrum = structure.spectrum_ratio(truth, drawn, trial.held)
        coarse = spectrum[spectrum.index >= FINEST].ratio
        if len(coarse):
            off = float(np.abs(coarse - 1).max())
            yield say(
                f"spectrum{suffix}_off", (off, np.nan, np.nan, spectrum.attrs["windows"]), "lower", False
            )
    diagram = structure.taylor(trial.cells.truth.to_numpy(), trial.cells["mean"].to_numpy())
    yield say("sd_ratio", (diagram["sd_ratio"], np.nan, np.nan, n), None, False)
    yield say("centred_rmse", (diagram["centred_rmse"], np.nan, np.nan, n), "lower", False)


def _against(trial: Trial, reference: Trial, say: Any, seed: int) -> Figure:
    """Return the RMSE over the reference's on the same cells: below 1, the method is better."""
    same = part(reference, trial.frames)
    sums = np.stack([scores.frame_sums(t.cells).e2.to_numpy() for t in (trial, same)], 1)
    ratio = lambda s: np.sqrt(s[..., 0] / s[..., 1])
    low, high = scores.bootstrap(sums, ratio, seed)
    return say(
        f"rmse_over_{reference.method}",
        (float(ratio(sums.sum(0))), low, high, len(trial.cells)),
        "lower",
        False,
    )


def tables(
    case: Case,
    trials: dict[str, Trial],
    truths: dict[str, np.ndarray],
    provinces: np.ndarray | None,
    seed: int,
) -> dict[str, pd.DataFrame]:
    """Return the tables of a case: by class, by frame, spectrum, variogram, calibration, agreement, signature."""
    rows, spectra, variograms, pits, spreads, frames = {}, {}, {}, {}, {}, {}
    for name, trial in trials.items():
        rows[name] = by_class(trial.cells, provinces, seed)
        sums = scores.frame_sums(trial.cells)
        each = scores.from_sums(sums.to_numpy())
        dates = np.array(trial.signature.frames)
        frames[name] = pd.Series(each["rmse"], index=dates)
        for suffix, drawn in (("", trial.mean), (" (members)", trial.drawn)):
            if drawn is not None:
                spectra[name + suffix] = structure.spectrum_ratio(truths[name], drawn, trial.held).ratio
                first = drawn if drawn.ndim == 3 else drawn[0]
                variograms[name + suffix] = structure.variogram_ratio(truths[name], first, trial.held).ratio
        if np.isfinite(trial.cells.sd).any():
            pits[name] = reliability.pit_histogram(trial.cells).set_index("high").share
            spreads[name] = reliability.spread_skill(trial.cells)
    smallest = set.intersection(*(set(t.frames.tolist()) for t in trials.values()))
    same = {n: part(t, sorted(smallest)).cells["mean"].to_numpy() for n, t in trials.items()}
    apart, alike = structure.agreement(same)
    signature = max(trials.values(), key=lambda t: len(t.frames)).signature
    made = {
        "classes": pd.concat(rows, names=["method"]).reset_index(["class", "score"]),
        "frames": pd.DataFrame(frames).rename_axis("date"),
        "spectrum": pd.DataFrame(spectra).sort_index().rename_axis("wavelength"),
        "variogram": pd.DataFrame(variograms).rename_axis("lag"),
        "pit": pd.DataFrame(pits).rename_axis("high"),
        "spread_skill": pd.concat(spreads, names=["method", "bin"]).reset_index("bin") if spreads else pd.DataFrame(),
        "difference": apart.rename_axis("method"), "correlation": alike.rename_axis("method"),
        "signature": pd.DataFrame({"date": signature.frames, "donor": signature.donors, "cells": signature.cells,
                                   "seed": signature.seed, "sha256": signature.sha256}).set_index("date"),
    }  # fmt: skip
    return {
        f"{kind}: {case.name}": table for kind, table in made.items() if len(table) and len(table.columns)
    }


def by_class(cells: pd.DataFrame, provinces: np.ndarray | None, seed: int) -> pd.DataFrame:
    """Return the scores (index class, score) by distance, hole, depth, season and province, where they are known."""
    hole = np.asarray(GAP_NAMES)[
        np.clip(np.searchsorted(GAPS, cells.gap, side="left") - 1, 0, len(GAP_NAMES) - 1)
    ]
    kinds: list[Any] = [scores.distance_class(cells.distance), hole, cells.season.to_numpy(object)]
    if "depth" in cells:
        kinds.append(scores.shelf_class(cells.depth))
    if provinces is not None:
        kinds.append(provinces[cells.row, cells.column])
    parts = [scores.score_by(cells, kind, seed=seed, fewest=FEWEST) for kind in kinds]
    parts = [p for p in parts if len(p)]
    kept = ["value", "low", "high", "n", "frames"]
    return pd.concat(parts)[kept].astype({"n": int, "frames": int}) if parts else pd.DataFrame(
        {k: [] for k in kept}, index=pd.MultiIndex.from_tuples([], names=["class", "score"]))  # fmt: skip


def _distance(value: float, low: float, high: float, nominal: float) -> tuple[float, float, float]:
    """Return |value - nominal| and the interval of it that follows from the value's."""
    ends = sorted((abs(low - nominal), abs(high - nominal)))
    return abs(value - nominal), 0.0 if low <= nominal <= high else ends[0], ends[1]


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


Better = Literal["higher", "lower"] | None
