"""How wrong a fill was on cells that were hidden from it, how sure it was, and how well we know either.

Everything reads one table, a row for each hidden cell (columns below), pooled over cells and per frame. Cells of one
frame lie under the same cloud and are not independent, so that intervals come from frames drawn with replacement, in
runs of consecutive ones (circular block bootstrap, Politis & Romano 1992), never from cells.

=========== ==================================================================================================
``frame``    index of the frame in the cube
``truth``    what was seen there, in the cube's units (log10 mg m-3 for chlorophyll)
``mean``     what the method says
``sd``       standard deviation it gives a new observation; NaN where it gives none
``distance`` pixels to the nearest observation of the frame that was left
=========== ==================================================================================================

The law of a cell is Gaussian unless the columns ``pit``, ``crps``, ``width_50``, ``width_90`` say what it was
(:mod:`eogen.ocean.law`). Any further column (depth, season, province …) can be scored by.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from eogen.ocean import law

#: Names of the scores and which direction is good; units are the cube's for the first four and the widths.
SCORES: dict[str, str | None] = {
    "rmse": "lower", "mae": "lower", "bias": None, "crps": "lower", "crps_members": "lower", "r": "higher",
    "coverage_50": None, "coverage_90": None, "width_50": "lower", "width_90": "lower", "spread_skill": None,
}  # fmt: skip
#: Ends (pixels) and names of the classes of distance to the nearest remaining observation.
DISTANCES = (0.0, 3.0, 8.0, 20.0, np.inf)
DISTANCE_NAMES = ("<=3 px", "3-8 px", "8-20 px", ">20 px")
#: Depth (m) that parts the shelf from the open ocean.
SHELF = -200.0
DRAWS = 1000
_TERMS = ("n", "e", "e2", "a", "t", "t2", "m", "m2", "tm", "var", "crps", "in50", "in90", "half", "most",
          "members")  # fmt: skip


def crps_ensemble(truth: np.ndarray, members: np.ndarray) -> np.ndarray:
    """Return the fair continuous ranked probability score (n,) of members (member, n).

    ``E|X - y| - E|X - X'| / 2`` without the pairs of a member with itself (Ferro 2014, doi:10.1002/qj.2270), so that
    its expectation does not depend on how many there are; one member scores its absolute error.
    """
    count = len(members)
    first = np.abs(members - truth).mean(0)
    if count == 1:
        return first
    ordered = np.sort(members, 0).astype(float)
    weight = 2.0 * np.arange(1, count + 1) - count - 1
    return first - np.tensordot(weight, ordered, (0, 0)) / (count * (count - 1))


def frame_sums(cells: pd.DataFrame, members: np.ndarray | None = None) -> pd.DataFrame:
    """Return one row per frame: the sums from which every score is made.

    Args:
        cells: see the module's text.
        members: (member, n) draws for the rows of ``cells``, or None.
    """
    frames, inverse = np.unique(cells["frame"].to_numpy(), return_inverse=True)
    t, m, sd = (cells[c].to_numpy(float) for c in ("truth", "mean", "sd"))
    e = m - t
    place, crps, half, most = (
        (cells[c].to_numpy(float) for c in ("pit", "crps", "width_50", "width_90"))
        if "pit" in cells
        else (law.pit(t, m, sd), law.crps(t, m, sd), law.width(sd, 0.5), law.width(sd, 0.9))
    )
    off = np.abs(place - 0.5)
    terms = {
        "n": np.ones(len(e)), "e": e, "e2": e * e, "a": np.abs(e), "t": t, "t2": t * t, "m": m, "m2": m * m,
        "tm": t * m, "var": sd * sd, "crps": crps, "in50": np.where(np.isfinite(off), off <= 0.25, np.nan),
        "in90": np.where(np.isfinite(off), off <= 0.45, np.nan), "half": half, "most": most,
        "members": np.full(len(e), np.nan) if members is None else crps_ensemble(t, members),
    }  # fmt: skip
    sums = {name: np.bincount(inverse, value, len(frames)) for name, value in terms.items()}
    return pd.DataFrame(sums, index=pd.Index(frames, name="frame"))


def from_sums(sums: np.ndarray) -> dict[str, np.ndarray]:
    """Return the scores of sums (…, term) in the order of :func:`frame_sums`; NaN where one is not defined."""
    s = dict(zip(_TERMS, np.moveaxis(np.asarray(sums, float), -1, 0), strict=True))
    with np.errstate(invalid="ignore", divide="ignore"):
        n = s["n"]
        spread_t, spread_m = s["t2"] - s["t"] ** 2 / n, s["m2"] - s["m"] ** 2 / n
        r = (s["tm"] - s["t"] * s["m"] / n) / np.sqrt(spread_t * spread_m)
        tiny = (spread_t <= 1e-12 * s["t2"]) | (
            spread_m <= 1e-12 * s["m2"]
        )  # a constant correlates with nothing
        rmse = np.sqrt(s["e2"] / n)
        return {
            "rmse": rmse, "mae": s["a"] / n, "bias": s["e"] / n, "r": np.where(tiny, np.nan, r),
            "crps": s["crps"] / n, "crps_members": s["members"] / n,
            "coverage_50": s["in50"] / n, "coverage_90": s["in90"] / n,
            "width_50": s["half"] / n, "width_90": s["most"] / n,
            "spread_skill": np.sqrt(s["var"] / n) / rmse,
        }  # fmt: skip


def score(
    cells: pd.DataFrame, members: np.ndarray | None = None, *, seed: int = 0, draws: int = DRAWS
) -> pd.DataFrame:
    """Return the scores, one row each, with 95 % intervals.

    Args:
        cells: see the module's text.
        members: (member, n) draws for its rows, or None.
        seed: of the bootstrap.
        draws: of the bootstrap.

    Returns:
        index the score's name; ``value``, ``low``, ``high`` pooled over cells; ``frame_value``, ``frame_low``,
        ``frame_high`` for the mean over frames of the frame's own score; ``n`` cells, ``frames``. Scores that are not
        defined (no ``sd``, no members) are left out.
    """
    sums = frame_sums(cells, members)
    weights = resampled(len(sums), seed, draws)
    pooled = from_sums(sums.to_numpy().sum(0))
    again = from_sums(weights @ sums.to_numpy())
    each = from_sums(sums.to_numpy())
    rows = {}
    for name in SCORES:
        if not np.isfinite(pooled[name]):
            continue
        low, high = _interval(again[name])
        own = np.isfinite(each[name])
        mean = weights[:, own] @ each[name][own] / np.maximum(weights[:, own].sum(1), 1)
        frame_low, frame_high = _interval(mean)
        rows[name] = (float(pooled[name]), low, high, float(each[name][own].mean()) if own.any() else np.nan,
                      frame_low, frame_high, len(cells), len(sums))  # fmt: skip
    columns = ["value", "low", "high", "frame_value", "frame_low", "frame_high", "n", "frames"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("score")


def score_by(
    cells: pd.DataFrame,
    classes: np.ndarray | pd.Series,
    members: np.ndarray | None = None,
    *,
    seed: int = 0,
    fewest: int = 1,
) -> pd.DataFrame:
    """Return :func:`score` for each class of cells, index (class, score); classes of fewer than ``fewest`` left out."""
    labels = np.asarray(classes)
    parts = {}
    for name in pd.unique(labels[~pd.isna(labels)]):
        chosen = labels == name
        if chosen.sum() >= fewest:
            kept = None if members is None else members[:, chosen]
            parts[str(name)] = score(cells[chosen], kept, seed=seed)
    return pd.concat(parts, names=["class"]) if parts else pd.DataFrame()


def distance_class(distance: np.ndarray) -> np.ndarray:
    """Return the class (``DISTANCE_NAMES``) of distances in pixels; an upper end belongs to its class."""
    index = np.clip(np.searchsorted(DISTANCES, distance, side="left") - 1, 0, len(DISTANCE_NAMES) - 1)
    return np.asarray(DISTANCE_NAMES)[index]


def shelf_class(depth: np.ndarray) -> np.ndarray:
    """Return ``"shelf"`` where the sea is shallower than 200 m, else ``"offshore"``; None where nobody knows."""
    depth = np.asarray(depth, float)
    named = np.where(depth > SHELF, "shelf", "offshore").astype(object)
    named[~np.isfinite(depth)] = None
    return named


def resampled(frames: int, seed: int = 0, draws: int = DRAWS) -> np.ndarray:
    """Return (draw, frame) float64: how often each frame is taken in runs of about frames**(1/3) consecutive ones."""
    rng = np.random.default_rng(seed)
    length = max(round(frames ** (1 / 3)), 1) if frames > 3 else 1
    runs = -(-frames // length)
    start = rng.integers(0, frames, (draws, runs, 1))
    taken = ((start + np.arange(length)) % frames).reshape(draws, -1)[:, :frames]
    counts = np.zeros((draws, frames))
    np.add.at(counts, (np.arange(draws)[:, None], taken), 1.0)
    return counts


def bootstrap(
    sums: np.ndarray, statistic: Callable[[np.ndarray], np.ndarray], seed: int = 0, draws: int = DRAWS
) -> tuple[float, float]:
    """Return the 95 % interval of ``statistic`` of frames' sums (frame, term), frames drawn in runs."""
    return _interval(statistic(resampled(len(sums), seed, draws) @ np.asarray(sums, float)))


def _interval(values: np.ndarray) -> tuple[float, float]:
    if not np.isfinite(values).any():
        return float("nan"), float("nan")
    low, high = np.nanquantile(values, [0.025, 0.975])
    return float(low), float(high)
