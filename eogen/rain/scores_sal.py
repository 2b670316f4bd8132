"""Structure, amplitude and location of rain (Wernli et al. 2008, doi 10.1175/2008MWR2415.1).

Objects are contiguous pixels at or above 1/15 of the 95th percentile of wet rates (Wernli et al. 2009, doi
10.1175/2009WAF2222271.1). ``pysteps`` splits objects further with a storm tracker and sums their scaled volumes without
weights, so its S and second part of L differ where a map has several objects; A and the first part of L are the same.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr
from scipy import ndimage

from eogen.rain.maps import WET
from eogen.rain.scores_sums import check_same, chunks

#: Share of the percentile, and the percentile.
FACTOR, QUANTILE = 1 / 15, 0.95


@dataclass(frozen=True)
class _Shape:
    """What SAL needs of one map: mean, centre (2,), mean scaled volume of objects, and their mean distance from it."""

    mean: float
    centre: np.ndarray
    volume: float
    scatter: float


def sal_of(
    x: np.ndarray, y: np.ndarray, steps: tuple[float, float] = (1.0, 1.0)
) -> tuple[float, float, float]:
    """Return (S, A, L) of a map x against y.

    Args:
        x, y: (rows, columns), rates >= 0; NaN where no data, which is taken out of both.
        steps: height and width of a pixel in one unit of length.

    Returns:
        S in -2..2 (above 0: objects too large or flat), A in -2..2 (above 0: too much rain), L in 0..2; all are NaN
        when both maps are dry or have no pixel in common; S and L are NaN when one of them is dry.
    """
    missing = np.isnan(x) | np.isnan(y)
    if missing.all():
        return (float("nan"),) * 3
    kept = (~missing).sum()
    p, q = (_shape(np.where(missing, 0, v).astype(float), kept, steps) for v in (x, y))
    if not p.mean + q.mean:
        return (float("nan"),) * 3
    amplitude = (p.mean - q.mean) / (0.5 * (p.mean + q.mean))
    structure = (p.volume - q.volume) / (0.5 * (p.volume + q.volume))
    longest = np.hypot(x.shape[0] * steps[0], x.shape[1] * steps[1])
    location = np.hypot(*(p.centre - q.centre)) / longest + 2 * abs(p.scatter - q.scatter) / longest
    return float(structure), float(amplitude), float(location)


def sal(imerg: xr.DataArray, radar: xr.DataArray) -> xr.Dataset:
    """Return ``structure``, ``amplitude`` and ``location`` (time) of maps (time, lat, lon), mm/h.

    Raises:
        InputError: ``rain_score_grids``, ``rain_score_time``.
    """
    check_same(imerg, radar)
    lat, lon = (imerg[d].values.astype(float) for d in ("lat", "lon"))
    tall, wide = (abs(np.diff(v).mean()) if len(v) > 1 else 1.0 for v in (lat, lon))
    steps = (tall, wide * np.cos(np.deg2rad(lat.mean())))
    found = [sal_of(a, b, steps) for _, x, y in chunks(imerg, radar) for a, b in zip(x, y, strict=True)]
    values = np.array(found).reshape(-1, 3).T
    names = ("structure", "amplitude", "location")
    return xr.Dataset({k: ("time", v) for k, v in zip(names, values, strict=True)}, {"time": imerg["time"]})


def sal_summary(of: xr.Dataset) -> pd.DataFrame:
    """Return median, quartiles and number of maps of each part: how SAL of many maps is told (Wernli et al. 2008).

    Columns ``median q25 q75 n``; NaN maps are left out.
    """
    rows = {}
    for name in ("structure", "amplitude", "location"):
        values = of[name].values
        values = values[np.isfinite(values)]
        q = np.quantile(values, [0.5, 0.25, 0.75]) if len(values) else np.full(3, np.nan)
        rows[name] = {"median": q[0], "q25": q[1], "q75": q[2], "n": len(values)}
    return pd.DataFrame(rows).T


def _shape(rate: np.ndarray, kept: int, steps: tuple[float, float]) -> _Shape:
    total = rate.sum()
    nothing = np.full(2, np.nan)
    wet = rate[rate >= WET]
    if not total or not wet.size:
        return _Shape(total / kept, nothing, float("nan"), float("nan"))
    scale = np.asarray(steps)
    rows, columns = np.indices(rate.shape)
    centre = np.array([(rate * rows).sum(), (rate * columns).sum()]) / total * scale
    labels, count = ndimage.label(rate >= FACTOR * np.quantile(wet, QUANTILE), np.ones((3, 3)))
    index = np.arange(1, count + 1)
    rain = ndimage.sum_labels(rate, labels, index)
    peak = ndimage.maximum(rate, labels, index)
    places = (
        np.array([ndimage.sum_labels(rate * g, labels, index) for g in (rows, columns)]).T / rain[:, None]
    )
    distance = np.hypot(*(places * scale - centre).T)
    volume, scatter = ((rain * v).sum() / rain.sum() for v in (rain / peak, distance))
    return _Shape(total / kept, centre, float(volume), float(scatter))
