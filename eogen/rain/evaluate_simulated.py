"""Every method of the registry on simulated days of seeds that nothing was learnt from."""

from __future__ import annotations

import hashlib
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from eogen.errors import InputError, Unavailable
from eogen.rain import models
from eogen.rain.archive import archive
from eogen.rain.conformal import calibrate
from eogen.rain.evaluate_figures import COVERAGE_OFF, SLOPE_OFF, Said, clusters, intervals, skills
from eogen.rain.examples import TARGETS, Examples, simulated
from eogen.rain.methods import METHODS, Method
from eogen.rain.protocol import Model, Prediction
from eogen.rain.score_model import ScoreModel
from eogen.rain.scores import BY_NAME

if TYPE_CHECKING:
    from eogen.rain.evaluate import Bench

#: Seeds of the test: nothing was fitted or chosen on them; and how many of them a quick run sees.
SEEDS, QUICK = range(30000, 30120), 12
#: Methods that targets are for.
CLAIMED = ("desom_aware",)
#: What the issue asked for before anything was fitted (reference, section 7): of the head, of the cluster mean.
TARGETS_OF = {
    "r2/csi": 0.83, "spearman/csi": 0.91, "r2/cc_log": 0.77, "spearman/cc_log": 0.87,
    "cluster_r2/csi": 0.75, "cluster_r2/cc_log": 0.62,
    **{f"coverage_80_off/{t}": COVERAGE_OFF for t in TARGETS}, **{f"slope_off/{t}": SLOPE_OFF for t in TARGETS},
}  # fmt: skip
#: Of every map of cells.
CELLS = {"topographic_error": 0.10, "largest_cluster": 0.25, "ari_seeds": 0.6}
DATASETS = {False: "simulated, late", True: "simulated, early"}
#: Methods that are told for real-time maps too, beside those meant for them.
ALSO_EARLY = ("wet_fraction", "age_only", "pca_kmeans")


