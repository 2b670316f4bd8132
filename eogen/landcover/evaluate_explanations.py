"""The experiment behind the explanations' table: every model x method: faithful, sane, stable, fast?"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd

from eogen.errors import Unavailable
from eogen.landcover import cases
from eogen.landcover import faithfulness as curves
from eogen.landcover.band_shapley import band_shapley, band_shapley_exact, group_shapley
from eogen.landcover.methods import EXPLANATIONS, answer, suits
from eogen.landcover.question import Explainable, Question, ask
from eogen.landcover.sanity import Measured, hit, noise_stability, randomisation, share
from eogen.landcover.trust import SANITY_BAD, shortcut_alarm
from eogen.progress import Progress, silent
from eogen.results import Figure

#: Images a model and set, in a hurry and otherwise; simulated ones are twice as many.
QUICK, FULL = 3, 12
#: Row names of the set of images.
PATCHES, SIMULATED, WINDOWS, MOSAICS = "eurosat", "simulated", "terramesh", "eurosat_mosaics"
#: Goals from the reference measurements of this project, for a method on every model or on one.
GOALS: dict[tuple[str, str], float] = {
    ("milliseconds", "grad_cam"): 10.0,
    ("milliseconds", "exact_evidence"): 10.0,
    ("milliseconds", "gradient_shap"): 300.0,
    ("milliseconds", "group_shapley"): 100.0,
    ("milliseconds", "band_shapley"): 1000.0,
    ("srg", "index_network/exact_evidence"): 0.30,
    ("srg_evidence_space", "index_network/exact_evidence"): 0.30,
    ("srg", "ms_cnn/gradient_shap"): 0.30,
    ("correlation_with_exact", "band_shapley"): 0.98,
    ("additivity_error", "group_shapley"): 1e-4,
    ("additivity_error", "band_shapley"): 1e-4,
}


@dataclass
class Column:
    """Values of one number over the cases of one model and method."""

    values: list[float] = field(default_factory=list)
    seconds: float = 0.0


@dataclass
class Board:
    """Where the numbers are written while the experiment runs."""

    columns: dict[tuple[str, str, str, str], Column] = field(default_factory=dict)

    def add(
        self, number: str, model: str, method: str, dataset: str, value: float, seconds: float = 0.0
    ) -> None:
        """Write one value of one case."""
        column = self.columns.setdefault((number, model, method, dataset), Column())
        column.values.append(float(value))
        column.seconds += seconds

    def mean(self, number: str, model: str, method: str, dataset: str) -> Measured:
        """Return the average of what was written."""
        return Measured.of(self.columns.get((number, model, method, dataset), Column()).values)


def figures(
    data: Path, *, seed: int = 0, quick: bool = False, progress: Progress = silent
) -> tuple[list[Figure], dict[str, pd.DataFrame], list[str]]:
    """Measure every explanation of every model on the images below ``data``.

    Args:
        data: the room's folder (``eurosat_ms``, the RGB archive, ``terramesh_lulc``), or its parent.
        seed: of the choice of images and everything random.
        quick: 3 images instead of 12 a model and set, no exact band values.
        progress: stage ``"explaining"``, one step a model and image.

    Returns:
        the figures, the tables ``explanations`` (one row a model and method) and ``curves`` (mean removal
        curves), and one sentence for every part that could not be measured.
    """
    from eogen.landcover.models import MODELS, load

    root = data / "landcover" if (data / "landcover").is_dir() else data
    board, absent = Board(), []
    drawn: dict[tuple[str, str], list[np.ndarray]] = {}
    for number, name in enumerate(MODELS):
        try:
            classifier = load(name)
        except Unavailable as reason:
            absent.append(f"Explanations of {name}: {reason}")
            continue
        work: Callable[..., None] = lambda done, total, what="", k=number: progress(
            k * 1000 + 1000 * done // max(total, 1), 1000 * len(MODELS), "explaining"
        )
        _model(classifier, name, root, board, drawn, absent, seed, quick, work)
    table = _table(board)
    return _figures(board), {"explanations": table, "removal_curves": _curves(drawn)}, absent


def _model(
    classifier: Explainable,
    name: str,
    root: Path,
    board: Board,
    drawn: dict[tuple[str, str], list[np.ndarray]],
    absent: list[str],
    seed: int,
    quick: bool,
    progress: Progress,
) -> None:
    """Measure all explanations of one model."""
    generator = np.random.default_rng(seed)
    count = QUICK if quick else FULL
    patches = list(cases.take(cases.patches(classifier, root, generator), count))
    simulated = list(cases.take(cases.simulated(classifier, seed), 2 * count))
    windows = list(cases.take(cases.windows(classifier, root, generator), count))
    mosaics = list(cases.mosaics(patches, seed))[: max(2, count // 2)]
    for found, what in ((patches, "EuroSAT"), (simulated, "simulated"), (windows, "TerraMesh")):
        if not found:
            absent.append(f"Explanations of {name}: no {what} image that the model classifies as labelled.")
    total = len(patches) + len(simulated) + len(windows) + len(mosaics)
    done = 0
    with classifier.exclusive() as module:
        methods = [e.name for e in EXPLANATIONS.values() if e.kind == "where" and suits(e, module)]
        for k, case in enumerate(patches):
            question = ask(classifier, module, case.image, case.label, seed=seed + k)
            _patch(question, name, methods, board, drawn)
            _bands(question, name, board, exact=k < 2 and not quick)
            progress(done := done + 1, total, "explaining")
        for dataset, those in ((SIMULATED, simulated), (WINDOWS, windows), (MOSAICS, mosaics)):
            for k, case in enumerate(those):
                question = ask(classifier, module, case.image, case.label, seed=seed + k)
                for method in methods:
                    evidence = answer(question, method)
                    if dataset != MOSAICS:
                        board.add("pointing_hit", name, method, dataset, hit(evidence, case.truth))
                    number = "focus_share" if dataset == MOSAICS else "mass_share"
                    board.add(number, name, method, dataset, share(evidence, case.truth))
                if dataset != MOSAICS:
                    board.add("mask_share", name, "area", dataset, case.truth.mean())
                progress(done := done + 1, total, "explaining")


def _patch(
    question: Question,
    name: str,
    methods: Sequence[str],
    board: Board,
    drawn: dict[tuple[str, str], list[np.ndarray]],
) -> None:
    """Time every method on one image, remove what it names, randomise, add noise."""
    maps = {}
    for method in methods:
        if not question.seed:
            answer(question, method)  # the first call imports and compiles
        start = time.process_time()
        maps[method] = answer(question, method)
        board.add("milliseconds", name, method, PATCHES, 1e3 * (time.process_time() - start))
    start = time.perf_counter()
    # The removal itself is measured in probability whatever the method explained.
    asked = replace(question, output="probability")
    ordered = {m: maps[m] for m in methods if m != "random"}
    found = curves.measure(asked, ordered, steps=16, controls=("random",))
    if hasattr(question.module, "evidence"):
        spoken = curves.measure(asked, ordered, steps=16, controls=("random",), space="evidence")
        for method in methods:
            board.add("srg_evidence_space", name, method, PATCHES, float(spoken.srg.sel(order=method)))
    seconds = (time.perf_counter() - start) / len(methods)
    for method in methods:
        board.add("srg", name, method, PATCHES, float(found.srg.sel(order=method)), seconds)
        drawn.setdefault((name, method), []).append(found.score.sel(order=method).values)
        if EXPLANATIONS[method].control:
            continue
        sane = randomisation(question, method, maps[method], repeats=1)
        board.add("sanity", name, method, PATCHES, sane.value)
        board.add(
            "noise", name, method, PATCHES, noise_stability(question, method, maps[method], repeats=1).value
        )


def _bands(question: Question, name: str, board: Board, exact: bool) -> None:
    """Time the Shapley values of groups and bands, check that they add up, compare with all subsets."""
    asked = replace(question, output="probability")
    for method, run in (("group_shapley", group_shapley), ("band_shapley", band_shapley)):
        start = time.process_time()
        found = run(asked)
        board.add("milliseconds", name, method, PATCHES, 1e3 * (time.process_time() - start))
        gap = abs(float(found.shapley.sum()) - (found.attrs["full"] - found.attrs["empty"]))
        board.add("additivity_error", name, method, PATCHES, gap)
        board.add("shortcut_alarm", name, method, PATCHES, shortcut_alarm(found) is not None)
    if exact and len(question.bands) > 6:
        truth = band_shapley_exact(asked).shapley
        board.add(
            "correlation_with_exact", name, "band_shapley", PATCHES, np.corrcoef(truth, found.shapley)[0, 1]
        )


#: Unit and better direction of each number.
KINDS: dict[str, tuple[str, str]] = {
    "milliseconds": ("ms", "lower"),
    "srg": ("1", "higher"),
    "srg_evidence_space": ("1", "higher"),
    "sanity": ("1", "lower"),
    "noise": ("1", "lower"),
    "focus_share": ("1", "higher"),
    "pointing_hit": ("1", "higher"),
    "mass_share": ("1", "higher"),
    "mask_share": ("1", ""),
    "additivity_error": ("1", "lower"),
    "correlation_with_exact": ("1", "higher"),
    "shortcut_alarm": ("1", ""),
}


def _figures(board: Board) -> list[Figure]:
    """Turn every column into a figure with its 95 % interval (normal, over images)."""
    made = []
    for (number, model, method, dataset), column in board.columns.items():
        found = Measured.of(column.values)
        unit, better = KINDS[number]
        half = 1.96 * found.error
        known = found.n > 1
        target = (
            SANITY_BAD
            if number == "sanity"
            else GOALS.get((number, f"{model}/{method}"), GOALS.get((number, method)))
        )
        made.append(
            Figure(
                name=number,
                method=f"{model}/{method}",
                dataset=dataset,
                value=found.value if found.n else None,
                low=found.value - half if known else None,
                high=found.value + half if known else None,
                n=found.n,
                unit=unit,
                seconds=column.seconds,
                target=target,
                better=better or None,
            )
        )
    return made


def _table(board: Board) -> pd.DataFrame:
    """One row a model and method: mean and standard error of every number."""
    rows: dict[tuple[str, str], dict[str, float]] = {}
    for (number, model, method, dataset), column in board.columns.items():
        found = Measured.of(column.values)
        key = number if dataset in (PATCHES, MOSAICS) else f"{number}_{dataset}"
        rows.setdefault((model, method), {})[key] = found.value
        if number in ("srg", "srg_evidence_space", "focus_share", "pointing_hit"):
            rows[model, method][f"{key}_se"] = found.error
            rows[model, method][f"{key}_n"] = found.n
    table = pd.DataFrame.from_dict(rows, orient="index")
    table.index = [f"{model}/{method}" for model, method in rows]
    return table.rename_axis("method")


def _curves(drawn: dict[tuple[str, str], list[np.ndarray]]) -> pd.DataFrame:
    """Mean removal curves, one column a model, method and direction."""
    table = {
        f"{model}/{method}/{way}": np.mean(found, axis=0)[i]
        for (model, method), found in drawn.items()
        for i, way in enumerate(("most", "least"))
    }
    frame = pd.DataFrame(table)
    frame.index = np.linspace(0, 1, len(frame)) if len(frame) else frame.index
    return frame.rename_axis("removed")
