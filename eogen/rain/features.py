"""What can be measured on a rain map by hand, for the baseline that networks must beat (a random forest on these)."""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr
from scipy import ndimage

from eogen.rain.maps import WET
from eogen.rain.scores_sums import CHUNK

#: Heavy rain (mm/h); an old observation (minutes), after which IMERG lets infrared in (Joyce & Xie 2011: 90 min).
HEAVY, OLD = 5.0, 90.0
#: Quantiles of the wet rates; distances of the texture, pixels.
QUANTILES, LAGS = (0.5, 0.9, 0.99), (1, 3)


def features(imerg: xr.Dataset, real_time: bool = False) -> pd.DataFrame:
    """Return hand features of each map.

    Args:
        imerg: ``precipitation`` (time, lat, lon) mm/h, and what is said beside it where it is
            (:mod:`eogen.rain.maps`).
        real_time: leave out what needs the map after.

    Returns:
        Index ``time``, one float column a feature; NaN where it has no meaning (no wet pixel, no map just before):
        ``known`` (share of pixels with data), ``wet``, ``heavy`` (shares of those), ``mean`` (mm/h), ``wet_mean``,
        ``wet_q50 wet_q90 wet_q99 peak`` (mm/h, of wet pixels), ``spread`` (of log(1 + R)), ``texture_1 texture_3``
        (correlation of log(1 + R) with itself so many pixels away), ``stretch`` (at 3 pixels, along lon less along
        lat), ``rough`` (mean step between neighbours over mean, of log(1 + R)), ``cells`` (contiguous wet areas),
        ``cell_area`` (mean, pixels), ``largest`` (share of the wet area in the largest cell), ``change_before``
        ``change_after`` (1 - correlation of log(1 + R) with the map one step before or after), ``growth_before``
        ``growth_after`` (of the wet share, forward in time). Where IMERG says them: ``age`` and ``age_wet``
        (minutes, over all and over wet pixels), ``old`` (share of pixels older than :data:`OLD`), ``seen`` (share with
        a microwave observation in the half-hour), ``quality``, ``quality_wet``, ``infrared``, ``infrared_wet``.
    """
    rain = imerg["precipitation"].transpose("time", "lat", "lon")
    parts = []
    for start in range(0, rain.sizes["time"], CHUNK):
        # One map more in front, for the change from the one before.
        first = max(start - 1, 0)
        some = imerg.isel(time=slice(first, start + CHUNK)).transpose("time", "lat", "lon", ...)
        values = some["precipitation"].values.astype(float)
        found = _of_maps(values) | _beside(some, values)
        found |= _changes(values, _follows(rain["time"], first, len(values)))
        parts.append(pd.DataFrame(found).iloc[start - first :])
    table = pd.concat(parts, ignore_index=True)
    table.index = pd.Index(rain["time"].values, name="time")
    if not real_time:
        for name in ("change", "growth"):
            table[f"{name}_after"] = table[f"{name}_before"].shift(-1)
    return table.astype(float)


def _of_maps(rain: np.ndarray) -> dict[str, np.ndarray]:
    known = ~np.isnan(rain)
    n = known.sum((1, 2))
    wet = rain >= WET
    area = wet.sum((1, 2))
    total = np.where(known, rain, 0).sum((1, 2))
    log = np.log1p(rain)
    found = {
        "known": n / rain[0].size,
        "wet": _over(area, n),
        "heavy": _over((rain >= HEAVY).sum((1, 2)), n),
        "mean": _over(total, n),
        "wet_mean": _over(np.where(wet, rain, 0).sum((1, 2)), area),
        **_quantiles(rain, wet, area),
        "spread": np.sqrt(_over(_squares(log), n)),
    }
    lagged = {}
    for lag in LAGS:
        lagged[lag] = [_alike(log[:, :, lag:], log[:, :, :-lag]), _alike(log[:, lag:], log[:, :-lag])]
        found[f"texture_{lag}"] = np.mean(lagged[lag], axis=0)
    found["stretch"] = lagged[LAGS[-1]][0] - lagged[LAGS[-1]][1]
    steps = [np.abs(np.diff(log, axis=a)) for a in (1, 2)]
    step = [_over(np.nansum(s, (1, 2)), (~np.isnan(s)).sum((1, 2))) for s in steps]
    found["rough"] = _over(np.mean(step, axis=0), _over(np.where(known, log, 0).sum((1, 2)), n))
    return found | _cells(wet, area)


