"""Scores by what was the case: regime, satellite, age of the last overpass, intensity, season, hour, with intervals.

A *class* is an int8 :class:`xarray.DataArray`, (time,) or (time, lat, lon), of indices into ``attrs["classes"]``, -1
where it is not known; ``attrs["by"]`` says what it tells apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from eogen.errors import InputError
from eogen.rain.blocks import DRAWS, LEVEL, bootstrap, day_blocks
from eogen.rain.maps import SENSORS
from eogen.rain.scores import EVENT, all_sums, from_sums
from eogen.rain.scores_sums import check_same, sums

#: Edges of the classes of age (minutes) and of intensity (mm/h), each class from its edge on.
AGE_EDGES, RATE_EDGES = (0.0, 15.0, 45.0, 105.0, 195.0), (0.0, 0.2, 1.0, 5.0)
#: What is shown where nothing is chosen: all of these can be had from any set of pixels.
SHOWN = ("cc_log", "log_bias", "csi", "pod", "far", "hss", "kge", "rmse_log")
_SEASONS = ("DJF", "MAM", "JJA", "SON")


def breakdown(
    imerg: xr.DataArray,
    radar: xr.DataArray,
    classes: xr.DataArray,
    scores: Sequence[str] = SHOWN,
    event: float = EVENT,
    level: float = LEVEL,
    draws: int = DRAWS,
    seed: int = 0,
    whole: xr.Dataset | None = None,
) -> pd.DataFrame:
    """Return the pooled scores of each class, with intervals by days.

    Args:
        imerg, radar: mm/h, (time, lat, lon) or (time, station).
        classes: which class each map (time,) or each pixel is in; see the module.
        scores: names of :func:`eogen.rain.scores.from_sums`; ``fss`` for classes of maps only, since a class of pixels
            is no map.
        event: mm/h; level: of the intervals; draws, seed: of the bootstrap.
        whole: sums of the maps (:func:`eogen.rain.scores.all_sums`), where they are known already; classes of maps then
            look at no pixel again.

    Returns:
        One row a class and score: ``by``, ``class``, ``score``, ``value``, ``low``, ``high``, ``pixels``, ``maps``,
        ``days``. Values are NaN where a class holds nothing; bounds are NaN with fewer than two days.

    Raises:
        InputError: ``rain_score_grids`` or ``rain_score_time`` for the maps; ``rain_score_classes`` for classes of
            another size, ``rain_score_unknown`` for a score that does not exist.
    """
    check_same(imerg, radar)
    if (
        classes.sizes != {d: imerg.sizes[d] for d in classes.dims if d in imerg.sizes}
        or "time" not in classes.dims
    ):
        raise InputError(
            "rain_score_classes",
            "The classes ({found}) are not of the maps ({expected}): give one for each map, or one for each pixel.",
            found=_sizes(classes),
            expected=_sizes(imerg),
        )
    names = list(classes.attrs["classes"])
    if classes.dims == ("time",):
        if whole is None:
            whole = (all_sums if "fss" in scores else sums)(imerg, radar, (event,))
        joined = _apart(whole, classes)
    else:
        joined = sums(imerg, radar, (event,), classes)
    value, low, high = bootstrap(joined, lambda s: from_sums(s, event), level, draws, seed)
    if unknown := [s for s in scores if s not in value]:
        raise InputError(
            "rain_score_unknown",
            "The score {name} is not known here; choose among {known}.",
            name=unknown[0],
            known=", ".join(str(v) for v in value.data_vars if v != "n"),
        )
    _, day = day_blocks(joined["time"])
    rows = []
    for k, name in enumerate(names):
        held = joined["n"].isel({"class": k}).values > 0
        size = {"pixels": int(value["n"][k]), "maps": int(held.sum()), "days": len(np.unique(day[held]))}
        rows += [
            {"by": classes.attrs["by"], "class": name, "score": s, "value": float(value[s][k]),
             "low": float(low[s][k]), "high": float(high[s][k]), **size}
            for s in scores
        ]  # fmt: skip
    return pd.DataFrame(rows)


def breakdowns(pair: xr.Dataset, regimes: xr.DataArray | None = None, **options: Any) -> pd.DataFrame:
    """Return the rows of :func:`breakdown` for all, and by everything that a pair says of itself.

    Args:
        pair: ``precipitation`` and ``radar`` (:mod:`eogen.rain.maps`), with what IMERG says beside it where it does.
        regimes: names of the weather regime (time,) of str, where known; the pair's own ``regime`` by default.
        **options: of :func:`breakdown`.

    Raises:
        InputError: as :func:`breakdown`.
    """
    imerg, radar = pair["precipitation"], pair["radar"]
    time = imerg["time"]
    middle = float(imerg["lon"].mean()) if "lon" in imerg.coords else 0.0
    found = [
        _classes(np.zeros(time.shape), time, ("all",), "all"),
        by_season(time),
        by_hour(time, lon=middle),
        by_intensity(imerg),
    ]
    if "microwave_source" in pair:
        found.append(by_satellite(pair["microwave_source"]))
    if "microwave_age" in pair:
        found.append(by_age(pair["microwave_age"]))
    if regimes is None and "regime" in pair.coords:
        regimes = pair["regime"]
    if regimes is not None:
        found.append(by_regime(regimes))
    whole = sums(imerg, radar, (options.get("event", EVENT),))
    return pd.concat([breakdown(imerg, radar, c, whole=whole, **options) for c in found], ignore_index=True)


def by_age(age: xr.DataArray, edges: Sequence[float] = AGE_EDGES) -> xr.DataArray:
    """Return classes by the minutes since the observation that the value was carried from; NaN is no class."""
    return _binned(age, edges, "age", "min")


def by_intensity(imerg: xr.DataArray, edges: Sequence[float] = RATE_EDGES) -> xr.DataArray:
    """Return classes by what IMERG says it rains, mm/h.

    By IMERG, not by radar: it is what one knows where there is no radar, and to judge only where the truth was extreme
    rewards those who always cry wolf (Lerch et al. 2017, Stat. Sci. 32, 106, the forecaster's dilemma).
    """
    return _binned(imerg, edges, "intensity", "mm/h")


def by_satellite(source: xr.DataArray) -> xr.DataArray:
    """Return classes by the sensor that saw the pixel in the half-hour; ``none`` where none did."""
    codes = [int(c) for c in np.unique(source.values[np.isfinite(source.values)]) if c >= 0]
    found = np.full(source.shape, -1, np.int8)
    for k, code in enumerate(codes):
        found[source.values == code] = k
    return _classes(found, source, [SENSORS.get(c, f"code {c}") for c in codes], "satellite")


def by_season(time: xr.DataArray) -> xr.DataArray:
    """Return classes by season (three months, by their initials)."""
    month = time.dt.month.values
    return _classes(month % 12 // 3, time, _SEASONS, "season")


def by_hour(time: xr.DataArray, width: int = 3, lon: float = 0.0) -> xr.DataArray:
    """Return classes by hour of the day, ``width`` hours each.

    Args:
        lon: of the middle of the map, degrees east: mean solar time there; 0 is UTC.
    """
    local = time.values.astype("datetime64[m]").astype(np.int64) / 60 + lon / 15
    names = [f"{h:02d}-{min(h + width, 24):02d} h" for h in range(0, 24, width)]
    return _classes(local % 24 // width, time, names, "hour")


def by_regime(regimes: xr.DataArray) -> xr.DataArray:
    """Return classes by name of the weather regime (time,) of str; an empty name is no class."""
    names = sorted({str(r) for r in regimes.values.ravel()} - {""})
    order = {name: k for k, name in enumerate(names)}
    found = [order.get(str(r), -1) for r in regimes.values.ravel()]
    return _classes(np.reshape(found, regimes.shape), regimes, names, "regime")


def _apart(whole: xr.Dataset, classes: xr.DataArray) -> xr.Dataset:
    """Return the sums of maps with a dim for their class, zero in the classes that a map is not in."""
    names = list(classes.attrs["classes"])
    member = (classes.values[:, None] == np.arange(len(names))).astype(float)
    inside = xr.DataArray(member, {"class": names}, ("time", "class"))
    return (whole * inside).transpose("time", "class", ...)


def _binned(values: xr.DataArray, edges: Sequence[float], by: str, unit: str) -> xr.DataArray:
    low = [f"{e:g}" for e in edges]
    names = [f"{a}-{b} {unit}" for a, b in pairwise(low)] + [f"≥ {low[-1]} {unit}"]
    # float32 keeps an edge such as 0.2 on the side where the data put it.
    found = np.searchsorted(np.asarray(edges, values.dtype), values.values, side="right") - 1
    return _classes(np.where(np.isnan(values.values), -1, found), values, names, by)


def _classes(found: np.ndarray, like: xr.DataArray, names: Sequence[str], by: str) -> xr.DataArray:
    attrs = {"classes": tuple(names), "by": by}
    return xr.DataArray(np.asarray(found).astype(np.int8), dims=like.dims, attrs=attrs)


def _sizes(of: xr.DataArray) -> str:
    return " × ".join(f"{d} {n}" for d, n in of.sizes.items())
