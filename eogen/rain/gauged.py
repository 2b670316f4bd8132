"""Real hours of IMERG beside hourly gauges: what the map shows, what it says at the gauges, and how good it was.

What is said *at the stations* (wet share, mean, spread, what changes there) is read from IMERG alone, at places known
beforehand: no gauge is looked at. The scores are.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import xarray as xr
from scipy.ndimage import maximum_filter, uniform_filter

from eogen.errors import InputError
from eogen.rain.examples import Examples
from eogen.rain.features import features
from eogen.rain.frames import CHANNELS, NOW, frames
from eogen.rain.novelty import NEW, novelty
from eogen.rain.read_gauges import beside
from eogen.rain.scores import EVENT, score_maps

#: Scores that gauges can give (an FSS needs a map), in the order they are told.
TARGETS = ("csi", "hss", "cc_log", "log_bias", "rmse_log")
#: Fewest gauges of an hour, and fewest days to leave one out.
FEWEST_STATIONS, FEWEST_DAYS = 20, 4
_HALF = np.timedelta64(30, "m")
_WINDOWS = (3, 7, 15)


@dataclass(frozen=True)
class Hours:
    """Hours and what is known of them, row by row; n hours, s stations.

    Attributes:
        time: (n,) datetime64, start of the hour.
        day: (n,) int, number of the day.
        features: (n, feature) of the whole map, the mean of its two half hours (:mod:`eogen.rain.features`).
        at_stations: (n, feature) of what IMERG says at the stations.
        places: (n, s, feature) float32, of each station, named by ``place_names``; NaN where it lacks one.
        satellite, gauge: (n, s) mm h-1, NaN where the gauge has no value.
        scores: (n, score) true, NaN where one has no meaning.
        frames: (n, channel, side, side) float16 of the hour's second half.
    """

    time: np.ndarray
    day: np.ndarray
    features: pd.DataFrame
    at_stations: pd.DataFrame
    places: np.ndarray
    place_names: tuple[str, ...]
    satellite: np.ndarray
    gauge: np.ndarray
    scores: pd.DataFrame
    frames: np.ndarray

    def __len__(self) -> int:
        return len(self.time)

    def some(self, rows: np.ndarray) -> Hours:
        """Return the rows (indices or mask) alone."""
        cut = {n: getattr(self, n)[rows] for n in ("time", "day", "places", "satellite", "gauge", "frames")}
        tables = {
            n: getattr(self, n).loc[rows].reset_index(drop=True)
            for n in ("features", "at_stations", "scores")
        }
        return replace(self, **cut, **tables)

    def examples(self, real_time: bool = False) -> Examples:
        """Return the hours as examples, for models that learnt elsewhere.

        Args:
            real_time: for models that never see the map after: itself stands in its place, as in their frames.
        """
        shown, table = self.frames, self.features
        if real_time:
            shown = shown.copy()
            shown[:, CHANNELS.index("after")] = shown[:, NOW]
            table = table.drop(columns=[c for c in table if c.endswith("_after")])
        return Examples(shown, table, self.scores, self.time, self.day, np.full(len(self), ""), real_time)


def hours(imerg: xr.Dataset, gauges: xr.Dataset) -> Hours:
    """Return the hours that both have.

    Args:
        imerg: half hours (:mod:`eogen.rain.maps`).
        gauges: from :func:`eogen.rain.read_gauges.read`.

    Raises:
        InputError: ``rain_no_common``; ``rain_few_days`` when fewer than :data:`FEWEST_DAYS` days are left.
    """
    rain = imerg["precipitation"]
    both = beside(gauges, rain).transpose("time", "station", ...)
    judged = both["satellite"].where(np.isfinite(both["gauge"]))
    enough = ((np.isfinite(judged) & np.isfinite(both["gauge"])).sum("station") >= FEWEST_STATIONS).values
    both, judged = both.isel(time=enough), judged.isel(time=enough)
    time = both["time"].values
    days, day = np.unique(time.astype("datetime64[D]"), return_inverse=True)
    if len(days) < FEWEST_DAYS:
        raise InputError(
            "rain_few_days",
            "The satellite and at least {stations} gauges share hours of {days} days; {fewest} days or more are "
            "needed to leave one out.",
            stations=FEWEST_STATIONS, days=len(days), fewest=FEWEST_DAYS,
        )  # fmt: skip
    scores = score_maps(judged, both["gauge"], EVENT).to_dataframe().reset_index(drop=True)
    first = np.searchsorted(rain["time"].values, time)
    places, names = _places(rain, both, first)
    table = features(imerg).reset_index(drop=True)
    whole = (table.iloc[first].reset_index(drop=True) + table.iloc[first + 1].reset_index(drop=True)) / 2
    # The first half's neighbours are the hour before and the second half: means would be lost at either end.
    for name in ("change_after", "growth_after"):
        whole[name] = table[name].iloc[first + 1].to_numpy()
    for name in ("change_before", "growth_before"):
        whole[name] = table[name].iloc[first].to_numpy()
    whole["change_within"] = table["change_before"].iloc[first + 1].to_numpy()
    told = [n for n in whole if whole[n].notna().any() and whole[n].nunique() > 1]
    return Hours(
        time, day, whole[told], _at_stations(places, names, time, both), places, names, judged.values,
        both["gauge"].values, scores, frames(imerg)[first + 1],
    )  # fmt: skip


def _places(rain: xr.DataArray, both: xr.Dataset, first: np.ndarray) -> tuple[np.ndarray, tuple[str, ...]]:
    """Return what IMERG says at and around each station in each hour, (hour, station, feature)."""
    at = {d: np.abs(rain[d].values[:, None] - both[d].values[None]).argmin(0) for d in ("lat", "lon")}
    pick = lambda v: v[:, at["lat"], at["lon"]]
    values = np.nan_to_num(rain.transpose("time", "lat", "lon").values, nan=0.0)
    new = novelty(rain)
    moment = rain["time"].values
    around = lambda k, step: _beside(moment, first + k, step)
    hour = (values[first] + values[first + 1]) / 2
    log = np.log1p(hour)
    found = {"log": pick(log)}
    for name, k in (("first", 0), ("second", 1)):
        found[name] = pick(np.log1p(values[first + k]))
    for name, k, step in (("before", 0, -1), ("after", 1, 1)):
        index, known = around(k, step)
        found[name] = np.where(known[:, None], pick(np.log1p(values[index])), np.nan)
    wet = (hour >= EVENT).astype(np.float32)
    for window in _WINDOWS:
        mean = uniform_filter(log, (1, window, window))
        found[f"mean_{window}"] = pick(mean)
        if window > 3:
            square = uniform_filter(log * log, (1, window, window))
            found[f"std_{window}"] = np.sqrt(np.maximum(pick(square) - pick(mean) ** 2, 0))
            found[f"wet_{window}"] = pick(uniform_filter(wet, (1, window, window)))
    found["most_7"] = pick(maximum_filter(log, (1, 7, 7)))
    found["wet_31"] = pick(uniform_filter(wet, (1, 31, 31)))
    for name, k in (("new_first", 0), ("new_second", 1)):
        found[name] = pick(new["novelty"].values[first + k])
    index, known = around(1, 1)
    found["new_after"] = np.where(known[:, None], pick(new["novelty"].values[index]), np.nan)
    found["age"] = pick(new["age"].values[first + 1])
    return np.stack([v.astype(np.float32) for v in found.values()], -1), tuple(found)


def _beside(moment: np.ndarray, index: np.ndarray, step: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the index of the map a step from each, and whether it lies exactly one half hour from it."""
    other = np.clip(index + step, 0, len(moment) - 1)
    return other, moment[other] - moment[index] == step * _HALF


