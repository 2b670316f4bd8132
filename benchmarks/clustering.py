"""How well the clustering algorithms find the classes of public digits: ``python -m benchmarks.clustering``.

Prints ACC (best one-to-one naming), NMI, ARI and purity, mean and range over seeds, k-means first as the baseline.
Digits: the 1,797 images of 8 x 8 that come with scikit-learn. ``--usps FILE…``: HDF5 files with ``data`` (n, side²) and
``target`` (n,) in ``train`` and ``test``, as DESOM's copy of USPS.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from eogen.rain.digits import ALGORITHMS, agreement

FIGURES = ("acc", "nmi", "ari", "purity")


def digits() -> tuple[Tensor, np.ndarray]:
    """Return scikit-learn's digits (n, 1, 8, 8) in 0-1 and their classes (n,)."""
    from sklearn.datasets import load_digits

    images, classes = load_digits(return_X_y=True)
    return torch.from_numpy((images / 16).astype(np.float32)).reshape(-1, 1, 8, 8), classes


def read(path: Path) -> tuple[Tensor, np.ndarray]:
    """Return the images (n, 1, side, side) in 0-1 and classes (n,) of an HDF5 file, its parts joined."""
    import h5py

    with h5py.File(path) as opened:
        parts = [opened[name] for name in sorted(opened)]
        flat = np.concatenate([part["data"][:] for part in parts]).astype(np.float32)
        classes = np.concatenate([part["target"][:] for part in parts])
    side = round(flat.shape[1] ** 0.5)
    if side**2 != flat.shape[1]:
        raise SystemExit(f"{path.name}: {flat.shape[1]} values an image make no square")
    low, high = flat.min(), flat.max()
    return torch.from_numpy((flat - low) / (high - low)).reshape(-1, 1, side, side), classes


def measured(
    images: Tensor, classes: np.ndarray, names: list[str], seeds: int
) -> dict[str, dict[str, list[float]]]:
    """Return each algorithm's figures and processor seconds, a value a seed."""
    clusters = len(np.unique(classes))
    found: dict[str, dict[str, list[float]]] = {}
    for name in names:
        rows = found.setdefault(name, {figure: [] for figure in (*FIGURES, "seconds")})
        for seed in range(seeds):
            began = time.process_time()
            labels = ALGORITHMS[name](images, clusters, seed)
            rows["seconds"].append(time.process_time() - began)
            for figure, value in agreement(classes, labels).items():
                rows[figure].append(value)
        print(line(name, rows), flush=True)
    return found


def line(name: str, rows: dict[str, list[float]]) -> str:
    """Return a line of the table: the mean of each figure with its least and most, seeds, processor seconds a seed."""
    cells = "  ".join(
        f"{figure.upper()} {statistics.fmean(rows[figure]):.3f} ({min(rows[figure]):.3f}-{max(rows[figure]):.3f})"
        for figure in FIGURES
    )
    return f"{name:12s} {cells}  {len(rows['acc'])} seeds, {statistics.fmean(rows['seconds']):.0f} s"


def main(words: list[str] | None = None) -> int:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.clustering", description=__doc__)
    parser.add_argument(
        "--only", nargs="+", choices=list(ALGORITHMS), metavar="NAME", default=list(ALGORITHMS)
    )
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument(
        "--usps", nargs="*", type=Path, default=[], metavar="FILE", help="HDF5 files beside digits"
    )
    parser.add_argument("--no-digits", action="store_true")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything measured")
    asked = parser.parse_args(words)
    torch.set_num_threads(1)
    sets = {} if asked.no_digits else {"digits": digits()}
    sets |= {path.name: read(path) for path in asked.usps}
    found = {}
    for name, (images, classes) in sets.items():
        print(f"\n{name}: {len(images)} images of {images.shape[-1]} x {images.shape[-1]}", flush=True)
        found[name] = measured(images, classes, asked.only, asked.seeds)
    if asked.json:
        asked.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
