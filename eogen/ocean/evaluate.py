"""The experiment behind the results page: every method on every set that is here, under other dates' clouds."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter

import numpy as np
import torch

from eogen import results
from eogen.errors import InputError, Unavailable
from eogen.ocean import evaluate_kit, evaluate_sets, evaluate_types, regions, sets
from eogen.ocean.evaluate_figures import figures, tables
from eogen.ocean.evaluate_sets import Case
from eogen.ocean.holdout import Fold
from eogen.ocean.methods import METHODS, Method
from eogen.ocean.trial import Trial, hidden, trial
from eogen.progress import Progress, silent
from eogen.results import Report

WEIGHTS = Path(__file__).resolve().parents[2] / "assets" / "weights" / "ocean"
#: The method that targets are for: the first of these that is there.
CLAIMED = ("hybrid", "oi")
#: The simple method to beat; RMSEs are also told relative to its own on the same cells.
REFERENCE = "oi"
#: Frames that a slow method is asked for, by kind of case (spread over the series); others do all of them.
SLOW_FRAMES = {"8-day": 6, "daily": 4, "monthly": 24, "near-complete": 6, "series": 4, "simulated": 8}
#: Frames of methods that are slower or quicker than their row says.
FRAMES: dict[str, dict[str, int]] = {
    "repaint": {"8-day": 2, "daily": 1, "monthly": 6, "near-complete": 2, "series": 1},
    "diffusion": {"8-day": 4, "daily": 1, "monthly": 12, "near-complete": 4, "series": 1},
    "flow_matching": {"8-day": 8, "daily": 4, "monthly": 24, "near-complete": 8, "series": 4},
    "vae": {"8-day": 8, "daily": 4, "monthly": 24, "near-complete": 8, "series": 4},
    "vconstruct": {"8-day": 8, "daily": 4, "monthly": 24, "near-complete": 8, "series": 4},
    "unet": {"daily": 12, "monthly": 100},
    "hybrid": {"daily": 24, "monthly": 150},
    "biharmonic": {"daily": 12, "monthly": 100},
    "dineof": {"daily": 24, "monthly": 100},
    "dineof_anomaly": {"daily": 12, "monthly": 100},
}
QUICK_FRAMES = 4
#: Methods asked for the checks that need days; each costs a minute or two.
CHECKED = ("climatology", "nearest", "convolution", "dineof", "oi", "unet", "hybrid")
#: Members asked for where roughness is judged.
MEMBERS = {"8-day": 4, "near-complete": 8}


@dataclass
class _Bench:
    report: Report
    root: Path
    seed: int
    quick: bool
    progress: Progress
    cases: list[Case] = field(default_factory=list)

    def absent(self, sentence: str) -> None:
        if sentence not in self.report.absent:
            self.report.absent.append(sentence)


def evaluate(data: Path, *, seed: int = 0, quick: bool = False, progress: Progress = silent) -> Report:
    """Measure every method of the room on real gaps, with the committed weights as they are.

    Args:
        data: the room's folder or its parent; any subset of the layout of the catalogue, other files of the same
            pattern. What is fitted per scene (means, covariances, EOFs) is fitted on what is left of the scene.
        seed: of methods and bootstraps; the hidden cells are those of the protocol whatever the seed.
        quick: one case of each kind but no days and no simulated sea, four frames of each, no method with a budget of
            its own; of the checks without a ground truth the wrong dates and, for two methods, the other sensor.
        progress: stage ``score``.

    Raises:
        InputError: when a file is damaged.
    """
    began = perf_counter()
    root = inside if (inside := Path(data) / "ocean").is_dir() else Path(data)
    report = Report("ocean", seed=seed, machine=results.machine(), code_version=results.code_version())
    report.machine["threads"] = torch.get_num_threads()
    bench = _Bench(report, root, seed, quick, progress)
    told: set[str] = set()
    for case in evaluate_sets.cases(root, bench.absent):
        if quick and (case.kind in told or case.kind in ("daily", "simulated")):
            continue
        if trials := _case(bench, case):
            if "8-day" not in told and case.kind == "8-day":
                report.figures += evaluate_kit.others(
                    case, trials, seed=seed, quick=quick, absent=bench.absent
                )
            told.add(case.kind)
    _daily(bench)
    report.figures += evaluate_types.figures(root, _names(bench), seed=seed, absent=bench.absent)
    report.weights |= _hashes()
    report.seconds = round(perf_counter() - began, 1)
    return report


def _daily(bench: _Bench) -> None:
    """Add the checks that need days: the other sensor, and composites (of the first file)."""
    asked = (_claimed(), "nearest") if bench.quick else CHECKED
    names = [n for n in _names(bench) if n in asked]
    for number, path in enumerate(sets.daily(bench.root)):
        bench.progress(number, 2, "score")
        bench.report.figures += evaluate_kit.cross_sensor(
            path, names, claimed=_claimed(), seed=bench.seed, quick=bench.quick, absent=bench.absent
        )
        if number == 0 and not bench.quick:
            bench.report.figures += evaluate_kit.composites(path, names, seed=bench.seed, absent=bench.absent)


def _case(bench: _Bench, case: Case) -> dict[str, Trial]:
    """Add everything of a case; return what each method said."""
    report = bench.report
    try:
        folds = hidden(case.observed, case.targets, clouds=case.clouds)
    except InputError as reason:
        bench.absent(f"{case.name}: {reason}")
        return {}
    scored = np.sort(np.concatenate([f.targets for f in folds]))
    scored = _spread(scored, QUICK_FRAMES if bench.quick else case.most or len(scored))
    trials: dict[str, Trial] = {}
    names = _names(bench)
    for number, name in enumerate(names):
        bench.progress(number, len(names), "score")
        if (done := _trial(bench, case, METHODS[name], folds, scored)) is not None:
            trials[name] = done
    if not trials:
        return {}
    truths = {name: case.observed.values[t.frames] for name, t in trials.items()}
    claimed = _claimed()
    for name, done in trials.items():
        report.figures += figures(
            case, done, trials.get(REFERENCE), truths[name], claimed=name == claimed, seed=bench.seed
        )
    report.tables |= tables(case, trials, truths, _provinces(bench, case), bench.seed)
    whole = max(trials.values(), key=lambda t: len(t.frames))
    report.data.append(
        {
            "name": case.name, "path": case.path.name, "n": len(whole.cells),
            "frames": len(whole.frames), "sha256": whole.signature.sha256,
        }
    )  # fmt: skip
    return trials


def _names(bench: _Bench) -> list[str]:
    return [n for n in METHODS if not (bench.quick and (METHODS[n].slow or n in FRAMES))]


def _claimed() -> str:
    return next(name for name in CLAIMED if name in METHODS)


def _trial(bench: _Bench, case: Case, row: Method, folds: list[Fold], scored: np.ndarray) -> Trial | None:
    most = FRAMES.get(row.name, {}).get(case.kind, SLOW_FRAMES[case.kind] if row.slow else len(scored))
    only = _spread(scored, most)
    if row.model and _learnt(row.model, case.path):
        bench.absent(f"{row.name} on {case.name}: the network learnt from this very file.")
        return None
    try:
        return trial(
            case.observed,
            row.name,
            given=folds,
            only=only,
            members=MEMBERS.get(case.kind, 0),
            seed=bench.seed,
            drivers=case.drivers,
        )
    except Unavailable as reason:
        bench.absent(f"{row.name}: {reason}")
    except InputError as reason:
        bench.absent(f"{row.name} on {case.name}: {reason}")
    return None


def _learnt(model: str, path: Path) -> bool:
    """Return whether the network was fitted on the file, by its hash in the card."""
    card = WEIGHTS / f"{model}.json"
    return card.exists() and path.is_file() and evaluate_sets.sha256(path) in card.read_text("utf-8")


def _spread(frames: np.ndarray, most: int) -> np.ndarray:
    """Return ``most`` of the frames at equal steps, the first and the last among them; all when they are fewer."""
    return frames[np.unique(np.linspace(0, len(frames) - 1, min(most, len(frames))).round().astype(int))]


def _provinces(bench: _Bench, case: Case) -> np.ndarray | None:
    try:
        return regions.provinces(case.observed, bench.root)
    except Unavailable as reason:
        bench.absent(str(reason))
        return None


def _hashes() -> dict[str, str]:
    """Return the SHA-256 of each committed network."""
    found = {}
    for row in METHODS.values():
        path = WEIGHTS / f"{row.model}.safetensors"
        if row.model and path.exists():
            found[row.model] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found
