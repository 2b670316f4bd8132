"""Signed indices: one physical sign of one kind of change. Swapping the dates turns the sign.

Each is computed on the values as they were read, not normalised: an index of two bands carries its own normalisation.
"""

from __future__ import annotations

import numpy as np

from eogen.change.problem import Answer, Problem
from eogen.change.sensors import SENSORS
from eogen.progress import Progress, silent

#: Polarisations of a radar image; ``backscatter`` where a file does not say which.
RADAR = ("vv", "vh", "hh", "hv", "backscatter")
_NEAR, _SHORT = ("nir", "nir_narrow"), ("swir2", "swir")


def water_gain(question: Problem, seed: int = 0, progress: Progress = silent) -> Answer:
    """Return the rise of a water index: MNDWI (Xu 2006), or what the bands allow.

    Water is bright in the visible and black in the infrared: (visible - infrared) / (visible + infrared), with green
    before red (McFeeters 1996 has green), and short wave before near (Xu 2006 has short wave).
    """
    bands = _named(question)
    return _rise(bands, _first(bands, "green", "red"), _first(bands, "swir", "swir2", *_NEAR))


def burn(question: Problem, seed: int = 0, progress: Progress = silent) -> Answer:
    """Return dNBR, the fall of (nir - swir) / (nir + swir), the longer short wave first (Key & Benson 2006)."""
    bands = _named(question)
    return _rise(bands, _first(bands, *_SHORT), _first(bands, *_NEAR))


def vegetation_loss(question: Problem, seed: int = 0, progress: Progress = silent) -> Answer:
    """Return the fall of NDVI, (nir - red) / (nir + red) (Rouse 1974)."""
    bands = _named(question)
    return _rise(bands, "red", _first(bands, *_NEAR))


def backscatter_drop(question: Problem, seed: int = 0, progress: Progress = silent) -> Answer:
    """Return by how much the echo fell, averaged over the polarisations: smooth water sends the pulse away.

    In decibels when the values are powers (never negative, not whole numbers); values in decibels or rescaled to whole
    numbers are subtracted as they are. ``facts``: ``scale``, which of these was found.
    """
    bands = _named(question)
    there = [name for name in RADAR if name in bands]
    raw = np.stack([bands[name] for name in there], 1)[..., question.valid]
    scale = "decibel" if (raw < 0).any() else "counts" if (raw == np.round(raw)).all() else "power"
    parts = {}
    for name in there:
        one, two = bands[name].astype(np.float64)
        if scale == "power":
            least = _least(bands[name])
            one, two = (10 * np.log10(np.maximum(d, least)) for d in (one, two))
        parts[name] = (one - two).astype(np.float32)
    return Answer(np.mean(list(parts.values()), axis=0).astype(np.float32), parts, {"scale": scale})


def normalised_difference(one: np.ndarray, two: np.ndarray) -> np.ndarray:
    """Return (one - two) / (|one| + |two|): within ±1 also where noise made a reflectance negative; 0 for 0/0."""
    one, two = one.astype(np.float64), two.astype(np.float64)
    total = np.abs(one) + np.abs(two)
    return np.divide(one - two, total, out=np.zeros_like(total), where=total > 0)


def _rise(bands: dict[str, np.ndarray], high: str, low: str) -> Answer:
    before, after = normalised_difference(bands[high], bands[low])
    parts = {"before": before.astype(np.float32), "after": after.astype(np.float32)}
    return Answer(
        (after - before).astype(np.float32), parts, {"index": f"({high} - {low}) / ({high} + {low})"}
    )


def _named(question: Problem) -> dict[str, np.ndarray]:
    """Return common name -> (time, y, x) as read."""
    if question.raw is None:
        raise ValueError("an index is computed on the images as they were read; the problem has none")
    names = SENSORS.get(question.sensor, {})
    return {names.get(band, band): question.raw[:, k] for k, band in enumerate(question.bands)}


def _first(bands: dict[str, np.ndarray], *names: str) -> str:
    return next(name for name in names if name in bands)


def _least(power: np.ndarray) -> float:
    """Return the power that stands for zero: a thousandth of the typical one."""
    seen = power[power > 0]
    return float(np.median(seen)) / 1000 if len(seen) else 1.0
