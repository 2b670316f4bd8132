"""From scores to false alarms: how often would a place where nothing changed score as high?

What is usual is learnt from maps of history (dates of the same place, or pairs elsewhere known not to have changed);
the p-value of a pixel is the share of usual pixels that score as high (split conformal prediction, Vovk, Gammerman &
Shafer 2005; Laxhammar 2014 for alarms). Without history a map can speak for itself (:func:`self_usual`), less surely.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr

from eogen.change.discovery import check_rate
from eogen.change.standardise import STANDARDISE, Standardise, bulk, finite, standardised
from eogen.change.strata import SIDES, coarser
from eogen.errors import InputError

#: Fewest pixels of history in a stratum; with fewer everywhere, strata are joined.
FEWEST = 2000
#: Quantiles of the map that the self-calibrated tail starts from, and passes.
TAIL = (0.5, 0.75)
#: Of a self-calibration: greatest share changed that is corrected for, the rate at which it is told, and steps.
MOST, TELL, STEPS = 0.45, 0.003, 30
#: Least p-value told without history: far tails are extrapolated, not seen.
FLOOR = 1e-6
_LEVELS = 600


@dataclass(frozen=True)
class Usual:
    """How scores are spread where nothing changed.

    Attributes:
        values: for each stratum, increasing standardised scores.
        exceed: for each stratum, the share of usual pixels at or above each of ``values``, decreasing from 1.
        standardise: what is done to the scores of a map first. ``none``: nothing, for history of the same place and
            estimator. ``bulk``: median to 0, 90 % quantile to 1. ``rank``: -log of the share of the map's own pixels
            at or above. Between five OSCD cities, a nominal 1 % of CVA became 0.04-8.6 % with ``none``, 0.1-4.2 %
            with the bulk and 0.3-1.4 % with ranks; but ranks find next to nothing where much has changed.
        sides: strata are ``sides`` x ``sides`` classes of brightness and texture; 1 is a single one.
        maps: how many maps of history; 0 for a self-calibration.
        pixels: of them, in all.
        estimator: whose scores.
    """

    values: tuple[np.ndarray, ...]
    exceed: tuple[np.ndarray, ...]
    standardise: Standardise
    sides: int
    maps: int
    pixels: int
    estimator: str

    @property
    def own(self) -> bool:
        """Whether it was learnt from the very map it judges."""
        return self.maps == 0


def usual(
    maps: Sequence[xr.Dataset],
    *,
    unchanged: Sequence[np.ndarray] | None = None,
    standardise: Standardise = "none",
) -> Usual:
    """Return what is usual, from maps of history; every map counts alike, whatever its size.

    Args:
        maps: score maps (``nll``) of one estimator. With ``stratum`` on every one (:func:`eogen.change.strata.
            with_strata`), what is usual is told for each stratum: 16, 4 or 1 of them, so that each has 2000 pixels.
        unchanged: for each map, (y, x) bool: the pixels known not to have changed; all valid ones by default. Maps are
            standardised by all their valid pixels, because a new pair will be too.
        standardise: see :class:`Usual`.

    Raises:
        InputError: ``change_no_history``; ``change_history_mixed``; ``change_standardise``.
    """
    if standardise not in STANDARDISE:
        raise InputError(
            "change_standardise", "There is no standardisation called {name}; there are: {known}.",
            name=standardise, known=", ".join(STANDARDISE),
        )  # fmt: skip
    names = sorted({str(m.attrs.get("estimator", "?")) for m in maps})
    if len(names) > 1:
        raise InputError(
            "change_history_mixed", "History mixes the scores of {names}; give maps of one estimator.",
            names=", ".join(names),
        )  # fmt: skip
    marked = unchanged or [None] * len(maps)
    known = [finite(m) & (True if u is None else u) for m, u in zip(maps, marked, strict=True)]
    kept = [(m, k) for m, k in zip(maps, known, strict=True) if k.any()]
    if not kept:
        raise InputError(
            "change_no_history", "No pixel of history is known not to have changed; give one such pair."
        )
    pools = [
        (standardised(m, standardise)[k], m["stratum"].values[k] if "stratum" in m else None) for m, k in kept
    ]
    sides = _sides([fine for _, fine in pools])
    values, exceed = [], []
    for number in range(sides**2):
        parts = [v if sides == 1 else v[coarser(fine, sides) == number] for v, fine in pools]
        x, e = _exceedance([p for p in parts if len(p)])
        values.append(x)
        exceed.append(e)
    pixels = sum(len(v) for v, _ in pools)
    return Usual(tuple(values), tuple(exceed), standardise, sides, len(kept), pixels, names[0])


def self_usual(scores: xr.Dataset) -> Usual:
    """Return what is usual told by the map that is to be judged: less sure, and said so by every map made with it.

    Up to their median the unchanged pixels' own shares are taken; above it an exponential tail through the median and
    the 75 % quantile goes on. Which pixels are unchanged is not known, only how many: the share changed is what
    exceeds the tail's quantile at ``TELL`` more often than it should, the tail is fitted anew below that share, and so
    on, from ``MOST`` downwards (a fixed point; change that lies above the bulk is told apart up to that share). A tail
    heavier than an exponential (clouds, seasons) alarms too much, and change within the bulk too little: the
    evaluation measures by how much (``self_false_alarms``).

    Raises:
        InputError: ``change_no_history``.
    """
    values = np.sort(scores.nll.values[finite(scores)].astype(np.float64))
    if not len(values):
        raise InputError(
            "change_no_history", "No pixel of history is known not to have changed; give one such pair."
        )
    share, folds = 1 - TAIL[0], np.log((1 - TAIL[0]) / (1 - TAIL[1]))
    changed = MOST
    for _ in range(STEPS):
        low, high = _own(values, (1 - changed) * np.array(TAIL))
        scale = (high - low) / folds
        above = 1 - np.searchsorted(values, low + scale * np.log(share / TELL), side="right") / len(values)
        changed = float(np.clip((above - TELL) / (1 - TELL), 0, MOST))
    low, high = _own(values, (1 - changed) * np.array(TAIL))
    body = np.linspace(0, TAIL[0], _LEVELS)
    levels = np.geomspace(share, FLOOR, _LEVELS)[1:]
    # A constant map has no tail: nothing above its one value.
    scale = (high - low) / folds or max(abs(low), 1.0) * 1e-6
    x, e = _strict(
        np.concatenate([_own(values, (1 - changed) * body), low + scale * np.log(share / levels)]),
        np.concatenate([1 - body, levels]),
    )
    return Usual((x,), (e,), "none", 1, 0, len(values), str(scores.attrs.get("estimator", "?")))


def _own(values: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Return the quantiles of sorted values."""
    return values[np.clip((shares * len(values)).astype(int), 0, len(values) - 1)]


