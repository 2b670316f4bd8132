"""The experiment behind the results page: every method on new simulated days, and on real gauges and radars."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import torch

from eogen import results
from eogen.progress import Progress, silent
from eogen.rain import evaluate_gauges, evaluate_radars, evaluate_sanity, evaluate_simulated
from eogen.rain.archive import FILES
from eogen.rain.methods import METHODS
from eogen.rain.models import FOLDER, MODELS
from eogen.results import Report


@dataclass
class Bench:
    """What every part of the experiment is given.

    Attributes:
        report: that is written.
        root: folder of real data.
        seed: of bootstraps and of what is fitted.
        quick: few days, few trees.
        progress: stage ``score``, and those of the parts.
    """

    report: Report
    root: Path
    seed: int
    quick: bool
    progress: Progress

    def absent(self, sentence: str) -> None:
        """Say once what could not be measured."""
        if sentence not in self.report.absent:
            self.report.absent.append(sentence)


def evaluate(data: Path, *, seed: int = 0, quick: bool = False, progress: Progress = silent) -> Report:
    """Measure every method of the room with the committed weights as they are.

    Args:
        data: the room's folder or its parent; any subset of the sets of the catalogue, other files of the same pattern,
            other days. What is fitted on real gauges is fitted on other days than those it is judged on.
        seed: of bootstraps and of what is fitted; the simulated days are those of the protocol whatever the seed.
        quick: a tenth of the simulated days, smaller forests on gauges.
        progress: stages ``simulate``, ``score``, ``gauges``, ``leave_out``.
    """
    began = perf_counter()
    root = inside if (inside := Path(data) / "rain").is_dir() else Path(data)
    report = Report("rain", seed=seed, machine=results.machine(), code_version=results.code_version())
    report.machine["threads"] = torch.get_num_threads()
    bench = Bench(report, root, seed, quick, progress)
    evaluate_gauges.measure(bench)
    evaluate_simulated.measure(bench)
    evaluate_sanity.measure(bench)
    evaluate_radars.measure(bench)
    report.weights |= _hashes()
    report.seconds = round(perf_counter() - began, 1)
    return report


def _hashes() -> dict[str, str]:
    """Return the SHA-256 of the weights that are here, by model, and of the archives that baselines are fitted on."""
    files = {m: FOLDER / f"{m}.safetensors" for m in (*MODELS, *FILES.values())}
    return {m: hashlib.sha256(f.read_bytes()).hexdigest() for m, f in files.items() if f.is_file()}


__all__ = ["METHODS", "Bench", "evaluate"]