def measure(bench: Bench) -> None:
    """Add the figures and tables of simulated days to the report."""
    seeds = list(SEEDS)[:: max(1, len(SEEDS) // QUICK)] if bench.quick else list(SEEDS)
    for real_time, dataset in DATASETS.items():
        test = simulated(seeds, run="early" if real_time else "late", progress=bench.progress)
        bench.report.data.append(
            {"name": dataset, "path": f"seeds {seeds[0]}-{seeds[-1]}", "n": len(test), "days": len(seeds),
             "sha256": hashlib.sha256(test.frames.tobytes()).hexdigest()}
        )  # fmt: skip
        rows = [
            r for r in METHODS.values() if r.real_time == real_time or (real_time and r.name in ALSO_EARLY)
        ]
        said = {}
        for k, row in enumerate(rows):
            bench.progress(k, len(rows), "score")
            if (found := _method(bench, row, test, dataset)) is not None:
                said[row.name] = found
        _tables(bench, test, said, dataset)


def fitted(row: Method, real_time: bool) -> tuple[Model, np.ndarray, np.ndarray, np.ndarray, float]:
    """Return a model; of the maps kept apart what it predicts, what is true and their blocks; and seconds.

    Raises:
        Unavailable: its weights, or the archive that it is fitted on, are not here.
        InputError: it cannot be fitted.
    """
    began = perf_counter()
    if row.model:
        model, _ = models.load(row.model)
        kept = [getattr(model, f"calibration_{n}").numpy() for n in ("predicted", "true", "block")]
        return model, *kept, 0.0
    past = archive("early" if real_time else "late")
    model = row.fit(past.train)
    predicted = model.predict(past.calibration).scores
    seconds = perf_counter() - began
    truth = past.calibration.scores[list(TARGETS)].to_numpy(float)
    return model, predicted[list(TARGETS)].to_numpy(float), truth, past.calibration.block, seconds


def bounds(
    predicted: pd.DataFrame, known: np.ndarray, truth: np.ndarray, block: np.ndarray, level: float = 0.8
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the ends of the intervals (n, target) around predictions, from errors on days kept apart.

    Args:
        known, truth: (m, target) predicted and true on those days, in the order of ``TARGETS``; block: (m,) their days.
    """
    when = np.datetime64("2000-01-01", "ns") + block.astype("timedelta64[D]")
    ends: tuple[dict, dict] = ({}, {})
    for k, name in enumerate(TARGETS):
        if not np.isfinite(known[:, k] + truth[:, k]).any():
            continue
        span = (BY_NAME[name].low, BY_NAME[name].high)
        margin = calibrate(truth[:, k], known[:, k], when, level, span=span, cautious=False)
        for side, values in zip(ends, margin.interval(predicted[name].to_numpy(float)), strict=True):
            side[name] = values
    return pd.DataFrame(ends[0]), pd.DataFrame(ends[1])


def _method(bench: Bench, row: Method, test: Examples, dataset: str) -> Prediction | None:
    try:
        model, known, truth, block, seconds = fitted(row, test.real_time)
        began = perf_counter()
        found = model.predict(test)
        taken = perf_counter() - began
    except Unavailable as reason:
        bench.absent(f"{row.name} on {dataset}: {reason}")
        return None
    except InputError as reason:
        bench.absent(f"{row.name} on {dataset}: {reason}")
        return None
    targets = dict(TARGETS_OF) if row.name in CLAIMED else {}
    targets |= CELLS if model.grid is not None else {}
    said = Said(row.name, dataset, taken, targets)
    report, seed = bench.report, bench.seed
    report.figures.append(said.figure("seconds_1000", 1000 * taken / len(test), n=len(test), better="lower", unit="s",
                                      note="To score 1000 maps."))  # fmt: skip
    if seconds:
        report.figures.append(
            said.figure("seconds_fit", seconds, n=len(truth), better="lower", unit="s", note="To fit.")
        )
    report.figures += skills(said, test.scores, found.scores, test.days, seed=seed)
    report.figures += intervals(
        said, test.scores, *bounds(found.scores, known, truth, block), test.days, seed
    )
    if found.cluster is not None:
        if found.cluster_scores is not None:
            report.figures += skills(
                said, test.scores, found.cluster_scores, test.days, prefix="cluster_", seed=seed
            )
        points, centres = _placed(model, found)
        report.figures += clusters(
            said,
            found,
            model.clusters,
            test.scores,
            points=points,
            centres=centres,
            grid=model.grid,
            seed=seed,
        )
    if row.model:
        card = models.load(row.model)[1]
        if isinstance(ari := card.extra.get("ari_seeds"), int | float):
            note = "Mean adjusted Rand index of all pairs of trainings, from the card."
            report.figures.append(
                said.figure("ari_seeds", float(ari), n=int(card.extra.get("seeds", 5)), note=note)
            )
    return found


def _placed(model: Model, found: Prediction) -> tuple[np.ndarray | None, np.ndarray | None]:
    """Return points and centres among which plain distance is the model's own; None: its latent will do."""
    if not isinstance(model, ScoreModel):
        return None, None
    metric = getattr(model, "metric", None)
    centres = model.centres.detach().numpy()
    return (
        (found.latent, centres)
        if metric is None
        else (found.latent @ metric.numpy(), centres @ metric.numpy())
    )


def _tables(bench: Bench, test: Examples, said: dict[str, Prediction], dataset: str) -> None:
    """Add true against predicted in twentieths of what was predicted, and skill by regime, for every method."""
    reliability, regimes = [], []
    for method, found in said.items():
        for name in TARGETS:
            y, x = test.scores[name].to_numpy(float), found.scores[name].to_numpy(float)
            good = np.isfinite(y) & np.isfinite(x)
            if good.sum() < 40:
                continue
            order = np.argsort(x[good], kind="stable")
            for part in np.array_split(order, 20):
                reliability.append((method, name, x[good][part].mean(), y[good][part].mean(), len(part)))
            for regime in sorted(set(test.regime.tolist()) - {""}):
                some = good & (test.regime == regime)
                if some.sum() > 40 and np.ptp(y[some]):
                    off = np.square(y[some] - x[some]).mean()
                    regimes.append(
                        (method, name, regime, 1 - off / y[some].var(), np.sqrt(off), int(some.sum()))
                    )
    columns = ["method", "score", "predicted", "true", "n"]
    bench.report.tables[f"reliability: {dataset}"] = pd.DataFrame(reliability, columns=columns).set_index(
        "method"
    )
    columns = ["method", "score", "regime", "r2", "rmse", "n"]
    bench.report.tables[f"by regime: {dataset}"] = pd.DataFrame(regimes, columns=columns).set_index("method")
