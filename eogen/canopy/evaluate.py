"""The experiment behind the results page: every family on simulations with a known truth, and on real fields."""

from __future__ import annotations

from pathlib import Path
from time import perf_counter

import torch

from eogen import results
from eogen.canopy import evaluate_field, evaluate_simulated
from eogen.progress import Progress, silent
from eogen.results import Report


def evaluate(data: Path, *, seed: int = 0, quick: bool = False, progress: Progress = silent) -> Report:
    """Measure everything that can be measured, with the committed weights as they are.

    Args:
        data: the room's folder or its parent; any subset of the layout of the catalogue, other files of the same
            pattern. Nothing of it is fitted to.
        seed: of simulations, draws and bootstraps.
        quick: fewer simulations, one reference posterior, and on real fields the field family only.
        progress: stages ``score``, ``reference``.

    Raises:
        InputError: when a file is damaged.
    """
    began = perf_counter()
    root = inside if (inside := Path(data) / "canopy").is_dir() else Path(data)
    report = Report("canopy", seed=seed, machine=results.machine(), code_version=results.code_version())
    report.machine["threads"] = torch.get_num_threads()
    found, tables, hashes, absent = evaluate_simulated.figures(seed=seed, quick=quick, progress=progress)
    report.figures += found
    report.tables |= tables
    report.weights |= hashes
    report.absent += absent
    found, hashes, rows, absent = evaluate_field.figures(root, seed=seed, quick=quick, progress=progress)
    report.figures += found
    report.weights |= hashes
    report.data += rows
    report.absent += [sentence for sentence in absent if sentence not in report.absent]
    report.seconds = round(perf_counter() - began, 1)
    return report
