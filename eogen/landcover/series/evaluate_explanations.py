"""Explanations of real parcels, asked of models that did not see them: faithful, sane, quick, of one mind?"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from eogen.errors import InputError
from eogen.landcover.sanity import rank_correlation
from eogen.landcover.series.agreement import agreement
from eogen.landcover.series.coalitions import groups_of
from eogen.landcover.series.deletion import RANDOM, deletion, part_scores
from eogen.landcover.series.evaluate_figures import BY_GROUP, Bench, averaged, mean_by_group, scored
from eogen.landcover.series.evaluate_models import Trial
from eogen.landcover.series.methods import EXPLANATIONS, MODELS
from eogen.landcover.series.protocol import SeriesModel
from eogen.landcover.series.randomisation import chance, untrained
from eogen.landcover.trust import SANITY_BAD
from eogen.results import Figure

#: Parcels that are explained, of these those whose groups of months are removed, and those that are timed.
COUNT, GROUPED, TIMED, QUICK = 80, 40, 8, 6
#: Goals of the issue: faithfulness of the best explanation of months and what it may take, what any may take (ms).
SRG, BEST_MS, ANY_MS = 0.47, 50.0, 200.0


@dataclass
class Asked:
    """Answers and explanations of one model to the same parcels.

    Attributes:
        rows: (n,) parcels of the trial.
        target: (n,) the class answered, which is what is explained.
        importance: by explanation, (n, month) or (n, month, band).
        srg, srg_group: by explanation (n,), of months and of spectral groups of months; NaN where not removed.
        likeness: by explanation (n,), |Spearman| with a model that learnt nothing.
        milliseconds: by explanation, of single series.
    """

    rows: np.ndarray
    target: np.ndarray
    importance: dict[str, np.ndarray] = field(default_factory=dict)
    srg: dict[str, np.ndarray] = field(default_factory=dict)
    srg_group: dict[str, np.ndarray] = field(default_factory=dict)
    likeness: dict[str, np.ndarray] = field(default_factory=dict)
    milliseconds: dict[str, list[float]] = field(default_factory=dict)


def measure(bench: Bench, trial: Trial) -> None:
    """Write what explanations of out-of-fold parcels are worth, model by model."""
    generator = np.random.default_rng(bench.seed)
    count = min(QUICK if bench.quick else COUNT, len(trial.label))
    rows = generator.permutation(len(trial.label))[:count]
    best: dict[str, tuple[Figure, Figure]] = {}
    table: dict[str, dict[str, float]] = {}
    first: dict[str, np.ndarray] = {}
    for number, (method, judges) in enumerate(trial.judges.items()):
        asked = Asked(rows, np.zeros(count, np.int64))
        for fold in np.unique(judges.of[rows]):
            _fold(bench, trial, method, int(fold), asked)
        bench.progress(number + 1, len(trial.judges), "explaining")
        for name, figures in _figures(bench, trial, method, asked).items():
            bench.add(*figures.values())
            table[f"{method}/{name}"] = {k: f.value for k, f in figures.items()}
            if EXPLANATIONS[name].needs != "nothing":
                best[f"{method}/{name}"] = figures["srg"], figures["milliseconds"]
        for name, values in asked.importance.items():
            by_month = values.sum(2) if values.ndim == 3 else values
            first[f"{method}/{name}"] = np.bincount(by_month.argmax(1), minlength=values.shape[1])
        found = agreement(asked.importance)
        for what in ("rank_correlation", "same_top"):
            frame = found[what].to_pandas().rename_axis(index="one", columns="other")
            bench.report.tables[f"agreement, {what}: {method}, {trial.dataset}"] = frame
    _best(bench, trial, best)
    frame = pd.DataFrame.from_dict(table, orient="index").rename_axis("method")
    bench.report.tables[f"explanations: {trial.dataset}"] = frame
    # An explanation that names one month for every parcel is a habit of the model, not a reason.
    months = [str(k + 1) for k in range(trial.series.shape[1])]
    counts = pd.DataFrame.from_dict(first, orient="index", columns=months).rename_axis("method")
    bench.report.tables[f"most important month, parcels: {trial.dataset}"] = counts
    parts = int(np.isfinite(trial.series[rows]).any(2).sum(1).mean())
    groups = len(groups_of(trial.bands)[0])
    for what, seen in (("months", parts), ("groups of months", parts * groups)):
        bench.add(Figure("sanity_chance", "chance", f"{trial.dataset}, {what}", chance(seen), None, None, seen,
                         better=None, note=f"Mean |Spearman| of two unrelated orders of {seen}."))  # fmt: skip


def _fold(bench: Bench, trial: Trial, method: str, fold: int, asked: Asked) -> None:
    """Ask the model of one fold about the parcels that it did not see."""
    judges = trial.judges[method]
    model, here = judges.models[fold], np.flatnonzero(judges.of[asked.rows] == fold)
    # A model of all folds is asked about parcels that none of them knows; those may stand for what is usual.
    train = judges.of != fold if (judges.of != fold).sum() > 1 else np.ones(len(judges.of), bool)
    series = trial.series[asked.rows[here]]
    background = background_of(trial.series[train])
    asked.target[here] = model.predict_proba(series).argmax(1)
    target = asked.target[here]
    importance = explain(model, series, target, background, bench.seed)
    _kept(asked.importance, importance, here, len(asked.rows))
    removed = deletion(model, series, target, importance, background=background, seed=bench.seed)
    _kept(asked.srg, dict(zip(removed.names, removed.srg, strict=True)), here, len(asked.rows))
    some = here < (QUICK if bench.quick else GROUPED)
    told = {name: v[some] for name, v in importance.items() if v.ndim == 3}
    if some.any():
        grouped = deletion(model, series[some], target[some], told, background=background, parts="month_group",
                           seed=bench.seed)  # fmt: skip
        found = dict(zip(grouped.names, grouped.srg, strict=True))
        _kept(asked.srg_group, found, here[some], len(asked.rows))
    twin = ignorant(model, method, trial, train, bench.seed)
    for name, values in importance.items():
        if EXPLANATIONS[name].needs == "nothing":
            continue
        other = EXPLANATIONS[name].run(twin, series, target, background=background, seed=bench.seed)
        _kept(asked.likeness, {name: likeness(values, other, series, trial.bands)}, here, len(asked.rows))
    if fold == judges.of[asked.rows].min():
        for name in importance:
            asked.milliseconds[name] = timed(
                name, model, series[:TIMED], target[:TIMED], background, bench.seed
            )


def background_of(series: np.ndarray) -> np.ndarray:
    """Return the mean series (1, month, band) of what was seen; 0 in a month that never was."""
    seen = np.isfinite(series)
    return (np.where(seen, series, 0).sum(0) / np.maximum(seen.sum(0), 1))[None].astype(np.float32)


def explain(
    model: SeriesModel, series: np.ndarray, target: np.ndarray, background: np.ndarray, seed: int
) -> dict[str, np.ndarray]:
    """Return every explanation that the model allows, by name."""
    made = {}
    for name, row in EXPLANATIONS.items():
        try:
            made[name] = row.run(model, series, target, background=background, seed=seed)
        except InputError as error:
            if error.code != "series_when_needs":
                raise
    return made


def timed(
    name: str, model: SeriesModel, series: np.ndarray, target: np.ndarray, background: np.ndarray, seed: int
) -> list[float]:
    """Return the milliseconds of processor that each series takes, explained alone after one that is not counted."""
    run: Callable[[int], object] = lambda k: EXPLANATIONS[name].run(
        model, series[k : k + 1], target[k : k + 1], background=background, seed=seed
    )
    run(0)
    found = []
    for k in range(len(series)):
        start = time.process_time()
        run(k)
        found.append(1e3 * (time.process_time() - start))
    return found


def ignorant(model: SeriesModel, method: str, trial: Trial, train: np.ndarray, seed: int) -> SeriesModel:
    """Return a twin that learnt nothing: forgotten weights, or a forest of shuffled labels."""
    if MODELS[method].gradient:
        return untrained(model, seed=seed)
    label = np.random.default_rng(seed).permutation(trial.label[train])
    return MODELS[method].fit(trial.series[train], label, trial.classes, trial.bands, seed=seed)


def likeness(
    one: np.ndarray, other: np.ndarray, series: np.ndarray, bands: tuple[str, ...]
) -> np.ndarray:  # fmt: skip
    """Return |Spearman| (n,) of two explanations over what was seen: months, or spectral groups of months."""
    seen = np.isfinite(series).any(2)
    if one.ndim == 3:
        names, group = groups_of(bands)
        players = np.arange(one.shape[1])[:, None] * len(names) + group
        one, other = (part_scores(v, players, series.shape) for v in (one, other))
        seen = np.repeat(seen, len(names), 1)
    pairs = zip(np.where(seen, one, np.nan), np.where(seen, other, np.nan), strict=True)
    return np.array([abs(rank_correlation(a, b)) for a, b in pairs])


def _kept(into: dict[str, np.ndarray], found: dict[str, np.ndarray], here: np.ndarray, count: int) -> None:
    for name, values in found.items():
        if name not in into:
            into[name] = np.full((count, *values.shape[1:]), np.nan)
        into[name][here] = values


def _figures(bench: Bench, trial: Trial, method: str, asked: Asked) -> dict[str, dict[str, Figure]]:
    """Return the figures of every explanation of one model, by name."""
    group = trial.group[asked.rows]
    made = {}
    for name in asked.importance:
        who, control = f"{method}/{name}", EXPLANATIONS[name].needs == "nothing"
        goal = SRG if name == "month_shapley" and trial.france else None
        limit = BEST_MS if name == "month_shapley" else None if control else ANY_MS
        paired = asked.srg[name] - asked.srg[RANDOM]
        one = {
            "srg": averaged("srg", who, trial.dataset, asked.srg[name], group, seed=bench.seed, target=goal,
                            note=f"Months removed; 0 is chance. {BY_GROUP}"),
            "milliseconds": scored("milliseconds", who, trial.dataset,
                                   mean_by_group(asked.milliseconds[name], np.arange(len(asked.milliseconds[name]))),
                                   len(asked.milliseconds[name]), better="lower", unit="ms", target=limit,
                                   note="One series, one thread, processor time. Interval: bootstrap over series."),
        }  # fmt: skip
        if name != RANDOM:
            one["srg_above_random"] = averaged(
                "srg_above_random", who, trial.dataset, paired, group, seed=bench.seed,
                note=f"Series by series, less that of a random order. {BY_GROUP}",
            )  # fmt: skip
        if name in asked.srg_group:
            one["srg_group"] = averaged(
                "srg_group", who, trial.dataset, asked.srg_group[name], group, seed=bench.seed,
                note=f"Spectral groups of months removed; 0 is chance. {BY_GROUP}",
            )  # fmt: skip
        if name in asked.likeness:
            one["sanity"] = averaged(
                "sanity", who, trial.dataset, asked.likeness[name], group, seed=bench.seed, better="lower",
                target=SANITY_BAD, note=f"|Spearman| with a model that learnt nothing. {BY_GROUP}",
            )  # fmt: skip
        made[name] = one
    return made


def _best(bench: Bench, trial: Trial, best: dict[str, tuple[Figure, Figure]]) -> None:
    """Write the most faithful explanation of months that answers in time: what the goal was set for."""
    quick = {k: v for k, v in best.items() if v[1].value is not None and v[1].value <= BEST_MS}
    if not quick:
        return
    name = max(quick, key=lambda k: quick[k][0].value)
    note = f"{name}, the highest SRG of all that take {BEST_MS:g} ms at most; chosen on these parcels. {BY_GROUP}"
    goals = (SRG, BEST_MS) if trial.france else (None, None)
    for figure, kind, goal in zip(quick[name], ("best_srg", "best_milliseconds"), goals, strict=True):
        bench.add(replace(figure, name=kind, method="best", note=note, target=goal))
