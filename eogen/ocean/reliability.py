"""Whether a fill is as sure as it should be: where truths fall in the forecasts, and whether wide means wrong."""

from __future__ import annotations

import numpy as np
import pandas as pd

from eogen.ocean import law


def pit(cells: pd.DataFrame) -> np.ndarray:
    """Return the place (n,) of each truth in its law, 0 to 1: uniform when the laws are right; NaN without an s.d."""
    if "pit" in cells:
        return cells["pit"].to_numpy(float)
    return law.pit(*(cells[c].to_numpy(float) for c in ("truth", "mean", "sd")))


def pit_histogram(cells: pd.DataFrame, bins: int = 20) -> pd.DataFrame:
    """Return ``low``, ``high``, ``share`` of each bin of the transform; every share is 1 / bins when all is well."""
    edges = np.linspace(0, 1, bins + 1)
    values = pit(cells)
    values = values[np.isfinite(values)]
    counts = np.histogram(values, edges)[0]
    return pd.DataFrame({"low": edges[:-1], "high": edges[1:], "share": counts / max(len(values), 1)})


def rank_histogram(truth: np.ndarray, members: np.ndarray, seed: int = 0) -> pd.DataFrame:
    """Return ``rank`` (0 to member) and ``share``: how many members (member, n) lie below the truths (n,).

    Flat when truth and members are drawn from one law (Hamill 2001, Monthly Weather Review 129, 550). Ties are broken
    at random.
    """
    rng = np.random.default_rng(seed)
    below, equal = (members < truth).sum(0), (members == truth).sum(0)
    ranks = below + rng.integers(0, equal + 1)
    counts = np.bincount(ranks, minlength=len(members) + 1)
    return pd.DataFrame({"rank": np.arange(len(counts)), "share": counts / max(len(truth), 1)})


def unevenness(share: np.ndarray) -> float:
    """Return half the summed distance of shares from equal ones: 0 flat, 1 all in one bin (total variation)."""
    share = np.asarray(share, float)
    return float(np.abs(share - 1 / len(share)).sum() / 2)


def spread_skill(cells: pd.DataFrame, bins: int = 10) -> pd.DataFrame:
    """Return ``spread`` (root mean square s.d.), ``skill`` (RMSE), ``n`` of cells in bins of equal count by their s.d.

    On the diagonal when the errors are as large as told (Van den Dool 1989; Leutbecher & Palmer 2008).
    """
    known = cells[np.isfinite(cells["sd"]) & (cells["sd"] > 0)]
    order = np.argsort(known["sd"].to_numpy(), kind="stable")
    sd = known["sd"].to_numpy(float)[order]
    error = (known["mean"] - known["truth"]).to_numpy(float)[order]
    rows = [
        (np.sqrt((sd[part] ** 2).mean()), np.sqrt((error[part] ** 2).mean()), len(part))
        for part in np.array_split(np.arange(len(sd)), bins)
        if len(part)
    ]
    return pd.DataFrame(rows, columns=["spread", "skill", "n"])