def _quantiles(rain: np.ndarray, wet: np.ndarray, area: np.ndarray) -> dict[str, np.ndarray]:
    """Return linear quantiles of the wet rates; sorting puts NaN last, so that no map needs a call of its own."""
    ordered = np.sort(np.where(wet, rain, np.nan).reshape(len(rain), -1), axis=1)
    rows = np.arange(len(rain))
    found = {}
    for q in (*QUANTILES, 1.0):
        place = q * np.maximum(area - 1, 0)
        low = np.floor(place).astype(int)
        a, b = ordered[rows, low], ordered[rows, np.ceil(place).astype(int)]
        found["peak" if q == 1 else f"wet_q{100 * q:.0f}"] = a + (b - a) * (place - low)
    return found


def _cells(wet: np.ndarray, area: np.ndarray) -> dict[str, np.ndarray]:
    """Return number, mean area and largest share of contiguous wet areas, touching corners being contiguous."""
    # Labelled together, but not joined from map to map.
    touching = np.zeros((3, 3, 3), bool)
    touching[1] = True
    labels, _ = ndimage.label(wet, touching)
    sizes = np.bincount(labels.ravel())[1:]
    # Each label's map is found from its first pixel: labels are given in the order of the maps.
    where = np.unique(labels, return_index=True)
    first = where[1][where[0] > 0]
    owner = first // wet[0].size
    count = np.bincount(owner, minlength=len(wet))
    largest = np.zeros(len(wet))
    np.maximum.at(largest, owner, sizes)
    return {"cells": count.astype(float), "cell_area": _over(area, count), "largest": _over(largest, area)}


def _beside(imerg: xr.Dataset, rain: np.ndarray) -> dict[str, np.ndarray]:
    found = {}
    wet = rain >= WET
    for name, variable in (
        ("age", "microwave_age"),
        ("quality", "quality_index"),
        ("infrared", "infrared_share"),
    ):
        if variable not in imerg:
            continue
        values = imerg[variable].values.astype(float)
        known = ~np.isnan(values)
        held = np.where(known, values, 0)
        found[name] = _over(held.sum((1, 2)), known.sum((1, 2)))
        found[f"{name}_wet"] = _over((held * wet).sum((1, 2)), (known & wet).sum((1, 2)))
        if name == "age":
            found["old"] = _over((held > OLD).sum((1, 2)), known.sum((1, 2)))
    if "microwave_source" in imerg:
        source = imerg["microwave_source"].values
        found["seen"] = _over((source > 0).sum((1, 2)), (source >= 0).sum((1, 2)))
    return found


def _changes(rain: np.ndarray, follows: np.ndarray) -> dict[str, np.ndarray]:
    """Return what changed since the map before, NaN where that is not one step earlier."""
    log = np.log1p(rain)
    both = ~np.isnan(rain[1:]) & ~np.isnan(rain[:-1])
    n = both.sum((1, 2))
    share = [_over(((v >= WET) & both).sum((1, 2)), n) for v in (rain[1:], rain[:-1])]
    found = {"change_before": 1 - _alike(log[1:], log[:-1]), "growth_before": share[0] - share[1]}
    return {k: np.where(follows, np.concatenate([[np.nan], v]), np.nan) for k, v in found.items()}


def _follows(time: xr.DataArray, first: int, count: int) -> np.ndarray:
    """Return (count,) whether each map from ``first`` on comes one step after the map before it."""
    gaps = np.diff(time.values) / np.timedelta64(60, "s")
    step = float(time.attrs.get("step_minutes", gaps.min(initial=np.inf)))
    return np.concatenate([[False], np.abs(gaps - step) < 0.5])[first : first + count]


def _alike(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return Pearson's correlation (n,) of pairs (n, y, x) over pixels that both have."""
    both = ~np.isnan(a) & ~np.isnan(b)
    n = both.sum((1, 2))
    p, q = (np.where(both, v, 0) for v in (a, b))
    p, q = (np.where(both, v - _over(v.sum((1, 2)), n)[:, None, None], 0) for v in (p, q))
    cross, pp, qq = ((u * v).sum((1, 2)) for u, v in ((p, q), (p, p), (q, q)))
    return np.clip(_over(cross, np.sqrt(pp * qq)), -1, 1)


def _squares(values: np.ndarray) -> np.ndarray:
    """Return the sum of squares (n,) about the mean of each map."""
    known = ~np.isnan(values)
    held = np.where(known, values, 0)
    mean = _over(held.sum((1, 2)), known.sum((1, 2)))
    return (np.where(known, held - mean[:, None, None], 0) ** 2).sum((1, 2))


def _over(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(b > 0, a / b, np.nan)
