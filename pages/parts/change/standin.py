"""Small stand-ins for what is on its way into eogen.change; each is replaced by the import of the real one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr
from scipy.ndimage import find_objects, label
from scipy.stats import norm

from eogen.change.stack import pixel_area

@dataclass(frozen=True)
class Usual:
    median: float
    spread: float
    own: bool


def self_usual(found: xr.Dataset) -> Usual:
    return usual([found], True)


def usual(maps: list[xr.Dataset], own: bool = False) -> Usual:
    values = np.concatenate([m.nll.values[np.isfinite(m.nll.values)] for m in maps])
    median = float(np.median(values))
    above = np.percentile(values, 84.1) - median
    return Usual(median, float(above) or 1.0, own)


def p_values(found: xr.Dataset, known: Usual) -> xr.Dataset:
    z = (found.nll.values - known.median) / known.spread
    p = np.where(np.isfinite(z), norm.sf(z / 1.2), np.nan).astype(np.float32)
    return found.assign(p_value=(("y", "x"), p)).assign_attrs(self_calibrated=int(known.own))


def threshold(known: Usual, rate: float) -> float:
    return float(known.median + 1.2 * known.spread * norm.isf(rate))


def objects(found: xr.Dataset, rate: float, least_pixels: int = 1) -> tuple[pd.DataFrame, np.ndarray]:
    p = found.p_value.values
    named, count = label(np.nan_to_num(p, nan=1.0) <= rate)
    area = pixel_area(found.p_value)
    rows, kept = [], np.zeros(named.shape, np.int32)
    score = -np.log10(np.maximum(p, 1e-12))
    for k, where in enumerate(find_objects(named), 1):
        inside = named[where] == k
        if inside.sum() < least_pixels:
            continue
        number = len(rows) + 1
        kept[where][inside] = number
        y, x = np.nonzero(inside)
        rows.append({
            "id": number, "area_m2": None if area is None else float(area[where][inside].sum()),
            "pixels": int(inside.sum()), "mean": float(score[where][inside].mean()),
            "peak": float(score[where][inside].max()), "row": float(y.mean() + where[0].start),
            "column": float(x.mean() + where[1].start), "top": where[0].start, "bottom": where[0].stop,
            "left": where[1].start, "right": where[1].stop,
        })  # fmt: skip
    return pd.DataFrame(rows), kept


def ranked(values: np.ndarray, truth: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return false-alarm rate, hit rate and precision as the limit falls; ``truth`` bool, both (n,)."""
    order = np.argsort(-values, kind="stable")
    hit = truth[order]
    last = np.append(np.diff(values[order]) != 0, True)
    tp, fp = np.cumsum(hit)[last], np.cumsum(~hit)[last]
    return fp / max(int((~truth).sum()), 1), tp / max(int(truth.sum()), 1), tp / np.maximum(tp + fp, 1)