def p_values(scores: xr.Dataset, history: Usual) -> xr.Dataset:
    """Return how often a pixel where nothing changed scores as high.

    Args:
        scores: a score map; with ``stratum`` where the history has strata.
        history: from :func:`usual` or :func:`self_usual`.

    Returns:
        ``p_value`` (y, x) float32 in (0, 1], NaN where there is no score, and ``surprise`` = -log10 p. Attributes of
        the map and: ``calibration`` (``history`` or ``self``), ``standardise``, ``history_maps``, ``history_pixels``,
        ``strata``, ``least_p``. A map of two identical images has p = 1 everywhere.

    Raises:
        InputError: ``change_history_mixed``; ``change_no_strata``.
    """
    name = str(scores.attrs.get("estimator", "?"))
    if name != history.estimator:
        raise InputError(
            "change_history_mixed", "History mixes the scores of {names}; give maps of one estimator.",
            names=f"{history.estimator}, {name}",
        )  # fmt: skip
    if history.sides > 1 and "stratum" not in scores:
        raise InputError(
            "change_no_strata", "History tells {count} kinds of ground apart; the map does not say which is where.",
            count=history.sides**2,
        )  # fmt: skip
    good = finite(scores)
    p = np.full(good.shape, np.nan)
    if scores.attrs.get("identical"):
        p[good] = 1.0
    else:
        z = standardised(scores, history.standardise)[good]
        place = (
            coarser(scores["stratum"].values[good], history.sides)
            if history.sides > 1
            else np.zeros(len(z), int)
        )
        found = np.empty(len(z))
        for number, (x, e) in enumerate(zip(history.values, history.exceed, strict=True)):
            here = place == number
            found[here] = np.exp(np.interp(z[here], x, np.log(e)))
        p[good] = found
    p = p.astype(np.float32)
    # float32 keeps 1e-38; no history is that long.
    made = xr.Dataset({"p_value": (("y", "x"), p), "surprise": (("y", "x"), -np.log10(p))}, scores.nll.coords)
    made.p_value.attrs = {"long_name": "share of unchanged pixels that score as high", "units": "1"}
    made.surprise.attrs = {"long_name": "-log10 of the p-value", "units": "1"}
    made.attrs = dict(scores.attrs) | {
        "calibration": "self" if history.own else "history", "standardise": history.standardise,
        "history_maps": history.maps, "history_pixels": history.pixels, "strata": history.sides**2,
        "least_p": float(min(e[-1] for e in history.exceed)),
    }  # fmt: skip
    return made


