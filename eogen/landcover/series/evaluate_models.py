"""Every model on the same folds of real parcels: with neighbours kept together, and alone as published figures are."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import xarray as xr

from eogen.errors import InputError
from eogen.landcover import scores as of_images
from eogen.landcover.series import kept, scores, sets
from eogen.landcover.series.evaluate_figures import BY_GROUP, Bench, once, scored
from eogen.landcover.series.folds import OutOfFold, cross_validate
from eogen.landcover.series.methods import MODELS, Model
from eogen.landcover.series.protocol import SeriesModel
from eogen.landcover.series.scores import Score

#: Set in the issue before anything was fitted, for parcels of France: of every model that is no baseline.
TARGETS = {"accuracy": 0.83, "macro_f1": 0.79}
#: Most an attention model may stay behind the best.
BEHIND = 0.02
FRANCE = "_FRA_"
#: Fewest labelled parcels, and groups of them, that five folds make sense of.
FEWEST, GROUPS = 120, 10
FOLDS = 5
#: Times that the folds are dealt anew and all is fitted; once where not said.
REPEATS = {"random_forest": 2}
QUICK = ("majority", "random_forest")
#: Bins of the calibration error, and draws of its bootstrap.
BINS, DRAWS = 10, 300


@dataclass
class Judges:
    """Models of one method, and which of them did not see each parcel.

    Attributes:
        models: one a fold; for parcels that no fold learnt from, all together come last.
        of: (n,) the model that each parcel is asked of.
    """

    models: list[SeriesModel]
    of: np.ndarray


@dataclass
class Trial:
    """Models that did not see the parcels they are asked about, and the parcels.

    Attributes:
        dataset: name of the set in the report.
        series: (n, month, band) reflectance, NaN where nothing was seen; labelled parcels alone.
        label: (n,) into ``classes``.
        group: (n,) parcels of one number share a fold.
        classes, bands: names.
        judges: by method, who is asked.
        france: whether the targets are of these parcels.
    """

    dataset: str
    series: np.ndarray
    label: np.ndarray
    group: np.ndarray
    classes: tuple[str, ...]
    bands: tuple[str, ...]
    judges: dict[str, Judges] = field(default_factory=dict)
    france: bool = False


class Remembered:
    """A row of ``MODELS`` whose fits are kept, in the order of repeats and folds."""

    def __init__(self, row: Model, keep: int) -> None:
        self.row, self.keep, self.fitted = row, keep, []

    def fit(self, *given: Any, **options: Any) -> SeriesModel:
        """Fit, and keep the model where it is one of the first."""
        made = self.row.fit(*given, **options)
        if len(self.fitted) < self.keep:
            self.fitted.append(made)
        return made


def measure(bench: Bench) -> Iterator[Trial]:
    """Write the scores of all models on every set of labelled parcels; yield the trials for what comes after."""
    found = [each for each in sets.sets(bench.root) if each.kind == "worldcereal"]
    if not found:
        bench.absent("Parcels through the year: no Parquet file of WorldCereal.")
    for each in found:
        try:
            trial = _read(bench, each.name, sets.open(each))
        except InputError as error:
            if error.code != "series_model_bands":
                raise
            bench.absent(f"{each.name}: {error}")
            continue
        groups = len(np.unique(trial.group))
        if len(trial.label):
            _committed(bench, trial)
        if len(trial.label) >= FEWEST and groups >= GROUPS:
            _folds(bench, trial)
        else:
            bench.absent(
                f"{each.name}, five folds: {len(trial.label)} labelled parcels in {groups} groups; {FEWEST} in "
                f"{GROUPS} are needed."
            )
        if trial.judges and (trial.france or len(trial.label) >= FEWEST):
            yield trial


def _read(bench: Bench, name: str, held: xr.Dataset) -> Trial:
    """Return the labelled parcels of a set, the twelve months of its year."""
    season = kept.prepared(held.isel(parcel=np.flatnonzero(held["label"].values >= 0)))
    series = season["reflectance"].values
    digest = hashlib.sha256(np.ascontiguousarray(series).tobytes()).hexdigest()
    bench.report.data.append({"name": name, "path": name, "n": len(series), "sha256": digest})
    title = str(held.attrs.get("title", "")).upper()
    return Trial(
        name, series, season["label"].values.astype(np.int64), season["group"].values, tuple(held.attrs["classes"]),
        tuple(str(b) for b in season["band"].values), france=FRANCE in title or FRANCE in name.upper(),
    )  # fmt: skip


def _folds(bench: Bench, trial: Trial) -> None:
    """Ask every model on the same folds, with groups kept whole and, as published figures are, without.

    With groups the committed networks answer where each parcel has a fold of theirs that did not learn from it; all
    else is fitted here.
    """
    for kind, together in (("by group", trial.group), ("parcels alone", None)):
        if bench.quick and together is None:
            continue
        answers: dict[str, OutOfFold] = {}
        for method in QUICK if bench.quick else MODELS:
            judges = trial.judges.get(method)
            if together is not None and judges is not None and (judges.of < FOLDS).all():
                answers[method] = _asked(trial, judges)
                continue
            row = Remembered(MODELS[method], FOLDS if together is not None else 0)
            answers[method] = cross_validate(
                row, trial.series, trial.label, trial.classes, trial.bands, group=together, count=FOLDS,
                repeats=1 if bench.quick else REPEATS.get(method, 1), seed=bench.seed, progress=bench.progress,
            )  # fmt: skip
            if together is not None and method != "majority" and judges is None:
                trial.judges[method] = Judges(row.fitted, answers[method].fold[0])
        _told(bench, trial, f"{trial.dataset}, {kind}", answers)


def _asked(trial: Trial, judges: Judges) -> OutOfFold:
    """Return the answers of committed models to parcels that their folds know."""
    probability = np.empty((1, len(trial.label), len(trial.classes)), np.float32)
    for k, model in enumerate(judges.models[:FOLDS]):
        probability[0, judges.of == k] = model.predict_proba(trial.series[judges.of == k])
    rows = np.arange(len(trial.label))
    return OutOfFold(probability, trial.label, trial.group, judges.of[None], rows, trial.classes, 0.0)


def _committed(bench: Bench, trial: Trial) -> None:
    """Ask the committed models: of parcels they learnt from the fold that did not; score them on the others."""
    for method in kept.offered("france"):
        held = kept.load("france", method)
        whole = held.whole
        if (tuple(whole.classes), tuple(whole.bands)) != (trial.classes, trial.bands):
            bench.absent(f"{trial.dataset}: the committed {method} has other classes or bands.")
            continue
        bench.report.weights[f"series_france_{method}"] = held.card.sha256
        fold = np.array([-1 if (k := held.fold(one)) is None else k for one in trial.series])
        if not bench.quick:
            # The last is asked about what none of the folds learnt from.
            trial.judges[method] = Judges([*held.models, whole], np.where(fold < 0, len(held.models), fold))
        _unseen(bench, trial, method, whole, fold < 0)


def _unseen(bench: Bench, trial: Trial, method: str, model: SeriesModel, new: np.ndarray) -> None:
    """Write how a committed model does on parcels that none of its folds learnt from."""
    if not new.any():
        bench.absent(
            f"{trial.dataset}: the committed models have learnt from all {len(new)} parcels; none is new."
        )
        return
    held_answers = once(
        model.predict_proba(trial.series[new]), trial.label[new], trial.group[new], trial.classes
    )
    for name, score in (("accuracy", scores.accuracy), ("macro_f1", scores.macro_f1)):
        target = TARGETS[name] if trial.france else None
        bench.add(scored(name, method, f"{trial.dataset}, never seen", score(held_answers, seed=bench.seed),
                         int(new.sum()), target=target, note=f"Committed weights as they are. {BY_GROUP}"))  # fmt: skip


def _told(bench: Bench, trial: Trial, dataset: str, answers: dict[str, OutOfFold]) -> None:
    """Write the figures and tables of one way of dealing folds."""
    # Parcels dealt alone still resemble their neighbours: intervals draw neighbours together in both.
    answers = {m: _with_group(a, trial.group) for m, a in answers.items()}
    n = len(trial.label)
    right = {method: scores.accuracy(one, seed=bench.seed) for method, one in answers.items()}
    for method, one in answers.items():
        learner = trial.france and MODELS[method].kind != "baseline" and method != "random_forest"
        fits = len(one.probability) * FOLDS
        about = {"seconds": round(one.seconds, 1)}
        note = f"Five folds, {len(one.probability)} time(s). {BY_GROUP}"
        both = {"accuracy": right[method], "macro_f1": scores.macro_f1(one, seed=bench.seed)}
        for name, score in both.items():
            target = TARGETS[name] if learner else None
            bench.add(scored(name, method, dataset, score, n, note=note, target=target, **about))
        bench.add(
            scored("ece", method, dataset, calibration(one, bench.seed), n, better="lower", note=note),
        )
        if one.seconds:
            bench.add(scored("fit_seconds", method, dataset, Score(one.seconds / fits, np.nan, np.nan), fits,
                             better="lower", unit="s", note="A fold's fit and its answers, wall clock."))  # fmt: skip
        if method not in ("random_forest", "majority"):
            gain = scores.difference(one, answers["random_forest"], seed=bench.seed)
            bench.add(scored("above_forest", method, dataset, gain, n, note=f"Gain of accuracy. {note}"))
        bench.report.tables[f"confusion: {method}, {dataset}"] = scores.confusion(one)
        bench.report.tables[f"per class: {method}, {dataset}"] = scores.per_class(one)
    best = max(right, key=lambda method: right[method].value)
    for method in [m for m in right if MODELS[m].attentive]:
        lost = scores.difference(answers[best], answers[method], seed=bench.seed)
        bench.add(scored("behind_best", method, dataset, lost, n, better="lower", target=BEHIND,
                         note=f"Accuracy of {best}, the best here, less its own. {BY_GROUP}"))  # fmt: skip


def calibration(held: OutOfFold, seed: int = 0) -> Score:
    """Return the calibration error of the top class, bins of equal mass, the mean of repeats; interval by groups."""
    members = [np.flatnonzero(held.group == g) for g in np.unique(held.group)]
    generator = np.random.default_rng(seed)

    def mean(rows: np.ndarray) -> float:
        return float(np.mean([
            of_images.calibration_error(one[rows], held.label[rows], bins=BINS) for one in held.probability
        ]))  # fmt: skip

    drawn = [
        mean(np.concatenate([members[k] for k in generator.integers(0, len(members), len(members))]))
        for _ in range(DRAWS)
    ]
    low, high = np.quantile(drawn, [0.025, 0.975])
    return Score(mean(np.arange(len(held.label))), float(low), float(high))


def _with_group(held: OutOfFold, group: np.ndarray) -> OutOfFold:
    return OutOfFold(
        held.probability, held.label, group[held.row], held.fold, held.row, held.classes, held.seconds
    )