def _at_stations(
    places: np.ndarray, names: tuple[str, ...], time: np.ndarray, both: xr.Dataset
) -> pd.DataFrame:
    """Return what the stations together show of IMERG, one row an hour."""
    of = {n: places[..., k].astype(float) for k, n in enumerate(names)}
    log, threshold = of["log"], np.log1p(EVENT)
    wet = log >= threshold
    near_wet = of["wet_7"] > 0
    found = {
        "s_wet": wet.mean(1), "s_mean": log.mean(1), "s_spread": log.std(1), "s_most": log.max(1),
        "s_q75": np.quantile(log, 0.75, axis=1), "s_q90": np.quantile(log, 0.9, axis=1),
        "s_heavy": (log >= np.log1p(2.0)).mean(1), "s_slight": (wet & (log < np.log1p(1.0))).mean(1),
        "s_edge": (near_wet & ~wet).mean(1), "s_rough": _mean_where(of["std_7"], near_wet),
        "s_patchy": _alike(log, of["mean_15"]), "s_within": _alike(of["first"], of["second"]),
        "s_before": _alike(of["before"], of["first"]), "s_after": _alike(of["second"], of["after"]),
        "s_growth": of["after"].mean(1) - of["before"].mean(1),
        "s_new": _mean_where(np.fmax(of["new_first"], of["new_second"]), near_wet),
        "s_new_after": _mean_where(of["new_after"], near_wet),
        "s_age": _mean_where(of["age"], near_wet),
        "s_fresh": _mean_where((of["age"] < 60).astype(float), near_wet),
        "s_renewed": _mean_where((of["new_after"] > NEW).astype(float), near_wet),
    }  # fmt: skip
    solar = (time - time.astype("datetime64[D]")) / np.timedelta64(1, "h") + float(both["lon"].mean()) / 15
    found["s_sine"], found["s_cosine"] = np.sin(2 * np.pi * solar / 24), np.cos(2 * np.pi * solar / 24)
    return pd.DataFrame(found)


def _mean_where(values: np.ndarray, where: np.ndarray) -> np.ndarray:
    good = where & np.isfinite(values)
    count = good.sum(1)
    return np.where(count > 0, np.where(good, values, 0).sum(1) / np.maximum(count, 1), np.nan)


def _alike(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return the correlation (n,) of rows over stations; NaN where one does not vary or is not known."""
    p, q = a - a.mean(1, keepdims=True), b - b.mean(1, keepdims=True)
    scale = np.sqrt((p * p).sum(1) * (q * q).sum(1))
    return np.where(scale > 1e-9, (p * q).sum(1) / np.where(scale > 1e-9, scale, 1), np.nan)