def threshold(history: Usual, rate: float, scores: xr.Dataset | None = None) -> np.ndarray:
    """Return the score (stratum,) at which unchanged pixels alarm at a rate; higher scores alarm.

    Args:
        history: what is usual.
        rate: expected false alarms, in (0, 1).
        scores: the map to be judged, needed where the history is standardised by map.

    Raises:
        InputError: ``change_rate``; ``change_threshold_map``.
    """
    check_rate(rate)
    tables = zip(history.values, history.exceed, strict=True)
    cuts = np.array([np.interp(-np.log(rate), -np.log(e), x) for x, e in tables])
    if history.standardise == "none":
        return cuts
    if scores is None:
        raise InputError(
            "change_threshold_map", "The history is standardised by {how}: the threshold depends on the map; give it.",
            how=history.standardise,
        )  # fmt: skip
    own = np.sort(scores.nll.values[finite(scores)].astype(np.float64))
    if history.standardise == "bulk":
        middle, unit = bulk(own)
        return middle + unit * cuts
    at = np.clip(np.ceil(len(own) * (1 - np.exp(-cuts))).astype(int), 0, len(own) - 1)
    return own[at]


def _sides(fines: list[np.ndarray | None]) -> int:
    """Return how finely strata can be told: every one of them has enough pixels of history."""
    if any(f is None for f in fines):
        return 1
    whole = np.concatenate(fines)  # type: ignore[arg-type]
    for sides in (SIDES, 2):
        if np.bincount(coarser(whole, sides), minlength=sides**2).min() >= FEWEST:
            return sides
    return 1


def _exceedance(parts: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Return a thinned table of values and of the share at or above each, every part weighing alike."""
    x = np.concatenate(parts)
    weight = np.concatenate([np.full(len(p), 1 / (len(parts) * len(p))) for p in parts])
    order = np.argsort(x, kind="stable")
    x, weight = x[order], weight[order]
    # The new pixel counts as one more of the usual: no p-value is 0, and ranks are those of n + 1 (Vovk et al. 2005).
    effective = 1 / (weight**2).sum()
    above = (weight[::-1].cumsum()[::-1] * effective + 1) / (effective + 1)
    keep = np.unique(
        np.concatenate([
            np.linspace(0, len(x) - 1, _LEVELS).astype(int),
            len(x) - np.unique(np.geomspace(1, len(x), _LEVELS).astype(int)),
        ])
    )  # fmt: skip
    first = np.searchsorted(x, x[keep], side="left")
    return _strict(
        np.append(x[first], np.nextafter(x[-1], np.inf)), np.append(above[first], 1 / (effective + 1))
    )


def _strict(x: np.ndarray, exceed: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the table with increasing values only; of equal ones the greatest share."""
    values, at = np.unique(x, return_index=True)
    return values, np.clip(exceed[at], 1e-12, 1.0)
