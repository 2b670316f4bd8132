"""Small stand-ins for what is on its way into eogen.change; each is replaced by the import of the real one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr
from scipy.ndimage import find_objects, label
from scipy.stats import norm

from eogen.change.methods import score
from eogen.change.stack import pair, pixel_area
from eogen.progress import silent


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


def surprise(images: xr.DataArray, name: str, memory: int = 3, progress=silent) -> xr.Dataset:  # noqa: ANN001
    """Return ``nll`` (time, y, x): the least score against any of the last ``memory`` dates; NaN on the first date."""
    count = images.sizes["time"]
    found = np.full((count, images.sizes["y"], images.sizes["x"]), np.nan, np.float32)
    for k in range(1, count):
        for j in range(max(0, k - memory), k):
            progress(k, count, "dates")
            both = pair(images, j, k)
            if both.valid.values.all(0).mean() > 0.02:
                found[k] = np.fmin(found[k], score(both, name).nll.values)
    return xr.Dataset(
        {"nll": (("time", "y", "x"), found)}, {"time": images.time, "y": images.y, "x": images.x}
    )


def breaks(p: np.ndarray, rate: float) -> np.ndarray:
    """Return (y, x) the number of the date of the rarest score under a rate; -1 where there is none."""
    filled = np.where(np.isfinite(p), p, 1.0)
    at = filled.argmin(0)
    return np.where(filled.min(0) <= rate, at, -1).astype(np.int16)
