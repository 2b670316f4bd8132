"""The experiment behind the results page: every estimator on every labelled pair that is here, no label being read."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import torch

from eogen import results
from eogen.change import evaluate_checks as checks
from eogen.change import evaluate_sets, evaluate_targets
from eogen.change.default import default
from eogen.change.evaluate_figures import everything, figures, tables
from eogen.change.evaluate_sets import Case
from eogen.change.evaluate_trial import Trial, trial
from eogen.change.methods import METHODS, WEIGHTS, Method, unavailable
from eogen.errors import InputError, Unavailable
from eogen.progress import Progress, silent
from eogen.results import Report

#: Slow estimators see central windows of this side, of so many pairs, of these kinds of sets; so do those they are
#: compared with.
SIDE, WINDOWS = 256, 2
SLOW_KINDS = ("oscd_rgb", "sztaki", "levir_cd", "ombria_s2")
COMPANIONS = ("gaussian_pmi", "cva_zscore")


@dataclass
class _Bench:
    report: Report
    root: Path
    seed: int
    quick: bool
    progress: Progress

    def absent(self, sentence: str) -> None:
        if sentence not in self.report.absent:
            self.report.absent.append(sentence)


def evaluate(data: Path, *, seed: int = 0, quick: bool = False, progress: Progress = silent) -> Report:
    """Measure every estimator of the room on real pairs, with the committed weights as they are.

    Args:
        data: the room's folder or its parent; any subset of the sets of the catalogue, in our layout or in those they
            are published in (SECOND and Hi-UCD among them), other files of the same pattern. What is fitted per pair
            (means, covariances) is fitted on the pair, without its label.
        seed: of estimators and bootstraps.
        quick: two pairs of each set, no slow estimator, the shift for the claimed estimator only.
        progress: stage ``score``.
    """
    began = perf_counter()
    root = inside if (inside := Path(data) / "change").is_dir() else Path(data)
    report = Report("change", seed=seed, machine=results.machine(), code_version=results.code_version())
    report.machine["threads"] = torch.get_num_threads()
    bench = _Bench(report, root, seed, quick, progress)
    told: set[str] = set()
    for case in evaluate_sets.cases(root, bench.absent, quick=quick):
        _case(bench, case, [n for n, row in METHODS.items() if not row.slow])
        if not quick and case.kind in SLOW_KINDS and case.kind not in told and (slow := _slow(case)):
            _case(bench, evaluate_sets.windows(case, SIDE, WINDOWS), slow)
        told.add(case.kind)
    for kind in evaluate_targets.TARGETS:
        if kind not in told:
            bench.absent(f"{kind}: no labelled pair of this set in the folder.")
    report.weights |= _hashes()
    report.seconds = round(perf_counter() - began, 1)
    return report


def _slow(case: Case) -> list[str]:
    """Return the slow estimators and those they stand beside: twins and companions."""
    slow = [n for n, row in METHODS.items() if row.slow]
    beside = {METHODS[n].twin for n in slow} | set(COMPANIONS) if slow else set()
    return [n for n in METHODS if n in slow or n in beside]


def _case(bench: _Bench, case: Case, names: list[str]) -> None:
    """Add everything of a set."""
    report, trials = bench.report, {}
    for number, name in enumerate(names):
        step = lambda number=number: bench.progress(number, len(names), "score")
        if (done := _trial(bench, case, METHODS[name], step)) is not None:
            trials[name] = done
    if not trials:
        return
    claimed = default(next(iter(case.pairs.values())), list(trials))
    # Windows of a few pairs are no set: nobody has claimed anything of them.
    whole = not case.name.endswith("px windows")
    side = max(p.sizes[d] for p in case.pairs.values() for d in ("y", "x"))
    for name, done in trials.items():
        goals = evaluate_targets.goals(case.kind, side, first=name == claimed, signed=METHODS[name].signed)
        goals = goals if whole else {}
        report.figures += figures(done, goals, seed=bench.seed)
        if whole and case.kind in checks.SHIFTED and (name == claimed or not bench.quick):
            step = lambda: bench.progress(len(names), len(names), "score")
            report.figures += checks.shift(done, goal=goals.get("shift_loss"), seed=bench.seed, step=step)
    report.figures += everything(case)
    report.figures += checks.against_twins(case, trials)
    if whole and claimed:
        report.figures += checks.against_otsu(case, trials[claimed], trials)
    report.tables |= tables(case, trials)
    pixels = sum(int(w.sum()) for w in case.known.values())
    report.data.append(
        {"name": case.name, "path": case.name, "n": len(case.pairs), "pixels": pixels, "sha256": case.sha256}
    )


def _trial(bench: _Bench, case: Case, row: Method, step) -> Trial | None:  # noqa: ANN001
    first = next(iter(case.pairs.values()))
    why = unavailable(row, first)
    if why == "weights":
        bench.absent(f"{row.name}: its weights are not here.")
    elif why == "bands":
        bench.absent(f"{row.name} on {case.name}: the images lack a band it needs.")
    elif why == "user_weights":
        bench.absent(f"{row.name}: the model that the user brings is not in its folder.")
    elif why:
        bench.absent(f"{row.name}: it needs the package {why}, which is not installed.")
    else:
        try:
            return trial(case, row.name, seed=bench.seed, step=step)
        except Unavailable as reason:
            bench.absent(f"{row.name}: {reason}")
        except InputError as reason:
            bench.absent(f"{row.name} on {case.name}: {reason}")
    return None


def _hashes() -> dict[str, str]:
    """Return the SHA-256 of the weights that are here, by model."""
    models = sorted({row.model for row in METHODS.values() if row.model})
    files = {m: WEIGHTS / f"{m}.safetensors" for m in models}
    return {m: hashlib.sha256(f.read_bytes()).hexdigest() for m, f in files.items() if f.is_file()}
