"""From a trial to the figures and tables of the results page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd

from eogen.change import counts, resample
from eogen.change import scores as s
from eogen.change.evaluate_sets import Case
from eogen.change.evaluate_targets import FALSE_ALARMS, RULE
from eogen.change.evaluate_trial import OVERLAPS, RATE, RATES, Trial
from eogen.results import Figure

_IMAGES = "Interval: bootstrap over images."
_ONE = "One image: no interval."
_ORACLE = "At the threshold of the best F1, which needs labels."
#: Statistics of a pooled curve, whether more is better, and their note.
_CURVE: dict[str, tuple[Callable[[s.Curve], float], str, str]] = {
    "ap": (s.average_precision, "higher", ""),
    "auroc": (s.auroc, "higher", ""),
    "best_f1": (
        lambda c: s.best_f1(c)[0],
        "higher",
        "Oracle: the best threshold for all images, F1 of change.",
    ),
    "tpr_at_fpr_1": (lambda c: s.tpr_at_fpr(c, 0.01), "higher", ""),
    "fpr_at_tpr_95": (lambda c: s.fpr_at_tpr(c, 0.95), "lower", ""),
    "precision_full_recall": (s.precision_at_full_recall, "higher", ""),
}


def figures(trial: Trial, targets: dict[str, float], *, seed: int) -> Iterator[Figure]:
    """Yield every figure of a trial, pooled over the pixels of all images, with intervals over images.

    Args:
        trial: what the estimator said.
        targets: figure -> number to reach; empty for all but the claimed estimator.
        seed: of the bootstraps.
    """
    n, case = len(trial.maps), trial.case
    base = f"{_IMAGES if n > 1 else _ONE} {case.note}".strip()

    def say(
        name: str, value: float, ends: tuple[float, float], better: Any, note: str = "", count: int = n
    ) -> Figure:
        told = f"{note} {base}".strip() if np.isfinite(value) else f"Not defined here. {note} {base}"
        return Figure(name, trial.method, case.name, _number(value), _number(ends[0]), _number(ends[1]), count,
                      seconds=round(trial.seconds, 2), target=targets.get(name), better=better, note=told)  # fmt: skip

    for name, (statistic, better, note) in _CURVE.items():
        yield say(
            name, statistic(trial.pooled), resample.bootstrap(trial.parts, statistic, seed), better, note
        )
    _, cut = s.best_f1(trial.pooled)
    best = [counts.table(trial.maps[k].nll.values[w] >= cut, trial.labels[k]) for k, w in trial.where.items()]
    yield from _tabled(say, "", best, _ORACLE, seed, ("mean_f1", "iou"))
    for rule, tables in trial.called.items():
        yield from _tabled(
            say, f"{rule.replace('%', '')}_", list(tables.values()), "Label-free.", seed, ("f1",)
        )
    chosen = list(trial.called[RULE].values())
    yield from _tabled(say, "rule_", chosen, f"Label-free rule: {RULE}.", seed, ("f1", "mean_f1", "iou"))
    for overlap in OVERLAPS:
        found = trial.objects(RULE, overlap)
        for side in ("recall", "precision"):
            statistic = lambda o, side=side: getattr(o, side)
            value = statistic(sum(found[1:], found[0]))
            ends = resample.bootstrap_sum(found, statistic, seed)
            yield say(
                f"object_{side}_{round(100 * overlap)}", value, ends, "higher", f"Label-free rule: {RULE}."
            )
    yield from _alarms(trial, say, seed)
    yield Figure("seconds_per_mpx", trial.method, case.name, trial.seconds / trial.pixels * 1e6, None, None, n, "s",
                 better="lower", seconds=round(trial.seconds, 2), note="Smoothing included, one thread.")  # fmt: skip


def _tabled(
    say: Callable[..., Figure],
    prefix: str,
    tables: list[counts.Table],
    note: str,
    seed: int,
    which: tuple[str, ...],
) -> Iterator[Figure]:
    whole = sum(tables[1:], tables[0])
    for name in which:
        statistic = lambda t, name=name: getattr(t, name)
        extra = "Mean of the F1 of change and of no change." if name == "mean_f1" else ""
        ends = resample.bootstrap_sum(tables, statistic, seed)
        yield say(f"{prefix}{name}", statistic(whole), ends, "higher", f"{note} {extra}".strip())


def _alarms(trial: Trial, say: Callable[..., Figure], seed: int) -> Iterator[Figure]:
    """Yield realised false alarms: calibrated on the other images of the set, and self-calibrated."""
    own = np.array([t.false_alarms for t in trial.called[f"self_{RATE:.0%}"].values()])
    note = "Self-calibrated, at a nominal 1 %, of images."
    for name, share in (("low", 0.1), ("median", 0.5), ("high", 0.9)):
        yield say(f"self_false_alarms_{name}", _quantile(own, share), (np.nan, np.nan), None, note)
    if len(trial.maps) < 2:
        return
    tables = list(trial.conformal().values())
    yield from _tabled(
        say, "conformal_", tables, "Calibrated on the other images, at 1 %.", seed, ("f1", "iou")
    )
    each = np.array([t.false_alarms for t in tables])
    note = "At a nominal 1 %, calibrated on all other images of the set: of the images left out."
    low, high = FALSE_ALARMS if trial.case.kind == "oscd_rgb" else (None, None)
    pooled = lambda t: t.false_alarms
    yield say(
        "false_alarms",
        pooled(sum(tables[1:], tables[0])),
        resample.bootstrap_sum(tables, pooled, seed),
        None,
        note,
    )
    for name, value, goal, better in (
        ("least", _quantile(each, 0), low, "higher"),
        ("median", _quantile(each, 0.5), None, None),
        ("most", _quantile(each, 1), high, "lower"),
    ):
        made = say(f"false_alarms_{name}", value, (np.nan, np.nan), better, note)
        yield Figure(**{**made.__dict__, "target": goal})
    inside = float(np.mean((each >= FALSE_ALARMS[0]) & (each <= FALSE_ALARMS[1])))
    yield say(
        "false_alarms_kept", inside, (np.nan, np.nan), "higher", f"Share of images within 0.5-1.5 %. {note}"
    )


def everything(case: Case) -> list[Figure]:
    """Return the row of calling every pixel changed: what any score must be read beside."""
    known = case.known
    tables = []
    for k, w in known.items():
        truth = case.pairs[k].label.values[w] == 1
        tables.append(counts.table(np.ones(len(truth), bool), truth))
    whole = sum(tables[1:], tables[0])
    share = whole.precision
    note = "Every pixel is called changed."
    values = {
        "ap": share,
        "auroc": 0.5,
        "best_f1": whole.f1,
        "mean_f1": whole.mean_f1,
        "iou": whole.iou,
        "rule_f1": whole.f1,
    }
    return [
        Figure(name, "everything", case.name, _number(value), None, None, len(tables), note=note)
        for name, value in values.items()
    ]  # fmt: skip


def tables(case: Case, trials: dict[str, Trial]) -> dict[str, pd.DataFrame]:
    """Return the tables of a set: by image, by rule, reliability, and the curves (precision by recall, ROC)."""
    shares = {k: float((case.pairs[k].label.values[w] == 1).mean()) for k, w in case.known.items()}
    images = pd.DataFrame({"changed": shares}).rename_axis("image")
    ap, area = images.copy(), images.copy()
    rules, reliable, recalls, rocs = {}, {}, {}, {}
    steps, alarms = np.linspace(0.01, 1, 100), np.geomspace(1e-4, 1, 81)
    for name, done in trials.items():
        ap[name] = pd.Series({k: s.average_precision(c) for k, c in done.curves.items()})
        area[name] = pd.Series({k: s.auroc(c) for k, c in done.curves.items()})
        whole = {rule: list(t.values()) for rule, t in done.called.items()}
        rules[name] = {rule: sum(t[1:], t[0]).f1 for rule, t in whole.items()} | {
            "best": s.best_f1(done.pooled)[0]
        }
        recalls[name] = _precision_at(done.pooled, steps)
        rocs[name] = [s.tpr_at_fpr(done.pooled, rate) for rate in alarms]
        if len(done.maps) > 1:
            reliable[name] = _reliability(done)
    made = {
        "ap by image": ap, "auroc by image": area,
        "f1 by rule": pd.DataFrame(rules).T.rename_axis("method"),
        "precision by recall": pd.DataFrame(recalls, pd.Index(steps.round(2), name="recall")),
        "roc": pd.DataFrame(rocs, pd.Index(alarms, name="false_alarms")),
    }  # fmt: skip
    if reliable:
        made["reliability"] = pd.concat(reliable, names=["method", "nominal"]).reset_index("nominal")
    return {f"{kind}: {case.name}": table for kind, table in made.items() if len(table.columns)}


def _reliability(done: Trial) -> pd.DataFrame:
    """Return the realised false alarms at nominal rates, of images left out: least, median, most; and pooled."""
    each = pd.DataFrame(
        {k: s.reliability(p, done.labels[k], RATES).realised for k, p in done.p_values.items()}
    )
    p, labels = np.concatenate(list(done.p_values.values())), np.concatenate(list(done.labels.values()))
    pooled = s.reliability(p, labels, RATES).realised
    made = {
        "least": each.min(axis=1),
        "median": each.median(axis=1),
        "most": each.max(axis=1),
        "pooled": pooled,
    }
    return pd.DataFrame(made).rename_axis("nominal")


def _precision_at(found: s.Curve, recalls: np.ndarray) -> np.ndarray:
    """Return the best precision at a recall of at least each of some."""
    if not found.positives:
        return np.full(len(recalls), np.nan)
    best = np.maximum.accumulate(found.precision[::-1])[::-1]
    return best[np.clip(np.searchsorted(found.recall, recalls - 1e-12), 0, len(best) - 1)]


def _quantile(values: np.ndarray, share: float) -> float:
    values = values[np.isfinite(values)]
    return float(np.quantile(values, share)) if len(values) else float("nan")


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
